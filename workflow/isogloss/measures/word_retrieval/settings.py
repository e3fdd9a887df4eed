"""Settings of word retrieval."""

from typing import Annotated

from pydantic import Field

from isogloss.section import Name, Section, Seed


class WordRetrieval(Section):
    """Whether a word in context is nearest to the word that it is linked with (weak and strong alignment)."""

    models: list[Name] | None = Field(None, min_length=1, description="Only these models; all if nothing is said.")
    pairs: Annotated[int, Field(ge=2)] = Field(
        1000, description="Most linked pairs of words of two languages. Retrieval is the harder the more there are."
    )
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: the pairs permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over types of words.")
    seed: Seed = Field(212, description="Seed of pairs, null and intervals.")
