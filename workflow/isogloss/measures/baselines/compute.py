"""What a task can be done with by words alone: baselines that no understanding of a language goes into.

They show whether labels leak through what languages share on paper (names, numbers, loanwords), through one half of a
pair of texts, through how long texts are, or through the frequencies of the labels. A model must be better.
"""

import logging
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.files import read_parquet, write_csv
from isogloss.tasks.items import read_test_items
from isogloss.tasks.kinds.kind import kind_named

log = logging.getLogger(__name__)

PAIR = ["source", "target"]


def write_baselines(
    *,
    training: str | Path,
    test: Mapping[str, str | Path],
    source: str,
    kind: str,
    into: str | None,
    attributes: Mapping[str, Any],
    output: str | Path,
    tag_measure: str = "entity_f1",
    same_items: bool = True,
) -> None:
    """Score baselines of a task from one source language, for every target language.

    Parameters
    ----------
    training
        Parquet file of the source language's training items.
    test
        For each target language that of its test items.
    source
        The language of the training items.
    kind, into, tag_measure
        Of the task.
    attributes
        First columns of the table.
    same_items
        Whether the test items of all languages are the same.
    output
        CSV: ``baseline``, ``source``, ``target``, ``measure``, ``score``, ``shared`` (share of the target's test words
        that the source's training text has), ``script`` (share of the target's letters that are of the script that the
        source is mostly written in), ``n``.

    Notes
    -----
    The baselines: ``majority`` says the most frequent training label. ``shared_words`` learns from words of the source
    language and finds in the target language only those that are written alike (for tags: each word's most frequent
    tag; for translation: the sentence copied). ``length`` learns from how long the texts are, measured against the
    other items of their language (for tags: from a word's length and place). ``first_text`` and ``second_text`` see
    one text of a pair, its words and pairs of words, in the source language: what they say of the source's test items
    is held against the target's, which are the same items. A model that understood the target language perfectly would
    find the same leak there.
    """
    seen = read_parquet(training)
    seen = seen[seen.split == "training"]
    items = {target: read_test_items(test[target], "words") for target in sorted(test)}
    if source in items and (count := leaked(seen, items[source])):
        log.warning(
            "%s: %d of %d test items stand among the training items too, word for word, so that scores are too good",
            source, count, len(items[source]),
        )  # fmt: skip
    known = {word for words in seen.words for word in words}
    script = scripts(seen.words).most_common(1)[0][0] if scripts(seen.words) else ""
    task = kind_named(kind, into=into, tag_measure=tag_measure)
    learnt, rows = task.baselines(seen), []
    for target, own in items.items():
        said, letters = [word for words in own.words for word in words], scripts(own.words)
        alike = (
            sum(word in known for word in said) / len(said),
            letters[script] / letters.total() if letters else np.nan,
        )
        for name, guess in learnt.items():
            # One text of a pair is judged in the source language.
            read = items.get(source) if name in ("first_text", "second_text") else own
            if read is None or (read is not own and not (same_items and read.item.equals(own.item))):
                continue
            truth, predicted = task.truth(own), guess(read)
            for measure in task.measures(truth):
                score = measure.score(measure.statistics(truth, predicted).sum(0, keepdims=True))[0]
                rows.append((name, source, target, measure.name, float(score), *alike, len(own)))
    table = pd.DataFrame(rows, columns=["baseline", *PAIR, "measure", "score", "shared", "script", "n"])
    write_csv(table, output, attributes)


def leaked(training: pd.DataFrame, test: pd.DataFrame) -> int:
    """Count the test items that stand among the training items, word for word."""
    columns = [name for name in ("words", "other_words") if name in test]
    known, asked = ([*zip(*(map(tuple, items[name]) for name in columns), strict=True)] for items in (training, test))
    seen = set(known)
    return sum(item in seen for item in asked)


def scripts(texts: Iterable[Iterable[str]]) -> Counter:
    """Count the letters of texts by script, the first word of a letter's name in Unicode."""
    return Counter(script_of(letter) for words in texts for word in words for letter in word if letter.isalpha())


@cache
def script_of(letter: str) -> str:
    """Name a letter's script, such as LATIN or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]
