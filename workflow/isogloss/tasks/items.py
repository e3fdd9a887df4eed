"""The items of a task in one language: training, validation and test, from the microworld or the user's tables."""

import difflib
import logging
from pathlib import Path

import pandas as pd

from isogloss import microworld
from isogloss.errors import IsoglossError
from isogloss.files import write_parquet
from isogloss.text.segmentation import clean
from isogloss.text.sources.tables import read_any

log = logging.getLogger(__name__)

VALIDATION_TENTH = 10


def write_items(
    *,
    kind: str,
    language: str,
    part: str,
    output: str | Path,
    task: str | None = None,
    train: int | str | None = None,
    validation: int | str | None = None,
    test: int | str | None = None,
    seed: int | None = None,
    into: str | None = None,
    form: str = "sequence-classification",
    text: str = "text",
    other_text: str | None = None,
    label: str = "label",
    labels: list[str] | None = None,
) -> None:
    """Make one language's items of a task.

    Parameters
    ----------
    kind
        ``microworld`` or ``table``; which of the other parameters are used depends on it.
    language
        Its code.
    part
        ``training`` (with the validation items) or ``test``.
    output
        The Parquet file: ``split`` (``training``, ``validation`` or ``test``), ``item`` (test items have the same
        numbers in every language), ``words``, and by task ``other_words``, ``label``, ``tags``.
    task, seed, into
        Of the microworld.
    train, validation, test
        Numbers of items of the microworld; paths of the user's tables.
    form, text, other_text, label, labels
        Of the user's tables: the kind of task, its columns, and the labels that may occur.

    Raises
    ------
    IsoglossError
        If a table cannot be read, lacks a column, has a label outside the declared set, or a split is empty.
    """
    if kind == "microworld":
        if part == "test":
            parts = {"test": microworld.generate_task(task, language, "test", test, seed, into)}
        else:
            seen = microworld.generate_task(task, language, "training", train + validation, seed, into)
            parts = {"training": seen.head(train), "validation": seen.tail(validation)}
    else:
        columns = (form, text, other_text, label, labels)
        if part == "test":
            parts = {"test": read_items(test, *columns)}
        elif validation:
            parts = {"training": read_items(train, *columns), "validation": read_items(validation, *columns)}
        else:
            seen = read_items(train, *columns)
            held_out = seen.index % VALIDATION_TENTH == VALIDATION_TENTH - 1
            parts = {"training": seen[~held_out], "validation": seen[held_out]}
    for split, rows in parts.items():
        if rows.empty:
            raise IsoglossError(f"{language} has no {split} items: the split is empty.")
    log.info("%s: %s", language, ", ".join(f"{len(rows):,} {split} items" for split, rows in parts.items()))
    table = pd.concat([rows.assign(split=split) for split, rows in parts.items()], ignore_index=True)
    write_parquet(table[["split", *(name for name in table.columns if name != "split")]], output)


def read_items(
    path: str, form: str, text: str, other_text: str | None, label: str, labels: list[str] | None
) -> pd.DataFrame:
    """Read a table of items and check its labels.

    Raises
    ------
    IsoglossError
        Naming the file, and the row where there is one.
    """
    table = read_any(Path(path))
    needed = [text, *([other_text] if other_text else []), *([] if form == "translation" else [label])]
    for column in needed:
        if column not in table.columns:
            names = [str(name) for name in table.columns]
            close = difflib.get_close_matches(column, names, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise IsoglossError(f"{path} has no column '{column}'{hint} It has {', '.join(names)}.")
    items = pd.DataFrame({"item": range(len(table)), "words": [as_words(cell) for cell in table[text]]})
    if other_text:
        items["other_words"] = [as_words(cell) for cell in table[other_text]]
    empty = items.index[items.words.map(len) == 0]
    if len(empty):
        raise IsoglossError(f"{path}, row {empty[0] + 1}, column '{text}': there is no text.")
    if form == "translation":
        return items
    if form == "token-classification":
        items["tags"] = [list(map(str, cell)) if hasattr(cell, "__iter__") else [] for cell in table[label]]
        if isinstance(table[label].iloc[0] if len(table) else None, str):
            items["tags"] = [cell.split() for cell in table[label]]
        uneven = items.index[items.tags.map(len) != items.words.map(len)]
        if len(uneven):
            row = items.loc[uneven[0]]
            raise IsoglossError(
                f"{path}, row {uneven[0] + 1}: {len(row.words)} words, but {len(row.tags)} tags in column '{label}'."
            )
        found = [(row, tag) for row, tags in enumerate(items.tags) for tag in tags]
    else:
        items["label"] = table[label].map(str)
        found = list(enumerate(items.label))
    for row, value in found:
        if value not in labels:
            raise IsoglossError(
                f"{path}, row {row + 1}, column '{label}': '{value}' is not among the declared labels "
                f"({', '.join(labels)})."
            )
    return items


def as_words(cell: object) -> list[str]:
    """Split a cell at white space; a list of words is taken as it is."""
    if isinstance(cell, str):
        return clean(cell).split()
    return [str(word) for word in cell] if hasattr(cell, "__iter__") else []
