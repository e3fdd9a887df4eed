"""Data sets of the hub: the Parquet files of one commit, read with pyarrow.

``datasets.load_dataset`` is not used: offline it takes whatever commit its cache has and ignores the one that is asked
for.
"""

import logging
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import published
from isogloss.hub import download, look_up

log = logging.getLogger(__name__)


def fetch_text(*, output: str | Path, repository: str, revision: str, files: str, text: str, language: str) -> None:
    """Fetch one language's sentences of a data set.

    Parameters
    ----------
    output
        Parquet with the column ``text``, a row for every row of the data set: None where it lacks that language.
    repository, revision
        Of the data set; see :class:`isogloss.hub.Repository`.
    files
        Which of its Parquet files, as a pattern; several are read in the order of their names.
    text
        The column. A dot goes into what is nested: ``translation.fr``. A column of dictionaries with lists
        ``language`` and ``translation`` gives the translation into ``language``.
    language
        The data set's own name of the language.

    Raises
    ------
    IsoglossError
        If the hub does not give it, or there is no such file, column or language.
    """
    table = fetch_table(repository, revision, files)
    name, *keys = text.split(".")
    if name not in table.column_names:
        raise IsoglossError(
            f"The data set {repository} has no column '{name}'{did_you_mean(name, table.column_names) or '.'} "
            f"It has {', '.join(table.column_names)}."
        )
    rows = [inner(cell, keys, language) for cell in table.column(name).to_pylist()]
    if not any(rows):
        raise IsoglossError(f"The data set {repository} has no text in '{language}' in the column '{text}' of {files}.")
    write(pa.table({"text": pa.array(rows)}), output)


def fetch_items(*, output: str | Path, repository: str, revision: str, files: str) -> None:
    """Fetch one language's and split's items of a data set into one Parquet file, with the names of its labels.

    Parameters and errors are those of :func:`fetch_text`.
    """
    write(fetch_table(repository, revision, files), output)


def inner(cell: Any, keys: list[str], language: str) -> Any:
    """Go into a nested cell."""
    for key in keys:
        cell = cell and cell.get(key)
    if isinstance(cell, dict) and cell.keys() >= {"language", "translation"}:
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
            + (f"{', '.join(folders[:40])}." if folders else "no Parquet files; its branch refs/convert/parquet may.")
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
