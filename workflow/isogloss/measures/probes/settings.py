"""Settings of the probes."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Name, Section, Seed
from isogloss.states.pooling import ABOUT


class Probes(Section):
    """Linear probes for the labels of classification tasks, learnt in one language and tested in every other."""

    tasks: list[Name] | None = Field(None, description="Only these tasks; all of classification if nothing is said.")
    pooling: Literal[tuple(ABOUT)] = Field(
        "mean", description="Which sentence vectors; decoders have `last` where others have `first`."
    )
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the control: the labels permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over test items.")
    seed: Seed = Field(212, description="Seed of control and intervals.")
