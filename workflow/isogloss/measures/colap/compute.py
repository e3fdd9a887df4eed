"""COLAP: which concepts two languages share when their words are clustered together (Mousi et al. 2024, section 3)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.concepts.cluster import read_clusters
from isogloss.errors import IsoglossError
from isogloss.files import write_csv
from isogloss.statistics.nulls import bootstrap_share, null_summary

EPSILON = 1e-9


@dataclass(frozen=True)
class ConceptOverlap:
    """The result of :func:`overlap_concepts`.

    Attributes
    ----------
    concepts, overlapping
        Concepts: all, and those in which each language has its share.
    clusters
        The overlapping concepts' numbers, sorted.
    null, boot
        Null summary and bootstrap interval of the share.
    """

    concepts: int
    overlapping: int
    clusters: list[int]
    null: dict[str, float] = field(default_factory=dict)
    boot: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The share of concepts that overlap."""
        return self.overlapping / self.concepts


def overlap_concepts(
    clusters: pd.DataFrame,
    *,
    threshold: float = 0.3,
    count: str = "types",
    convention: str = "paper",
    null: int = 100,
    bootstrap: int = 1000,
    seed: int = 212,
) -> ConceptOverlap:
    """Find the concepts that two languages share (COLAP; Mousi et al. 2024, section 3).

    Parameters
    ----------
    clusters
        A cluster table with the columns ``word, language, cluster`` and exactly two languages.
    threshold
        Least share of each language in a concept, between 0 and 0.5.
    count
        Shares of a concept's ``types`` (the paper; a word that both languages write alike counts once for each) or
        of its ``tokens`` (the released code).
    convention
        ``paper``: at least the threshold; ``released``: more than it.
    null
        Draws of the null: languages permuted over the occurrences. 0 for none.
    bootstrap
        Draws of the interval over concepts. 0 for none.
    seed
        Seed of both.

    Raises
    ------
    IsoglossError
        If the table does not hold exactly two languages.
    """
    languages = sorted(set(clusters.language.dropna()))
    if len(languages) != 2:
        raise IsoglossError(
            f"Concept overlap compares two languages; the cluster file holds {', '.join(languages) or 'none'}. "
            "A text file of two languages needs `--split SENTENCE`."
        )
    label = (clusters.language == languages[1]).to_numpy()
    names, concept = np.unique(clusters.cluster.to_numpy(), return_inverse=True)
    word = pd.factorize(clusters.word)[0]
    words = int(word.max()) + 1

    def overlapping(second: np.ndarray) -> np.ndarray:
        cells, owner = concept, second
        if count == "types":
            unique = np.unique((concept.astype(np.int64) * words + word) * 2 + second)
            cells, owner = unique // (2 * words), unique % 2
        both = np.bincount(cells, minlength=len(names))
        least = np.bincount(cells, owner, len(names))
        least = np.minimum(least, both - least)
        if convention == "released":
            return least > threshold * both + EPSILON
        return least >= threshold * both - EPSILON

    found = overlapping(label)
    total, hits = len(names), int(found.sum())
    rng = np.random.default_rng(seed)
    nulls = boots = {}
    if null:
        draws = np.array([overlapping(rng.permutation(label)).mean() for _ in range(null)])
        nulls = null_summary(hits / total, draws)
    if bootstrap:
        boots = bootstrap_share(hits, total, bootstrap, rng)
    return ConceptOverlap(total, hits, names[found].tolist(), nulls, boots)


def score(*, clusters: str | Path, output: str | Path, settings: dict[str, Any], identity: dict[str, Any]) -> None:
    """Score one cell and write its metric table: one row for types, one for tokens.

    Parameters
    ----------
    clusters
        The file of a joint clustering.
    output
        CSV.
    settings
        Arguments of :func:`overlap_concepts`.
    identity
        The columns that name the cell.
    """
    table, rows = read_clusters(clusters), []
    for count in ("types", "tokens"):
        result = overlap_concepts(table, count=count, **settings)
        rows.append(
            {
                **identity,
                "seed": settings["seed"],
                "convention": settings["convention"],
                "measure": f"overlapping_{count}",
                "value": result.score,
                "numerator": result.overlapping,
                "denominator": result.concepts,
                **result.null,
                **result.boot,
            }
        )
    write_csv(pd.DataFrame(rows), output)
