"""Whether a tokenizer can write the user's text at all: one that makes everything unknown loads without complaint."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from isogloss.errors import IsoglossError

MOST_UNKNOWN = 0.5
SENTENCES = 1000


def unknown_share(tokenizer: Any, sentences: Sequence[Sequence[str]]) -> float:
    """Give the share of words that a tokenizer cannot write: those with an unknown subword, or with none at all.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    sentences
        Each a sequence of words; the first thousand are looked at.
    """
    if tokenizer.unk_token_id is None:
        return 0.0  # it falls back to bytes, and so writes anything
    words = unknown = 0
    for sentence in islice(sentences, SENTENCES):
        coded = tokenizer(list(sentence), is_split_into_words=True, add_special_tokens=False)
        places = coded.word_ids()
        known = set(places)
        lost = {
            place for place, piece in zip(places, coded["input_ids"], strict=True) if piece == tokenizer.unk_token_id
        }
        words += len(sentence)
        unknown += sum(place in lost or place not in known for place in range(len(sentence)))
    return unknown / words if words else 0.0


def check_coverage(tokenizer: Any, sentences: Sequence[Sequence[str]], what: str, model: str) -> None:
    """Refuse a tokenizer that makes unknowns of most of a text.

    Parameters
    ----------
    what, model
        The text and the model, for the message.

    Raises
    ------
    IsoglossError
        If more than half of the words are unknown to it.
    """
    share = unknown_share(tokenizer, sentences)
    if share > MOST_UNKNOWN:
        raise IsoglossError(
            f"The tokenizer of {model} makes unknowns of {share:.0%} of the words of {what}, so its states would say "
            "nothing about them. Either the model does not know this language or its script, or its repository lacks "
            "a working tokenizer.json: take another model, or another revision of it."
        )
