"""CALIGN: which concepts of one language have a counterpart in another (Mousi et al. 2024, section 3).

A source concept is aligned to a target concept if enough of its types have one of their best translations among the
other's types, it has enough types, and the two do not differ too much in size. All cluster pairs are compared at once,
as products of sparse matrices.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from isogloss.concepts.cluster import read_clusters
from isogloss.concepts.pairing import pair_concepts
from isogloss.errors import IsoglossError
from isogloss.files import write_csv, write_parquet
from isogloss.statistics.changes import paired_change
from isogloss.statistics.nulls import null_summary, permute_words, pooled_share
from isogloss.text.lexicons import best_translations, read_lexicon

EPSILON = 1e-9
# Target concepts of several draws held side by side, about.
COLUMNS = 1024
WORDS_SHOWN = 30


@dataclass(frozen=True)
class Problem:
    """Concepts and lexicon as sparse matrices.

    Attributes
    ----------
    concepts
        ``[source concepts, source types]``, 1 where the type occurs in the concept.
    lexicon
        ``[source types, lexicon targets]``, 1 for each of a type's best translations.
    targets
        ``[lexicon targets, target concepts]``, 1 where the word occurs in the concept.
    translations
        The lexicon's targets.
    source_sizes, target_sizes
        Number of types of each concept.
    source_labels, target_labels
        The concepts' numbers in the cluster files.
    """

    concepts: sparse.csr_matrix
    lexicon: sparse.csr_matrix
    targets: sparse.csr_matrix
    translations: list[str]
    source_sizes: np.ndarray
    target_sizes: np.ndarray
    source_labels: np.ndarray
    target_labels: np.ndarray


@dataclass(frozen=True)
class ConceptAlignment:
    """The result of :func:`align_concepts`.

    Attributes
    ----------
    concepts, aligned
        Source concepts: all, and those aligned to at least one target concept.
    large
        bool ``[source concepts]``: which have enough types.
    pairs
        ``(source concept, target concept)`` of every aligned pair, sorted.
    matched
        ``[source concepts, target concepts]`` number of the source concept's types translated in the target's.
    problem
        The matrices.
    draws
        int ``[draws]``: ``aligned`` in each draw of the null.
    """

    concepts: int
    aligned: int
    large: np.ndarray
    pairs: list[tuple[int, int]]
    matched: sparse.csr_matrix
    problem: Problem
    draws: np.ndarray

    @property
    def eligible(self) -> int:
        """The number of source concepts with enough types."""
        return int(self.large.sum())

    @property
    def score(self) -> float:
        """The share of all source concepts that are aligned."""
        return self.aligned / self.concepts

    def marks(self, labels: np.ndarray, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """Say which source concepts, by their numbers, are aligned, and which could count in a measure."""
        could = self.problem.source_labels[self.large] if measure == "aligned_eligible" else self.problem.source_labels
        return np.isin(labels, [source for source, _ in self.pairs]), np.isin(labels, could)

    @property
    def null(self) -> dict[str, float]:
        """The null of the score, see :func:`isogloss.statistics.nulls.null_summary`; empty without draws."""
        return null_summary(self.score, self.draws / self.concepts) if len(self.draws) else {}


def incidence(concepts: np.ndarray, types: np.ndarray, width: int) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Build ``[concepts, types]`` with 1 where a type occurs in a concept.

    Parameters
    ----------
    concepts
        ``[token]`` number of the token's cluster.
    types
        ``[token]`` number of the token's word.
    width
        Number of words.

    Returns
    -------
    matrix : csr_matrix, ``[concepts, words]``
    sizes : ndarray of int, ``[concepts]``
        Number of types of each concept.
    labels : ndarray of int, ``[concepts]``
    """
    labels, rows = np.unique(concepts, return_inverse=True)
    cells = np.unique(rows.astype(np.int64) * width + types)
    rows, columns = cells // width, cells % width
    matrix = sparse.csr_matrix((np.ones(len(cells), dtype=np.int32), (rows, columns)), shape=(len(labels), width))
    return matrix, np.bincount(rows, minlength=len(labels)), labels


