"""Settings of COLAP."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Section, Seed


class ConceptOverlap(Section):
    """COLAP."""

    threshold: Annotated[float, Field(gt=0, le=0.5)] = Field(0.3, description="Least share of each language.")
    convention: Literal["paper", "released"] = Field("paper", description="At least the threshold, or more than it.")
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: the languages permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the interval over concepts.")
    seed: Seed = Field(212, description="Seed of null and interval.")
