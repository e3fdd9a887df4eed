"""Tasks in the microworld, with their right answers: sentiment, inference pairs, entities, translation.

Training items say only what the ``training`` tenths of the world say, test items only what the ``test`` tenth says, in
every language; so no test meaning was ever seen, neither in fine-tuning nor when the model was first trained. Names,
cities and years depend on the topic alone, and an inference pair says the same ones on both sides or leaves them out,
so they tell nothing about a label.
"""

import numpy as np
import pandas as pd

from isogloss.microworld.realise import Grammar, realise
from isogloss.microworld.world import SPLITS, Chooser, Meaning, draw, meanings, tenth

SENTIMENT = ("negative", "positive")
INFERENCE = ("entailment", "neutral", "contradiction")
ENTITIES = ("O", "B-PER", "B-LOC")
LABELS = {"sentiment": SENTIMENT, "inference": INFERENCE, "entities": ENTITIES}


def generate_task(task: str, language: str, split: str, items: int, seed: int, into: str | None = None) -> pd.DataFrame:
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

    Returns
    -------
    DataFrame
        ``item`` (the same number in every language), ``words``, and by task: ``label`` (sentiment, inference),
        ``other_words`` (the hypothesis, or the translation), ``tags`` (BIO, one a word).
    """
    grammar = Grammar(language)

    def say(meaning: Meaning) -> list[str]:
        return [token.form for token in realise(meaning, grammar)]

    if task == "inference":
        pairs = inference_pairs(split, items, seed)
        rows = {
            "words": [say(premise) for premise, _, _ in pairs],
            "other_words": [say(hypothesis) for _, hypothesis, _ in pairs],
            "label": [label for _, _, label in pairs],
        }
    else:
        said = meanings(split, items, seed)
        rows = {"words": [say(meaning) for meaning in said]}
        if task == "sentiment":
            rows["label"] = [SENTIMENT[meaning.polarity] for meaning in said]
        elif task == "entities":
            rows["tags"] = [[token.entity for token in realise(meaning, grammar)] for meaning in said]
        else:
            other = Grammar(into)
            rows["other_words"] = [[token.form for token in realise(meaning, other)] for meaning in said]
    return pd.DataFrame({"item": range(items), **rows})


def inference_pairs(split: str, count: int, seed: int) -> list[tuple[Meaning, Meaning, str]]:
    """Draw premises, hypotheses and labels.

    A hypothesis leaves each optional part out or not, whatever the label. Without that, it is the premise itself
    (entailment), the premise with another object (neutral), or with the opposite verb (contradiction). The last two
    hold either way round, so either side may be the one that was drawn first.
    """
    chooser, allowed = Chooser(seed), SPLITS[split]
    found: dict[tuple[Meaning, Meaning], str] = {}
    while len(found) < count:
        premise = draw(chooser)
        label = INFERENCE[len(found) % len(INFERENCE)]
        other = premise if label == "entailment" else changed(premise, label, chooser)
        if label != "entailment" and chooser.maybe(0.5):
            premise, other = other, premise
        hypothesis = shortened(other, chooser)
        if tenth(premise) in allowed and tenth(hypothesis) in allowed:
            found[premise, hypothesis] = label
    pairs = [(premise, hypothesis, label) for (premise, hypothesis), label in found.items()]
    return [pairs[index] for index in np.random.default_rng(seed).permutation(count)]


def changed(meaning: Meaning, label: str, chooser: Chooser) -> Meaning:
    """Change a meaning so that it is neutral to the first, or contradicts it."""
    if label == "neutral":
        thing = meaning.object
        while thing == meaning.object:
            thing = chooser.pick(("object", meaning.topic, meaning.polarity, meaning.verb), 6)
        own = ("adj", meaning.topic, "object", thing, meaning.polarity)
        adjective = meaning.object_adjective if meaning.object_adjective < 0 else chooser.pick(own, 6)
        return meaning._replace(object=thing, object_adjective=adjective)
    polarity = 1 - meaning.polarity
    verb = chooser.pick(("verb", meaning.topic, polarity), 5)
    new = {"polarity": polarity, "verb": verb}
    if meaning.adverb >= 0:
        new["adverb"] = chooser.pick(("adverb", meaning.topic, polarity, verb), 3)
    if meaning.subject_adjective >= 0:
        new["subject_adjective"] = chooser.pick(("adj", meaning.topic, meaning.subject, polarity), 6)
    if meaning.object_adjective >= 0:
        new["object_adjective"] = chooser.pick(("adj", meaning.topic, "object", meaning.object, polarity), 6)
    return meaning._replace(**new)


def shortened(meaning: Meaning, chooser: Chooser) -> Meaning:
    """Leave each optional part out with probability one half."""
    optional = ("subject_adjective", "object_adjective", "place", "adverb", "year")
    return meaning._replace(**{name: -1 for name in optional if chooser.maybe(0.5)})