def build(
    source: pd.DataFrame, target: pd.DataFrame, lexicon: pd.DataFrame, top_n: int, convention: str = "paper"
) -> Problem:
    """Turn cluster tables and a lexicon into matrices: words are numbered once, all the rest is done on numbers."""
    source_types, source_words = pd.factorize(source.word)
    first = convention == "released"
    matrix, translations = best_translations(lexicon, pd.Index(source_words), top_n, as_they_stand=first)
    found = translations.get_indexer(target.word)
    if not (found >= 0).any():
        raise IsoglossError(
            "The lexicon has no overlap with the words: none of its entries has its source word among the source "
            "concepts and its target word among the target concepts. Is it for these two languages, in this direction?"
        )
    concepts, source_sizes, source_labels = incidence(source.cluster.to_numpy(), source_types, len(source_words))
    # Target words that translate nothing count in the sizes alone.
    numbers, every_target = pd.factorize(target.word)
    _, target_sizes, target_labels = incidence(target.cluster.to_numpy(), numbers, len(every_target))
    outside = np.where(found < 0, len(translations), found)
    targets, _, _ = incidence(target.cluster.to_numpy(), outside, len(translations) + 1)
    return Problem(
        concepts,
        matrix,
        targets.T.tocsr()[:-1],
        list(translations),
        source_sizes,
        target_sizes,
        source_labels,
        target_labels,
    )


def count_matches(
    concepts: sparse.csr_matrix, lexicon: sparse.csr_matrix, targets: sparse.csr_matrix
) -> sparse.coo_matrix:
    """Count, for each pair of concepts, the source's types that have a translation among the target's types.

    The arguments are those of :class:`Problem`; ``targets`` may hold several sets of target concepts side by side.
    """
    translated = lexicon @ targets
    translated.data[:] = 1
    return (concepts @ translated).tocoo()


