"""Settings of COLAP."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Section, Seed, Share


class ConceptOverlap(Section):
    """COLAP."""

    threshold: Annotated[float, Field(gt=0, le=0.5)] = Field(0.3, description="Least share of each language.")
    convention: Literal["paper", "released"] = Field("paper", description="At least the threshold, or more than it.")
    match: Share = Field(
        0.8,
        description="Share of the smaller side's types that must be translated in the other side, for an overlapping "
        "concept to hold translations.",
    )
    top_n: Count = Field(10, description="Best translations of a word that count.")
    null: Annotated[int, Field(ge=999)] = Field(
        999,
        description="Draws of the null of overlapping concepts that hold translations: the lexicon's target words "
        "permuted among those that occur in as many joint concepts.",
    )
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the interval over concepts.")
    seed: Seed = Field(212, description="Seed of null and interval.")
