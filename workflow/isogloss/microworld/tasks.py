"""Tasks in the microworld, with their right answers: sentiment, inference pairs, entities, translation.

Training items say only what the ``training`` tenths of the world say, test items only what the ``test`` tenth says, in
every language; so no test meaning was ever seen, neither in fine-tuning nor when the model was first trained. Names,
cities and years depend on the topic alone, so they tell nothing about a sentiment. Inference pairs come in closed sets,
so that one text of a pair tells nothing about its label.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.microworld.anchors import Anchors, say
from isogloss.microworld.realise import noun_lemma, verb_lemma
from isogloss.microworld.world import SPLITS, Chooser, Meaning, draw, meanings, read, tenth

SENTIMENT = ("negative", "positive")
INFERENCE = ("entailment", "neutral", "contradiction")
ENTITIES = ("O", "B-PER", "B-LOC")
OPTIONAL = ("subject_adjective", "object_adjective", "place", "adverb", "year")
# Objects of a topic; pairs of a closed set.
OBJECTS, SET = 6, 12
LABELS = {"sentiment": SENTIMENT, "inference": INFERENCE, "entities": ENTITIES}


def generate_task(
    task: str,
    language: str,
    split: str,
    items: int,
    seed: int,
    into: str | None = None,
    anchors: Anchors | None = None,
) -> pd.DataFrame:
    """Generate one language's items of a task.

    Parameters
    ----------
    task
        ``sentiment``, ``inference``, ``entities`` or ``translation``.
    language
        One of the microworld's.
    split
        ``training`` or ``test``.
    items
        How many.
    seed
        Which. The same seed gives the same items in every language.
    into
        For translation: the language to translate into.
    anchors
        See :func:`isogloss.microworld.anchors.say`.

    Returns
    -------
    DataFrame
        ``item`` (the same number in every language), ``words``, and by task: ``label`` (sentiment, inference),
        ``other_words`` (the hypothesis, or the translation), ``tags`` (BIO, one a word). Test items of sentiment and
        inference have a ``paraphrase``: the text, of pairs the hypothesis, without its optional parts, which leaves its
        label as it is; empty where there is none to leave out. All test items have what the text, of pairs the first,
        means: ``topic`` and ``polarity`` by name, ``verb``, ``subject`` and ``object`` by their lemmas' numbers, the
        same in every language.
    """
    again: list[Meaning] = []

    def words(meaning: Meaning, language: str = language) -> list[str]:
        return [token.form for token in say(meaning, language, anchors)]

    if task == "inference":
        pairs = inference_pairs(split, items, seed)
        rows: dict[str, list[Any]] = {
            "words": [words(premise) for premise, _, _ in pairs],
            "other_words": [words(hypothesis) for _, hypothesis, _ in pairs],
            "label": [label for _, _, label in pairs],
        }
        meant = [premise for premise, _, _ in pairs]
        said = [hypothesis for _, hypothesis, _ in pairs]
        again = [without(hypothesis, OPTIONAL) for hypothesis in said]
    else:
        said = meant = meanings(split, items, seed)
        rows = {"words": [words(meaning) for meaning in said]}
        if task == "sentiment":
            rows["label"] = [SENTIMENT[meaning.polarity] for meaning in said]
            again = [without(meaning, OPTIONAL) for meaning in said]
        elif task == "entities":
            rows["tags"] = [[token.entity for token in say(meaning, language)] for meaning in said]
        else:
            if into is None:
                raise IsoglossError("A translation task needs the language to translate into.")
            rows["other_words"] = [words(meaning, into) for meaning in said]
    if split == "test":
        rows |= {name: [label(meaning) for meaning in meant] for name, label in MEANING.items()}
    if again and split == "test":
        rows["paraphrase"] = [words(less) if less != whole else [] for less, whole in zip(again, said, strict=True)]
    return pd.DataFrame({"item": range(items), **rows})


def topic_of(meaning: Meaning) -> str:
    """Name a meaning's topic."""
    return read("world")["topics"][meaning.topic]


# What a text means, by what is probed for.
MEANING: dict[str, Callable[[Meaning], str]] = {
    "topic": topic_of,
    "polarity": lambda meaning: SENTIMENT[meaning.polarity],
    "verb": lambda meaning: str(verb_lemma(meaning)),
    "subject": lambda meaning: str(noun_lemma("subjects", meaning)),
    "object": lambda meaning: str(noun_lemma("objects", meaning)),
}


def without(meaning: Meaning, parts: Sequence[str]) -> Meaning:
    """Leave parts of a meaning out."""
    return meaning._replace(**dict.fromkeys(parts, -1))


def inference_pairs(split: str, count: int, seed: int) -> list[tuple[Meaning, Meaning, str]]:
    """Draw premises, hypotheses and labels, in closed sets of twelve.

    A set has two objects and two polarities, all else alike: four meanings. Each is a premise once for every label, and
    once a hypothesis for every label: of the same meaning (entailment), of the other object (neutral), of the other
    polarity (contradiction). Hypotheses of a set leave the same optional parts out. So either text alone is followed by
    each label equally often. Sets stay together, so that the first items are whole sets but for the last one.
    """
    chooser, allowed, order = Chooser(seed), SPLITS[split], np.random.default_rng(seed)
    found: dict[tuple[Meaning, ...], list[tuple[Meaning, Meaning, str]]] = {}
    while len(found) * SET < count:
        drawn = draw(chooser)
        thing = drawn.object
        while thing == drawn.object:
            thing = chooser.pick(("object", drawn.topic, drawn.polarity, drawn.verb), OBJECTS)
        gone = dict.fromkeys((name for name in OPTIONAL if chooser.maybe(0.5)), -1)
        if not {tenth(drawn), tenth(drawn._replace(**gone))} <= set(allowed):
            continue
        objects = sorted((drawn.object, thing))
        premises = [drawn._replace(object=thing, polarity=polarity) for thing, polarity in product(objects, range(2))]
        pairs = []
        for premise in premises:
            [other] = (thing for thing in objects if thing != premise.object)
            means = (premise, premise._replace(object=other), premise._replace(polarity=1 - premise.polarity))
            pairs += [(premise, one._replace(**gone), label) for one, label in zip(means, INFERENCE, strict=True)]
        found[(*premises, premises[0]._replace(**gone))] = [pairs[place] for place in order.permutation(SET)]
    return [pair for pairs in found.values() for pair in pairs][:count]
