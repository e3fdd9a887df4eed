"""The items of a task in one language: from the microworld, from messages of programs, or from the user's tables."""

import logging
import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from isogloss import microworld
from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_parquet
from isogloss.microworld.anchors import Anchors
from isogloss.tasks.kinds.kind import kind_named
from isogloss.tasks.splits import deal
from isogloss.text.cells import check_labels, check_one_spelling, is_missing, label_of, tags_of
from isogloss.text.sources.gettext import program_messages
from isogloss.text.sources.sentences import running_text
from isogloss.text.sources.tables import Column, read_columns, read_words

log = logging.getLogger(__name__)

VALIDATION_TENTH = 10
# Items from which on it is told whether tagged ones are the same in two languages, and standard errors from chance:
# of the same ones both signs lie beyond, of others hardly ever one.
ENOUGH, CLEAR = 100, 3.0


def write_items(*, kind: str, language: str, part: str, output: str | Path, **source: Any) -> None:
    """Make one language's items of a task.

    Parameters
    ----------
    kind
        A key of ``KINDS``.
    language
        Its code.
    part
        ``training`` (with the validation items) or ``test``.
    output
        The Parquet file: ``split`` (``training``, ``validation`` or ``test``), ``item`` (test items have the same
        numbers in every language), ``words``, and by task ``other_words``, ``label``, ``tags``; test items may have a
        ``paraphrase``, which is empty where an item has none. Where a segmenter split a text, the running one stands
        beside its words: ``text``, ``other_text``.
    **source
        What the function of the kind takes.

    Raises
    ------
    IsoglossError
        If a table cannot be read, lacks a column, has a label outside the declared set or a text that is missing, if
        the test items differ from the other language's, or a split is empty.
    """
    parts = KINDS[kind](language, part, **source)
    for split, rows in parts.items():
        if rows.empty:
            raise IsoglossError(f"{language} has no {split} items: the split is empty.")
    log.info("%s: %s", language, ", ".join(f"{len(rows):,} {split} items" for split, rows in parts.items()))
    table = pd.concat([rows.assign(split=split) for split, rows in parts.items()], ignore_index=True)
    write_parquet(table[["split", *(name for name in table.columns if name != "split")]], output)


def read_test_items(path: str | Path, *columns: str) -> pd.DataFrame:
    """Read one language's test items, in their order.

    Parameters
    ----------
    path
        See :func:`write_items`.
    *columns
        What they must have beside ``item``.

    Raises
    ------
    IsoglossError
        If the file is no such table, or has no test items.
    """
    table = read_parquet(path, ("split", "item", *columns))
    table = table[table.split == "test"].sort_values("item", ignore_index=True)
    if table.empty:
        raise IsoglossError(f"{path} has no test items: the split is empty.")
    return table


def microworld_items(
    language: str,
    part: str,
    *,
    task: str,
    seed: int,
    train: int | None = None,
    validation: int | None = None,
    test: int | None = None,
    into: str | None = None,
    anchored: Mapping[str, Any] | None = None,
) -> dict[str, pd.DataFrame]:
    """Make items of the microworld: so many of each split that ``part`` needs.

    ``anchored`` has ``anchors``, ``seed`` and ``source`` of its :class:`~isogloss.microworld.anchors.Anchors`.
    """
    anchors = Anchors(anchored["anchors"], anchored["seed"], anchored["source"]) if anchored else None
    if part == "test":
        return {"test": microworld.generate_task(task, language, "test", test or 0, seed, into, anchors)}
    train, validation = train or 0, validation or 0
    seen = microworld.generate_task(task, language, "training", train + validation, seed, into, anchors)
    return {"training": seen.head(train), "validation": seen.tail(validation)}


