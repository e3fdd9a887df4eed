"""Settings of the similarity of spaces."""

from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, Name, Section, Seed
from isogloss.states.pooling import ABOUT


class SpaceSimilarity(Section):
    """How alike the languages' spaces are, on the test items of every task and on corpora, before and after tuning."""

    tasks: list[Name] | None = Field(
        None, description="Only the test items of these tasks, or of none (`[]`); of all if nothing is said."
    )
    corpora: list[Name] = Field(
        [],
        description="The sentences of these corpora too, for which no task is needed: those that the two languages of "
        "a pair share. The activation stores keep their vectors, so those that were made without are made again.",
    )
    pooling: Literal[tuple(ABOUT)] = Field(  # type: ignore[valid-type]  # from the list
        "mean",
        description="Which sentence vectors; decoders have `last` where others have `first`, "
        "and `position_weighted`, as in MEXA.",
    )
    items: Annotated[int, Field(ge=4)] = Field(
        1000,
        description="Most items of a task, or sentences of a pair; so many are drawn. Retrieval is the harder the more "
        "there are.",
    )
    neighbours: Count = Field(10, description="Nearest neighbours of each item: of overlaps and hubness.")
    cca: bool = Field(False, description="SVCCA and PWCCA too; they take ten times as long as all others.")
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: one language's items permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals of shares, over items.")
    seed: Seed = Field(212, description="Seed of items, null and intervals.")
