"""Settings of this room: how hidden states are extracted."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Device, Section
from isogloss.states.pooling import WORD_POOLINGS


class Activations(Section):
    """How hidden states are extracted."""

    # From the one list of them.
    pooling: Literal[tuple(pooling.__name__ for pooling in WORD_POOLINGS)] = Field(  # type: ignore[valid-type]
        "last", description="Which subwords stand for a word."
    )
    token_budget: Count = Field(
        2048, description="Tokens of one batch, padding included. More is no faster on a CPU, whose caches it leaves."
    )
    max_length: Annotated[int, Field(ge=8)] = Field(512, description="Longer sentences are cut, and the words counted.")
    convention: Literal["paper", "released"] = Field(
        "paper",
        description="Of a decoder behind an encoder, which step a subword's state is taken at: the one that reads it, "
        "or, as the released code of Mousi et al. 2024 does, the one before, which predicts it.",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="Of the forward pass: bfloat16 on a GPU, float32 on a CPU where nothing is said."
    )
    device: Device = Field("auto", description="Where the forward pass runs.")
    sentence_vectors: bool = Field(
        False,
        description="Keep sentence vectors in the stores too: the first subword (in a decoder the last), special "
        "tokens included, and the mean over the text's subwords, special tokens left out; of a decoder also the mean "
        "weighted by position.",
    )
