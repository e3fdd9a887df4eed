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

from isogloss.concepts import read_clusters
from isogloss.errors import IsoglossError
from isogloss.files import write_csv, write_parquet
from isogloss.lexicons import read_lexicon
from isogloss.significance import bootstrap_share, null_summary

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


def incidence(table: pd.DataFrame, words: pd.Index) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Build ``[concepts, words]`` with 1 where a word occurs in a concept.

    Words that are not in ``words`` count in the sizes only.

    Returns
    -------
    matrix : csr_matrix, ``[concepts, words]``
    sizes : ndarray of int, ``[concepts]``
        Number of types of each concept.
    labels : ndarray of int, ``[concepts]``
    """
    types = table[["cluster", "word"]].drop_duplicates()
    labels, rows = np.unique(types.cluster.to_numpy(), return_inverse=True)
    sizes = np.bincount(rows, minlength=len(labels))
    columns = words.get_indexer(types.word)
    known = columns >= 0
    matrix = sparse.csr_matrix(
        (np.ones(known.sum(), dtype=np.int32), (rows[known], columns[known])), shape=(len(labels), len(words))
    )
    return matrix, sizes, labels


def best_translations(lexicon: pd.DataFrame, top_n: int) -> pd.DataFrame:
    """Keep the ``top_n`` most probable translations of each word; ties by count, then by the word itself."""
    ordered = lexicon.sort_values(
        ["source", "probability", "count", "target"], ascending=[True, False, False, True], kind="stable"
    ).drop_duplicates(["source", "target"])
    return ordered[ordered.groupby("source", sort=False).cumcount() < top_n]


def build(source: pd.DataFrame, target: pd.DataFrame, lexicon: pd.DataFrame, top_n: int) -> Problem:
    """Turn cluster tables and a lexicon into matrices."""
    best = best_translations(lexicon, top_n)
    best = best[best.source.isin(set(source.word))]
    if not best.target.isin(set(target.word)).any():
        raise IsoglossError(
            "The lexicon has no overlap with the words: none of its entries has its source word among the source "
            "concepts and its target word among the target concepts. Is it for these two languages, in this direction?"
        )
    source_words = pd.Index(sorted(set(best.source)))
    target_words = pd.Index(sorted(set(best.target)))
    concepts, source_sizes, source_labels = incidence(source, source_words)
    targets, target_sizes, target_labels = incidence(target, target_words)
    matrix = sparse.csr_matrix(
        (
            np.ones(len(best), dtype=np.int32),
            (source_words.get_indexer(best.source), target_words.get_indexer(best.target)),
        ),
        shape=(len(source_words), len(target_words)),
    )
    return Problem(concepts, matrix, targets.T.tocsr(), source_sizes, target_sizes, source_labels, target_labels)


def count_matches(problem: Problem, permutation: np.ndarray | None = None) -> sparse.csr_matrix:
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
