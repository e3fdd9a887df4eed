"""The items of a task in one language: from the microworld, from messages of programs, or from the user's tables."""

import logging
import unicodedata
from pathlib import Path
from typing import Any

import pandas as pd

from isogloss import microworld
from isogloss.errors import IsoglossError
from isogloss.files import write_parquet
from isogloss.microworld.anchors import Anchors
from isogloss.tasks.kinds.kind import kind_named
from isogloss.tasks.splits import deal
from isogloss.text.cells import check_labels, is_missing, label_of
from isogloss.text.sources.gettext import program_messages
from isogloss.text.sources.sentences import running_text
from isogloss.text.sources.tables import Column, read_columns, read_words

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
    tag_measure: str = "entity_f1",
    segmentation: dict[str, str] | None = None,
    parallel: str | None = None,
    parallel_text: str | None = None,
    languages: list[str] | None = None,
    folder: str | None = None,
    names: dict[str, str] | None = None,
    min_words: int | None = None,
    max_words: int | None = None,
    similarity: float | None = None,
    paraphrase: str | None = None,
    anchored: dict[str, Any] | None = None,
) -> None:
    """Make one language's items of a task.

    Parameters
    ----------
    kind
        ``microworld``, ``gettext`` or ``table``; which of the other parameters are used depends on it.
    language
        Its code.
    part
        ``training`` (with the validation items) or ``test``.
    output
        The Parquet file: ``split`` (``training``, ``validation`` or ``test``), ``item`` (test items have the same
        numbers in every language), ``words``, and by task ``other_words``, ``label``, ``tags``; test items may have a
        ``paraphrase``, which is empty where an item has none. Where a segmenter split a text, the running one stands
        beside its words: ``text``, ``other_text``.
    task, seed, anchored
        Of the microworld; ``anchored``: ``anchors``, ``seed`` and ``source`` of its
        :class:`~isogloss.microworld.anchors.Anchors`.
    into
        The language that a translation goes into.
    train, validation, test
        Numbers of items of the microworld, or of each program's messages; paths of the user's tables.
    form, text, other_text, label, labels, paraphrase
        Of the user's tables: the kind of task, its columns, and the labels that may occur, in the order of their
        numbers if the tables have numbers.
    tag_measure
        How tags are scored: ``entity_f1``, which needs O, B-X and I-X, or ``accuracy``.
    segmentation
        How text becomes words, by language, see :func:`isogloss.text.segmentation.split_words`.
    parallel, parallel_text
        Another language's test items, which must be as many, and for classification have the same labels; and its
        column of text.
    languages, folder, names, min_words, max_words, similarity
        Of the messages of programs, whose names are the ``labels``.

    Raises
    ------
    IsoglossError
        If a table cannot be read, lacks a column, has a label outside the declared set or a text that is missing, if
        the test items differ from the other language's, or a split is empty.
    """
    if kind == "microworld":
        anchors = Anchors(anchored["anchors"], anchored["seed"], anchored["source"]) if anchored else None
        if part == "test":
            parts = {"test": microworld.generate_task(task, language, "test", test, seed, into, anchors)}
        else:
            seen = microworld.generate_task(task, language, "training", train + validation, seed, into, anchors)
            parts = {"training": seen.head(train), "validation": seen.tail(validation)}
    elif kind == "gettext":
        found = program_messages(languages, folder, labels, min_words, max_words, names)
        dealt = deal(found, {"test": test, "validation": validation, "training": train}, similarity)
        dealt = dealt.rename(columns={"sentence": "item", language: "words"})[["split", "item", "words", "label"]]
        names = ("test",) if part == "test" else ("training", "validation")
        parts = {name: dealt[dealt.split == name].drop(columns="split") for name in names}
    else:
        columns = {
            "language": language,
            "form": form,
            "text": text,
            "other_text": other_text,
            "paraphrase": paraphrase,
            "label": label,
            "labels": labels and [unicodedata.normalize("NFC", name) for name in labels],
            "tag_measure": tag_measure,
            "into": into,
            "segmentation": segmentation or {},
        }
        if part == "test":
            parts = {"test": read_items(test, **columns)}
            if parallel:
                check_same_items(parts["test"], test, form, parallel_text or text, label, columns["labels"], parallel)
        elif validation:
            parts = {"training": read_items(train, **columns), "validation": read_items(validation, **columns)}
        else:
            seen = read_items(train, **columns)
            held_out = seen.index % VALIDATION_TENTH == VALIDATION_TENTH - 1
            parts = {"training": seen[~held_out], "validation": seen[held_out]}
    for split, rows in parts.items():
        if rows.empty:
            raise IsoglossError(f"{language} has no {split} items: the split is empty.")
    log.info("%s: %s", language, ", ".join(f"{len(rows):,} {split} items" for split, rows in parts.items()))
    table = pd.concat([rows.assign(split=split) for split, rows in parts.items()], ignore_index=True)
    write_parquet(table[["split", *(name for name in table.columns if name != "split")]], output)


