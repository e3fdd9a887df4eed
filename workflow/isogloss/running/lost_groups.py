"""What a member of a group has finished outlives its group.

On a cluster many small jobs are one. When that one is lost (out of time or memory, its node gone, one member's
mistake), Snakemake takes the results of all its members away, finished ones too, and starts every member again. So a
member gives its results a second name beside them, by hard link, which costs no disk. If it is started again with the
same inputs and settings, it takes them from there. At the end of a run that went well the second names are removed.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from isogloss.files import file_digest

log = logging.getLogger(__name__)

# Set for members of a group alone: another job that is lost loses its own result and no other's.
IN_GROUP = "ISOGLOSS_IN_GROUP"
SUFFIX = ".kept"
# Larger files are told apart by their size and time.
READ = 64 << 20


@contextmanager
def group_results(outputs: Iterable[str], inputs: Iterable[str], settings: Mapping[str, Any]) -> Iterator[bool]:
    """Yield whether the outputs are there already, from a group that was lost; if not, keep those that the block makes.

    Parameters
    ----------
    outputs
        Files that the block writes, whole or not at all.
    inputs
        Files and folders that they are made from.
    settings
        Everything else that they depend on, as JSON has it.
    """
    if IN_GROUP not in os.environ:
        yield False
        return
    facts = {"inputs": {name: content(Path(name)) for name in sorted(inputs)}, "settings": dict(settings)}
    key = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]
    outputs = [Path(name) for name in outputs]
    found = [second for path in outputs if (second := find(path, key))]
    done = len(found) == len(outputs)
    if done:
        for path, second in zip(outputs, found, strict=True):
            path.unlink(missing_ok=True)
            os.link(second, path)
        log.info("Finished already, in a group that was lost")
    yield done
    if not done:
        for path in outputs:
            keep(path, key)


def find(path: Path, key: str) -> Path | None:
    """Look for the second name of a result that is whole and was made from the same."""
    for second in path.parent.glob(f".{path.name}.{key}-*{SUFFIX}"):
        if second.name == second_name(path, key, second):
            return second
    return None


def keep(path: Path, key: str) -> None:
    """Give a result its second name, in place of an older one."""
    for old in path.parent.glob(f".{path.name}.*{SUFFIX}"):
        old.unlink(missing_ok=True)
    try:
        os.link(path, path.with_name(second_name(path, key, path)))
    except OSError as error:  # a file system without hard links
        log.info("%s will be made again if its group is lost (%s)", path, error.strerror)


def second_name(path: Path, key: str, file: Path) -> str:
    """Name a result by what it was made from and by what it holds, so that a damaged one is not taken for it."""
    size = file.stat().st_size
    return f".{path.name}.{key}-{size if size > READ else file_digest(file)[:16]}{SUFFIX}"


def content(path: Path) -> Any:
    """Identify an input: a file by its bytes, or by size and time if it is large; a folder by its files."""
    if path.is_dir():
        # Snakemake's own time stamp in a folder changes without the folder.
        return {file.name: content(file) for file in sorted(path.iterdir()) if not file.name.startswith(".")}
    about = path.stat()
    return [about.st_size, about.st_mtime_ns] if about.st_size > READ else file_digest(path)


def forget(folder: str | Path) -> None:
    """Remove all second names below a folder."""
    for second in Path(folder).rglob(f".*{SUFFIX}"):
        second.unlink(missing_ok=True)
