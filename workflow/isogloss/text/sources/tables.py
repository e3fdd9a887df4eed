"""Tables of the user: Parquet, CSV, TSV, JSONL, CoNLL and its like, a column at a time, as they are.

What a cell means is decided in :mod:`isogloss.text.cells`; here it gets the value that the file holds, never one that a
reader guessed (a number for text, a float for a whole number beside a null, another column's cell).
"""

import csv
import io
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import check_file
from isogloss.text.cells import shown, words_of
from isogloss.text.encoding import ending_of, lines_of, read_bytes, read_text
from isogloss.text.mistaken import check_is_text
from isogloss.text.segmentation import check_split, clean
from isogloss.text.sources.lines import check_parallel
from isogloss.text.sources.sentences import as_sentences
from isogloss.text.sources.tokens import TOKEN_FILES, read_wikiann

TRANSLATIONS = {"language", "translation"}


def read(
    *,
    language: str,
    part: str,
    file: str | Path,
    column: str,
    numbers: str | None = None,
    beside: str | Path | None = None,
    segmentation: str | None = None,
    links: Sequence[str] = (),
) -> pd.DataFrame:
    """Read one language of a corpus from its column.

    ``numbers`` is the column of the sentences' numbers, where they are not the rows'; ``beside`` is another language's
    table, whose column is the same. For the other parameters and the errors see
    :func:`isogloss.text.sources.lines.read`.
    """
    values = read_columns(file, [column])[0]
    rows = read_words(values, language, segmentation, bool(links))
    if beside and (count := len(read_columns(beside, [column])[0].cells)) != len(rows):
        raise IsoglossError(
            f"Parallel tables must have the same number of rows: {file} has {len(rows):,}, {beside} {count:,}."
        )
    check_parallel(file, len(rows), links)
    counted = read_columns(file, [numbers])[0].cells if numbers else None
    return as_sentences(rows, values.cells, f"{file}, column '{column}'", segmentation, counted)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    path
        The file.
    name
        The column; after a dot the key of a dictionary.
    cells
        Its values, None where there is none.
    names
        The labels that numbers mean, where the file says so (the hub's class labels).
    """

    path: Path
    name: str
    cells: list[Any]
    names: list[str] | None = None

    def place(self, row: int) -> str:
        """Say where a cell stands; rows count from 1, the header not counted."""
        return f"{self.path}, row {row + 1}, column '{self.name}'"


def read_words(
    column: Column, language: str, segmentation: str | None = None, as_aligned: bool = False
) -> list[list[str]]:
    """Read a column's sentences, or lists of words.

    Parameters
    ----------
    column
        The cells.
    language
        The code of their language.
    segmentation, as_aligned
        See :func:`isogloss.text.cells.words_of`.

    Returns
    -------
    list of list of str
        The words of each row; none where the cell is empty.

    Raises
    ------
    IsoglossError
        If a cell holds something else, or text is not split into words and nothing is said of that.
    """
    rows = [words_of(cell, column.place(row), segmentation, as_aligned) for row, cell in enumerate(column.cells)]
    check_is_text(column.cells, f"{column.path}, column '{column.name}'")
    if segmentation is None:
        texts = [words for words, cell in zip(rows, column.cells, strict=True) if not isinstance(cell, list)]
        check_split(texts, f"{column.path}, column '{column.name}'", language)
    return rows


def read_columns(path: str | Path, columns: list[str]) -> list[Column]:
    """Read columns of a table.

    Parameters
    ----------
    path
        Its form follows from its name alone: ``.parquet``, ``.csv``, ``.tsv``, ``.jsonl``, ``.conll``, ``.conllu``,
        ``.wikiann`` or, as WikiANN's own files, no ending; and ``.gz`` after it where it is compressed.
    columns
        Their names. ``translation.de`` is the key ``de`` of the dictionaries in ``translation``, where there is no
        column of that whole name.

    Raises
    ------
    IsoglossError
        If the table cannot be read, lacks a column or has it twice, or a column holds dictionaries.
    """
    path = Path(path)
    check_file(path)
    readers = {".parquet": parquet_columns, ".csv": csv_columns, ".tsv": csv_columns, ".jsonl": jsonl_columns}
    readers |= dict.fromkeys(TOKEN_FILES, token_columns)
    ending = ending_of(path)
    if ending and ending not in readers:
        raise IsoglossError(f"{path}: expected a table whose name ends in {', '.join(readers)}, or in these and .gz.")
    found = readers.get(ending, token_columns)(path, columns)
    for column in found:
        for row, cell in enumerate(column.cells):
            if isinstance(cell, dict):
                raise holds_dictionaries(column.path, column.name, list(map(str, cell)), row)
    return found


def holds_dictionaries(path: Path, column: str, keys: list[str], row: int) -> IsoglossError:
    """Say that a column holds dictionaries, and how to take one of their keys."""
    example = f" Name one of them: `{column}.{keys[0]}`." if keys else ""
    if {*keys} >= TRANSLATIONS:
        example = f" Name a language: `{column}.en`, or `{column}.{{language}}` in a task."
    listed = ", ".join(keys) or "(none)"
    return IsoglossError(
        f"{path}, row {row + 1}, column '{column}': expected text, found a dictionary with the keys {listed}.{example}"
    )


def split_name(name: str, known: list[str], path: Path) -> tuple[str, list[str]]:
    """Find a column by its name: itself, or the longest part before a dot, and the keys after it.

    Raises
    ------
    IsoglossError
        If there is no such column, or two of that name.
    """
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        column = ".".join(parts[:end])
        if column in known:
            if known.count(column) > 1:
                times = known.count(column)
                raise IsoglossError(f"{path} has the column '{column}' {times} times. Rename all but one.")
            if twin := next((other for other in known if other != column and clean(other) == clean(column)), None):
                raise IsoglossError(
                    f"{path} has the columns '{column}' and '{twin}', which differ in spaces or signs that cannot be "
                    "seen. Rename one."
                )
            return column, parts[end:]
    hint = did_you_mean(name, known) or "."
    raise IsoglossError(f"{path} has no column '{name}'{hint} It has {', '.join(dict.fromkeys(known))}.")


def pick(cell: Any, keys: list[str], place: str) -> Any:
    """Take a value out of nested dictionaries; None where it is not there.

    Raises
    ------
    IsoglossError
        If something else than a dictionary is met on the way.
    """
    for key in keys:
        if cell is None:
            return None
        if not isinstance(cell, dict):
            raise IsoglossError(f"{place}: expected a dictionary with the key '{key}', found {shown(cell)}.")
        if key in TRANSLATIONS and translates(cell):
            raise IsoglossError(f"{place}: '{key}' is a list over languages. Name one of them in its place.")
        cell = value_in(cell, key)
    return cell


def translates(cell: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a cell has translations into several languages, as the lists ``language`` and ``translation``."""
    return isinstance(cell, dict) and all(isinstance(cell.get(key), list) for key in TRANSLATIONS)


def value_in(cell: dict[str, Any], key: str) -> Any:
    """Give the value of a key; of translations the one into that language; None where there is none."""
    if key not in cell and translates(cell):
        return dict(zip(cell["language"], cell["translation"], strict=True)).get(key)
    return cell.get(key)


# Parquet ------------------------------------------------------------------------------------------------------------


def parquet_columns(path: Path, columns: list[str]) -> list[Column]:
    """Read columns of a Parquet file."""
    try:
        with pq.ParquetFile(pa.BufferReader(read_bytes(path)) if path.suffix == ".gz" else path) as file:
            schema = file.schema_arrow
            tops = [split_name(name, schema.names, path) for name in columns]
            for top, keys in tops:
                check_keys(path, top, keys, schema.field(top).type)
            table = file.read(columns=sorted({top for top, _ in tops}))
            found = []
            for name, (top, keys) in zip(columns, tops, strict=True):
                cells = [
                    pick(cell, keys, f"{path}, row {row + 1}, column '{name}'")
                    for row, cell in enumerate(arrow_values(table.column(top), f"{path}, column '{top}'"))
                ]
                found.append(Column(path, name, cells, class_names(schema, top, keys)))
            return found
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise IsoglossError(f"{path} cannot be read as Parquet: {told}. Bring or make the file again.") from error


def arrow_values(column: pa.ChunkedArray, place: str) -> Iterator[Any]:
    """Give a column's values as Python's; text that is not UTF-8 is refused with its row."""
    for row, value in enumerate(column):
        try:
            yield value.as_py()
        except UnicodeDecodeError as error:
            raise IsoglossError(
                f"{place}, row {row + 1}: the text is not UTF-8 (byte {error.start + 1} is "
                f"0x{error.object[error.start]:02x})."
            ) from error


def check_keys(path: Path, column: str, keys: list[str], kind: pa.DataType) -> None:
    """Refuse a key that the dictionaries of a Parquet column do not have, or a column of them without a key."""
    named = column
    for key in keys:
        if not pa.types.is_struct(kind):
            raise IsoglossError(f"{path}, column '{named}': holds {kind}, no dictionaries with a key '{key}'.")
        known = [field.name for field in kind]
        if key not in known and {*known} >= TRANSLATIONS:
            return  # a language, which some rows may lack
        if key not in known:
            raise IsoglossError(f"{path}, column '{named}': there is no key '{key}'; there are {', '.join(known)}.")
        kind, named = kind.field(key).type, f"{named}.{key}"
    if pa.types.is_struct(kind):
        raise holds_dictionaries(path, named, [field.name for field in kind], 0)


def class_names(schema: pa.Schema, column: str, keys: list[str]) -> list[str] | None:
    """Look up what the numbers of a column mean in the notes that ``datasets`` leaves in a file; None without any."""
    try:
        feature = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"][column]
        for key in keys:
            feature = feature[key]
        # A list of class labels is {"feature": {...}} or, in older files, a list of one.
        feature = feature[0] if isinstance(feature, list) else feature
        names = feature.get("feature", feature).get("names")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None
    return [str(name) for name in names] if isinstance(names, list) and names else None


# CSV ----------------------------------------------------------------------------------------------------------------


SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}


