"""Settings of controls."""

from typing import Annotated

from pydantic import Field

from isogloss.section import Count, Language, Name, Section, Seed


class Controls(Section):
    """Test items that lack something: words' order, the right first text, one of two texts."""

    tasks: list[Name] | None = Field(
        None, min_length=1, description="Only these tasks; all of classification if nothing is said."
    )
    sources: list[Language] | None = Field(
        None, min_length=1, description="Only checkpoints tuned on these languages; all if nothing is said."
    )
    items: Count = Field(1000, description="Most test items; so many are drawn. Every control reads them all.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over items.")
    seed: Seed = Field(212, description="Seed of items, what is drawn in them, and intervals.")
