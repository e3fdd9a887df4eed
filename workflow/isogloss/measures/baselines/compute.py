"""What a task can be done with by words alone: baselines that no understanding of a language goes into.

They show whether labels leak through what languages share on paper (names, numbers, loanwords), through one half of a
pair of texts, through how long texts are, or through the frequencies of the labels. A model must be better.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures

from isogloss.files import read_parquet, write_csv
from isogloss.measures.transfer.compute import measures

PAIR = ["source", "target"]
# A pair of words is two that stand at most this far apart.
REACH = 5
# Longer words, and places further on, are told apart no more.
LONGEST, FURTHEST = 12, 8


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
    items = {target: read_parquet(test[target]).sort_values("item", ignore_index=True) for target in sorted(test)}
    known = {word for words in seen.words for word in words}
    script = scripts(seen.words).most_common(1)[0][0] if scripts(seen.words) else ""
    learnt, rows = baselines(kind, seen), []
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
            truth, predicted = truths(kind, own), guess(read)
            for measure in measures(kind, truth, into, tag_measure):
                score = measure.score(measure.statistics(list(truth), predicted).sum(0, keepdims=True))[0]
                rows.append((name, source, target, measure.name, float(score), *alike, len(own)))
    table = pd.DataFrame(rows, columns=["baseline", *PAIR, "measure", "score", "shared", "script", "n"])
    write_csv(table, output, attributes)


def scripts(texts: Iterable[Iterable[str]]) -> Counter:
    """Count the letters of texts by script, the first word of a letter's name in Unicode."""
    return Counter(script_of(letter) for words in texts for word in words for letter in word if letter.isalpha())


@cache
def script_of(letter: str) -> str:
    """Name a letter's script, such as LATIN or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]


def truths(kind: str, items: pd.DataFrame) -> pd.Series:
    """Give the right answers as text."""
    if kind == "translation":
        return items.other_words.map(" ".join)
    return items.tags.map(" ".join) if kind == "token-classification" else items.label


Guess = Callable[[pd.DataFrame], list[str]]


def baselines(kind: str, training: pd.DataFrame) -> dict[str, Guess]:
    """Learn each baseline that a kind of task has from its training items; it answers items with text."""
    if kind == "translation":
        return {"shared_words": lambda items: [" ".join(words) for words in items.words]}
    if kind == "token-classification":
        return {
            "shared_words": tags_by(training, lambda word, place: word),
            "length": tags_by(training, lambda word, place: (min(len(word), LONGEST), min(place, FURTHEST))),
        }
    majority = training.label.value_counts().sort_index().idxmax()
    found: dict[str, Guess] = {
        "majority": lambda items: [majority] * len(items),
        "shared_words": labels_by(training, words_of),
        "length": labels_by_length(training),
    }
    if "other_words" in training:
        found["first_text"] = labels_by(training, lambda items: map(word_pairs, items.words))
        found["second_text"] = labels_by(training, lambda items: map(word_pairs, items.other_words))
    return found


def tags_by(training: pd.DataFrame, key: Callable[[str, int], Any]) -> Guess:
    """Learn the most frequent tag of what is known of a word and its place."""
    seen: dict[Any, Counter] = {}
    for words, tags in zip(training.words, training.tags, strict=True):
        for place, (word, tag) in enumerate(zip(words, tags, strict=True)):
            seen.setdefault(key(word, place), Counter())[tag] += 1
    best = {known: most_frequent(tags) for known, tags in seen.items()}
    # Of entities O; of parts of speech, which have none, the most frequent.
    other = most_frequent(sum(seen.values(), Counter()))
    return lambda items: [
        " ".join(best.get(key(word, place), other) for place, word in enumerate(words)) for words in items.words
    ]


def most_frequent(tags: Counter) -> str:
    """Give the most frequent tag; of several the first in the alphabet."""
    return min(tags, key=lambda tag: (-tags[tag], tag))


def labels_by(training: pd.DataFrame, features: Callable[[pd.DataFrame], Iterable[list[str]]]) -> Guess:
    """Learn labels from counts of features."""
    if training.label.nunique() < 2:
        return lambda items: [training.label.iloc[0]] * len(items)
    learner = make_pipeline(CountVectorizer(analyzer=list), LogisticRegression(max_iter=500))
    learner.fit(list(features(training)), training.label)
    return lambda items: list(learner.predict(list(features(items))))


def words_of(items: pd.DataFrame) -> list[list[str]]:
    """Give each item's words, those of a second text apart from those of the first."""
    if "other_words" not in items:
        return [list(words) for words in items.words]
    both = zip(items.words, items.other_words, strict=True)
    return [[*(f"1 {word}" for word in first), *(f"2 {word}" for word in second)] for first, second in both]


def word_pairs(words: list[str]) -> list[str]:
    """Give the words of a text and its pairs of words."""
    words = list(words)
    pairs = [f"{word} {other}" for place, word in enumerate(words) for other in words[place + 1 : place + 1 + REACH]]
    return words + pairs


def labels_by_length(training: pd.DataFrame) -> Guess:
    """Learn labels from how many words and letters the texts have, their squares and products."""
    if training.label.nunique() < 2:
        return lambda items: [training.label.iloc[0]] * len(items)
    learner = make_pipeline(
        FunctionTransformer(lengths), PolynomialFeatures(2, include_bias=False), LogisticRegression(max_iter=500)
    ).fit(training, training.label)
    return lambda items: list(learner.predict(items))


def lengths(items: pd.DataFrame) -> np.ndarray:
    """Give the logarithms of the numbers of words and letters of each text, standardised over the items."""
    texts = [items[column] for column in ("words", "other_words") if column in items]
    counts = [text.map(len) for text in texts] + [text.map(lambda words: sum(map(len, words))) for text in texts]
    logs = np.log1p(np.stack(counts, axis=1).astype(np.float64))
    spread = logs.std(0)
    # Equal numbers have a spread of 0 but for rounding.
    return (logs - logs.mean(0)) / np.where(spread > 1e-9, spread, 1)
