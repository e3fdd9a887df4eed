"""The workflow through a real SLURM, undisturbed and disturbed: always the tables of a local run, byte for byte."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from conftest import (
    CHECKPOINT,
    ROOT,
    STORE,
    await_,
    freeze_after,
    freeze_after_save,
    freeze_extraction,
    log_of,
    script_process,
)

pytestmark = pytest.mark.slow

EXTRACTION, TRAINING = "activations_encoder_pretrained", "train_model_encoder_pretrained"


def asking(resource: str) -> list[str]:
    """Ask for something else; on the command line that takes the place of all that the profile asks for."""
    return ["--set-resources", "extract_activations:slurm_partition=gpu", resource]


def limit_to_a_minute(cluster, job: dict[str, str]) -> None:
    cluster.control("update", f"jobid={job['JobIDRaw']}", "timelimit=1")


def reach_time_limit(cluster, run, name: str, process: subprocess.Popen) -> None:
    """Let a running job reach a limit of a minute; the next one has twice the time it had, and ends well."""
    (job,) = await_(lambda: cluster.named(run.folder, name))
    limit_to_a_minute(cluster, job)
    run.finish(process)
    first, second = cluster.named(run.folder, name)
    assert (first["State"], second["State"]) == ("TIMEOUT", "COMPLETED")
    assert int(second["TimelimitRaw"]) == 2 * int(job["TimelimitRaw"])


def extraction_log(run) -> str:
    return log_of(run, STORE.removeprefix("results/").removesuffix(".h5"))


def test_the_whole_graph_and_where_each_job_ran(cluster, tasks_reference, tasks_run):
    """Each part of the graph, from nothing; and a time limit is reached in mid-fine-tuning."""
    run, tuned = tasks_run, "results/checkpoints/encoder/entities-de-seed0"
    process = run.start()
    tuning = await_(lambda: cluster.named(run.folder, "finetune_encoder_entities-de-seed0"), 600)[0]
    freeze_after_save(
        run.folder,
        "finetune",
        lambda: "step " in log_of(run, "checkpoints/encoder/entities-de-seed0"),
        31,
        lambda: list((run.folder / f"{tuned}.partial").glob("checkpoint-*/trainer_state.json")),
        tuning["JobIDRaw"],
    )
    limit_to_a_minute(cluster, tuning)
    run.finish(process)
    assert run.tables() == tasks_reference.tables()
    assert run.plan() == {}
    assert "Going on after step" in log_of(run, "checkpoints/encoder/entities-de-seed0")

    jobs = cluster.jobs(run.folder)
    (lost,) = [job for job in jobs if job["State"] != "COMPLETED"]
    assert (lost["JobIDRaw"], lost["State"]) == (tuning["JobIDRaw"], "TIMEOUT")
    kinds = {}
    for job in jobs:
        kinds.setdefault(job["JobName"].split("_")[0], []).append(job)
    # Texts together, words together, a task's items together, a checkpoint's stores, its clusterings and their scores,
    # a task's passes over test items, and a model's scores of a kind.
    assert {kind: len(found) for kind, found in kinds.items()} == {
        "text": 1,
        "words": 1,
        "train": 1,
        "activations": 2,
        "concepts": 2,
        "items": 2,
        "baselines": 2,
        "finetune": 6,
        "embed": 2,
        "tests": 2,
        "variant": 1,
        "impacts": 1,
        "scores": 1,
    }
    on_gpus = [job for kind in ("activations", "finetune", "embed", "tests", "variant") for job in kinds.pop(kind)]
    for job in on_gpus:
        assert job["Partition"] == "gpu"
        assert job["NodeList"] == "g1"
        assert job["asked"]["gres/gpu"] == "1"
        assert "_encoder_" in job["JobName"]
    for job in (job for found in kinds.values() for job in found):
        assert job["Partition"] == "cpu"
        assert job["NodeList"] in ("c1", "c2")
        assert "gres/gpu" not in job["asked"]
    for group in kinds["concepts"]:
        assert group["JobName"] in ("concepts_encoder_pretrained", "concepts_encoder_sentiment-en-seed0")
        # As much time as its members need one after the other, as much memory and as many CPUs as one of them.
        assert int(group["TimelimitRaw"]) >= 5
        assert group["asked"]["cpu"] == "1"
        assert int(group["asked"]["mem"].removesuffix("M")) < 4000
        # Its members start no Snakemakes of their own, each in a step of the job.
        assert not {name for name in cluster.steps(group["JobIDRaw"]) if name.isdigit()}


@pytest.mark.usefixtures("same_tables")
def test_clustering_on_gpus_as_the_documentation_has_it(cluster, run):
    lines = re.search(r"## Clustering on GPUs.*?```yaml\n(.*?)```", (ROOT / "docs" / "clusters.md").read_text(), re.S)
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    for section, values in yaml.safe_load(lines[1]).items():
        profile[section] |= values
    run.profile = str(run.folder / "profile")
    (run.folder / "profile").mkdir()
    (run.folder / "profile" / "config.yaml").write_text(yaml.safe_dump(profile))
    # These nodes' GPUs are a name only; `auto` goes on without.
    run.config["concepts"]["device"] = "auto"
    run.write()
    run.finish(run.start())
    jobs = {job["JobName"].split("_")[0]: job for job in cluster.jobs(run.folder)}
    assert {kind: (job["Partition"], job["asked"].get("gres/gpu")) for kind, job in jobs.items()} == {
        "clusters": ("gpu", "1"),
        "concepts": ("cpu", None),
    }


@pytest.mark.usefixtures("same_tables")
def test_time_limit_in_mid_extraction(cluster, run):
    run.forget(STORE)
    process = run.start()
    freeze_extraction(run)
    reach_time_limit(cluster, run, EXTRACTION, process)
    assert "Going on after batch" in extraction_log(run)


@pytest.mark.usefixtures("same_tables")
def test_time_limit_in_mid_training(cluster, run):
    log = "results/logs/checkpoints/encoder/pretrained.log"
    run.forget(CHECKPOINT, "results/metrics/training/encoder/pretrained.csv", log)
    process = run.start()
    freeze_after_save(
        run.folder,
        "train_model",
        lambda: "step " in log_of(run, "checkpoints/encoder/pretrained"),
        21,
        (run.folder / f"{CHECKPOINT}.partial").is_file,
    )
    reach_time_limit(cluster, run, TRAINING, process)
    assert "going on after step" in log_of(run, "checkpoints/encoder/pretrained")


@pytest.mark.usefixtures("same_tables")
def test_time_limit_in_mid_clustering(cluster, run):
    """The group is sent again with more time for each member; it goes on after the clusterings that were finished."""
    run.forget("results/concepts", "results/metrics/concept_alignment", "results/metrics/concept_overlap")
    process = run.start()
    freeze_after(run.folder, "cluster_concepts", lambda: finished_clusterings(run) and clustering(run))
    finished = finished_clusterings(run)
    reach_time_limit(cluster, run, "concepts_encoder_pretrained", process)
    logs = [path.relative_to(run.folder / "results" / "logs" / "concepts") for path in again(run)]
    assert {str(log.with_suffix(".parquet")) for log in logs} == finished
    assert not list(run.folder.rglob(".*.kept")), "what was kept for the group is gone after a good end"


def clustering(run) -> int | None:
    return script_process(run.folder, "cluster_concepts")


def finished_clusterings(run) -> set[str]:
    folder = run.folder / "results" / "concepts"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}


def again(run) -> list[Path]:
    """Logs of clusterings that took what a lost group had finished."""
    logs = (run.folder / "results" / "logs" / "concepts").rglob("*.log")
    return [log for log in logs if "Finished already, in a group that was lost" in log.read_text()]


@pytest.mark.usefixtures("same_tables")
def test_out_of_memory_is_tried_again_with_more(cluster, run):
    run.forget(STORE)
    run.finish(run.start(*asking("extract_activations:mem_mb=250 * 8 ** (attempt - 1)")))
    first, *_, last = cluster.named(run.folder, EXTRACTION)
    assert first["State"] != "COMPLETED"
    assert last["State"] == "COMPLETED"
    assert (first["asked"]["mem"], last["asked"]["mem"]) == ("250M", "2000M")


def gpu_of(process: int) -> str | None:
    """Give the GPUs that a process may use, as SLURM has told it."""
    variables = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
    return dict(variable.split("=", 1) for variable in variables if variable).get("CUDA_VISIBLE_DEVICES")


@pytest.mark.usefixtures("same_tables")
def test_scancel_of_a_running_job(cluster, run):
    run.forget(STORE)
    process = run.start()
    worker = freeze_extraction(run)
    assert gpu_of(worker) in set("01234567"), "a member of a group sees the GPU that its job was given, and no other"
    subprocess.run(["scancel", *cluster.queued(run.folder)], check=True)
    run.finish(process)
    states = [job["State"] for job in cluster.named(run.folder, EXTRACTION)]
    assert len(states) == 2
    assert states[0].startswith("CANCELLED")
    assert "Going on after batch" in extraction_log(run)


@pytest.mark.usefixtures("same_tables")
def test_requeue_starts_the_same_job_again(cluster, run):
    run.forget(STORE)
    process = run.start()
    freeze_extraction(run)
    (number,) = cluster.queued(run.folder)
    cluster.control("requeue", number)
    run.finish(process)
    # Accounting has a row for each start of the one job.
    assert {job["JobIDRaw"] for job in cluster.named(run.folder, EXTRACTION)} == {number}
    assert "Going on after batch" in extraction_log(run)


@pytest.mark.usefixtures("same_tables")
def test_preemption_by_a_more_urgent_job(cluster, run):
    run.forget(STORE)
    process = run.start("--set-resources", "extract_activations:slurm_partition=scavenge")
    freeze_extraction(run)
    (number,) = cluster.queued(run.folder)
    urgent = ["sbatch", "--wait", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap", "sleep 1"]
    subprocess.run(urgent, check=True, cwd="/", capture_output=True)
    run.finish(process)
    extractions = cluster.named(run.folder, EXTRACTION)
    assert {job["JobIDRaw"] for job in extractions} == {number}
    assert [job["State"] for job in extractions] == ["PREEMPTED", "COMPLETED"]
    assert "Going on after batch" in extraction_log(run)


@pytest.mark.usefixtures("same_tables")
def test_a_node_that_goes_down_and_comes_back(cluster, run):
    run.forget(STORE)
    process = run.start("--set-resources", "extract_activations:slurm_partition=shaky")
    worker = freeze_extraction(run)
    cluster.node("down", "g2")
    os.kill(worker, signal.SIGKILL)
    try:
        await_(lambda: "PENDING" in cluster.queued(run.folder).values())
    finally:
        cluster.node("up", "g2")
    run.finish(process)
    assert "Going on after batch" in extraction_log(run)


def resume(run, *options: str) -> subprocess.Popen:
    """`make resume` with this run's own arguments; what it says goes to a file."""
    run.resume_log = run.folder / "resume.log"
    with run.resume_log.open("w") as log:
        command = [sys.executable, "-m", "isogloss.running.restart", *options, *run.command()[3:]]
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


