"""Go on after Snakemake itself was killed: ``make resume``.

A Snakemake that is killed leaves its lock, and jobs in the cluster's queue that nobody waits for. A new one would send
the same jobs a second time. So: wait for what still runs (or cancel it), take the lock away, and go on.
"""

import subprocess
import sys
import time
from math import inf
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.ownership import described, lives, parsed

PREFIX = "isogloss"
POLL_SECONDS = 10.0
RUN = Path(".snakemake") / "isogloss-run"


def orphans(folder: Path) -> dict[str, str]:
    """List the jobs in the queue that a Snakemake of this folder has sent: number -> what it is.

    Raises
    ------
    IsoglossError
        If the queue cannot be read.
    """
    command = ["squeue", "--me", "--noheader", "--format=%i|%j|%Z"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        return {}  # no cluster here
    except subprocess.TimeoutExpired as error:
        raise IsoglossError("squeue does not answer. Try again when the cluster's controller does.") from error
    if asked.returncode:
        raise IsoglossError(f"squeue failed: {asked.stderr.strip()}")
    jobs = [line.split("|", 2) for line in asked.stdout.splitlines() if line.count("|") >= 2]
    return {
        number: name.removeprefix(f"{PREFIX}_")
        for number, name, place in jobs
        if name.startswith(f"{PREFIX}_") and Path(place).resolve() == folder.resolve()
    }


def say(text: str) -> None:
    """Print a message that is read while the program waits, also in a file."""
    print(text, flush=True)


def refuse_beside_a_live_one(folder: Path) -> None:
    """Make sure that no Snakemake runs in this folder.

    Raises
    ------
    IsoglossError
        If one does, or may: on another machine only its own note tells.
    """
    note = (folder / RUN).with_name(RUN.name + ".owner")
    if not note.is_file():
        return
    owner = parsed(note.read_text(encoding="utf-8"))
    alive = lives(owner)
    if alive is None:
        stamp = note.stat().st_mtime_ns
        say(f"Watching for a minute whether Snakemake still runs in {folder} ({described(owner)}).")
        time.sleep(60)
        alive = note.is_file() and note.stat().st_mtime_ns != stamp
    if alive:
        raise IsoglossError(
            f"Snakemake is running in {folder} ({described(owner)}): nothing to resume. End it first if it hangs."
        )


def settle(folder: Path, cancel: bool) -> None:
    """Wait until none of this folder's jobs is in the queue.

    Parameters
    ----------
    folder
        Where Snakemake was run.
    cancel
        Cancel the jobs first. Training and extraction go on from their last saved state all the same.
    """
    found = orphans(folder)
    if found and cancel:
        say(f"Cancelling {len(found)} jobs of the interrupted run.")
        subprocess.run(["scancel", *found], check=True)
    told = -inf
    while found:
        if time.monotonic() - told > 60:
            told = time.monotonic()
            some = ", ".join(f"{number} ({what})" for number, what in list(found.items())[:3])
            say(f"Waiting for {len(found)} jobs of the interrupted run: {some}{' ...' if len(found) > 3 else ''}")
        time.sleep(POLL_SECONDS if not cancel else 1.0)
        found = orphans(folder)


def main(arguments: list[str]) -> int:
    """Settle, unlock, and run Snakemake with the arguments given."""
    cancel = "--cancel" in arguments
    passed = [argument for argument in arguments if argument != "--cancel"]
    folder = Path(passed[passed.index("--directory") + 1]) if "--directory" in passed else Path.cwd()
    try:
        refuse_beside_a_live_one(folder)
        settle(folder, cancel)
    except IsoglossError as error:
        print(error, file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "snakemake", *passed]
    unlocked = subprocess.run([*command, "--unlock"], capture_output=True, text=True)
    if unlocked.returncode:
        print(unlocked.stdout + unlocked.stderr, file=sys.stderr)
        return unlocked.returncode
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
