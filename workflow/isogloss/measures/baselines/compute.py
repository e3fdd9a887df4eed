"""What a task can be done with by words alone: baselines that no understanding of a language goes into.

They show whether labels leak through what languages share on paper (names, numbers, loanwords), through one half of an
inference pair, or through the frequencies of the labels. A model must be better than they are.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from isogloss.files import read_parquet, write_csv
from isogloss.measures.transfer.compute import measures


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
) -> None:
    """Score baselines of a task from one source language, for every target language.

    ``majority`` says the most frequent training label. ``shared_words`` learns from words of the source language and
    finds in the target language only those that are written alike (for tags: each word's most frequent tag; for
    translation: the sentence copied). ``second_text`` sees only the second text of a pair, in the source language.

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
    output
        CSV: ``baseline``, ``source``, ``target``, ``measure``, ``score``, ``shared`` (share of the target's test words
        that the source's training text has), ``n``.
    """
    seen = read_parquet(training)
    seen = seen[seen.split == "training"]
    known = {word for words in seen.words for word in words}
    rows = []
    for target in sorted(test):
        items = read_parquet(test[target])
        said = [word for words in items.words for word in words]
        shared = sum(word in known for word in said) / len(said)
        for name, truth, predicted in guesses(seen, items, kind, source == target):
            for measure in measures(kind, truth, into, tag_measure):
                score = measure.score(measure.statistics(list(truth), predicted).sum(0, keepdims=True))[0]
                rows.append((name, source, target, measure.name, float(score), shared, len(items)))
    table = pd.DataFrame(rows, columns=["baseline", "source", "target", "measure", "score", "shared", "n"])
    write_csv(table, output, attributes)


def guesses(training: pd.DataFrame, test: pd.DataFrame, kind: str, own: bool) -> list[tuple[str, pd.Series, list[str]]]:
    """Give each baseline's name, the truth, and what it says."""
    if kind == "translation":
        truth = test.other_words.map(" ".join)
        return [("shared_words", truth, [" ".join(words) for words in test.words])]
    if kind == "token-classification":
        truth = test.tags.map(" ".join)
        seen: dict[str, Counter] = {}
        for words, tags in zip(training.words, training.tags, strict=True):
            for word, tag in zip(words, tags, strict=True):
                seen.setdefault(word, Counter())[tag] += 1
        best = {word: most_frequent(tags) for word, tags in seen.items()}
        # Of entities O; of parts of speech, which have none, the most frequent.
        other = most_frequent(sum(seen.values(), Counter()))
        return [("shared_words", truth, [" ".join(best.get(word, other) for word in words) for words in test.words])]
    majority = training.label.value_counts().sort_index().idxmax()
    paired = "other_words" in training
    first = [list(words) for words in training.words]
    second = [list(words) for words in training.other_words] if paired else None
    found = [
        ("majority", test.label, [majority] * len(test)),
        (
            "shared_words",
            test.label,
            bag_of_words(first, second, training.label, list(test.words), list(test.other_words) if paired else None),
        ),
    ]
    if paired and own:
        found.append(
            ("second_text", test.label, bag_of_words(second, None, training.label, list(test.other_words), None))
        )
    return found


def most_frequent(tags: Counter) -> str:
    """Give the most frequent tag; of several the first in the alphabet."""
    return min(tags, key=lambda tag: (-tags[tag], tag))


def bag_of_words(
    first: list[list[str]],
    second: list[list[str]] | None,
    labels: pd.Series,
    test_first: list[list[str]],
    test_second: list[list[str]] | None,
) -> list[str]:
    """Learn labels from words, the two texts apart, and say those of the test items."""
    words = sorted({word for row in first for word in row} | {word for row in second or [] for word in row})
    number = {word: place for place, word in enumerate(words)}

    def counts(texts: list[list[str]], others: list[list[str]] | None) -> csr_matrix:
        cells = [(row, number[word]) for row, text in enumerate(texts) for word in text if word in number]
        cells += [
            (row, len(number) + number[word])
            for row, text in enumerate(others or [])
            for word in text
            if word in number
        ]
        places = np.array(cells, dtype=int).reshape(-1, 2)
        shape = (len(texts), 2 * len(number))
        return csr_matrix((np.ones(len(places)), (places[:, 0], places[:, 1])), shape=shape)

    if labels.nunique() < 2:
        return [labels.iloc[0]] * len(test_first)
    learner = LogisticRegression(max_iter=500).fit(counts(first, second), labels)
    return list(learner.predict(counts(test_first, test_second)))
