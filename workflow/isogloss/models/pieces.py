"""Subwords of tokenizers that are a SentencePiece model alone, Marian's and M2M-100's: which letters each is of.

Such a tokenizer does not know; its SentencePiece model does.
"""

from dataclasses import dataclass
from typing import Any

from isogloss.errors import IsoglossError


@dataclass
class Encoding:
    """What is read of a text, in the words of the tokenizers library.

    Attributes
    ----------
    ids
        Subword numbers, special tokens included.
    sequence_ids
        0 of the text's subwords, None of special tokens.
    offsets
        Where a subword's letters are in the text: its first one's place, and one past its last one's.
    overflowing
        What was cut off, if anything was.
    """

    ids: list[int]
    sequence_ids: list[int | None]
    offsets: list[tuple[int, int]]
    overflowing: list["Encoding"]


def pieces_model(tokenizer: Any) -> Any:
    """Give the SentencePiece model that a tokenizer reads with now; None if it has none."""
    return getattr(tokenizer, "current_spm", getattr(tokenizer, "sp_model", None))


def encode_pieces(tokenizer: Any, text: str, max_length: int) -> Encoding:
    """Read a text as the tokenizer reads it, and tell which letters each subword is of.

    Raises
    ------
    IsoglossError
        If the tokenizer reads it in another way, because it holds what is a special token.
    """
    found = pieces_model(tokenizer).encode(text, return_type="offset_mapping")
    own = tokenizer.tokenize(text)
    if own != found["pieces"]:
        odd = next(iter(sorted({*own} - {*found["pieces"]})), "")
        raise IsoglossError(
            f"The text {text[:60]!r} holds {odd!r}, which the tokenizer reads as a special token. Take it out."
        )
    numbers, offsets = tokenizer.convert_tokens_to_ids(own), found["offsets"]
    room = max_length - tokenizer.num_special_tokens_to_add()
    before = tokenizer.build_inputs_with_special_tokens([-1]).index(-1)
    ids = tokenizer.build_inputs_with_special_tokens(numbers[:room])
    after = len(ids) - before - len(numbers[:room])
    rest = offsets[room:]
    return Encoding(
        ids,
        [*[None] * before, *[0] * len(numbers[:room]), *[None] * after],
        [*[(0, 0)] * before, *offsets[:room], *[(0, 0)] * after],
        [Encoding(numbers[room:], [0] * len(rest), rest, [])] if rest else [],
    )
