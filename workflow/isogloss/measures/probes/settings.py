"""Settings of the probes."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Name, Section, Seed
from isogloss.states.pooling import ABOUT


class Probes(Section):
    """Linear probes for the labels of classification tasks and what their texts mean, from each language to all."""

    tasks: list[Name] | None = Field(
        None, min_length=1, description="Only these tasks; all of classification if nothing is said."
    )
    labels: list[Literal["label", "topic", "polarity", "verb", "subject", "object"]] = Field(
        ["label"],
        min_length=1,
        description="What is probed for: the task's label; of the microworld what a text, of pairs the first, means.",
    )
    pooling: Literal[tuple(ABOUT)] = Field(  # type: ignore[valid-type]  # from the list
        "mean", description="Which sentence vectors; decoders have `last` where others have `first`."
    )
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the control: the labels permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over test items.")
    seed: Seed = Field(212, description="Seed of control and intervals.")
