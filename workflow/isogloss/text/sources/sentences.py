"""What text and tables of the user's share: rows of words, with the running text where a segmenter split it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.cells import text_of
from isogloss.text.segmentation import clean


def as_sentences(
    rows: Sequence[list[str]],
    cells: Sequence[Any],
    place: str,
    segmentation: str | None,
    numbers: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Give the sentences of a file; empty rows are left out.

    Parameters
    ----------
    rows
        The words of each row.
    cells
        What stands there: text, or a list of words.
    place
        The file, for messages.
    segmentation
        How text became words.
    numbers
        The sentences' numbers, where they are not the rows'.

    Raises
    ------
    IsoglossError
        If no row has a word.
    """
    kept = [row for row, words in enumerate(rows) if words]
    counted = range(len(rows)) if numbers is None else numbers
    table = pd.DataFrame({"sentence": [counted[row] for row in kept], "words": [rows[row] for row in kept]})
    if table.empty:
        raise IsoglossError(f"{place} holds no words: an empty corpus.")
    if segmentation not in (None, "whitespace"):
        # A model reads the sentence as it stands, not with spaces where a segmenter cut it.
        table["text"] = running_text([cells[row] for row in kept], list(table.words), place)
    return table


def running_text(cells: Sequence[Any], rows: Sequence[list[str]], place: str) -> list[str]:
    """Give the text that a segmenter split; words that were given as a list are set apart by spaces."""
    return [
        clean(text_of(cell, place)) if isinstance(cell, str | bytes) else " ".join(words)
        for cell, words in zip(cells, rows, strict=True)
    ]