@pytest.mark.usefixtures("same_tables")
@pytest.mark.parametrize(
    ("number", "options"), [(signal.SIGKILL, []), (signal.SIGKILL, ["--cancel"]), (signal.SIGHUP, [])]
)
def test_snakemake_killed_and_resumed_while_its_jobs_run(cluster, run, number, options):
    run.forget(STORE)
    process = run.start()
    worker = freeze_extraction(run)
    os.killpg(process.pid, number)
    process.wait()
    (orphan,) = cluster.queued(run.folder)
    assert run.run("--quiet", "all", check=False).returncode, "a plain start beside orphans must not begin"
    resumed = resume(run, *options)
    if options:
        await_(lambda: "Cancelling 1 job" in run.resume_log.read_text())
    else:
        await_(lambda: f"Waiting for 1 jobs of the interrupted run: {orphan}" in run.resume_log.read_text())
        os.kill(worker, signal.SIGCONT)
    assert resumed.wait(900) == 0, run.resume_log.read_text()[-6000:]
    assert not (run.folder / f"{STORE}.partial.owner").exists()
    assert not cluster.queued(run.folder)


def test_two_writers_are_refused_and_the_first_is_unharmed(cluster, run, reference):
    """Even who unlocks while orphans run gets no second writer: the second job refuses and says why."""
    run.forget(STORE)
    process = run.start()
    worker = freeze_extraction(run)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    run.run("--unlock")
    second = run.run("--retries", "0", check=False)
    os.kill(worker, signal.SIGCONT)
    assert second.returncode
    assert "Another running job is writing" in second.stdout + second.stderr
    await_(lambda: not cluster.queued(run.folder))
    run.finish(run.start())
    assert run.tables() == reference.tables()


