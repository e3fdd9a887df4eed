"""Scores of answers, each a function of sums over items: counts of right answers, of entities, of n-grams.

So a bootstrap resample of the items is a weighted sum.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.metrics.helpers import extract_all_char_ngrams, extract_all_word_ngrams
from scipy.sparse import csr_array
from seqeval.metrics.sequence_labeling import get_entities


@dataclass(frozen=True)
class Score:
    """A score that is a function of sums over items.

    Attributes
    ----------
    name
        As it stands in the tables.
    statistics
        From truths and predictions to an array ``[item, counts]``.
    score
        From sums ``[draws, counts]`` to scores ``[draws]``, each 0 to 1.
    """

    name: str
    statistics: Callable[[list[str], list[str]], np.ndarray]
    score: Callable[[np.ndarray], np.ndarray]

    def permuted(self, truth: list[str], predicted: list[str], orders: np.ndarray) -> np.ndarray:
        """Sum the statistics of answers that stand in ``orders`` ``[draws, items]``; ``[draws, counts]``."""
        return np.array([self.statistics(truth, [predicted[place] for place in order]).sum(0) for order in orders])


@dataclass(frozen=True)
class NgramScore(Score):
    """A score by n-grams, which are counted once for each text, however many others it is held against.

    Attributes
    ----------
    ngrams
        From a text to the counts of its n-grams; the length of one is its n.
    longest
        The largest n.
    summed
        From how many n-grams are said and there, each ``[items, longest]``, and said rightly, ``[longest]``, to sums
        of ``statistics``.
    """

    ngrams: Callable[[str], Counter]
    longest: int
    summed: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

    def permuted(self, truth: list[str], predicted: list[str], orders: np.ndarray) -> np.ndarray:
        """Sum the statistics as :meth:`Score.permuted` does, which sacrebleu would need minutes for."""
        number: dict[str | tuple[str, ...], int] = {}
        columns, counts = [], []
        for text in (*truth, *predicted):
            found = self.ngrams(text)
            columns.append(np.array([number.setdefault(ngram, len(number)) for ngram in found], dtype=np.int32))
            counts.append(np.array([*found.values()], dtype=np.int32))
        lengths = np.array([*map(len, number)], dtype=np.intp)
        begins = np.cumsum([0, *map(len, columns)])
        shape = (len(columns), len(number))
        table = csr_array((np.concatenate(counts), np.concatenate(columns), begins), shape=shape)
        table.sort_indices()
        of_length = table @ np.eye(self.longest + 1)[lengths, 1:]
        there, said = table[: len(truth)], table[len(truth) :]
        sums = []
        for order in orders:
            right = said[order].minimum(there)
            hits = np.bincount(lengths[right.indices], right.data, self.longest + 1)[1:]
            sums.append(self.summed(of_length[len(truth) :][order], of_length[: len(truth)], hits))
        return np.array(sums)


def translation_scores(into: str | None) -> list[Score]:
    """Give chrF and BLEU, whose words are Chinese characters where it is translated ``into`` Chinese."""
    chrf, bleu = CHRF(), BLEU(tokenize="zh" if into == "zh" else "13a")
    found: list[Score] = []
    for name, metric, ngrams, longest, summed in (
        ("chrf", chrf, partial(characters, chrf), chrf.char_order, chrf_sums),
        ("bleu", bleu, partial(words, bleu), bleu.max_ngram_order, bleu_sums),
    ):
        found.append(NgramScore(name, partial(ngram_counts, metric), partial(shares, metric), ngrams, longest, summed))
    return found


def confusion(truth: list[str], predicted: list[str], labels: list[str]) -> np.ndarray:
    """Mark each item's cell of the confusion matrix, ``[item, labels · (labels + 1)]``; unknown answers come last."""
    number = {label: index for index, label in enumerate(labels)}
    wide = len(labels) + 1
    cells = [number[t] * wide + number.get(p, len(labels)) for t, p in zip(truth, predicted, strict=True)]
    marks = np.zeros((len(cells), len(labels) * wide))
    marks[np.arange(len(cells)), cells] = 1
    return marks


