"""How often each p-value that the workflow prints is at most 0.05 where nothing is there, as a table in Markdown.

``python -m benchmarks.calibration --worlds 200`` prints the table that stands in docs/methods.md. Each module that
plants worlds lists its tests: their name, the world, and the p-value of one such world by its seed.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks import concept_worlds, family_trees, interval_worlds, tuned_worlds, unrelated_worlds
from scipy import stats

from isogloss.measures.transfer.compute import write_scores

ITEMS, LABELS = 100, ("a", "b", "c")
WORDS = [first + rest for first in "bdgklmn" for rest in ("a", "ei", "om", "uk")]
# Every p-value of a table (``table.column``) and every one that a sentence of the report makes (``module.function: what
# makes it``), each with what the names of its lines begin with.
LINES = {
    "concept_alignment.null_p": "CALIGN (`aligned`)",
    "concept_alignment.change_p": "change after tuning (`aligned`)",
    "concept_overlap.null_p": "COLAP (`overlapping_translated`)",
    "concept_overlap.change_p": "change after tuning (`overlapping",
    "best_layer.null_p": "CALIGN, best of",
    "transfer.null_p": "transfer",
    "space_similarity.null_p": "space_similarity",
    "space_similarity.change_p": "change of similarity",
    "word_retrieval.null_p": "word_retrieval",
    "probes.null_p": "probes",
    "crossed.null_p": "crossed",
    "controls.null_p": "score above a control",
    "edits.null_p": "edits",
    "board_probe.null_p": "board_probe",
    "correlations.p_ordinary": "ordinary",
    "correlations.p_mantel": "Mantel",
    "correlations.p_mrqap": "MRQAP",
    "correlations.p_mixed": "social-relations model",
    "transfer.tested: one_sided_of_two": "score above a baseline",
    # Of the null's upper end, above which a score without any knowledge is in one world of forty.
    "transfer.tested: one_sided": "transfer",
    "transfer.variants: two_sided_of_runs": "variant against tuned whole",
    "neighbours.probes: one_sided_of_two": "probe above its floor",
    "neighbours.costs_of_crossing: two_sided": "cost of crossing",
    "sharing.above_controls: one_sided": "best layer above random weights",
    "sharing.boards: one_sided_of_two": "probe above the boards' floor",
    "trajectories.change_p": "change between two points",
}


def transfer_p(seed: int, shares: tuple[float, ...]) -> float:
    """Give the p of the accuracy of predictions that know nothing of the items, but how frequent labels are."""
    rng = np.random.default_rng(seed)
    truth, said = (rng.choice(LABELS, ITEMS, p=shares) for _ in range(2))
    return scored(truth, said, seed, "sequence-classification").null_p["accuracy"]


def translation_p(seed: int, measure: str) -> float:
    """Give the p of translations of other sentences, of unlike lengths."""
    rng = np.random.default_rng(seed)
    truth, said = ([" ".join(rng.choice(WORDS, rng.integers(3, 12))) for _ in range(ITEMS)] for _ in range(2))
    return scored(truth, said, seed, "translation", into="en").null_p[measure]


def scored(truth: Sequence[str], said: Sequence[str], seed: int, kind: str, into: str | None = None) -> pd.DataFrame:
    """Score answers in one language; a row a measure."""
    table = pd.DataFrame({"language": "en", "item": range(len(truth)), "truth": truth, "predicted": said})
    with tempfile.TemporaryDirectory() as folder:
        predictions, output = Path(folder) / "predictions.parquet", Path(folder) / "scores.csv"
        table.to_parquet(predictions)
        task = {"source": "en", "kind": kind, "into": into}
        write_scores(predictions=predictions, **task, draws=100, null=200, seed=seed, attributes={}, output=output,
                     replicates_output=Path(folder) / "replicates.parquet")  # fmt: skip
        return pd.read_csv(output).set_index("measure")


def transfer_tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    for name, shares in (("equally many of each label", (1 / 3, 1 / 3, 1 / 3)), ("uneven labels", (0.8, 0.15, 0.05))):
        yield "transfer (accuracy)", name, partial(transfer_p, shares=shares)
    for measure, name in (("chrf", "chrF"), ("bleu", "BLEU")):
        yield f"transfer ({name})", "translations of other sentences", partial(translation_p, measure=measure)


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List every test with its world; see :func:`benchmarks.concept_worlds.tests`."""
    modules = (concept_worlds, unrelated_worlds, tuned_worlds, interval_worlds, family_trees)
    return chain(transfer_tests(), *(module.tests() for module in modules))


def main() -> None:
    parser = argparse.ArgumentParser(description="False-positive rates of every p-value, as a table in Markdown.")
    parser.add_argument("--worlds", type=int, default=200, help="worlds a line (200)")
    parser.add_argument("--only", default="", help="just the p-values whose name holds this")
    options = parser.parse_args()
    low, high = stats.binom.interval(0.95, options.worlds, 0.05)
    print(
        f"{options.worlds} worlds a line; by chance alone {low / options.worlds:.3f} to {high / options.worlds:.3f}.\n"
    )
    print("| p of | world | p <= 0.05 | p <= 0.2 | mean p |\n|---|---|---|---|---|")
    for name, world, p_value in tests():
        if options.only not in name:
            continue
        p = np.array([p_value(seed) for seed in range(options.worlds)])
        rates = f"{(p <= 0.05).mean():.3f} | {(p <= 0.2).mean():.3f} | {np.nanmean(p):.2f}"
        print(f"| {name} | {world} | {rates} |", flush=True)


if __name__ == "__main__":
    main()
