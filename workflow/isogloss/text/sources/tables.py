"""Corpora in a table: Parquet, CSV or JSONL, with a column a language."""

import difflib
import json
from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.segmentation import clean, split_words


def read_column(path: str | Path, column: str, segmentation: str = "whitespace") -> pd.DataFrame:
    """Read one language's column.

    Parameters
    ----------
    path
        A ``.parquet``, ``.csv`` or ``.jsonl`` file.
    column
        Of sentences, or of lists of words.
    segmentation
        How sentences become words; lists are taken as they are.

    Returns
    -------
    DataFrame
        ``sentence`` (row number from 0) and ``words``. Empty cells have no row, and keep their number.

    Raises
    ------
    IsoglossError
        If the table cannot be read, lacks the column, or the column holds something else.
    """
    path = Path(path)
    table = read_any(path)
    if column not in table.columns:
        names = [str(name) for name in table.columns]
        close = difflib.get_close_matches(column, names, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise IsoglossError(f"{path} has no column '{column}'{hint} It has {', '.join(names)}.")
    rows = []
    for number, cell in enumerate(table[column]):
        if isinstance(cell, str):
            words = split_words(cell, segmentation)
        elif hasattr(cell, "__iter__"):
            # A word never holds a space: the text forms of our files could not tell it from two.
            words = [part for word in cell for part in clean(str(word)).split()]
        elif cell is None or pd.isna(cell):
            continue
        else:
            raise IsoglossError(
                f"{path}, row {number + 1}, column '{column}': expected text or a list, found {cell!r}."
            )
        if words:
            rows.append((number, words))
    if not rows:
        raise IsoglossError(f"{path}, column '{column}': no words, an empty corpus.")
    return pd.DataFrame(rows, columns=["sentence", "words"])


def read_any(path: Path) -> pd.DataFrame:
    """Read a table by its ending."""
    if not path.is_file():
        raise IsoglossError(f"There is no file {path}.")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.suffix == ".csv":
            return pd.read_csv(path, dtype=str, keep_default_na=False)
        if path.suffix == ".jsonl":
            return read_jsonl(path)
    except (ValueError, OSError) as error:
        raise IsoglossError(f"{path} cannot be read: {error}") from error
    raise IsoglossError(f"{path}: expected a .parquet, .csv or .jsonl table.")


def read_jsonl(path: Path) -> pd.DataFrame:
    """Read one JSON object a line."""
    rows = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise IsoglossError(f"{path}:{number}: not JSON in UTF-8: {error}") from error
        if not isinstance(row, dict):
            raise IsoglossError(f"{path}:{number}: expected an object with a key a language, found {row!r}.")
        rows.append(row)
    return pd.DataFrame(rows)
