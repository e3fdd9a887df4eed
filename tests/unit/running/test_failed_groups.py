"""Why a group of jobs failed is told in few lines."""

from isogloss.running.failed_groups import LINES, MEMBERS, explain


def job_log(folder, members) -> str:
    """Write the log of a group's job, in which Snakemake names the members that failed."""
    blocks = [
        f"Error in rule cluster_concepts:\n    jobid: {n}\n    log: {m} (check log file(s) for error details)\n"
        for n, m in enumerate(members)
    ]
    path = folder / "12.log"
    path.write_text("Building DAG of jobs...\n" + "".join(blocks + blocks[:1]))
    return str(path)


def test_a_job_that_was_never_started_has_a_reason_only():
    assert explain("concepts_mbert", "sbatch: invalid partition", None) == (
        "Error in group concepts_mbert: sbatch: invalid partition"
    )


def test_the_last_words_of_members_that_failed_and_of_no_others(tmp_path):
    failed, well = tmp_path / "failed.log", tmp_path / "well.log"
    failed.write_text("".join(f"line {n}\n" for n in range(50)) + "Error: There are 300 words but 600 clusters\n")
    well.write_text("all is well\n")
    said = explain("concepts_mbert", "FAILED", job_log(tmp_path, [failed])).splitlines()
    assert said[:2] == ["Error in group concepts_mbert: FAILED", f"{failed}:"]
    assert said[-2:] == [
        "    Error: There are 300 words but 600 clusters",
        f"All that the group's job wrote: {tmp_path / '12.log'}",
    ]
    assert len(said) == 3 + LINES


def test_of_many_a_few_are_told(tmp_path):
    logs = [tmp_path / f"{n}.log" for n in range(20)]
    for log in logs[:-1]:
        log.write_text(f"Error in {log.name}\n")
    said = explain("concepts_mbert", "FAILED", job_log(tmp_path, logs))
    assert said.count("Error in ") == 1 + MEMBERS
    assert f"... and {20 - MEMBERS} more that failed" in said


def test_logs_that_are_missing_or_empty_are_said_to_be(tmp_path):
    (tmp_path / "empty.log").touch()
    said = explain("g", "TIMEOUT", job_log(tmp_path, [tmp_path / "none.log", tmp_path / "empty.log"]))
    assert "(no log)" in said
    assert "(nothing was logged)" in said
