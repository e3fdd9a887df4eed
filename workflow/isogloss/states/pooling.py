"""Which subwords a vector is the mean of: of a word, and of a sentence.

To add a pooling, see docs/extend/pooling.md. The mean means the same wherever it stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Of words: from the first and one past the last subword of words, whole numbers or arrays of them, to those of the
# subwords that are averaged.


def first(start: Any, stop: Any) -> tuple[Any, Any]:
    """Take the first subword."""
    return start, start + 1


def last(start: Any, stop: Any) -> tuple[Any, Any]:
    """Take the last subword (Mousi et al. 2024)."""
    return stop - 1, stop


def mean(start: Any, stop: Any) -> tuple[Any, Any]:
    """Take all subwords that have letters of the word."""
    return start, stop


WORD_POOLINGS = [first, last, mean]


def function_of(pooling: str) -> str:
    """Name a pooling's function, as :func:`isogloss.named.named` takes it."""
    return f"{__name__}:{pooling}"


@dataclass(frozen=True)
class SentencePooling:
    """A way of giving a sentence one vector.

    Attributes
    ----------
    name
        In files of vectors, tables and configs.
    about
        Which subwords count, in the words of a store.
    places
        From the number of subwords of the input, special tokens included, and the places of those of the text, to the
        places of the subwords that are averaged; a sentence without any has a vector of zeros.
    stands_for_all
        Whether it is the one subword that stands for the whole input. A model has one of these: its family says which.
    weight
        From a subword's place to its weight in the average: a number above 0.
    of_decoders
        Whether it is for decoders alone, whose later subwords have read the earlier ones.
    """

    name: str
    about: str
    places: Callable[[int, Any], Any]
    stands_for_all: bool = False
    weight: Callable[[int], float] = lambda place: 1.0
    of_decoders: bool = False


SENTENCE_POOLINGS = [
    SentencePooling("first", "first subword of the input, special tokens included", lambda size, text: [0], True),
    SentencePooling("last", "last subword of the input, special tokens included", lambda size, text: [size - 1], True),
    SentencePooling("mean", "mean over the subwords of the text, special tokens left out", lambda size, text: text),
    # As MEXA pools decoders (Kargaran et al. 2024, after SGPT, Muennighoff 2022): the t-th subword counts t times.
    SentencePooling(
        "position_weighted",
        "mean over all subwords of the input, special tokens included, the t-th with weight t",
        lambda size, text: range(size),
        weight=lambda place: place + 1.0,
        of_decoders=True,
    ),
]
ABOUT = {pooling.name: pooling.about for pooling in SENTENCE_POOLINGS}


def poolings_of(summary: str, stack: str) -> tuple[str, ...]:
    """Name the poolings of a model's stack, ``encoder`` or ``decoder``.

    In an encoder's inputs the ``first`` or the ``last`` subword stands for all, as ``summary`` says; in a decoder's the
    last does.
    """
    decoder = stack == "decoder"
    others = [one.name for one in SENTENCE_POOLINGS if not one.stands_for_all and (decoder or not one.of_decoders)]
    return ("last" if decoder else summary, *others)
