"""Settings of the board probe."""

from typing import Annotated

from pydantic import Field

from isogloss.section import Section, Seed


class BoardProbe(Section):
    """Linear probes for the board's state across languages, and legality of the next move, in corpora of Othello."""

    games: Annotated[int, Field(ge=4, le=10**6)] = Field(
        200, description="Games of a corpus that are used: one half to learn from, the other to test on."
    )
    null: Annotated[int, Field(ge=100)] = Field(999, description="Draws of the null: boards of other games.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of intervals, over test games.")
    seed: Seed = Field(212, description="Seed of null and intervals.")
