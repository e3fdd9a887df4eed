"""`make resume` says what it waits for before it waits, also where its output is a file."""

import json
import os
from contextlib import nullcontext, redirect_stdout

import pytest

from isogloss.errors import IsoglossError
from isogloss.running import restart

WAITING = "Waiting for 1 jobs of the interrupted run: 7 (extract_a)\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """What a file of the output, which takes whole blocks unless told otherwise, holds whenever the program waits."""
    found = []
    monkeypatch.setattr(restart.time, "sleep", lambda seconds: found.append((tmp_path / "log").read_text()))
    return found


@pytest.mark.parametrize(
    ("cancel", "told"), [(False, WAITING), (True, f"Cancelling 1 jobs of the interrupted run.\n{WAITING}")]
)
@pytest.mark.parametrize("up", [5.0, 1e6], ids=["a machine that has just started", "one that is long up"])
def test_jobs_in_the_queue_are_told_at_once_and_again_after_a_minute(tmp_path, monkeypatch, read, cancel, told, up):
    queue, clock = [{"7": "extract_a"}] * 3 + [{}], iter([up, up, up + 10, up + 70, up + 70])
    monkeypatch.setattr(restart, "orphans", lambda folder: queue.pop(0))
    monkeypatch.setattr(restart.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(restart.subprocess, "run", lambda command, check: None)
    with (tmp_path / "log").open("w") as file, redirect_stdout(file):
        restart.settle(tmp_path, cancel)
    assert read == [told, told, told + WAITING]


@pytest.mark.parametrize("renewed", [False, True])
def test_a_snakemake_that_only_its_note_tells_of_is_watched_and_that_is_told(tmp_path, monkeypatch, read, renewed):
    note = tmp_path / ".snakemake" / "isogloss-run.owner"
    note.parent.mkdir()
    note.write_text(json.dumps({"host": "login2", "pid": 41}))
    look = restart.time.sleep
    monkeypatch.setattr(restart.time, "sleep", lambda seconds: (look(seconds), renewed and os.utime(note, (1, 1))))
    refused = pytest.raises(IsoglossError, match="process 41 on login2") if renewed else nullcontext()
    with (tmp_path / "log").open("w") as file, redirect_stdout(file), refused:
        restart.refuse_beside_a_live_one(tmp_path)
    assert read == [f"Watching for a minute whether Snakemake still runs in {tmp_path} (process 41 on login2).\n"]