def csv_columns(path: Path, columns: list[str]) -> list[Column]:
    """Read columns of a CSV or TSV file with a header. An empty cell is missing."""
    header, *rows = csv_rows(path)
    if header[0].startswith("sep="):
        raise IsoglossError(f"{path}:1: a line for spreadsheets, '{','.join(header)}'. Take it out; expected a header.")
    if len(header) == 1 and (other := next((mark for mark in SEPARATORS if mark in header[0]), None)):
        expected = SEPARATORS["\t"] if ending_of(path) == ".tsv" else SEPARATORS[","]
        raise IsoglossError(
            f"{path}:1: the header has one cell, '{header[0]}': {SEPARATORS[other]} seem to stand between the columns, "
            f"expected {expected}. Save it so, or let its name end in .tsv where there are tabs."
        )
    places = []
    for name in columns:
        column, keys = split_name(name, header, path)
        if keys:
            listed = ", ".join(header)
            raise IsoglossError(f"{path} has no column '{name}'; such a table holds no dictionaries. It has {listed}.")
        places.append(header.index(column))
    return [
        Column(path, name, [row[place] or None for row in rows]) for name, place in zip(columns, places, strict=True)
    ]


def csv_rows(path: Path) -> list[list[str]]:
    """Read the header and the rows, each with as many cells as the header.

    CSV has commas and double quotes; TSV has tabs, and quotes are a part of the text. Commas or tabs at the ends of all
    rows are no cells. Any other row with more or fewer cells is refused: a comma or a quote
    that was not meant as one has moved its cells, and no one can tell which.
    """
    csv.field_size_limit(sys.maxsize)
    form: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if ending_of(path) == ".tsv" else {}
    text = read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, **form)
    rows, lines = [], []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise IsoglossError(
            f"{path}:{reader.line_num}: not CSV: {error}. A quote within a cell is written twice, and the cell quoted."
        ) from error
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise IsoglossError(f"{path} is empty; expected a header and rows.")
    width = len(rows[0])
    widest = {len(row) for row in rows[1:]}
    if len(widest) == 1 and min(widest) > width and not any(any(row[width:]) for row in rows[1:]):
        rows[1:] = [row[:width] for row in rows[1:]]
    for row, line in zip(rows, lines, strict=False):
        if len(row) != width:
            raise IsoglossError(
                f"{path}:{line}: this row has {len(row)} cells, the header {width} ({', '.join(rows[0])}). "
                + ("Take out tabs within cells" if form else "Quote a cell that holds a comma")
                + ", and write an empty cell out."
            )
    if len(rows) > 1 and lines[-1] > lines[0] + len(rows) - 1 and not form:
        check_no_row_within(path, text.splitlines(), lines, width)
    return rows


