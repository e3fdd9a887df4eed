"""Planted worlds: the same words before and after a tuning, whose vectors changed in nothing that matters, or did.

The text is that of :mod:`benchmarks.concept_worlds`. A word's vector is that of its meaning, a part of its own in its
language, and chance, half of which the tuning draws anew. Everything is clustered and scored as the workflow does it.
Of the similarity of spaces it is sentences: what an item means, a part of its own in its language, and chance that the
tuning draws anew.

``python -m benchmarks.tuned_worlds`` prints how often the interval of a change holds the truth, how wide it is beside
one that takes before and after as independent, and how often a change is found, as docs/methods.md has them.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import product

import numpy as np
import pandas as pd
from benchmarks.concept_worlds import MEANINGS, Text, parallel_text

from isogloss.concepts.cluster import label
from isogloss.concepts.pairing import pair_concepts
from isogloss.measures.calign.compute import align_concepts
from isogloss.measures.colap.compute import overlap_concepts, overlap_translations
from isogloss.measures.impact.compute import measure as measure_impact
from isogloss.measures.space_similarity.compute import KEY, Draws, measure_layer, with_changes
from isogloss.statistics.changes import paired_change, paired_change_of_items
from isogloss.statistics.jackknife import blocks_of, kept_without, standard_errors
from isogloss.statistics.nulls import bootstrap_share
from isogloss.tasks.kinds.kind import kind_named

WIDTH, TOPICS, CONCEPTS, MATCH, DRAWS = 12, 50, 60, 0.6, 999
MEASURES = ("aligned", "overlapping_types", "overlapping_translated")
# How far apart the languages lie before and after, how much of a vector is drawn anew, and the clusterings' seeds.
WORLDS = {
    "another seed of the clustering": ((0.8, 0.8), 0.0, (1, 2)),
    "words moved by chance": ((0.8, 0.8), 0.3, (1, 1)),
    "words moved by chance, languages apart": ((1.2, 1.2), 0.3, (1, 1)),
}
PLANTED = {
    "languages drawn together": ((0.8, 0.6), 0.3, (1, 1)),
    "languages drawn apart": ((0.7, 1.0), 0.3, (1, 1)),
}
ITEMS = 200
# Of the similarity of spaces: what of a language is its own and stays, and what is drawn anew, before and after.
SPACES = {
    "as similar, all but the meaning drawn anew": (0.0, (0.8, 0.8)),
    "as similar, part of the rest kept": (0.6, (0.6, 0.6)),
}
SPACES_PLANTED = {"spaces more alike": (0.4, (0.9, 0.7))}
# How much better an answer is known, and how much further vectors moved, at two points of a tuning.
COURSES = {"as good and as far at both points": (0.0, 0.0)}
COURSES_PLANTED = {"better and further at the second": (0.0, 0.15)}
FOLLOWED = ("accuracy", "macro_f1", "impact")
LABELS = ("a", "b", "c")
SIMILARITIES = (
    "retrieval", "retrieval_csls", "retrieval_ratio", "mutual_retrieval", "strong_retrieval", "procrustes",
    "neighbour_overlap", "neuron_correlation", "cka", "cka_debiased",
)  # fmt: skip


def clustered(sides: list[pd.DataFrame], vectors: list[np.ndarray], seed: int) -> pd.DataFrame:
    """Cluster the words of one side, or of both together."""
    numbers = label(np.concatenate(vectors).astype(np.float32), CONCEPTS, "kmeans", seed, 1, "cpu")
    return pd.concat(sides, ignore_index=True).assign(cluster=numbers)


def states(text: Text, rng: np.random.Generator, apart: tuple[float, float], moved: float):
    """Give both sides' words, and their vectors before and after."""
    topics = rng.normal(size=(TOPICS, WIDTH))[rng.integers(TOPICS, size=MEANINGS)]
    meanings = topics + 0.4 * rng.normal(size=(MEANINGS, WIDTH))
    sides, before, after = [], [], []
    for language, side in (("s", text.source), ("t", text.target)):
        own = rng.normal(size=(MEANINGS, WIDTH))
        chance = 0.3 * rng.normal(size=(len(side), WIDTH))
        sides.append(side.assign(language=language, sentence=np.arange(len(side)), position=0))
        for vectors, distance in zip((before, after), apart, strict=True):
            anew = moved * rng.normal(size=chance.shape)
            vectors.append(meanings[side.meaning] + distance * own[side.meaning] + chance + anew)
    return sides, before, after


@cache
def changes(seed: int, world: str) -> dict[str, dict[str, float]]:
    """Give the change of every measure in one world, and the width of an interval without pairing."""
    apart, moved, seeds = {**WORLDS, **PLANTED}[world]
    rng = np.random.default_rng(seed)
    text = parallel_text(rng)
    sides, *vectors = states(text, rng, apart, moved)
    found: dict[str, list] = {measure: [] for measure in MEASURES}
    of_source, joint = [], []
    for one, number in zip(vectors, seeds, strict=True):
        source, target = (clustered([side], [own], number) for side, own in zip(sides, one, strict=True))
        together = clustered(sides, one, number)
        aligned = align_concepts(source, target, text.lexicon, match=MATCH, min_types=2, null=0)
        found["aligned"].append(sorted({concept for concept, _ in aligned.pairs}))
        found["overlapping_types"].append(overlap_concepts(together, mixings=0).clusters)
        held = overlap_translations(together, text.lexicon, "s", match=MATCH, null=0)
        found["overlapping_translated"].append(held.clusters)
        of_source.append(source)
        joint.append(together)
    paired = {True: pair_concepts(*of_source), False: pair_concepts(*joint)}
    result = {}
    for measure, hits in found.items():
        labels = paired[measure == "aligned"]
        marks = [mark for own, one in zip(labels, hits, strict=True) for mark in (np.isin(own, one), own >= 0)]
        change = paired_change([np.column_stack(marks)], DRAWS, rng)
        apart_ = [bootstrap_share(len(one), CONCEPTS, DRAWS, rng) for one in hits]
        width = np.hypot(*(one["boot_high"] - one["boot_low"] for one in apart_))
        result[measure] = {**change, "before": len(hits[0]) / CONCEPTS, "unpaired": width}
    return result