def message_items(
    language: str,
    part: str,
    *,
    languages: list[str],
    folder: str,
    labels: list[str],
    min_words: int,
    max_words: int,
    similarity: float,
    train: int,
    validation: int,
    test: int,
    names: Mapping[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Deal the messages of the programs that ``labels`` names: so many of each program to each split.

    See :func:`isogloss.text.sources.gettext.program_messages` and :func:`isogloss.tasks.splits.deal`.
    """
    found = program_messages(languages, folder, labels, min_words, max_words, names)
    dealt = deal(found, {"test": test, "validation": validation, "training": train}, similarity)
    dealt = dealt.rename(columns={"sentence": "item", language: "words"})[["split", "item", "words", "label"]]
    splits = ("test",) if part == "test" else ("training", "validation")
    return {split: dealt[dealt.split == split].drop(columns="split") for split in splits}


def table_items(
    language: str,
    part: str,
    *,
    train: str | None = None,
    validation: str | None = None,
    test: str | None = None,
    form: str = "sequence-classification",
    text: str = "text",
    other_text: str | None = None,
    label: str = "label",
    labels: list[str] | None = None,
    tag_measure: str = "entity_f1",
    into: str | None = None,
    segmentation: dict[str, str] | None = None,
    parallel: str | None = None,
    parallel_text: str | None = None,
    paraphrase: str | None = None,
) -> dict[str, pd.DataFrame]:
    """Read items from the user's tables.

    Parameters
    ----------
    language, part
        See :func:`write_items`.
    train, validation, test
        The tables that ``part`` needs. Without a table for it every tenth training item is a validation item.
    form
        The kind of task.
    text, other_text, label, paraphrase
        Columns.
    labels
        The labels that may occur, in the order of their numbers if the tables have numbers.
    tag_measure
        How tags are scored: ``entity_f1``, which needs O, B-X and I-X, or ``accuracy``.
    into
        The language that a translation goes into.
    segmentation
        How text becomes words, by language, see :func:`isogloss.text.segmentation.split_words`.
    parallel, parallel_text
        Another language's test items, which must be as many, and for classification have the same labels; and its
        column of text.
    """
    names = [unicodedata.normalize("NFC", name) for name in labels or ()]

    def read(path: str | None) -> pd.DataFrame:
        return read_items(
            path or "", language=language, form=form, text=text, other_text=other_text, paraphrase=paraphrase,
            label=label, labels=names, tag_measure=tag_measure, into=into, segmentation=segmentation or {},
        )  # fmt: skip

    if part == "test":
        found = read(test)
        if test and parallel:
            check_same_items(found, test, form, text, parallel_text or text, label, names, parallel)
        return {"test": found}
    seen = read(train)
    if validation:
        return {"training": seen, "validation": read(validation)}
    held_out = seen.index % VALIDATION_TENTH == VALIDATION_TENTH - 1
    return {"training": seen[~held_out], "validation": seen[held_out]}


KINDS: dict[str, Callable[..., dict[str, pd.DataFrame]]] = {
    "microworld": microworld_items,
    "gettext": message_items,
    "table": table_items,
}


def read_items(
    path: str,
    *,
    language: str,
    form: str,
    text: str,
    other_text: str | None,
    paraphrase: str | None,
    label: str,
    labels: Sequence[str],
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
        place = f"{path}, column '{label}'"
        check_one_spelling(columns[label].cells, labels, place, tags=form == "token-classification")
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


def read_labels(column: Column, labels: Sequence[str]) -> list[str]:
    """Read a column of labels."""
    return [label_of(cell, column.place(row), labels, column.names) for row, cell in enumerate(column.cells)]


def check_same_items(
    items: pd.DataFrame,
    path: str,
    form: str,
    text: str,
    other_text: str,
    label: str,
    labels: Sequence[str],
    other: str,
) -> None:
    """Refuse test items that are not those of another language, as far as numbers, labels and tags tell.

    Scores of two languages are compared item by item, so item n must be the same one in both. Tags need not be the same
    in two languages. But where there are many items, and neither their kinds of tags nor their lengths are more alike
    than in any other order, they are other items.
    """
    told = "the test items must be the same in every language, in the same order"
    labelled = form in ("sequence-classification", "token-classification")
    texts, *rest = read_columns(other, [other_text, *([label] if labelled else [])])
    if len(texts.cells) != len(items):
        raise IsoglossError(f"{path} has {len(items):,} items, {other} has {len(texts.cells):,}: {told}.")
    mine = read_columns(path, [text])[0].cells
    for found in rest:
        if form == "sequence-classification":
            for row, (one, theirs) in enumerate(zip(items.label, read_labels(found, labels), strict=True)):
                if one != theirs:
                    raise IsoglossError(
                        f"{path}, row {row + 1}, column '{label}': '{one}', but '{theirs}' in that row of {other}: "
                        f"{told}."
                    )
            continue
        tags = [tags_of(cell, found.place(row), labels, found.names) for row, cell in enumerate(found.cells)]
        kinds = [[frozenset(tag[tag.find("-") + 1 :] for tag in row) for row in side] for side in (items.tags, tags)]
        lengths = [[len(str(cell)) for cell in side] for side in (mine, texts.cells)]
        if unrelated(kinds, lengths):
            raise IsoglossError(
                f"{path} and {other} hold other items: neither the tags of a row nor its length are more alike than "
                f"by chance, but {told}. Say `same_items: false` if they are not."
            )
    if texts.cells == mine:
        log.warning("%s and %s hold the same text in all items: is it of both languages?", path, other)


def unrelated(kinds: list[list[frozenset[str]]], lengths: list[list[int]]) -> bool:
    """Tell whether two lists of as many items have nothing in common item by item, by two signs.

    Parameters
    ----------
    kinds
        Of each list, the kinds of tags of its items: how many items have the same ones is held against how many would
        by chance, in standard errors.
    lengths
        Of each list, the lengths of its items: their rank correlation is held against 0.
    """
    number = len(kinds[0])
    if number < ENOUGH:
        return False
    one, other = (Counter(side) for side in kinds)
    chance = sum(count * other[kind] for kind, count in one.items()) / number**2
    alike = sum(mine == theirs for mine, theirs in zip(*kinds, strict=True)) / number
    signs = [(alike - chance) / math.sqrt(chance * (1 - chance) / number)] if 0 < chance < 1 else []
    ranks = [pd.Series(side).rank() for side in lengths]
    if all(side.nunique() > 1 for side in ranks):
        signs.append(ranks[0].corr(ranks[1]) * math.sqrt(number - 1))
    return bool(signs) and max(signs) < CLEAR
