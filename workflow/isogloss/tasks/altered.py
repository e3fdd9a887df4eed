"""Items that lack something: words out of their order, another item's text, one text left out.

What a model still does with them needs no more than is left (Rajaee & Monz 2024).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from isogloss.tasks.settings import EMPTIED, OTHER_FIRST, SHUFFLED

TEXTS = ("words", "other_words")
# The running text, where a segmenter split it: what is altered are the words.
RUNNING = {"words": "text", "other_words": "other_text"}


def alter(items: pd.DataFrame, control: str, seed: int) -> pd.DataFrame:
    """Take something from the items of a classification task.

    Parameters
    ----------
    items
        See :func:`isogloss.tasks.items.write_items`.
    control
        ``shuffled-1``, ``shuffled-2``, ``shuffled-3``: each text's runs of one, two or three words, from its first word
        on, in an order that is drawn; the last run may be shorter. ``other-first``: the first text of another item.
        ``first-empty``, ``second-empty``: one text without any word. All but the shuffled ones need two texts.
    seed
        Of what is drawn.

    Returns
    -------
    DataFrame
        The same rows, with other texts.
    """
    rng = np.random.default_rng(seed)
    if control in SHUFFLED:
        size = 1 + SHUFFLED.index(control)
        return with_words(
            items, {name: [shuffle(row, size, rng) for row in items[name]] for name in TEXTS if name in items}
        )
    if control == OTHER_FIRST:
        # One step on around a drawn circle, so that nothing stays where it was.
        order = rng.permutation(len(items))
        other = np.empty_like(order)
        other[order] = np.roll(order, 1)
        moved = [name for name in ("words", "text") if name in items]
        return items.assign(**{name: items[name].to_numpy()[other] for name in moved})
    return with_words(items, {TEXTS[EMPTIED.index(control)]: [[]] * len(items)})


def with_words(items: pd.DataFrame, words: Mapping[str, Sequence[Sequence[str]]]) -> pd.DataFrame:
    """Give items other words; a running text that no longer holds them is left out."""
    stale = [RUNNING[name] for name in words if RUNNING[name] in items]
    return items.drop(columns=stale).assign(**words)


def shuffle(words: Sequence[str], size: int, rng: np.random.Generator) -> list[str]:
    """Draw an order of a text's runs of ``size`` words."""
    runs = [list(words[start : start + size]) for start in range(0, len(words), size)]
    return [word for place in rng.permutation(len(runs)) for word in runs[place]]


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """Give the share of the second text's words that stand in the first."""
    known = set(first)
    return sum(word in known for word in second) / len(second) if len(second) else 0.0