def check_no_row_within(path: Path, text: list[str], lines: list[int], width: int) -> None:
    """Refuse a row over several lines each of which looks like a row: a quote that was none has joined them.

    No space follows the commas between cells, and one follows those of most text.
    """
    for first, last in itertools.pairwise(lines):
        parts = [line.split(",") for line in text[first:last]]
        if len(parts) > 1 and width > 1 and all(len(part) == width and all(map(is_tight, part)) for part in parts):
            raise IsoglossError(
                f"{path}:{first + 1}: a quote joins the lines {first + 1} to {last} to one row, and each of them looks "
                "like a row. Write a quote within a cell twice, and quote the cell; or take the line ends within cells "
                "out if they are meant."
            )


def is_tight(cell: str) -> bool:
    """Tell whether a cell holds something, without spaces at its ends."""
    return cell == cell.strip() != ""


# A word a line -------------------------------------------------------------------------------------------------------


def token_columns(path: Path, columns: list[str]) -> list[Column]:
    """Read columns of a file with a word a line: a list of words, or tags, a sentence."""
    known = TOKEN_FILES.get(ending_of(path), read_wikiann)(path)
    found = []
    for name in columns:
        column, keys = split_name(name, list(known), path)
        if keys:
            raise IsoglossError(f"{path} has no column '{name}'. It has {', '.join(known)}.")
        found.append(Column(path, name, known[column]))
    return found