@dataclass(frozen=True)
class Rule:
    """When a source concept is aligned to a target concept; see :func:`align_concepts`."""

    match: float
    size_ratio: float
    min_types: int
    convention: str

    def eligible(self, sizes: np.ndarray) -> np.ndarray:
        """Say which source concepts have enough types."""
        return sizes > self.min_types if self.convention == "released" else sizes >= self.min_types

    def aligned(self, matched: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Apply the three conditions to pairs of concepts: numbers of matched types, and both sizes."""
        if self.convention == "released":
            keep = (matched > self.match * source + EPSILON) & (source > self.size_ratio * target + EPSILON)
        else:
            keep = matched >= self.match * source - EPSILON
            keep &= np.minimum(source, target) >= self.size_ratio * np.maximum(source, target) - EPSILON
        # A pair without a single match is never aligned, whatever the threshold.
        return keep & self.eligible(source) & (matched > 0)


def null_draws(problem: Problem, rule: Rule, draws: int, seed: int) -> np.ndarray:
    """Count the aligned source concepts with the lexicon's target words permuted.

    Words change places only with words that occur in as many target concepts. A lexicon that is permuted more freely
    gives frequent words rare translations: then any clustering, of whatever, lies above its null.

    Returns
    -------
    ndarray of int, ``[draws]``
        Draw d permutes by the same random numbers wherever the words and the seed are the same: in all layers.
    """
    # Only these can be aligned.
    eligible = np.flatnonzero(rule.eligible(problem.source_sizes))
    concepts, sizes = problem.concepts[eligible], problem.source_sizes[eligible]
    words, width = problem.targets.shape
    frequencies = np.diff(problem.targets.indptr)
    counts = [np.empty(0, dtype=np.int64)]
    for part in permute_words(problem.translations, frequencies, draws, seed, max(1, COLUMNS // width)):
        # The target concepts of several draws side by side, so that two products serve them all.
        rows = problem.targets[part.T.ravel()]
        places = rows.indices + width * np.repeat(np.tile(np.arange(len(part)), words), np.diff(rows.indptr))
        beside = sparse.csr_matrix((rows.data, places, rows.indptr[:: len(part)]), shape=(words, width * len(part)))
        matched = count_matches(concepts, problem.lexicon, beside)
        draw, column = np.divmod(matched.col, width)
        keep = rule.aligned(matched.data, sizes[matched.row], problem.target_sizes[column])
        hits = np.zeros((len(part), len(eligible)), dtype=bool)
        hits[draw[keep], matched.row[keep]] = True
        counts.append(hits.sum(1))
    return np.concatenate(counts)


def align_concepts(
    source: pd.DataFrame,
    target: pd.DataFrame,
    lexicon: pd.DataFrame,
    *,
    match: float = 0.8,
    size_ratio: float = 0.6,
    min_types: int = 5,
    top_n: int = 10,
    convention: str = "paper",
    null: int = 999,
    seed: int = 212,
) -> ConceptAlignment:
    """Find the aligned concepts of two languages (CALIGN; Mousi et al. 2024, section 3).

    Parameters
    ----------
    source, target
        Cluster tables with the columns ``word`` and ``cluster``.
    lexicon
        With the columns ``source, target, probability, count``.
    match
        Least share of a source concept's types that must have a best translation among the target's types.
    size_ratio
        Least ratio of the smaller to the larger concept, in types.
    min_types
        Least number of types of a source concept.
    top_n
        Best translations of a word that count.
    convention
        ``paper``; or ``released`` for the rule of the released code: every comparison strict, the size test in one
        direction, source over target, and a word's first translations in the lexicon's order instead of its best.
    null
        Draws of the null, see :func:`null_draws`. 0 for none.
    seed
        Seed of the draws.

    Returns
    -------
    ConceptAlignment

    Raises
    ------
    IsoglossError
        If no lexicon entry joins a word of the source's with one of the target's.
    """
    problem = build(source, target, lexicon, top_n, convention)
    rule = Rule(match, size_ratio, min_types, convention)
    matched = count_matches(problem.concepts, problem.lexicon, problem.targets)
    keep = rule.aligned(matched.data, problem.source_sizes[matched.row], problem.target_sizes[matched.col])
    rows, columns = matched.row[keep], matched.col[keep]
    return ConceptAlignment(
        concepts=len(problem.source_sizes),
        aligned=len(np.unique(rows)),
        large=rule.eligible(problem.source_sizes),
        pairs=sorted(zip(problem.source_labels[rows].tolist(), problem.target_labels[columns].tolist(), strict=True)),
        matched=matched.tocsr(),
        problem=problem,
        draws=null_draws(problem, rule, null, seed),
    )


def pairs_table(result: ConceptAlignment, source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """List each eligible source concept with its best target concept: an aligned one if there is one.

    Returns
    -------
    DataFrame
        ``source_cluster, target_cluster, source_words, target_words, coverage, aligned``: the words by frequency, at
        most 30; ``coverage`` is the share of the source concept's types translated in the target concept.
    """
    problem, aligned = result.problem, set(result.pairs)
    words = {side: concept_words(table) for side, table in (("source", source), ("target", target))}
    rows = []
    for index in np.flatnonzero(result.large):
        label = int(problem.source_labels[index])
        found = result.matched[index]
        options = [
            (
                (label, int(problem.target_labels[column])) in aligned,
                count,
                -int(problem.target_labels[column]),
            )
            for column, count in zip(found.indices, found.data, strict=True)
            if count
        ]
        is_aligned, count, negative = max(options, default=(False, 0, 1))
        rows.append(
            {
                "source_cluster": label,
                "target_cluster": -negative,
                "source_words": words["source"][label],
                "target_words": words["target"].get(-negative, []),
                "coverage": count / problem.source_sizes[index],
                "aligned": is_aligned,
            }
        )
    columns = ["source_cluster", "target_cluster", "source_words", "target_words", "coverage", "aligned"]
    return pd.DataFrame(rows, columns=columns)


def concept_words(table: pd.DataFrame) -> dict[int, list[str]]:
    """List each concept's types, the most frequent first, at most 30."""
    counts = table.groupby(["cluster", "word"], sort=True).size().reset_index(name="count")
    counts = counts.sort_values(["cluster", "count", "word"], ascending=[True, False, True], kind="stable")
    return {int(label): group.word.head(WORDS_SHOWN).tolist() for label, group in counts.groupby("cluster")}


def score(
    *,
    sources: list[str | Path],
    targets: list[str | Path],
    again: str | Path,
    lexicon: str | Path,
    sources_before: list[str | Path],
    targets_before: list[str | Path],
    output: str | Path,
    pairs_output: str | Path,
    draws_output: str | Path,
    settings: dict[str, Any],
    identity: dict[str, Any],
) -> None:
    """Score one cell and write its metric table, its concept pairs and the draws of its null.

    Parameters
    ----------
    sources, targets
        Cluster files of both languages: one for each seed of the clustering, in the same order.
    again
        The first of ``sources`` once more, from another seed.
    lexicon
        The lexicon file.
    sources_before, targets_before
        The files of the same words before the model was tuned, one for each seed; none where it was not.
    output
        CSV: one row a measure, ``aligned`` and ``aligned_eligible``. ``ceiling`` is the same share of the source
        language with itself, ``over_ceiling`` the value divided by it. ``change`` and what belongs to it, see
        :func:`isogloss.statistics.changes.paired_change`, are empty where there is nothing before.
    pairs_output
        Parquet, see :func:`pairs_table`; of the first seed.
    draws_output
        Parquet: ``aligned``, the numerators in each draw of the null.
    settings
        Arguments of :func:`align_concepts`, and ``bootstrap``: resamples of the interval over concepts.
    identity
        The columns that name the cell.
    """
    settings = dict(settings)
    bootstrap = settings.pop("bootstrap")
    entries = read_lexicon(lexicon)
    tables, tables_before = (
        [(read_clusters(one), read_clusters(other)) for one, other in zip(*files, strict=True)]
        for files in ((sources, targets), (sources_before, targets_before))
    )
    results = [align_concepts(*pair, entries, **settings) for pair in tables]
    before = [align_concepts(*pair, entries, **{**settings, "null": 0}) for pair in tables_before]
    # Where there is nothing before, there are no pairs.
    both = [
        (one, other, pair_concepts(table_before[0], table[0]))
        for one, other, table_before, table in zip(before, results, tables_before, tables, strict=False)
    ]
    ceiling = ceilings(tables[0][0], read_clusters(again), settings)
    rng, rng_of_changes = (np.random.default_rng(settings["seed"]) for _ in range(2))
    concepts, aligned = [result.concepts for result in results], [result.aligned for result in results]
    draws = np.stack([result.draws for result in results])
    rows = []
    for measure, totals in (("aligned", concepts), ("aligned_eligible", [result.eligible for result in results])):
        share = pooled_share(aligned, totals, draws, bootstrap, rng, concepts)
        over = share["value"] / ceiling[measure] if ceiling[measure] else np.nan
        named = {"seed": settings["seed"], "convention": settings["convention"], "measure": measure}
        pairs = [
            np.column_stack([*one.marks(ones, measure), *other.marks(others, measure)])
            for one, other, (ones, others) in both
        ]
        changed = paired_change(pairs, bootstrap, rng_of_changes)
        rows.append({**identity, **named, **share, "ceiling": ceiling[measure], "over_ceiling": over, **changed})
    write_csv(pd.DataFrame(rows), output)
    write_parquet(pairs_table(results[0], *tables[0]), pairs_output)
    write_parquet(pd.DataFrame({"aligned": draws.sum(0)}), draws_output)


def ceilings(one: pd.DataFrame, other: pd.DataFrame, settings: dict[str, Any]) -> dict[str, float]:
    """Score a language with itself: its words clustered twice, where every word translates to itself.

    The sentences are the same, as those of parallel text are, so that nothing but the clustering's seed differs. Halves
    of the sentences would be a lower mark, which a real model passes: contexts differ between halves, not between
    translations.

    Parameters
    ----------
    one, other
        Cluster tables of the same words; either is the source in turn.
    settings
        Arguments of :func:`align_concepts`.

    Returns
    -------
    dict
        ``aligned`` and ``aligned_eligible``; NaN where no concept is eligible.
    """
    words = one.word.unique()
    itself = pd.DataFrame({"source": words, "target": words, "probability": 1.0, "count": 1})
    rule = {**settings, "null": 0}
    both = [align_concepts(*pair, itself, **rule) for pair in ((one, other), (other, one))]
    aligned, eligible = (sum(getattr(result, name) for result in both) for name in ("aligned", "eligible"))
    return {
        "aligned": aligned / sum(result.concepts for result in both),
        "aligned_eligible": aligned / eligible if eligible else np.nan,
    }
