"""Settings of the sweep."""

from typing import Annotated

from pydantic import Field

from isogloss.section import Count, Section, Share


class Sweep(Section):
    """CALIGN and COLAP for every combination of other thresholds, N and K; what is not listed stays as it is."""

    clusters: list[Annotated[int, Field(ge=2)]] = Field([], description="Concepts a layer (K).")
    match: list[Share] = Field([], description="As in `concept_alignment` and `concept_overlap`.")
    top_n: list[Count] = Field([], description="As in `concept_alignment` and `concept_overlap` (N).")
    size_ratio: list[Share] = Field([], description="As in `concept_alignment`.")
    min_types: list[Count] = Field([], description="As in `concept_alignment`.")
    threshold: list[Annotated[float, Field(gt=0, le=0.5)]] = Field([], description="As in `concept_overlap`.")