# JSONL --------------------------------------------------------------------------------------------------------------


def jsonl_columns(path: Path, columns: list[str]) -> list[Column]:
    """Read keys of the objects of a JSONL file; a key that is not there is missing."""
    rows: list[dict[str, Any]] = []
    known: dict[str, None] = {}
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=unique_keys, parse_constant=no_constant)
        except (ValueError, RecursionError) as error:
            raise IsoglossError(f"{path}:{number}: not JSON: {json_says(error)}.{an_array(line)}") from error
        if not isinstance(row, dict):
            told = f"expected an object with a key a column, found {shown(row)}"
            raise IsoglossError(f"{path}:{number}: {told}.{an_array(line)}")
        rows.append(row)
        known |= dict.fromkeys(row)
    found = []
    for name in columns:
        column, keys = split_name(name, list(known), path)
        cells = [
            pick(row.get(column), keys, f"{path}, row {place + 1}, column '{name}'") for place, row in enumerate(rows)
        ]
        if keys and cells and all(cell is None for cell in cells):
            inner = dict.fromkeys(key for row in rows if isinstance(row.get(column), dict) for key in row[column])
            raise IsoglossError(f"{path}: no row has '{name}'; '{column}' has {', '.join(inner) or 'nothing'}.")
        found.append(Column(path, name, cells))
    return found


def json_says(error: ValueError | RecursionError) -> str:
    """Say what is wrong with a line that is no JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[0].lower()}{error.msg[1:]}, at character {error.pos + 1} of the line".replace(
            " at, at", ", at"
        )
    if isinstance(error, RecursionError):
        return "there are more lists within one another than can be read"
    return "a number has too many digits" if "digits" in str(error) else str(error)


def an_array(line: str) -> str:
    """Advise where a file seems to be one JSON array."""
    return " Of an array make an object a line: jq -c '.[]'." if line.lstrip().startswith("[") else ""


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; refuse a key that stands twice, of which one value would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key '{next(name for name in names if names.count(name) > 1)}' stands twice")
    return made


def no_constant(name: str) -> None:
    """Read NaN, which pandas and Python write for what is missing; there is no infinite text or label."""
    if name != "NaN":
        raise ValueError(f"{name} is no value of JSON")
