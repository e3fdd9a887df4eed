"""What to tell of a group of jobs that failed on a cluster: why, and the last words of the members that failed."""

import re
from pathlib import Path

LINES, MEMBERS = 10, 3
FAILED_MEMBER = re.compile(r"^\s*log: (\S+) \(check log file", re.MULTILINE)


def explain(group: str, reason: str, log: str | Path | None) -> str:
    """Say why a group failed.

    Parameters
    ----------
    group
        Its name.
    reason
        What the cluster says.
    log
        What the group's job wrote, if it was started: there Snakemake names the log of each member that failed.
    """
    said = [f"Error in group {group}: {reason}"]
    if log is not None and Path(log).is_file():
        failed = list(dict.fromkeys(FAILED_MEMBER.findall(Path(log).read_text(encoding="utf-8", errors="replace"))))
        for name in failed[:MEMBERS]:
            said += [f"{name}:", *(f"    {line}" for line in last_lines(Path(name)))]
        if len(failed) > MEMBERS:
            said.append(f"... and {len(failed) - MEMBERS} more that failed")
        said.append(f"All that the group's job wrote: {log}")
    return "\n".join(said)


def last_lines(path: Path) -> list[str]:
    """Read a log's last lines; a job that was killed at once may have none."""
    if not path.is_file():
        return ["(no log)"]
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:] or ["(nothing was logged)"]
