"""What can be said in the microworld: meanings, drawn from peaked distributions, and their split.

A model learns nothing from slots that are filled independently, so every choice depends on another word: the verb on
topic and polarity, subject and object on the verb, adjectives on their noun. Names, cities and years depend on the
topic alone and so are no evidence of polarity.
"""

import hashlib
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

RESOURCES = Path(__file__).parent / "data"
LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
# How the grammars differ, as distances beside URIEL's.
MICROWORLD_FAMILIES = ("microworld-word-order", "microworld-script", "microworld-vocabulary")

PEAK, FLAT = 0.1, 0.1
# Tenths of all meanings.
SPLITS = {"parallel": range(0, 2), "test": range(2, 3), "training": range(3, 10)}


@cache
def read(name: str) -> dict:
    """Read one of the microworld's files: ``world`` or a language."""
    return yaml.safe_load((RESOURCES / f"{name}.yaml").read_text(encoding="utf-8"))


class Meaning(NamedTuple):
    """What one sentence says; every field but the first two is an index into a list of the world, or -1 for nothing.

    Attributes
    ----------
    topic, polarity
        Of the whole sentence; polarity 1 is positive.
    verb
        0 is the topic's own verb of this polarity, 1 and more are those that go with every topic.
    subject
        Below 3 a noun of the topic, from 3 on a name.
    subject_adjective, object_adjective, adverb
        Of this polarity.
    object
        A noun of the topic.
    place
        Below 2 a place of the topic, from 2 on a city.
    year
        A year.
    """

    topic: int
    polarity: int
    verb: int
    subject: int
    subject_adjective: int
    object: int
    object_adjective: int
    place: int
    adverb: int
    year: int


class Chooser:
    """Draws from fixed, peaked distributions: one for every context."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.tables: dict[tuple, list[float]] = {}

    def pick(self, context: tuple, options: int) -> int:
        """Draw one of ``options`` in a context; the context's distribution is the same for every seed."""
        if context not in self.tables:
            key = int.from_bytes(hashlib.sha256(repr(context).encode()).digest()[:8], "big")
            peaked = np.random.default_rng(key).dirichlet([PEAK] * options)
            self.tables[context] = np.cumsum((1 - FLAT) * peaked + FLAT / options).tolist()
        return min(bisect_left(self.tables[context], self.rng.random()), options - 1)

    def maybe(self, share: float) -> bool:
        """Draw true with this probability."""
        return self.rng.random() < share


def draw(chooser: Chooser) -> Meaning:
    """Draw one meaning."""
    world = read("world")
    topic, polarity = int(chooser.rng.integers(len(world["topics"]))), int(chooser.rng.integers(2))
    names, cities = len(world["names"]), len(world["cities"])
    verb = chooser.pick(("verb", topic, polarity), 5)
    own = (topic, polarity, verb)
    # Whether it is a name, and which, must not depend on the polarity.
    named = chooser.maybe(0.25)
    subject = 3 + chooser.pick(("name", topic), names) if named else chooser.pick(("subject", *own), 3)
    thing = chooser.pick(("object", *own), 6)
    placed = chooser.rng.random()
    if placed < 0.2:
        place = 2 + chooser.pick(("city", topic), cities)
    else:
        place = chooser.pick(("place", topic, subject if not named else -1), 2) if placed < 0.55 else -1
    return Meaning(
        topic=topic,
        polarity=polarity,
        verb=verb,
        subject=subject,
        subject_adjective=-1 if named or not chooser.maybe(0.4) else chooser.pick(("adj", topic, subject, polarity), 6),
        object=thing,
        object_adjective=chooser.pick(("adj", topic, "object", thing, polarity), 6) if chooser.maybe(0.8) else -1,
        place=place,
        adverb=chooser.pick(("adverb", *own), 3) if chooser.maybe(0.7) else -1,
        year=chooser.pick(("year", topic), len(world["years"])) if chooser.maybe(0.2) else -1,
    )


def tenth(meaning: Meaning) -> int:
    """Say which tenth of all meanings this one belongs to, for ever.

    Meanings that differ in object and polarity alone are in the same one: an inference pair is made of such, and what
    was learnt of one must not help with the other.
    """
    shared = meaning._replace(object=-1, polarity=-1)
    return hashlib.sha256(repr(tuple(shared)).encode()).digest()[0] * 10 // 256


def meanings(split: str, count: int, seed: int) -> list[Meaning]:
    """Draw ``count`` different meanings of one split."""
    chooser, found = Chooser(seed), dict[Meaning, None]()
    while len(found) < count:
        meaning = draw(chooser)
        if tenth(meaning) in SPLITS[split]:
            found[meaning] = None
    return list(found)
