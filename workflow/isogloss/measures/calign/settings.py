"""Settings of CALIGN."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Section, Seed, Share


class ConceptAlignment(Section):
    """CALIGN."""

    match: Share = Field(0.8, description="Share of a source concept's types that must be translated in the target's.")
    size_ratio: Share = Field(0.6, description="Smaller over larger size, at least this.")
    min_types: Count = Field(5, description="Smaller source concepts are not eligible.")
    top_n: Count = Field(10, description="Best translations of a word that count.")
    convention: Literal["paper", "released"] = Field(
        "paper",
        description="The paper's rule, or its released code's: strict comparisons, the size test from source to target "
        "only, the first translations of the lexicon.",
    )
    null: Annotated[int, Field(ge=999)] = Field(
        999,
        description="Draws of the null: the lexicon's target words permuted among those that occur in as many target "
        "concepts.",
    )
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the interval over concepts.")
    seed: Seed = Field(212, description="Seed of null and interval.")