@pytest.mark.usefixtures("same_tables")
def test_a_second_snakemake_is_refused_in_words(cluster, run):
    run.forget(STORE)
    process = run.start()
    worker = freeze_extraction(run)
    second = run.run(check=False)
    assert second.returncode
    assert "Directory cannot be locked" in second.stdout + second.stderr
    resumed = resume(run)
    assert resumed.wait(300) == 2
    assert f"Snakemake is running in {run.folder} (process {process.pid}" in run.resume_log.read_text()
    run.run("--unlock")
    unlocked = run.run(check=False)
    assert unlocked.returncode
    assert "Another Snakemake is running in this folder" in unlocked.stdout + unlocked.stderr
    os.kill(worker, signal.SIGCONT)
    run.finish(process)


def test_a_job_that_cannot_run_is_told_at_once(run):
    started = time.monotonic()
    run.forget(STORE)
    done = run.run("--retries", "0", *asking("extract_activations:slurm_partition=nowhere"), check=False)
    assert done.returncode
    assert "nowhere" in done.stdout + done.stderr
    assert time.monotonic() - started < 60


@pytest.mark.usefixtures("same_tables")
def test_a_full_disk_is_told_at_once_and_the_same_command_goes_on(cluster, run):
    run.forget(STORE)
    folder = (run.folder / STORE).parent
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    size = sum(map(len, kept.values())) // 1024 + 200
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)], check=True)
    try:
        for name, content in kept.items():
            (folder / name).write_bytes(content)
        full = run.run("--retries", "0", check=False)
        assert full.returncode
        assert "No space left on the disk that holds" in full.stdout + full.stderr
        assert "Traceback" not in full.stdout + full.stderr
        subprocess.run(["mount", "-o", "remount,size=100m", str(folder)], check=True)
        run.finish(run.start())
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.usefixtures("same_tables")
def test_a_store_that_was_cut_off_is_found_and_made_again_alone(cluster, run):
    os.truncate(run.folder / STORE, 100_000)
    untouched = (run.folder / STORE.replace("source-encoder", "target-encoder")).stat().st_mtime_ns
    concepts = sorted((run.folder / "results" / "concepts").rglob("target-encoder/*.parquet"))
    made = [path.stat().st_mtime_ns for path in concepts]
    run.forget()
    found = run.run("--retries", "0", check=False)
    assert found.returncode
    assert f"{STORE} is not a readable activation store" in found.stdout + found.stderr
    assert len(found.stdout + found.stderr) < 20_000, "members that did not fail are not told of"
    run.finish(run.start())
    assert len(cluster.named(run.folder, EXTRACTION)) == 1
    other = run.folder / STORE.replace("source-encoder", "target-encoder")
    assert other.stat().st_mtime_ns == untouched
    # What does not come from that store is not made again.
    assert concepts
    assert [path.stat().st_mtime_ns for path in concepts] == made
