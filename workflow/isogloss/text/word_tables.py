"""Columns of tables with a word a row, concepts and lexicons, which a run made or its user brought."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.cells import is_missing, shown
from isogloss.text.segmentation import as_one_word


def words_in(cells: pd.Series, place: Callable[[int], str]) -> pd.Series:
    """Read a column of words, each in the one form in which words are compared.

    Parameters
    ----------
    cells
        The column, its index a running number.
    place
        Says where a row stands, for messages.

    Raises
    ------
    IsoglossError
        If a cell is no text, or empty.
    """
    try:
        found = {cell: read_word(cell) for cell in cells.unique()}
    except TypeError:  # lists, of which none is like another
        found = {}
    for row, cell in enumerate(cells if not found or None in found.values() else ()):
        if read_word(cell) is None:
            raise IsoglossError(f"{place(row)}, column '{cells.name}': expected a word, found {said(cell)}.")
    return cells if all(cell is word or cell == word for cell, word in found.items()) else cells.map(found)


def said(cell: Any) -> str:
    """Show a cell to its user; what pandas puts where there is nothing is nothing."""
    cell = cell.item() if isinstance(cell, np.generic) else cell
    return shown(cell if isinstance(cell, str) or not is_missing(cell) else None)


def read_word(cell: Any) -> str | None:
    """Read a cell that must be a word; None if it is something else."""
    try:
        word = as_one_word(cell.decode() if isinstance(cell, bytes) else cell)
    except (AttributeError, TypeError, UnicodeDecodeError):
        return None
    return word if word.strip() else None


def whole_numbers_in(cells: pd.Series, place: Callable[[int], str], least: int | None = None) -> pd.Series:
    """Read a column of whole numbers.

    Parameters
    ----------
    cells, place
        See :func:`words_in`.
    least
        The smallest that there can be.

    Raises
    ------
    IsoglossError
        If a cell is none, or smaller.
    """
    if cells.dtype.kind in "iu":
        wrong = np.zeros(len(cells), dtype=bool)
    else:
        wrong = np.array([isinstance(cell, bool | np.bool_) or not is_whole(cell) for cell in cells])
    if not wrong.any() and cells.dtype.kind not in "iu":
        cells = cells.astype(np.int64)
    if not wrong.any() and least is not None:
        wrong = (cells < least).to_numpy()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        expected = "a whole number" if least is None else f"a whole number from {least}"
        raise IsoglossError(f"{place(row)}, column '{cells.name}': expected {expected}, found {said(cells[row])}.")
    return cells


def is_whole(cell: Any) -> bool:
    """Tell whether a cell is a whole number, also one that a column with a gap made a float."""
    return isinstance(cell, int | np.integer) or (isinstance(cell, float) and cell.is_integer())


def shares_in(cells: pd.Series, place: Callable[[int], str]) -> pd.Series:
    """Read a column of probabilities.

    Raises
    ------
    IsoglossError
        If a cell is no number between 0 and 1.
    """
    numeric = cells.dtype.kind in "fiu"
    wrong = ~cells.between(0, 1).to_numpy() if numeric else np.ones(len(cells), dtype=bool)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise IsoglossError(
            f"{place(row)}, column '{cells.name}': expected a number between 0 and 1, found {said(cells[row])}."
        )
    return cells.astype(np.float64)
