import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from isogloss import ownership
from isogloss.errors import IsoglossError
from isogloss.ownership import Ownership

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"


def other(path: Path, then: str = "time.sleep(60)", **environment) -> subprocess.Popen:
    """Own a file in another process, which says so and goes on with ``then``."""
    script = f"""
        import sys, time
        sys.path.insert(0, {str(WORKFLOW)!r})
        from isogloss.ownership import Ownership
        mine = Ownership({str(path)!r}, beat=0.05)
        print("owned", flush=True)
        {then}
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout.readline() == "owned\n"
    return process


@pytest.fixture
def elsewhere(monkeypatch):
    """Make this process believe that it runs on another machine than the writers that the test starts."""
    monkeypatch.setattr(ownership, "boot", lambda: "another machine")


def squeue(folder: Path, monkeypatch, answer: str, code: int = 0) -> None:
    tool = folder / "bin" / "squeue"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nprintf '{answer}'\nexit {code}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")


def test_nothing_is_left_after_release(tmp_path):
    mine = Ownership(tmp_path / "x")
    assert json.loads((tmp_path / "x.owner").read_text())["pid"] == os.getpid()
    mine.release()
    assert not list(tmp_path.iterdir())


def test_a_live_writer_is_refused_by_name_and_a_killed_one_is_not(tmp_path):
    writer = other(tmp_path / "x")
    try:
        with pytest.raises(IsoglossError, match=rf"Another running job is writing .*x \(process {writer.pid} on"):
            Ownership(tmp_path / "x")
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    Ownership(tmp_path / "x").release()


def test_of_many_who_want_it_after_a_death_one_gets_it(tmp_path):
    first = other(tmp_path / "x")
    first.kill()
    first.wait()
    script = textwrap.dedent(
        """
        import sys, time
        sys.path.insert(0, sys.argv[2])
        from isogloss.errors import IsoglossError
        from isogloss.ownership import Ownership
        try:
            Ownership(sys.argv[1])
        except IsoglossError:
            sys.exit(3)
        time.sleep(4)
        """
    )
    others = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "x"), str(WORKFLOW)]) for _ in range(6)]
    assert sorted(process.wait() for process in others) == [0, 3, 3, 3, 3, 3]


@pytest.mark.usefixtures("elsewhere")
def test_a_writer_on_another_machine_is_asked_by_its_pulse(tmp_path):
    writer = other(tmp_path / "x")
    with pytest.raises(IsoglossError, match="Another running job"):
        Ownership(tmp_path / "x", silent=5)
    writer.kill()
    writer.wait()
    started = time.monotonic()
    Ownership(tmp_path / "x", silent=0.5).release()
    assert time.monotonic() - started < 3


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("answer", ["CANCELLED\\n", "PENDING\\n", "COMPLETED\\n", ""])
def test_slurm_knows_that_a_job_has_ended(tmp_path, monkeypatch, answer):
    writer = other(tmp_path / "x", SLURM_JOB_ID="17")
    squeue(tmp_path, monkeypatch, answer)
    try:
        Ownership(tmp_path / "x", silent=60).release()
    finally:
        writer.kill()
        writer.wait()


@pytest.mark.usefixtures("elsewhere")
def test_slurm_knows_that_a_job_runs(tmp_path, monkeypatch):
    writer = other(tmp_path / "x", SLURM_JOB_ID="17")
    writer.kill()
    writer.wait()
    squeue(tmp_path, monkeypatch, "SUSPENDED\\n")
    with pytest.raises(IsoglossError, match="SLURM job 17"):
        Ownership(tmp_path / "x", silent=0.1)


@pytest.mark.usefixtures("elsewhere")
def test_a_job_that_slurm_started_again_takes_over_from_itself(tmp_path, monkeypatch):
    writer = other(tmp_path / "x", SLURM_JOB_ID="17")
    writer.kill()
    writer.wait()
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    Ownership(tmp_path / "x", silent=60).release()


@pytest.mark.usefixtures("elsewhere")
def test_who_stood_still_for_too_long_may_not_go_on(tmp_path):
    writer = other(tmp_path / "x", then="time.sleep(3); mine.check()")
    os.kill(writer.pid, signal.SIGSTOP)
    mine = Ownership(tmp_path / "x", silent=0.5)
    os.kill(writer.pid, signal.SIGCONT)
    assert writer.wait() == 1
    mine.check()
    mine.release()


def test_a_note_that_says_nothing_counts_as_dead(tmp_path):
    (tmp_path / "x.owner").write_text("")
    Ownership(tmp_path / "x", silent=0.2).release()
