"""Settings of this room: impact, transfer and distance."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Section, Seed


class Impact(Section):
    """How far fine-tuning moved each language's space, and what goes with it."""

    families: list[
        Literal[
            "syntactic", "geographic", "inventory", "genetic", "phonological", "featural", "morphological", "script"
        ]
    ] = Field(["syntactic", "geographic", "inventory", "genetic", "phonological", "featural"],
        description="URIEL's distances between languages.",
    )  # fmt: skip
    microworld_distances: bool = Field(False, description="The embedded grammar's own distances too.")
    lexical: bool = Field(
        False, description="A distance `lexical` too: how few word forms the test items of two languages share."
    )
    subword: bool = Field(
        False,
        description="A distance `subword` too, of each model: how few subwords the same test items share as its "
        "tokenizer splits them.",
    )
    beside: list[str] = Field(
        [],
        description="Distances that are in every regression (MRQAP) beside the one that is asked about, such as "
        "`lexical`: what goes with that one alone is left.",
    )
    permutations: Annotated[int, Field(ge=99)] = Field(9999, description="Permutations of languages (Mantel).")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the intervals of transfer scores.")
    null: Annotated[int, Field(ge=20)] = Field(200, description="Draws of the null of transfer scores.")
    seed: Seed = Field(212, description="Seed of permutations, intervals and nulls.")
