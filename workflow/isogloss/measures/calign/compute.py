"""CALIGN: which concepts of one language have a counterpart in another (Mousi et al. 2024, section 3).

A source concept is aligned to a target concept if enough of its types have one of their best translations among the
other's types, it has enough types, and the two do not differ too much in size. All cluster pairs are compared at once,
as products of sparse matrices.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from isogloss.concepts.cluster import read_clusters
from isogloss.errors import IsoglossError
from isogloss.files import write_csv, write_parquet
from isogloss.statistics.nulls import bootstrap_share, null_summary
from isogloss.text.lexicons import read_lexicon

EPSILON = 1e-9
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
    source_sizes, target_sizes
        Number of types of each concept.
    source_labels, target_labels
        The concepts' numbers in the cluster files.
    """

    concepts: sparse.csr_matrix
    lexicon: sparse.csr_matrix
    targets: sparse.csr_matrix
    source_sizes: np.ndarray
    target_sizes: np.ndarray
    source_labels: np.ndarray
    target_labels: np.ndarray


@dataclass(frozen=True)
class ConceptAlignment:
    """The result of :func:`align_concepts`.

    Attributes
    ----------
    concepts, eligible, aligned
        Source concepts: all, those with enough types, those aligned to at least one target concept.
    pairs
        ``(source concept, target concept)`` of every aligned pair, sorted.
    matched
        ``[source concepts, target concepts]`` number of the source concept's types translated in the target's.
    null, boot
        For ``aligned`` (share of all concepts) and ``aligned_eligible`` (share of the eligible ones): null summary
        and bootstrap interval.
    problem
        The matrices.
    """

    concepts: int
    eligible: int
    aligned: int
    pairs: list[tuple[int, int]]
    matched: sparse.csr_matrix
    problem: Problem
    null: dict[str, dict[str, float]] = field(default_factory=dict)
    boot: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of all source concepts that are aligned."""
        return self.aligned / self.concepts


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


def build(source: pd.DataFrame, target: pd.DataFrame, lexicon: pd.DataFrame, top_n: int) -> Problem:
    """Turn cluster tables and a lexicon into matrices.

    Of each source word the ``top_n`` most probable translations are kept; ties go by count, then by the word itself.
    Words are numbered once, and everything after that is done on numbers.
    """
    source_types, source_words = pd.factorize(source.word)
    rows = pd.Index(source_words).get_indexer(lexicon.source)
    known = rows >= 0
    rows, entries = rows[known], lexicon[known]
    columns, target_words = pd.factorize(entries.target)
    alphabet = np.empty(len(target_words), dtype=np.int64)
    alphabet[np.argsort(np.asarray(target_words, dtype=object), kind="stable")] = np.arange(len(target_words))
    order = np.lexsort((alphabet[columns], -entries["count"].to_numpy(), -entries.probability.to_numpy(), rows))
    # An entry that stands twice counts once, with its better line.
    order = order[
        np.sort(np.unique(rows[order] * np.int64(len(target_words) or 1) + columns[order], return_index=True)[1])
    ]
    rows, columns = rows[order], columns[order]
    first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.empty(0, dtype=int)
    rank = np.arange(len(rows)) - np.repeat(first, np.diff(np.r_[first, len(rows)]))
    rows, columns = rows[rank < top_n], columns[rank < top_n]
    target_types = pd.Index(target_words).get_indexer(target.word)
    if not np.isin(columns, target_types).any():
        raise IsoglossError(
            "The lexicon has no overlap with the words: none of its entries has its source word among the source "
            "concepts and its target word among the target concepts. Is it for these two languages, in this direction?"
        )
    concepts, source_sizes, source_labels = incidence(source.cluster.to_numpy(), source_types, len(source_words))
    # Target words that translate nothing count in the sizes alone.
    numbers, every_target = pd.factorize(target.word)
    _, target_sizes, target_labels = incidence(target.cluster.to_numpy(), numbers, len(every_target))
    outside = np.where(target_types < 0, len(target_words), target_types)
    targets, _, _ = incidence(target.cluster.to_numpy(), outside, len(target_words) + 1)
    # Only words that the lexicon gives as a best translation take part in the null's permutation.
    used, columns = np.unique(columns, return_inverse=True)
    matrix = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(source_words), len(used))
    )
    reached = targets.T.tocsr()[used]
    return Problem(concepts, matrix, reached, source_sizes, target_sizes, source_labels, target_labels)


def count_matches(problem: Problem, permutation: np.ndarray | None = None) -> sparse.coo_matrix:
    """Count, for each pair of concepts, the source's types that have a translation among the target's types.

    Parameters
    ----------
    permutation
        For the null: which word each target word of the lexicon is replaced by.
    """
    targets = problem.targets if permutation is None else problem.targets[permutation]
    translated = problem.lexicon @ targets
    translated.data[:] = 1
    return (problem.concepts @ translated).tocoo()


def aligned_pairs(
    problem: Problem,
    matched: sparse.coo_matrix,
    match: float,
    size_ratio: float,
    min_types: int,
    convention: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Apply the three conditions to every pair that has any match; row and column indices of aligned pairs."""
    source = problem.source_sizes[matched.row]
    target = problem.target_sizes[matched.col]
    if convention == "released":
        keep = (matched.data > match * source + EPSILON) & (source > size_ratio * target + EPSILON)
        keep &= source > min_types
    else:
        keep = (matched.data >= match * source - EPSILON) & (source >= min_types)
        keep &= np.minimum(source, target) >= size_ratio * np.maximum(source, target) - EPSILON
    # A pair without a single match is never aligned, whatever the threshold.
    keep &= matched.data > 0
    return matched.row[keep], matched.col[keep]


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
    null: int = 100,
    bootstrap: int = 1000,
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
        ``paper``; or ``released`` for the rule of the released code: every comparison strict, and the size test in
        one direction, source over target.
    null
        Draws of the null: the lexicon's target words permuted among themselves. 0 for none.
    bootstrap
        Draws of the interval over source concepts. 0 for none.
    seed
        Seed of both.

    Returns
    -------
    ConceptAlignment

    Raises
    ------
    IsoglossError
        If no lexicon entry joins a word of the source's with one of the target's.
    """
    problem = build(source, target, lexicon, top_n)
    rule = {"match": match, "size_ratio": size_ratio, "min_types": min_types, "convention": convention}
    matched = count_matches(problem)
    rows, columns = aligned_pairs(problem, matched, **rule)
    strict = convention == "released"
    eligible = int((problem.source_sizes > min_types if strict else problem.source_sizes >= min_types).sum())
    total, aligned = len(problem.source_sizes), len(np.unique(rows))
    denominators = {"aligned": total, "aligned_eligible": eligible}
    rng = np.random.default_rng(seed)
    nulls, boots = {}, {}
    if null:
        draws = np.empty(null)
        for index in range(null):
            permuted = count_matches(problem, rng.permutation(problem.targets.shape[0]))
            draws[index] = len(np.unique(aligned_pairs(problem, permuted, **rule)[0]))
        nulls = {
            name: null_summary(aligned / size, draws / size) if size else null_summary(np.nan, np.full(null, np.nan))
            for name, size in denominators.items()
        }
    if bootstrap:
        boots = {
            name: bootstrap_share(aligned, size, bootstrap, rng, outside=total - size)
            for name, size in denominators.items()
        }
    pairs = sorted(zip(problem.source_labels[rows].tolist(), problem.target_labels[columns].tolist(), strict=True))
    return ConceptAlignment(total, eligible, aligned, pairs, matched.tocsr(), problem, nulls, boots)


def pairs_table(result: ConceptAlignment, source: pd.DataFrame, target: pd.DataFrame, min_types: int) -> pd.DataFrame:
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
    for index in np.flatnonzero(problem.source_sizes >= min_types):
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
    source: str | Path,
    target: str | Path,
    lexicon: str | Path,
    output: str | Path,
    pairs_output: str | Path,
    settings: dict[str, Any],
    identity: dict[str, Any],
) -> None:
    """Score one cell and write its metric table and its concept pairs.

    Parameters
    ----------
    source, target
        Cluster files.
    lexicon
        The lexicon file.
    output
        CSV: one row a measure, ``aligned`` and ``aligned_eligible``.
    pairs_output
        Parquet, see :func:`pairs_table`.
    settings
        Arguments of :func:`align_concepts`.
    identity
        The columns that name the cell.
    """
    source_table, target_table = read_clusters(source), read_clusters(target)
    result = align_concepts(source_table, target_table, read_lexicon(lexicon), **settings)
    rows = [
        {
            **identity,
            "seed": settings["seed"],
            "convention": settings["convention"],
            "measure": measure,
            "value": result.aligned / denominator if denominator else np.nan,
            "numerator": result.aligned,
            "denominator": denominator,
            **result.null[measure],
            **result.boot[measure],
        }
        for measure, denominator in (("aligned", result.concepts), ("aligned_eligible", result.eligible))
    ]
    write_csv(pd.DataFrame(rows), output)
    write_parquet(pairs_table(result, source_table, target_table, settings["min_types"]), pairs_output)
