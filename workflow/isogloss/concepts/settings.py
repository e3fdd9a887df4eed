"""Settings of this room: how hidden states become concepts."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.concepts.methods import METHODS
from isogloss.section import Device, Section, Seed


class Concepts(Section):
    """How activations become concepts."""

    method: Literal[tuple(method.name for method in METHODS)] = Field(  # type: ignore[valid-type]  # from the list
        "kmeans",
        description="How they are clustered. `ward` needs memory for all pairs of words; `kmeans_restarts` is what the "
        "released code of Mousi et al. 2024 does, and takes twenty times as long as `kmeans`.",
    )
    clusters: Annotated[int, Field(ge=2)] = Field(600, description="Concepts a layer (K).")
    seeds: list[Seed] = Field(
        [212],
        min_length=1,
        description="Seeds of the clustering, each a clustering of its own; scores are pooled over them and their "
        "spread is told.",
    )
    device: Device = Field("cpu", description="Where the clustering runs; a GPU may change a few words' concepts.")