@cache
def changes_of_spaces(seed: int, world: str) -> dict[str, dict[str, float]]:
    """Give the change of every measure of similarity in one world, and the width of an interval without pairing."""
    kept, anew = {**SPACES, **SPACES_PLANTED}[world]
    rng = np.random.default_rng(seed)
    topics = rng.normal(size=(TOPICS, WIDTH))[rng.integers(TOPICS, size=ITEMS)]
    meaning = topics + 0.6 * rng.normal(size=(ITEMS, WIDTH))
    own = {name: 0.3 * rng.normal(size=WIDTH) + kept * rng.normal(size=(ITEMS, WIDTH)) for name in "abcd"}
    tables = []
    for chance in anew:
        sides = {name: meaning + one + chance * rng.normal(size=one.shape) for name, one in own.items()}
        with ThreadPoolExecutor(1) as pool:
            rows = pd.DataFrame(measure_layer(sides, 5, False, Draws.of(ITEMS, 2, DRAWS // 5, seed), pool))
        tables.append(rows.assign(layer=0, n=ITEMS, change_p=np.nan))
    before, after = tables
    both = with_changes(after, before[[*KEY, "low", "high", "replicates"]])
    both = both[(both.source == "a") & (both.target == "b") & (both.vectors == "centred")].set_index("measure")
    both["before"] = both.value - both.change
    both["unpaired"] = np.hypot(both.high - both.low, both.high_before - both.low_before)
    return both.to_dict("index")


@cache
def changes_of_courses(seed: int, world: str) -> dict[str, dict[str, float]]:
    """Give the change of scores and of impact between two points in one world, and the same width."""
    rng = np.random.default_rng(seed)
    truth, known = rng.choice(LABELS, ITEMS), rng.beta(2, 1, ITEMS)
    base = rng.normal(size=(ITEMS, WIDTH))
    points: dict[str, list[np.ndarray]] = {}
    for more in {**COURSES, **COURSES_PLANTED}[world]:
        said = np.where(rng.random(ITEMS) < known + more, truth, rng.choice(LABELS, ITEMS)).tolist()
        for score in kind_named("sequence-classification").measures([*truth]):
            counts = score.statistics(truth.tolist(), said)
            kept = np.vstack([np.ones(ITEMS), kept_without(ITEMS)])
            points.setdefault(score.name, []).append(score.score(kept @ counts))
        moved = base + (0.7 + more) * rng.normal(size=base.shape)
        points.setdefault("impact", []).append(measure_impact(base, moved)["replicates"])
    sizes = np.array([block.stop - block.start for block in blocks_of(ITEMS)])
    result = {}
    for measure, (before, after) in points.items():
        found = paired_change_of_items(before[None], after[None], sizes)
        apart = 2 * 1.96 * np.hypot(*(standard_errors(one, sizes) for one in (before, after)))
        told = {name: value.item() for name, value in found.items()}
        result[measure] = {**told, "before": before[0], "unpaired": apart}
    return result


def p_of(seed: int, found: Callable, world: str, measure: str) -> float:
    """Give the p of the change of one measure in one world."""
    return found(seed, world)[measure]["change_p"]


# What changes: its name, measures, worlds without a change, worlds with one, and what gives the changes of a world.
LINES = {
    "concepts": ("change after tuning", MEASURES, WORLDS, PLANTED, changes),
    "spaces": ("change of similarity", SIMILARITIES, SPACES, SPACES_PLANTED, changes_of_spaces),
    "courses": ("change between two points", FOLLOWED, COURSES, COURSES_PLANTED, changes_of_courses),
}


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List each test with its world; see :func:`benchmarks.concept_worlds.tests`."""
    for name, measures, worlds, _, found in LINES.values():
        for measure in measures:
            for world in worlds:
                yield f"{name} (`{measure}`)", world, partial(p_of, found=found, world=world, measure=measure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage and power of changes after tuning, as a table in Markdown.")
    parser.add_argument("--worlds", type=int, default=200, help="worlds a line (200)")
    parser.add_argument("--only", choices=list(LINES), help="just these")
    options = parser.parse_args()
    print("| measure | world | before | change | holds it | p <= 0.05 | width, of unpaired |\n|---|" + 6 * "---|")
    chosen = [LINES[options.only]] if options.only else LINES.values()
    for _, measures, worlds, planted, found in chosen:
        for measure, world in product(measures, [*worlds, *planted]):
            rows = pd.DataFrame([found(seed, world)[measure] for seed in range(options.worlds)])
            # Nothing changed, or what changed in the mean of all worlds.
            truth = rows.change.mean() if world in planted else 0
            holds = ((rows.change_low <= truth + 1e-9) & (rows.change_high >= truth - 1e-9)).mean()
            width = (rows.change_high - rows.change_low).mean() / rows.unpaired.mean()
            print(
                f"| `{measure}` | {world} | {rows.before.mean():.2f} | {rows.change.mean():+.3f} | {holds:.3f} | "
                f"{(rows.change_p <= 0.05).mean():.3f} | {width:.2f} |", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
