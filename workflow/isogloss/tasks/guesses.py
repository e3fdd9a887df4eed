"""Answers that words alone give: what baselines learn, without any understanding of a language."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures

# A pair of words is two that stand at most this far apart.
REACH = 5
# Longer words, and places further on, are told apart no more.
LONGEST, FURTHEST = 12, 8

Guess = Callable[[pd.DataFrame], list[str]]


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
