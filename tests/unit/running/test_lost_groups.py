"""Results of a group's members outlive the group, and are never taken for another's."""

import os

import pytest

from isogloss.running.lost_groups import IN_GROUP, READ, forget, group_results


@pytest.fixture
def member(tmp_path, monkeypatch):
    """A member of a group that copies an input; it tells whether it had to."""
    monkeypatch.setenv(IN_GROUP, "yes")
    (tmp_path / "input").write_text("words")

    def run(settings=None, fail=False) -> bool:
        output = tmp_path / "results" / "output"
        output.parent.mkdir(exist_ok=True)
        with group_results([str(output)], [str(tmp_path / "input")], settings or {"k": 5}) as done:
            if fail:
                raise RuntimeError
            if not done:
                output.write_text((tmp_path / "input").read_text() + str(settings))
        return not done

    run.folder, run.output = tmp_path, tmp_path / "results" / "output"
    return run


def lose(member) -> None:
    """What Snakemake does with the results of a lost group."""
    member.output.unlink()


def test_a_finished_result_is_taken_again(member):
    assert member()
    before = member.output.read_text()
    lose(member)
    assert not member()
    assert member.output.read_text() == before


def test_it_costs_no_disk(member):
    member()
    assert {path.stat().st_ino for path in member.output.parent.iterdir()} == {member.output.stat().st_ino}


@pytest.mark.parametrize("change", ["settings", "input", "damaged", "cut off", "failed"])
def test_nothing_else_is_taken_for_it(member, change):
    if change == "failed":
        with pytest.raises(RuntimeError):
            member(fail=True)
        assert member()
        return
    member()
    if change == "input":
        (member.folder / "input").write_text("other words")
    if change == "damaged":
        member.output.write_text("wordx" + member.output.read_text()[5:])
    if change == "cut off":
        os.truncate(member.output, 3)
    lose(member)
    assert member({"k": 6} if change == "settings" else None)


def test_large_files_are_told_apart_by_size_and_time(member):
    os.truncate(member.folder / "input", READ + 1)
    os.utime(member.folder / "input", (1, 1))
    with group_results([str(member.output)], [str(member.folder / "input")], {}):
        member.output.parent.mkdir()
        member.output.write_text("done")
    for stamp, again in ((1, False), (2, True)):
        os.utime(member.folder / "input", (stamp, stamp))
        with group_results([str(member.output)], [str(member.folder / "input")], {}) as done:
            assert done is not again


def test_a_folder_is_its_files(member):
    model = member.folder / "model"
    model.mkdir()
    (model / "weights").write_text("1")

    def run() -> bool:
        with group_results([str(member.output)], [str(model)], {}) as done:
            member.output.parent.mkdir(exist_ok=True)
            if not done:
                member.output.write_text("done")
        return not done

    assert run()
    (model / ".snakemake_timestamp").touch()
    assert not run()
    (model / "weights").write_text("2")
    assert run()


def test_only_the_newest_is_kept_and_all_are_forgotten_at_the_end(member):
    for number in range(3):
        member({"k": number})
    assert len(list(member.output.parent.iterdir())) == 2
    forget(member.folder)
    assert list(member.output.parent.iterdir()) == [member.output]


def test_outside_of_a_group_nothing_is_kept(member, monkeypatch):
    monkeypatch.delenv(IN_GROUP)
    member()
    assert list(member.output.parent.iterdir()) == [member.output]
