"""How often each p-value that the workflow prints is at most 0.05 where nothing is there, as a table in Markdown.

``python -m benchmarks.calibration --worlds 200`` prints the table that stands in docs/methods.md. Each module that
plants worlds lists its tests: their name, the world, and the p-value of one such world by its seed.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks import concept_worlds, family_trees, unrelated_worlds
from scipy import stats

from isogloss.measures.transfer.compute import write_scores

ITEMS, LABELS = 100, ("a", "b", "c")


def transfer_p(seed: int, shares: tuple[float, ...]) -> float:
    """Give the p of the accuracy of predictions that know nothing of the items, but how frequent labels are."""
    rng = np.random.default_rng(seed)
    truth, said = (rng.choice(LABELS, ITEMS, p=shares) for _ in range(2))
    table = pd.DataFrame({"language": "en", "item": range(ITEMS), "truth": truth, "predicted": said})
    with tempfile.TemporaryDirectory() as folder:
        predictions, output = Path(folder) / "predictions.parquet", Path(folder) / "scores.csv"
        table.to_parquet(predictions)
        task = {"source": "en", "kind": "sequence-classification", "into": None}
        write_scores(predictions=predictions, **task, draws=100, null=200, seed=seed, attributes={}, output=output)
        return pd.read_csv(output).set_index("measure").null_p["accuracy"]


def transfer_tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    for name, shares in (("equally many of each label", (1 / 3, 1 / 3, 1 / 3)), ("uneven labels", (0.8, 0.15, 0.05))):
        yield "transfer (accuracy)", name, partial(transfer_p, shares=shares)


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
    for name, world, p_value in chain(
        concept_worlds.tests(), transfer_tests(), unrelated_worlds.tests(), family_trees.tests()
    ):
        if options.only not in name:
            continue
        p = np.array([p_value(seed) for seed in range(options.worlds)])
        rates = f"{(p <= 0.05).mean():.3f} | {(p <= 0.2).mean():.3f} | {np.nanmean(p):.2f}"
        print(f"| {name} | {world} | {rates} |", flush=True)


if __name__ == "__main__":
    main()