def tables_of(sums: np.ndarray) -> np.ndarray:
    """Shape sums as confusion matrices ``[draws, labels, labels + 1]``."""
    labels = int((np.sqrt(1 + 4 * sums.shape[1]) - 1) / 2)
    return sums.reshape(len(sums), labels, labels + 1)


def accuracy(sums: np.ndarray) -> np.ndarray:
    """Give the share of right answers."""
    tables = tables_of(sums)
    return np.trace(tables[:, :, :-1], axis1=1, axis2=2) / tables.sum((1, 2))


def macro_f1(sums: np.ndarray) -> np.ndarray:
    """Give the mean over labels of F1; a label that is never there and never said counts 0."""
    tables = tables_of(sums)
    right = np.diagonal(tables[:, :, :-1], axis1=1, axis2=2)
    both = tables.sum(2) + tables[:, :, :-1].sum(1)
    return np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0).mean(1)


@cache
def entities(tags: str) -> frozenset[tuple[str, int, int]]:
    """Find the entities of one tagged sentence: kind, first and last word."""
    return frozenset(get_entities(tags.split()))


def entity_counts(truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count entities found right, said, and there, ``[item, 3]``."""
    rows = []
    for t, p in zip(truth, predicted, strict=True):
        there, said = entities(t), entities(p)
        rows.append((len(there & said), len(said), len(there)))
    return np.array(rows, dtype=float)


def entity_f1(sums: np.ndarray) -> np.ndarray:
    """Give F1 of entities; 0 where there is none and none was said."""
    both = sums[:, 1] + sums[:, 2]
    return np.divide(2 * sums[:, 0], both, out=np.zeros(len(sums)), where=both > 0)


def tag_counts(truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count tags found right, and there, ``[item, 2]``."""
    rows = [(t.split(), p.split()) for t, p in zip(truth, predicted, strict=True)]
    # A permuted sentence of the null may be shorter; words that it does not have are wrong.
    return np.array([(sum(a == b for a, b in zip(t, p, strict=False)), len(t)) for t, p in rows], dtype=float)


def share_right(sums: np.ndarray) -> np.ndarray:
    """Give the share of words whose tag is right."""
    return sums[:, 0] / sums[:, 1]


def ngram_counts(metric: Any, truth: list[str], predicted: list[str]) -> np.ndarray:
    """Count n-grams as sacrebleu does, ``[item, counts]``."""
    return np.array(metric._extract_corpus_statistics(predicted, [truth]), dtype=float)


def characters(metric: CHRF, text: str) -> Counter:
    """Count n-grams of characters as sacrebleu's chrF does."""
    counted: Counter = Counter()
    for one in extract_all_char_ngrams(metric._preprocess_segment(text), metric.char_order, metric.whitespace):
        counted.update(one)
    return counted


def chrf_sums(said: np.ndarray, there: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Arrange sums as sacrebleu's chrF: for each n said, there, right. What is said needs a truth of that length."""
    return np.stack([(said * (there > 0)).sum(0), there.sum(0), right], axis=1).ravel()


def words(metric: BLEU, text: str) -> Counter:
    """Count n-grams of words as sacrebleu's BLEU does."""
    return extract_all_word_ngrams(metric._preprocess_segment(text), 1, metric.max_ngram_order)[0]


def bleu_sums(said: np.ndarray, there: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Arrange sums as sacrebleu's BLEU: words said, words there, and for each n right, said."""
    return np.array([said[:, 0].sum(), there[:, 0].sum(), *right, *said.sum(0)])


def shares(metric: Any, sums: np.ndarray) -> np.ndarray:
    """Score sums of n-gram counts as sacrebleu does."""
    return np.array([metric._aggregate_and_compute([row.astype(int).tolist()]).score / 100 for row in sums])
