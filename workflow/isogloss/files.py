"""Files that appear whole or not at all, and tables that are the same byte for byte."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import IsoglossError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


# A save waits until this many times what the last one took have passed since, so that saves take 5 % of the time.
WAIT = 20
CLOCKS_APART = 2.0  # seconds; a start of Snakemake takes longer


class SavePace:
    """When a long job saves its state: so many seconds after the last save, and never for more than 5 % of its time.

    Parameters
    ----------
    seconds
        The least between two saves; 0 saves whenever it is asked, for tests.
    """

    def __init__(self, seconds: float):
        self.least = self.wait = seconds
        self.latest = time.monotonic()

    def due(self) -> bool:
        """Tell whether it is time for a save."""
        return time.monotonic() - self.latest >= self.wait

    def saved(self, since: float) -> None:
        """Note that a save has ended that began at ``since``, by ``time.monotonic``."""
        self.latest = time.monotonic()
        self.wait = max(self.least, WAIT * (self.latest - since)) if self.least else 0

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Note what the save in this block takes."""
        since = time.monotonic()
        yield
        self.saved(since)


@contextmanager
def published(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it into place when the block ends well.

    A reader never sees a half-written file: on any error the temporary file is removed and what stood at
    ``path`` before stays as it was.

    Parameters
    ----------
    path
        Where the finished file shall stand. Missing folders are made.

    Raises
    ------
    IsoglossError
        If the disk is full, the folder cannot be written, or a device or a pipe stands there.
    """
    path = Path(path)
    if (path.exists() or path.is_symlink()) and not path.is_file():  # a link to nothing, as /dev/stdout may be
        raise IsoglossError(f"Cannot write {path}: this is no ordinary file. Name a file.")
    draft = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb+") as handle:
            os.fsync(handle.fileno())
        draft.replace(path)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        with suppress(OSError):  # on a disk that cannot be written
            draft.unlink(missing_ok=True)


@contextmanager
def published_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside a model's ``folder``; rename it into place when the block ends well."""
    draft = folder.with_name(f".{folder.name}.tmp")
    old = folder.with_name(f".{folder.name}.old")
    try:
        for left in (draft, old):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        mode = (draft / "config.json").stat().st_mode
        for path in draft.iterdir():
            path.chmod(mode)  # the library leaves weights readable by their owner only
            with path.open("rb+") as handle:
                os.fsync(handle.fileno())
        if folder.exists():
            folder.replace(old)
        draft.replace(folder)
    except OSError as error:
        raise disk_error(error, folder) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def from_the_future(path: str | Path) -> str | None:
    """Say that a file's time stamp is later than now, if it is: Snakemake fails over outputs that are older."""
    changed = Path(path).stat().st_mtime
    if changed <= time.time() + CLOCKS_APART:
        return None
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(changed))
    return f"{path} has a time stamp from the future ({when}); give it the time of now: touch {path}"


def not_a_file(path: str | Path) -> str:
    """Say what a path is that is no file: nothing, or a folder."""
    if Path(path).is_dir():
        return f"{path} is a folder; name a file"
    spelled = ". `~name` and `$NAME` are not spelled out; write the path itself" if str(path)[:1] in "~$" else ""
    return f"there is no file {path}{spelled}"


def check_file(path: str | Path) -> None:
    """Refuse what is no file.

    Raises
    ------
    IsoglossError
        Saying what it is.
    """
    if not Path(path).is_file():
        told = not_a_file(path)
        raise IsoglossError(f"{told[0].upper() if told.startswith('there') else told[0]}{told[1:]}.")


def disk_error(error: OSError, path: str | Path) -> Exception:
    """Turn an operating-system error about ``path`` into a message for the user, if it is one of theirs."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "No space left" in str(error):
        return IsoglossError(
            f"No space left on the disk that holds {path}. Nothing was lost: free some space "
            "and run the same command again."
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return IsoglossError(f"Cannot write {path}: {error.strerror}. Check the folder's permissions.")
    if error.errno in (errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP):
        return IsoglossError(f"Cannot write {path}: {error.strerror}. Name another place.")
    return error


def write_parquet(table: pd.DataFrame, path: str | Path) -> None:
    """Write ``table`` to ``path`` as Parquet, atomically, without the index; its pages carry checksums."""
    with published(path) as draft:
        table.to_parquet(draft, index=False, compression="zstd", write_page_checksum=True)


def check_environment() -> None:
    """Refuse to start where names of files are not UTF-8 (such as are not ASCII would be others), or in no folder.

    Raises
    ------
    IsoglossError
        Saying what to do.
    """
    try:
        Path.cwd()
    except OSError as error:
        raise IsoglossError("The folder that this shell stands in is gone. Go to one that is there (cd).") from error
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        raise IsoglossError(f"Names of files are read as {encoding} here, not as UTF-8. Say: export PYTHONUTF8=1")


def check_writable(folder: Path) -> None:
    """Refuse a working folder in which Snakemake cannot keep its notes.

    Raises
    ------
    IsoglossError
        Saying what to do.
    """
    if not os.access(folder, os.W_OK):
        raise IsoglossError(
            f"The working folder {folder} cannot be written, where Snakemake keeps its notes. Work in another: "
            "--directory FOLDER."
        )


def read_parquet(path: str | Path, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a Parquet table and check that it has the ``columns`` that the caller relies on.

    Raises
    ------
    IsoglossError
        If the file is missing, is not Parquet, or lacks a column.
    """
    import pandas as pd  # not for those who want the rest alone

    path = Path(path)
    check_file(path)
    try:
        table = pd.read_parquet(path, page_checksum_verification=True)
    except Exception as error:  # foreign files can fail in any way
        raise unreadable(path, error, "Parquet file") from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise IsoglossError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"it has {', '.join(map(str, table.columns))}."
        )
    return table


def read_arrow(path: str | Path, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet table as Arrow has it; see :func:`read_parquet`."""
    import pyarrow.parquet as pq

    check_file(path)
    try:
        return pq.read_table(path, columns=columns, page_checksum_verification=True)
    except Exception as error:  # foreign files can fail in any way
        raise unreadable(path, error, "Parquet file") from error


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a JSON object that a run wrote.

    Raises
    ------
    IsoglossError
        If the file is missing, or holds none.
    """
    check_file(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # of the parser or the decoder
        raise unreadable(path, error, "JSON file") from error
    if not isinstance(content, dict):
        raise unreadable(path, "it holds no object", "JSON file")
    return content


def unreadable(path: str | Path, error: Exception | str, what: str) -> IsoglossError:
    """Say that a file cannot be read as what it should be, and what to do."""
    told = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return IsoglossError(
        f"{path} is not a readable {what} ({told}). If a run made it, delete it and run the same command again."
    )


def write_csv(table: pd.DataFrame, path: str | Path, attributes: Mapping[str, Any] | None = None) -> None:
    """Write ``table`` to ``path`` as CSV, atomically; floats with 10 significant digits.

    Parameters
    ----------
    table
        The rows.
    path
        Where to.
    attributes
        Columns that come first and are the same in every row.
    """
    import pandas as pd

    if attributes is not None:
        table = pd.DataFrame([dict(attributes)]).merge(table, how="cross")
    with published(path) as draft:
        table.to_csv(draft, index=False, float_format="%.10g", lineterminator="\n")


def write_text(text: str, path: str | Path) -> None:
    """Write ``text`` to ``path`` as UTF-8, atomically."""
    with published(path) as draft:
        draft.write_text(text, encoding="utf-8")


def file_digest(path: str | Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
