"""Anchors: lemmas that all languages say with one language's form, while no other form is shared.

How many there are decides whether a model brings languages together that it only ever reads one at a time (Hua et al.
2024, mOthello, section 3.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np

from isogloss.microworld.realise import Grammar, Token, lemma_numbers, realise
from isogloss.microworld.world import LANGUAGES, Meaning, read

CONTENT = ("subjects", "objects", "verbs", "any_verbs", "adjectives", "adverbs")


@cache
def content_lemmas() -> tuple[int, ...]:
    """List the lemmas of content words, names and places left out."""
    return tuple(number for key, number in lemma_numbers().items() if key[0] in CONTENT)


@dataclass(frozen=True)
class Anchors:
    """Which lemmas are anchors, and whose forms they have.

    Attributes
    ----------
    count, seed
        How many, and which.
    source
        The language whose forms they have.
    """

    count: int
    seed: int
    source: str

    def lemmas(self) -> frozenset[int]:
        """Draw the lemmas; fewer are among more."""
        order = np.random.default_rng(self.seed).permutation(content_lemmas())
        return frozenset(order[: self.count].tolist())


def say(meaning: Meaning, language: str, anchors: Anchors | None = None) -> list[Token]:
    """Say a meaning in a language.

    Parameters
    ----------
    meaning, language
        What, and in which language.
    anchors
        Their tokens have the source language's form. Any other form that two of the microworld's languages share gets
        a mark of its language. None: forms are as the grammars have them.
    """
    tokens = realise(meaning, grammar(language))
    if anchors is None:
        return tokens
    lemmas, shared = drawn(anchors), shared_forms()
    theirs = {(token.slot, token.lemma): token.form for token in realise(meaning, grammar(anchors.source))}
    return [
        replace(token, form=theirs.get((token.slot, token.lemma), token.form))
        if token.lemma in lemmas
        else replace(token, form=f"{token.form}·{language}")
        if token.form in shared
        else token
        for token in tokens
    ]


@cache
def grammar(language: str) -> Grammar:
    """Read a language's words and rules."""
    return Grammar(language)


@cache
def drawn(anchors: Anchors) -> frozenset[int]:
    """Draw the lemmas of anchors once."""
    return anchors.lemmas()


@cache
def shared_forms() -> frozenset[str]:
    """List the forms that at least two of the microworld's languages have, of whatever lemma."""
    seen: set[str] = set()
    shared: set[str] = set()
    for language in LANGUAGES:
        forms = {token.form for meaning in every_form() for token in realise(meaning, grammar(language))}
        shared |= seen & forms
        seen |= forms
    return frozenset(shared)


def every_form() -> Iterator[Meaning]:
    """Give meanings in which every word is said in every form that it has: verbs by subject, adjectives by noun."""
    world = read("world")
    bare = Meaning(0, 0, 0, 0, -1, 0, -1, -1, -1, -1)
    for topic, polarity in product(range(len(world["topics"])), range(2)):
        own = bare._replace(topic=topic, polarity=polarity)
        for verb, subject in product(range(5), range(3 + len(world["names"]))):
            yield own._replace(verb=verb, subject=subject)
        for subject, adjective in product(range(3), range(6)):
            yield own._replace(subject=subject, subject_adjective=adjective)
        for thing, adjective in product(range(6), range(6)):
            yield own._replace(object=thing, object_adjective=adjective)
        for place in range(2 + len(world["cities"])):
            yield own._replace(place=place)
        for adverb in range(3):
            yield own._replace(adverb=adverb)
    for year in range(len(world["years"])):
        yield bare._replace(year=year)
