"""One writer a file, on one machine or on the nodes of a cluster.

A writer puts a note beside its file: who it is (host, process, SLURM job), renewed every few seconds. Advisory locks of
the operating system are not enough: some cluster file systems keep them on each node by itself, or have none. A note is
made by hard link or exclusive creation, which every shared file system does atomically.

A note whose writer is dead is taken over: a process of the same machine that is gone, a SLURM job that has ended or
started anew, and, where neither can be told, a note that was not renewed for a while.
"""

import json
import os
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from isogloss.errors import IsoglossError

BEAT_SECONDS = 15.0
# Longer than any shared file system hides a change of a time stamp.
SILENT_SECONDS = 150.0
ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PENDING",
    "PREEMPTED",
    "REQUEUED",
    "REQUEUE_HOLD",
    "REVOKED",
    "TIMEOUT",
}


class Ownership:
    """The right to write one file; held from creation to :meth:`release`, or until the process dies.

    Parameters
    ----------
    path
        The file that shall have one writer.
    beat, silent
        Seconds between two renewals, and without one after which an unknown writer counts as dead.

    Raises
    ------
    IsoglossError
        If a live writer has it; the message says where it runs.
    """

    def __init__(self, path: str | Path, beat: float = BEAT_SECONDS, silent: float = SILENT_SECONDS):
        self.path = Path(path)
        self.note = self.path.with_name(self.path.name + ".owner")
        self.beat, self.silent = beat, silent
        self.text = json.dumps(myself(), sort_keys=True)
        self.take()
        self.over = threading.Event()
        self.pulse = threading.Thread(target=self.renew, daemon=True)
        self.pulse.start()

    def take(self) -> None:
        """Put the note in its place; take it over from a dead writer, refuse to from a live one."""
        while not put_new(self.note, self.text):
            try:
                found, stamp = self.note.read_text(encoding="utf-8"), self.note.stat().st_mtime_ns
            except FileNotFoundError:
                continue
            owner = parsed(found)
            alive = lives(owner)
            if alive is None:
                alive = self.stirs(stamp)
            if alive:
                raise IsoglossError(
                    f"Another running job is writing {self.path} ({described(owner)}). Wait for it or end it, then "
                    "run the same command again."
                )
            remove_same(self.note, found)

    def stirs(self, stamp: int) -> bool:
        """Watch a note whose writer cannot be asked; tell whether it is renewed."""
        ends = time.monotonic() + self.silent
        while time.monotonic() < ends:
            time.sleep(min(1.0, self.silent / 10))
            try:
                if self.note.stat().st_mtime_ns != stamp:
                    return True
            except FileNotFoundError:
                return False
        return False

    def renew(self) -> None:
        """Renew the note until it is released."""
        while not self.over.wait(self.beat):
            try:
                self.check()
                os.utime(self.note)
            except (IsoglossError, OSError):
                return

    def check(self) -> None:
        """Make sure that nobody took this writer for dead, as may happen to one that was stopped for minutes.

        Raises
        ------
        IsoglossError
            If the file is another writer's by now.
        """
        try:
            same = self.note.read_text(encoding="utf-8") == self.text
        except FileNotFoundError:
            same = False
        if not same:
            raise IsoglossError(f"{self.path} was taken over by another job while this one stood still.")

    def release(self) -> None:
        """Take the note away."""
        self.over.set()
        remove_same(self.note, self.text)


def myself() -> dict[str, Any]:
    """Say who this process is, so that any node can tell whether it still runs."""
    return {
        "host": socket.gethostname(),
        "boot": boot(),
        "pid": os.getpid(),
        "start": started(os.getpid()),
        "job": os.environ.get("SLURM_JOB_ID"),
        "nonce": uuid.uuid4().hex,
    }


def boot() -> str:
    """Name this boot of this machine, and the set of process numbers that this process sees."""
    try:
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot_id} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def started(pid: int) -> str | None:
    """Give the time at which a process of this machine started; None if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    # A process that is dead, but that nobody has waited for yet, writes nothing.
    return None if fields[0] in "ZX" else fields[19]


def lives(owner: dict[str, Any]) -> bool | None:
    """Tell whether a writer still runs; None if nobody here knows."""
    if owner.get("boot") and owner["boot"] == boot():
        # A process that asks again has given up what it began before.
        here = owner["pid"] == os.getpid()
        return not here and owner.get("start") is not None and started(owner["pid"]) == owner["start"]
    job = owner.get("job")
    if not job:
        return None
    if job == os.environ.get("SLURM_JOB_ID"):
        return False  # SLURM has started this job anew, on another node
    return runs(job)


def runs(job: str) -> bool | None:
    """Ask SLURM whether a job runs; None if it cannot be asked."""
    try:
        asked = subprocess.run(
            ["squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={job}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if asked.returncode:
        return False if "Invalid job id" in asked.stderr else None
    states = set(asked.stdout.split())
    return bool(states - ENDED)


def described(owner: dict[str, Any]) -> str:
    """Say in words who a writer is."""
    job = f", SLURM job {owner['job']}" if owner.get("job") else ""
    return f"process {owner.get('pid', '?')} on {owner.get('host', 'an unknown machine')}{job}"


def parsed(text: str) -> dict[str, Any]:
    """Read a note; one that cannot be read names nobody."""
    try:
        owner = json.loads(text)
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def put_new(path: Path, text: str) -> bool:
    """Make a file with its whole content, unless there is one already."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    draft.write_text(text, encoding="utf-8")
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    finally:
        draft.unlink(missing_ok=True)
    return True


def remove_same(path: Path, text: str) -> None:
    """Remove a file if it still has that content; of several who try at once, nobody removes a newer one."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    found = aside.read_text(encoding="utf-8")
    aside.unlink(missing_ok=True)
    if found != text:
        put_new(path, found)
