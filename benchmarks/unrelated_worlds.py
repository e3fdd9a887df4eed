"""Planted worlds: languages whose vectors, labels, answers and boards have nothing to do with each other.

What lies above its null in them does so by chance. Vectors are normal, answers are drawn from the labels.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import numpy as np
import pandas as pd

from isogloss.measures.board_probe.compute import Boards
from isogloss.measures.board_probe.compute import probe_layer as probe_boards
from isogloss.measures.crossed.compute import score_crossed
from isogloss.measures.edits.compute import Asked
from isogloss.measures.edits.compute import score as score_edits
from isogloss.measures.probes.compute import Probe
from isogloss.measures.space_similarity.compute import Draws
from isogloss.measures.space_similarity.compute import measure_layer as measure_spaces
from isogloss.measures.word_retrieval.compute import measure_layer as measure_words
from isogloss.othello.games import games_of, replayed
from isogloss.statistics.nulls import permutations, resamples

ITEMS, WIDTH, NULL, BOOTSTRAP = 60, 8, 199, 20
LABELS = ("a", "b", "c")
SPACES = (
    "retrieval", "retrieval_csls", "retrieval_ratio", "mutual_retrieval", "strong_retrieval", "procrustes",
    "neighbour_overlap", "neuron_correlation", "cka", "cka_debiased", "svcca", "pwcca",
)  # fmt: skip
# Of one language among all.
MIXTURES = ("interlingual_overlap", "language_identity")


@cache
def similarities(seed: int) -> pd.DataFrame:
    """Measure one world of four languages, the fewest that may mix, by every measure."""
    rng = np.random.default_rng(seed)
    sides = {name: rng.normal(size=(ITEMS, WIDTH)) for name in ("en", "de", "fr", "ru")}
    with ThreadPoolExecutor(1) as pool:
        return pd.DataFrame(measure_spaces(sides, 5, True, Draws.of(ITEMS, NULL, BOOTSTRAP, seed), pool))


def similarity_p(seed: int, measure: str) -> float:
    """Give the p of one similarity, of the spaces of two languages, or of one among all."""
    # Languages of which the mean is taken off are told apart worse than chance.
    form, target = ("raw", "") if measure in MIXTURES else ("centred", "de")
    rows = similarities(seed)
    rows = rows[(rows.vectors == form) & (rows.measure == measure) & (rows.source == "en") & (rows.target == target)]
    return rows.null_p.item()


def words_p(seed: int, measure: str, unit: str) -> float:
    """Give the p of words whose types lie together in a language, but nowhere near their translation's."""
    rng = np.random.default_rng(seed)
    types = rng.integers(ITEMS // 3, size=ITEMS)
    sides = [rng.normal(size=(ITEMS, WIDTH))[types] + 0.1 * rng.normal(size=(ITEMS, WIDTH)) for _ in range(2)]
    rows = pd.DataFrame(row for place, row in measure_words(sides, [types, types], NULL, BOOTSTRAP, seed) if not place)
    return rows[(rows.vectors == "raw") & (rows.measure == measure) & (rows.unit == unit)].null_p.item()


def probe_p(seed: int) -> float:
    """Give the p of a probe for labels that the vectors do not tell."""
    rng = np.random.default_rng(seed)
    (learnt, tested), labels = rng.normal(size=(2, ITEMS, WIDTH)), rng.choice(LABELS, (2, ITEMS))
    probe = Probe.fit(learnt, labels[0], NULL, seed)
    return probe.score(tested, labels[1], resamples(ITEMS, BOOTSTRAP, rng))["null_p"]


def crossed_p(seed: int) -> float:
    """Give the p of answers to crossed texts that know nothing of them."""
    rng = np.random.default_rng(seed)
    truth, overlap = rng.choice(LABELS, ITEMS), rng.random(ITEMS)
    parts = [
        {"first": first, "second": second, "item": range(ITEMS), "truth": truth, "overlap": overlap}
        | {"predicted": rng.choice(LABELS, ITEMS)}
        for first in ("en", "de")
        for second in ("en", "de")
    ]
    rows = pd.DataFrame(score_crossed(pd.concat(map(pd.DataFrame, parts)), "en", NULL, BOOTSTRAP, rng))
    rows = rows[(rows.measure == "accuracy") & (rows.slice == "all") & (rows["first"] == "en") & (rows.second == "de")]
    return rows.null_p.item()


def edits_p(seed: int, measure: str) -> float:
    """Give the p of edits after which anything is said of anything."""
    rng = np.random.default_rng(seed)
    before, after = rng.integers(3, size=2 * ITEMS), rng.integers(3, size=(ITEMS, 2 * ITEMS))
    asked = Asked(before, after, np.arange(ITEMS), (before[:ITEMS] + rng.integers(1, 3, ITEMS)) % 3, ITEMS)
    rows = pd.DataFrame(score_edits(asked, "de", False, NULL, BOOTSTRAP, seed))
    return rows[rows.measure == measure].null_p.item()


def board_p(seed: int, games: int = 40) -> float:
    """Give the p of a probe for boards that the states do not hold."""
    rng = np.random.default_rng(seed)
    played = games_of("parallel", games, 4, seed, 0)
    boards = Boards(replayed(played, 4)[0], played >= 0, games // 2, permutations(games - games // 2, NULL, rng))
    sides = {name: rng.normal(size=((played >= 0).sum(), WIDTH)) for name in ("one", "two")}
    rows = pd.DataFrame(probe_boards(sides, boards, resamples(games - games // 2, BOOTSTRAP, rng)))
    return rows[(rows.source == "one") & (rows.target == "two") & (rows.vectors == "centred")].null_p.item()


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List each test with its world; see :func:`benchmarks.concept_worlds.tests`."""
    for measure in (*SPACES, *MIXTURES):
        yield f"space_similarity (`{measure}`)", "unrelated vectors", partial(similarity_p, measure=measure)
    for measure in ("weak", "strong"):
        for unit in ("occurrence", "type"):
            name = f"word_retrieval (`{measure}`, {unit})"
            yield name, "types without translation", partial(words_p, measure=measure, unit=unit)
    yield "probes", "labels at random", probe_p
    yield "crossed (accuracy)", "answers at random", crossed_p
    for measure in ("success", "generality", "specific_success"):
        yield f"edits (`{measure}`)", "answers at random", partial(edits_p, measure=measure)
    yield "board_probe (`probe_accuracy`)", "states without a board", board_p
