"""Data sets of the hub: the Parquet files of one commit, read with pyarrow.

``datasets.load_dataset`` is not used: offline it takes whatever commit its cache has and ignores the one that is asked
for.
"""

import hashlib
import logging
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeGuard

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import published
from isogloss.hub import download, look_up
from isogloss.text.presets import CONVERTED
from isogloss.text.segmentation import clean

log = logging.getLogger(__name__)

NAMES = "What it calls a language otherwise than you is said by `names`; one that it lacks is left out."


def fetch_text(
    *,
    output: str | Path,
    repository: str,
    revision: str,
    files: list[str],
    text: str,
    language: str,
    joined_by: str | None = None,
    max_rows: int | None = None,
    nested: bool = False,
) -> None:
    """Fetch one language's sentences of a data set.

    Parameters
    ----------
    output
        Parquet with the columns ``sentence``, a number, and ``text``: a row for every row of the data set, None where
        it lacks that language.
    repository, revision
        Of the data set; see :class:`isogloss.hub.Repository`.
    files
        Which of its Parquet files, as patterns; several are read in the order of their names.
    text
        The column. A dot goes into what is nested: ``translation.fr``. A column of dictionaries with lists
        ``language`` and ``translation`` gives the translation into ``language``.
    language
        The data set's own name of the language.
    joined_by
        The column of the language that all files are paired with. A sentence's number is 63 bits of the SHA-256 of its
        text there, so that it is the same in every file; of rows with the same text the first is kept. Where there is
        none, sentences have the numbers of their rows.
    max_rows
        At most this many rows of each pattern are read, the first ones.
    nested
        Whether neither file nor column names the language, so that the cells must.

    Raises
    ------
    IsoglossError
        If the hub does not give it, or there is no such file, column or language.
    """
    found: dict[int, str | None] = {}
    for pattern in files:
        table = fetch_table(repository, revision, pattern).slice(0, max_rows)
        if nested and not all(
            cell is None or translates(cell) for cell in column_of(table, text, "", repository, True)
        ):
            raise IsoglossError(
                f"The column '{text}' of {repository} has one text a row, and neither `files` nor `text` says of which "
                "language: put `{language}` where the languages differ."
            )
        rows = column_of(table, text, language, repository)
        if joined_by is None:
            found |= dict(enumerate(rows, start=len(found)))
        else:
            for key, row in zip(column_of(table, joined_by, language, repository), rows, strict=True):
                if key and row:
                    found.setdefault(number_of(key), row)
    if not any(found.values()):
        known = ", ".join(files)
        raise IsoglossError(
            f"The data set {repository} has no text in '{language}' in the column '{text}' of {known}. {NAMES}"
        )
    numbers = pa.array(found, type=pa.int64())
    write(pa.table({"sentence": numbers, "text": pa.array(found.values())}), output)


def column_of(table: pa.Table, text: str, language: str, repository: str, whole: bool = False) -> list[Any]:
    """Give a column's cells, or what is nested in them; None where the language lacks; ``whole`` in all languages."""
    name, *keys = text.split(".")
    if name not in table.column_names:
        raise IsoglossError(
            f"The data set {repository} has no column '{name}'{did_you_mean(name, table.column_names) or '.'} "
            f"It has {', '.join(table.column_names)}."
        )
    return [inner(cell, keys, None if whole else language) for cell in table.column(name).to_pylist()]


def number_of(text: str) -> int:
    """Number a sentence by its text, for ever."""
    return int.from_bytes(hashlib.sha256(clean(text).encode()).digest()[:8], "big") >> 1


def fetch_items(*, output: str | Path, repository: str, revision: str, files: str) -> None:
    """Fetch one language's and split's items of a data set into one Parquet file, with the names of its labels.

    Parameters and errors are those of :func:`fetch_text`.
    """
    write(fetch_table(repository, revision, files), output)


def translates(cell: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a cell has translations into several languages."""
    return isinstance(cell, dict) and cell.keys() >= {"language", "translation"}


def inner(cell: Any, keys: list[str], language: str | None) -> Any:
    """Go into a nested cell; as far as all its languages where none is named."""
    for key in keys:
        cell = cell.get(key) if isinstance(cell, dict) else None
    if language is not None and translates(cell):
        return dict(zip(cell["language"], cell["translation"], strict=True)).get(language)
    return cell


def fetch_table(repository: str, revision: str, files: str) -> pa.Table:
    """Fetch the Parquet files that a pattern names, as one table."""
    found = look_up(repository, revision, "dataset")
    parquet = sorted(file for file in found.files if file.endswith(".parquet"))
    wanted = [file for file in parquet if fnmatch(file, files)]
    if not wanted:
        folders = sorted({file.partition("/")[0] for file in parquet})
        first = files.partition("/")[0]
        close = "" if first in folders else did_you_mean(first, folders)
        raise IsoglossError(
            f"The data set {repository} at {found.commit} has no Parquet file '{files}'{close or '.'} It has "
            + (f"{', '.join(folders[:40])}. {NAMES}" if folders else f"no Parquet files; its branch {CONVERTED} may.")
        )
    folder = download(found, wanted)
    try:
        return pa.concat_tables([pq.read_table(folder / file) for file in wanted])
    except (pa.ArrowException, OSError) as error:
        raise IsoglossError(f"The files {', '.join(wanted)} of {repository} cannot be read: {error}") from error


def write(table: pa.Table, output: str | Path) -> None:
    """Write a table whole or not at all."""
    log.info("%d rows", table.num_rows)
    with published(output) as draft:
        pq.write_table(table, draft, compression="zstd")
