"""CALIGN and COLAP for every combination of thresholds, N and K."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from isogloss.concepts.cluster import read_clusters
from isogloss.files import write_csv
from isogloss.measures.calign.compute import align_concepts
from isogloss.measures.colap.compute import overlap_concepts, overlap_translations
from isogloss.text.lexicons import read_lexicon

# Of a row, what it was scored with; empty where the measure knows no such value.
KEYS = ["clusters", "convention", "match", "size_ratio", "min_types", "top_n", "threshold"]
COLUMNS = [*KEYS, "measure", "value", "numerator", "denominator"]

Row = dict[str, Any]


def score(
    *,
    sources: list[str | Path],
    targets: list[str | Path],
    joint: list[str | Path],
    lexicon: str | Path,
    clusters: list[int],
    alignment: Mapping[str, list[Any]],
    overlap: Mapping[str, list[Any]],
    source: str,
    identity: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Score one cell for every combination.

    Parameters
    ----------
    sources, targets, joint
        Cluster files of both languages and of both together, one for each K.
    lexicon
        The lexicon file.
    clusters
        The values of K, in the files' order.
    alignment, overlap
        Values by the names of the arguments of :func:`isogloss.measures.calign.compute.align_concepts` and of
        :func:`isogloss.measures.colap.compute.overlap_translations`.
    source
        The lexicon's source language.
    identity
        First columns of the table.
    output
        CSV, a row a combination and ``measure``: ``aligned``, ``aligned_eligible``, ``overlapping_types``,
        ``overlapping_tokens`` and ``overlapping_translated``, as their own tables have them, of one clustering, without
        null and interval: those are of the combination that the study is about.
    """
    entries, rows = read_lexicon(lexicon), []
    for count, *files in zip(clusters, sources, targets, joint, strict=True):
        one, other, both = map(read_clusters, files)
        scored = [*aligned(one, other, entries, alignment), *overlapping(both, entries, source, overlap)]
        rows += [{"clusters": count, **row} for row in scored]
    table = pd.DataFrame(rows)
    table["value"] = table.numerator / table.denominator.where(table.denominator > 0)
    write_csv(table[COLUMNS], output, identity)


def combinations(values: Mapping[str, list[Any]], *names: str) -> Iterator[Row]:
    """Give every combination of some of the values."""
    for chosen in product(*(values[name] for name in names)):
        yield dict(zip(names, chosen, strict=True))


def aligned(one: pd.DataFrame, other: pd.DataFrame, lexicon: pd.DataFrame, values: Mapping[str, list]) -> Iterator[Row]:
    """Score CALIGN."""
    for rule in combinations(values, "convention", "match", "size_ratio", "min_types", "top_n"):
        found = align_concepts(one, other, lexicon, null=0, **rule)
        for measure, total in (("aligned", found.concepts), ("aligned_eligible", found.eligible)):
            yield {**rule, "measure": measure, "numerator": found.aligned, "denominator": total}


def overlapping(both: pd.DataFrame, lexicon: pd.DataFrame, source: str, values: Mapping[str, list]) -> Iterator[Row]:
    """Score COLAP, and its concepts that hold translations."""
    for rule in combinations(values, "convention", "threshold"):
        for count in ("types", "tokens"):
            mixed = overlap_concepts(both, count=count, mixings=0, **rule)
            found = {"numerator": mixed.overlapping, "denominator": mixed.concepts}
            yield {**rule, "measure": f"overlapping_{count}", **found}
    for rule in combinations(values, "convention", "threshold", "match", "top_n"):
        held = overlap_translations(both, lexicon, source, null=0, **rule)
        found = {"numerator": held.translated, "denominator": held.concepts}
        yield {**rule, "measure": "overlapping_translated", **found}
