"""Data sets of the hub: the Parquet files of one commit, read with pyarrow.

``datasets.load_dataset`` is not used: offline it takes whatever commit its cache has and ignores the one that is asked
for.
"""

import hashlib
import json
import logging
import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import published
from isogloss.hub import Repository, download, look_up
from isogloss.text.languages import names_of, nearest
from isogloss.text.presets import CONVERTED
from isogloss.text.segmentation import clean
from isogloss.text.sources.data_cards import NOTES, as_notes, label_names
from isogloss.text.sources.tables import translates, value_in

log = logging.getLogger(__name__)

# Where a fetched file says what it is from.
SOURCE = b"isogloss"
LANGUAGE = "{language}"
CARD = "README.md"
NAMES = "What it calls a language otherwise than you is said by `names`; one that it lacks is left out."


def fetch_text(
    *,
    output: str | Path,
    repository: str,
    revision: str,
    files: list[str],
    text: str,
    language: str,
    siblings: Sequence[str] = (),
    branch: str | Path | None = None,
    joined_by: str | None = None,
    max_rows: int | None = None,
    nested: bool = False,
) -> None:
    """Fetch one language's sentences of a data set.

    Parameters
    ----------
    output
        Parquet with the columns ``sentence``, a number, and ``text``: a row for every row of the data set, None where
        it lacks that language. Its metadata say under ``isogloss`` what it is from, with the commit.
    repository, revision
        Of the data set; see :class:`isogloss.hub.Repository`.
    files
        Which of its Parquet files, as patterns; several are read in the order of their names. For ``{language}`` the
        data set's own name of the language is found among them.
    text
        The column. A dot goes into what is nested: ``translation.fr``. A column of dictionaries with lists
        ``language`` and ``translation`` gives the translation into ``language``.
    language
        The data set's own name of the language, or ours.
    siblings
        Other languages of the study with the same code, such as ``zh-hant`` beside ``zh``.
    branch
        What a branch stands for, see :func:`isogloss.hub.look_up`.
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
    source = look_up(repository, revision, "dataset", branch)
    for pattern in files:
        table = fetch_table(source, named(source, pattern, language, siblings)).slice(0, max_rows)
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
    write(pa.table({"sentence": numbers, "text": pa.array(found.values())}), source, output)


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


def fetch_items(
    *,
    output: str | Path,
    repository: str,
    revision: str,
    files: str,
    language: str = "",
    siblings: Sequence[str] = (),
    branch: str | Path | None = None,
) -> None:
    """Fetch one language's and split's items of a data set into one Parquet file, with the names of its labels.

    They stand in the files themselves, or else in the data set's card. Parameters and errors are those of
    :func:`fetch_text`.
    """
    source = look_up(repository, revision, "dataset", branch)
    files = named(source, files, language, siblings)
    table = fetch_table(source, files)
    notes = table.schema.metadata or {}
    if NOTES not in notes and CARD in source.files:
        card = (download(source, [CARD]) / CARD).read_text(encoding="utf-8", errors="replace")
        names = label_names(card, wanted_files(source, files)[0])
        table = table.replace_schema_metadata({**notes, NOTES: as_notes(names)})
    write(table, source, output)


def inner(cell: Any, keys: list[str], language: str | None) -> Any:
    """Go into a nested cell; as far as all its languages where none is named."""
    for key in keys:
        cell = value_in(cell, key) if isinstance(cell, dict) else None
    return value_in(cell, language) if language is not None and translates(cell) else cell


def named(source: Repository, files: str, language: str, siblings: Sequence[str]) -> str:
    """Fill the data set's own name of a language into a pattern, as its files have it.

    Raises
    ------
    IsoglossError
        If no file's name means that language, or several do, or it means another language of the study too.
    """
    if LANGUAGE not in files:
        return files
    start, *rest = (re.escape(part).replace(r"\*", ".*") for part in files.split(LANGUAGE))
    pattern = re.compile(f"{start}(?P<name>[^/]+){'(?P=name)'.join(rest)}")
    names = sorted({found["name"] for file in source.files if (found := pattern.fullmatch(file))})
    found = names_of(language, names)
    where = f"in {files} of the data set {source.name} at {source.commit}"
    if names and not found:
        close = nearest(language, names)
        hint = f". Nearest are {', '.join(close)}" if close else did_you_mean(language, names)
        raise IsoglossError(f"There is no '{language}' {where}{hint}. It has {', '.join(names)}. {NAMES}")
    if len(found) > 1:
        raise IsoglossError(f"'{language}' may be any of {', '.join(found)} {where}: say which by `names`.")
    if twin := next((other for other in siblings if found and names_of(other, names) == found), None):
        raise IsoglossError(f"'{language}' and '{twin}' are both {found[0]} {where}: leave one of them out.")
    own = found[0] if found else language
    if own != language:
        log.info("'%s' is '%s' %s", language, own, where)
    return files.replace(LANGUAGE, own)


def wanted_files(source: Repository, files: str) -> list[str]:
    """List the Parquet files that a pattern names."""
    parquet = sorted(file for file in source.files if file.endswith(".parquet"))
    wanted = [file for file in parquet if fnmatch(file, files)]
    if not wanted:
        folders = sorted({file.partition("/")[0] for file in parquet})
        first = files.partition("/")[0]
        close = "" if first in folders else did_you_mean(first, folders)
        raise IsoglossError(
            f"The data set {source.name} at {source.commit} has no Parquet file '{files}'{close or '.'} It has "
            + (f"{', '.join(folders[:40])}. {NAMES}" if folders else f"no Parquet files; its branch {CONVERTED} may.")
        )
    return wanted


def fetch_table(source: Repository, files: str) -> pa.Table:
    """Fetch the Parquet files that a pattern names, as one table."""
    wanted = wanted_files(source, files)
    folder = download(source, wanted)
    try:
        tables = [pq.read_table(folder / file) for file in wanted]
        for file, table in zip(wanted, tables, strict=True):
            if form_of(table) != form_of(tables[0]):
                raise IsoglossError(
                    f"The files {wanted[0]} and {file} of {source.name} have other columns or labels "
                    f"({', '.join(tables[0].column_names)}; {', '.join(table.column_names)}). Let `files`, `train` and "
                    "the like name those of one config alone."
                )
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())
        raise IsoglossError(f"The files {', '.join(wanted)} of {source.name} cannot be read: {said}") from error


def form_of(table: pa.Table) -> tuple[set[str], Any]:
    """Give the columns of a table, and what its file notes of them."""
    notes = (table.schema.metadata or {}).get(NOTES)
    return set(table.column_names), notes and json.loads(notes).get("info", {}).get("features")


def write(table: pa.Table, source: Repository, output: str | Path) -> None:
    """Write a table whole or not at all, with what it is from in its metadata."""
    log.info("%d rows", table.num_rows)
    about = {"repository": source.name, "revision": source.revision, "commit": source.commit}
    noted = table.replace_schema_metadata({**(table.schema.metadata or {}), SOURCE: json.dumps(about).encode()})
    with published(output) as draft:
        pq.write_table(noted, draft, compression="zstd")
