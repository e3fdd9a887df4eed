"""Planted worlds: parallel text whose words follow Zipf's law, and concepts drawn without regard to meaning.

What a test of shared concepts finds in them beside its level is false; less is right where few concepts can be aligned
or nearly all are, since p is then coarse.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from isogloss.measures.calign.compute import align_concepts
from isogloss.measures.colap.compute import overlap_translations
from isogloss.statistics.nulls import best_layer

MEANINGS, SENTENCES, LENGTH, NOISE, OCCURRENCES = 240, 400, 7, 0.1, 15


@dataclass(frozen=True)
class Text:
    """Parallel text whose languages order their words freely: linked words of both sides, and their lexicon.

    Attributes
    ----------
    source, target
        ``word, meaning, place``: the words that are looked at, at most 15 of a pair, and their places in the sentence.
    lexicon
        ``source, target, probability, count``; every tenth link is wrong.
    """

    source: pd.DataFrame
    target: pd.DataFrame
    lexicon: pd.DataFrame


def parallel_text(rng: np.random.Generator) -> Text:
    frequency = 1 / np.arange(1, MEANINGS + 1)
    shape = (SENTENCES, LENGTH)
    meanings = rng.choice(MEANINGS, shape, p=frequency / frequency.sum())
    order = np.argsort(rng.random(shape), 1)
    links = np.where(rng.random(shape) < NOISE, rng.integers(0, LENGTH, shape), np.argsort(order, 1))
    sides = {
        "source": (meanings, np.broadcast_to(np.arange(LENGTH), shape)),
        "target": (np.take_along_axis(np.take_along_axis(meanings, order, 1), links, 1), links),
    }
    table = pd.DataFrame({"sentence": np.repeat(np.arange(SENTENCES), LENGTH)})
    for side, (words, places) in sides.items():
        table[side], table[f"{side}_place"] = words.ravel(), places.ravel()
    lexicon = table.groupby(["source", "target"]).size().reset_index(name="count")
    lexicon["probability"] = lexicon["count"] / lexicon.groupby("source")["count"].transform("sum")
    kept = table[table.groupby(["source", "target"]).cumcount() < OCCURRENCES]
    words = {}
    for side in sides:
        rows = kept.drop_duplicates(["sentence", f"{side}_place"])
        meaning, place = rows[side].to_numpy(), rows[f"{side}_place"].to_numpy()
        words[side] = pd.DataFrame({"word": side[0] + rows[side].astype(str), "meaning": meaning, "place": place})
        lexicon[side] = side[0] + lexicon[side].astype(str)
    return Text(words["source"], words["target"], lexicon)


def at_random(words: pd.DataFrame, concepts: int, rng: np.random.Generator) -> np.ndarray:
    """Each occurrence by itself."""
    return rng.integers(0, concepts, len(words))


def by_place(words: pd.DataFrame, concepts: int, rng: np.random.Generator) -> np.ndarray:
    """By the word's place in its sentence; if there are more concepts, each place has several."""
    each = -(-concepts // LENGTH)
    return words.place.to_numpy() * each + rng.integers(0, each, len(words))


def by_form(words: pd.DataFrame, concepts: int, rng: np.random.Generator) -> np.ndarray:
    """All occurrences of a word together, as embeddings with random weights do; every other strays."""
    home = rng.integers(0, concepts, MEANINGS)[words.meaning]
    return np.where(rng.random(len(words)) < 0.5, home, rng.integers(0, concepts, len(words)))


def by_meaning(words: pd.DataFrame, concepts: int, rng: np.random.Generator) -> np.ndarray:
    """The planted case: the same meanings together in all languages, every fifth occurrence astray."""
    home = np.arange(MEANINGS) % concepts
    return np.where(rng.random(len(words)) < 0.8, home[words.meaning], rng.integers(0, concepts, len(words)))


WORLDS = {"at random": at_random, "by place": by_place, "by form": by_form}
Assign = Callable[[pd.DataFrame, int, np.random.Generator], np.ndarray]


def calign_cell(text: Text, assign: Assign, concepts: int, match: float, rng: np.random.Generator, draws: int):
    sides = [side.assign(cluster=assign(side, concepts, rng)) for side in (text.source, text.target)]
    return align_concepts(*sides, text.lexicon, match=match, null=draws)


def calign_p(seed: int, assign: Assign, concepts: int, match: float, draws: int = 199) -> float:
    rng = np.random.default_rng(seed)
    return calign_cell(parallel_text(rng), assign, concepts, match, rng, draws).null["null_p"]


def best_layer_p(seed: int, assign: Assign, concepts: int, match: float, draws: int = 199, layers: int = 4) -> float:
    rng = np.random.default_rng(seed)
    text = parallel_text(rng)
    cells = [calign_cell(text, assign, concepts, match, rng, draws) for _ in range(layers)]
    return best_layer(np.array([cell.aligned for cell in cells]), np.stack([cell.draws for cell in cells]))[2]


def colap_p(seed: int, assign: Assign, concepts: int, match: float, draws: int = 199) -> float:
    rng = np.random.default_rng(seed)
    text = parallel_text(rng)
    sides = [
        side.assign(cluster=assign(side, concepts, rng), language=language)
        for language, side in (("s", text.source), ("t", text.target))
    ]
    return overlap_translations(pd.concat(sides), text.lexicon, "s", match=match, null=draws).null["null_p"]


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List each test with the world that it is tried in: name, world, and the p-value of one such world."""
    # Thresholds at which some concepts are aligned and some are not; elsewhere p is 1 and nothing is to be seen.
    for name, p, thresholds in (
        ("CALIGN (`aligned`)", calign_p, {21: (0.7,), 49: (0.6, 0.7), 98: (0.5, 0.7)}),
        ("CALIGN, best of 4 layers", best_layer_p, {49: (0.6,)}),
        ("COLAP (`overlapping_translated`)", colap_p, {21: (0.5,), 49: (0.4, 0.5), 98: (0.3, 0.5)}),
    ):
        for world, assign in WORLDS.items():
            for concepts, matches in thresholds.items():
                for match in matches:
                    cell = {"assign": assign, "concepts": concepts, "match": match}
                    yield name, f"concepts {world}, K = {concepts}, match {match}", partial(p, **cell)
