"""Planted worlds for the p-values that sentences of the report make from intervals: two things that are alike.

Answers are right as often on both sides, by items drawn by themselves, so that any difference is chance. What is tested
stands as the sentence has it: by :mod:`isogloss.report.findings.finding`, from the intervals in the tables.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
from benchmarks.unrelated_worlds import LABELS

from isogloss.measures.board_probe.compute import Boards
from isogloss.measures.board_probe.compute import probe_layer as probe_boards
from isogloss.measures.controls.compute import score_target
from isogloss.measures.crossed.compute import score_crossed
from isogloss.othello.games import games_of, replayed
from isogloss.relations.variants import compared
from isogloss.report.findings.finding import (
    one_sided,
    one_sided_of_two,
    standard_error,
    two_sided,
    two_sided_of_runs,
)
from isogloss.statistics.nulls import bootstrap_means, bootstrap_share, permutations, resamples

ITEMS, BOOTSTRAP, KNOWN, CONCEPTS, LAYERS = 200, 400, 0.6, 60, 4


def answers(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
    """Answer rightly with probability 0.6, and else anything."""
    share = (KNOWN - 1 / len(LABELS)) / (1 - 1 / len(LABELS))
    return np.where(rng.random(len(truth)) < share, truth, rng.choice(LABELS, len(truth)))


def scored(rng: np.random.Generator, hits: np.ndarray) -> tuple[float, float]:
    """Give a share of items with the standard error that its interval stands for."""
    (low,), (high,) = bootstrap_means(hits[:, None], resamples(len(hits), BOOTSTRAP, rng))
    return float(hits.mean()), standard_error(low, high)


def baseline_p(seed: int) -> float:
    """Give the p of a score above a baseline that is right as often."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(LABELS, ITEMS)
    score, error = scored(rng, answers(rng, truth) == truth)
    return float(one_sided_of_two(score, (answers(rng, truth) == truth).mean(), error))


def floor_p(seed: int) -> float:
    """Give the p of a probe that is right as often as the most frequent label, but on other items."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(LABELS, ITEMS, p=(KNOWN, (1 - KNOWN) / 2, (1 - KNOWN) / 2))
    value, error = scored(rng, rng.random(ITEMS) < KNOWN)
    return float(one_sided_of_two(value, (truth == LABELS[0]).mean(), error))


def board_floor_p(seed: int, same: bool, games: int = 60) -> float:
    """Give the p of a board probe whose states tell no more than how many moves were made, which is what its floor is.

    It is tested on the floor's own games, or on as many others.
    """
    played = games_of("parallel", 3 * games, 4, seed, 0)
    states, there = replayed(played, 4)[0], played >= 0
    rng = np.random.default_rng(seed)
    learnt, tested, others = np.arange(3 * games).reshape(3, games)
    of_floor, of_value = (
        Boards(states[chosen], there[chosen], games, permutations(games, 1, rng))
        for chosen in (np.r_[learnt, tested], np.r_[learnt, tested if same else others])
    )
    moves = np.eye(played.shape[1])[np.nonzero(of_value.there)[1]]
    row = probe_boards({"en": moves}, of_value, resamples(games, BOOTSTRAP, rng))[0]
    return float(one_sided_of_two(row["value"], of_floor.floor, standard_error(row["low"], row["high"])))


def crossing_p(seed: int) -> float:
    """Give the p of the cost of crossing two languages where it costs nothing."""
    rng = np.random.default_rng(seed)
    truth, overlap = rng.choice(LABELS, ITEMS), rng.random(ITEMS)
    parts = [
        pd.DataFrame({"first": first, "second": second, "item": range(ITEMS), "truth": truth, "overlap": overlap})
        for first in ("en", "de")
        for second in ("en", "de")
    ]
    said = pd.concat(part.assign(predicted=answers(rng, truth)) for part in parts)
    rows = pd.DataFrame(score_crossed(said, "en", 2, BOOTSTRAP, rng))
    rows = rows[(rows.measure == "accuracy") & (rows.slice == "all") & (rows["first"] == "en") & (rows.second == "de")]
    return two_sided(rows.cost, standard_error(rows.cost_low, rows.cost_high)).item()


def control_p(seed: int) -> float:
    """Give the p of a score above that of items whose loss changes nothing."""
    rng = np.random.default_rng(seed)
    plain = pd.DataFrame({"item": range(ITEMS), "truth": rng.choice(LABELS, ITEMS)})
    said = plain.assign(control="shuffled-1", tuned_on="plain", reason="", predicted=answers(rng, plain.truth))
    rows = pd.DataFrame(score_target(plain.assign(predicted=answers(rng, plain.truth)), said, BOOTSTRAP, seed))
    return rows[rows.measure == "accuracy"].null_p.item()


def random_weights_p(seed: int) -> float:
    """Give the p of a best layer above the best layer of a control whose concepts are aligned as often."""
    rng = np.random.default_rng(seed)
    sides = []
    for aligned in rng.binomial(CONCEPTS, 0.1, (2, LAYERS)).max(1):
        interval = bootstrap_share(aligned, CONCEPTS, BOOTSTRAP, rng)
        sides.append((aligned / CONCEPTS, standard_error(interval["boot_low"], interval["boot_high"])))
    (value, error), (control, other) = sides
    return float(one_sided(value - control, np.hypot(error, other)))


def variants_p(seed: int, runs: int) -> float:
    """Give the p of a gap that another way of tuning leaves as it is."""
    rng = np.random.default_rng(seed)
    both = pd.DataFrame(
        {"source": "en", "seed": np.repeat(range(runs), 2), "group": ["near", "far"] * runs}
        | {f"score_{side}": rng.normal(0.6, 0.05, 2 * runs) for side in ("whole", "varied")}
    )
    rows = pd.DataFrame(compared(both, 1000, rng))
    rows = rows[rows.group == "gap"]
    return two_sided_of_runs(rows.difference, rows.low, rows.high, rows.runs).item()


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List each test with its world; see :func:`benchmarks.concept_worlds.tests`."""
    yield "score above a baseline", "right as often", baseline_p
    yield "probe above its floor", "right as often", floor_p
    for same, games in ((True, "the same games"), (False, "other games")):
        name = f"how many moves were made, told in {games}"
        yield "probe above the boards' floor", name, partial(board_floor_p, same=same)
    yield "score above a control", "right as often", control_p
    yield "cost of crossing", "right as often", crossing_p
    yield "best layer above random weights", "aligned as often", random_weights_p
    for runs in (3, 6, 12):
        yield "variant against tuned whole", f"as good in {runs} runs", partial(variants_p, runs=runs)
