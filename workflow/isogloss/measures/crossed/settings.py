"""Settings of crossed inputs."""

from typing import Annotated

from pydantic import Field

from isogloss.section import Count, Language, Name, Section, Seed


class Crossed(Section):
    """Pairs of texts, the first in one language and the second in another, as tuned checkpoints read them."""

    tasks: list[Name] | None = Field(
        None, min_length=1, description="Only these tasks; all of classification if nothing is said."
    )
    sources: list[Language] | None = Field(
        None, min_length=1, description="Only checkpoints tuned on these languages; all if nothing is said."
    )
    items: Count = Field(1000, description="Most test items; so many are drawn. Every two languages read them all.")
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: answers permuted among items.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over items.")
    seed: Seed = Field(212, description="Seed of items, null and intervals.")
