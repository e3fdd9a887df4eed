"""Games of Othello, said in several languages; see :mod:`isogloss.othello`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.section import Count, Language, Seed
from isogloss.text.settings import Corpus


class Othello(Corpus):
    """Random games of Othello, the same in every language, whose words are moves."""

    reader: ClassVar[str] = "isogloss.othello:generate"
    gold: ClassVar[bool] = True
    letters: ClassVar[bool] = True

    kind: Literal["othello"]
    board: Literal[4, 6, 8] = Field(6, description="Squares a side.")
    games: Count = Field(500, description="Games to analyse.")
    training_games: Count = Field(30000, description="Other games, for models trained here.")
    words: dict[Language, Literal["atomic", "split", "compositional"]] = Field(
        {},
        description="A language's words: `atomic` (where nothing is said) has one subword a square, `split` one to "
        "three of the square's own, `compositional` one for the row and one for the column.",
    )
    anchors: Annotated[int, Field(ge=0)] = Field(
        0, description="Squares whose word all languages have from the first one."
    )
    opening: Annotated[int, Field(ge=0)] = Field(0, description="So many first moves are the same in all games.")
    seed: Seed = Field(1, description="Seed of games, anchors, and lengths of split words.")

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name the games, and the language's words."""
        first = self.languages[0]
        return {
            "games": self.games if part == "parallel" else self.training_games,
            "board": self.board,
            "index": self.languages.index(language),
            "words": self.words.get(language, "atomic"),
            "first": self.words.get(first, "atomic"),
            "anchors": self.anchors,
            "opening": self.opening,
            "seed": self.seed,
        }

    def mistakes(self) -> list[str]:
        """Tell of languages that are not there, and of what a board has no room for."""
        wrong = [f"words: '{name}' is not among the languages" for name in self.words if name not in self.languages]
        for key, most in (("anchors", self.board**2), ("opening", self.board**2 - 5)):
            if (found := getattr(self, key)) > most:
                wrong.append(f"{key}: a board of {self.board} × {self.board} has at most {most}; found {found}")
        return wrong
