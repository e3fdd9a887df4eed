"""Settings of edits."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Language, Name, Section, Seed
from isogloss.tasks.settings import Label

WEIGHTS = ("all", "first", "middle", "last")


class Edits(Section):
    """Edits: a tuned checkpoint is changed until it says another label of one item, and asked in every language."""

    tasks: list[Name] | None = Field(
        None, min_length=1, description="Only these tasks; all of classification if nothing is said."
    )
    languages: list[Language] | None = Field(
        None, min_length=1, description="Languages to edit in; each checkpoint's source language where nothing is said."
    )
    weights: list[Literal["all", "first", "middle", "last"]] = Field(
        ["all", "first", "middle", "last"],
        min_length=1,
        description="Which weights an edit may change: all, or those of a third of the layers.",
    )
    items: Annotated[int, Field(ge=2, le=10**6)] = Field(20, description="Test items to edit, one at a time.")
    others: Count = Field(100, description="Further test items that are asked after each edit.")
    wanted: Label | None = Field(
        None,
        description="The label that every edit asks for; items of which the model says it already are left out. Where "
        "nothing is said, one that the model does not say, drawn for each item.",
    )
    learning_rate: Annotated[float, Field(gt=0)] = Field(1e-3, description="Of Adam.")
    steps: Count = Field(100, description="Most steps of an edit.")
    probability: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.9, description="An edit ends as soon as the wanted label is more probable than this."
    )
    null: Annotated[int, Field(ge=100)] = Field(
        999, description="Draws of the null: each item after the edit of another that wants the same label."
    )
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over edits.")
    seed: Seed = Field(212, description="Seed of items, wanted labels, null and intervals.")
