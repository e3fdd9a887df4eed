"""Settings of edits."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Language, Name, Section, Seed
from isogloss.tasks.settings import Label

WEIGHTS = ("all", "first", "middle", "last")


class Facts(Section):
    """Facts that a language model is made to say otherwise: the objects of a microworld's sentences."""

    corpus: Name = Field(
        description="The microworld corpus: each sentence's object is asked for by the words that stand before it."
    )
    models: list[Name] = Field(min_length=1, description="The models to edit, decoders alone; they are not tuned.")
    answers: Annotated[int, Field(ge=2)] = Field(
        4,
        description="So many words are asked for, drawn among the corpus's objects: each edit wants one of them that "
        "the model does not say. Few, so that others want the same.",
    )


class Edits(Section):
    """Edits: a checkpoint is changed until it says something else of one item, and asked in every language."""

    tasks: list[Name] | None = Field(
        None, description="Only these tasks, or none (`[]`); all of classification if nothing is said."
    )
    facts: Facts | None = Field(None, description="Edit language models too, one fact at a time.")
    languages: list[Language] | None = Field(
        None,
        min_length=1,
        description="Languages to edit in; each checkpoint's source language, or the corpus's, where nothing is said.",
    )
    weights: list[Literal["all", "first", "middle", "last"]] = Field(
        ["all", "first", "middle", "last"],
        min_length=1,
        description="Which weights an edit may change: all, or those of a third of the layers.",
    )
    items: Annotated[int, Field(ge=2, le=10**6)] = Field(
        20, description="Test items (or facts) to edit, one at a time."
    )
    others: Count = Field(100, description="Further ones that are asked after each edit.")
    wanted: Label | None = Field(
        None,
        description="The label that every edit of a task asks for; items of which the model says it already are left "
        "out. Where nothing is said, one that the model does not say, drawn for each item.",
    )
    learning_rate: Annotated[float, Field(gt=0)] = Field(1e-3, description="Of Adam.")
    steps: Count = Field(100, description="Most steps of an edit.")
    probability: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.9, description="An edit ends as soon as what is wanted is more probable than this."
    )
    null: Annotated[int, Field(ge=100)] = Field(
        999, description="Draws of the null: each item after the edit of another that wants the same."
    )
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over edits.")
    seed: Seed = Field(212, description="Seed of items, of what is wanted, null and intervals.")