def read_items(
    path: str,
    *,
    language: str,
    form: str,
    text: str,
    other_text: str | None,
    paraphrase: str | None,
    label: str,
    labels: list[str] | None,
    tag_measure: str,
    into: str | None,
    segmentation: dict[str, str],
) -> pd.DataFrame:
    """Read a table of items; for the parameters see :func:`write_items`.

    Raises
    ------
    IsoglossError
        Naming the file, and the row and the column where there is one.
    """
    task = kind_named(form, labels=labels, into=into, tag_measure=tag_measure)
    names = [text, *(name for name in (other_text, paraphrase) if name), *([label] if task.column else [])]
    columns = dict(zip(names, read_columns(path, names), strict=True))
    items = pd.DataFrame({"item": range(len(columns[text].cells))})
    add_texts(items, "words", "text", columns[text], language, segmentation.get(language))
    if other_text:
        other = into or language
        add_texts(items, "other_words", "other_text", columns[other_text], other, segmentation.get(other))
    if paraphrase:
        items["paraphrase"] = read_words(columns[paraphrase], language, segmentation.get(language))
    if task.listed:
        check_labels(labels, f"{path}: the declared labels")
    return task.read(items, columns[label]) if task.column else items


def add_texts(
    items: pd.DataFrame, words: str, text: str, column: Column, language: str, segmentation: str | None
) -> None:
    """Read a column of text of which no row may be empty: words, and the running text where a segmenter split it."""
    rows = read_words(column, language, segmentation)
    for row, said in enumerate(rows):
        if not said:
            found = "the cell is empty" if is_missing(column.cells[row]) else "there is no word in it"
            raise IsoglossError(f"{column.place(row)}: there is no text: {found}.")
    items[words] = rows
    if segmentation not in (None, "whitespace"):
        items[text] = running_text(column.cells, rows, str(column.path))


def read_labels(column: Column, labels: list[str]) -> list[str]:
    """Read a column of labels."""
    return [label_of(cell, column.place(row), labels, column.names) for row, cell in enumerate(column.cells)]


def check_same_items(
    items: pd.DataFrame, path: str, form: str, text: str, label: str, labels: list[str] | None, other: str
) -> None:
    """Refuse test items that are not those of another language, as far as numbers and labels tell.

    Scores of two languages are compared item by item, so item n must be the same one in both.
    """
    found = read_columns(other, [label if form == "sequence-classification" else text])[0]
    if len(found.cells) != len(items):
        raise IsoglossError(
            f"{path} has {len(items):,} items, {other} has {len(found.cells):,}: the test items must be the same in "
            "every language, in the same order."
        )
    if form == "sequence-classification":
        for row, (mine, theirs) in enumerate(zip(items.label, read_labels(found, labels), strict=True)):
            if mine != theirs:
                raise IsoglossError(
                    f"{path}, row {row + 1}, column '{label}': '{mine}', but '{theirs}' in that row of {other}: the "
                    "test items must be the same in every language, in the same order."
                )
