"""Which subwords a vector is the mean of.

Of a word: its ``first`` subword, its ``last`` (Mousi et al. 2024), or the ``mean`` of all that have letters of it. Of a
sentence: the ``first`` subword of the input ([CLS] where there is one) or, in a decoder, the ``last``, which alone has
seen the rest; and the ``mean`` over the subwords of its text, special tokens left out. The mean means the same wherever
it stands.

To add a pooling of words, add a line to ``POOLINGS``.
"""

from collections.abc import Callable
from typing import Any

# From the first and one past the last subword of words to those of the subwords that are averaged.
POOLINGS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "first": lambda start, stop: (start, start + 1),
    "last": lambda start, stop: (stop - 1, stop),
    "mean": lambda start, stop: (start, stop),
}


# What a sentence's vectors are, in the words of a store.
SENTENCE_POOLINGS = {
    "first": "first subword of the input, special tokens included",
    "last": "last subword of the input, special tokens included",
    "mean": "mean over the subwords of the text, special tokens left out",
}
