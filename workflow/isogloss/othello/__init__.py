"""Othello in several languages, which say the same games in different words (mOthello, Hua et al. 2024).

A sentence is a game, a word is a move, and each letter of a word is one subword. ``atomic`` languages have one letter a
square, ``split`` ones one to three letters of the square's own, ``compositional`` ones a letter for the row and one for
the column. No two languages share a letter, but for anchors: squares whose word they have from the first language.
"""

import numpy as np
import pandas as pd

from isogloss.othello.games import games_of

TYPES = ("atomic", "split", "compositional")
# Each language has letters of its own, from the block of Chinese characters, which no normalisation changes.
FIRST_LETTER, LETTERS = 0x4E00, 256


def words_of(index: int, kind: str, size: int, seed: int) -> list[str]:
    """Give a language's word for every square.

    Parameters
    ----------
    index
        Which language of the corpus it is: it decides the letters.
    kind
        One of :data:`TYPES`.
    size
        Squares a side.
    seed
        How many letters a word of a split language has.
    """
    letters = [chr(FIRST_LETTER + LETTERS * index + number) for number in range(LETTERS)]
    squares = size**2
    if kind == "atomic":
        return letters[:squares]
    if kind == "compositional":
        return [letters[row] + letters[size + column] for row in range(size) for column in range(size)]
    lengths = np.random.default_rng([seed, index]).integers(1, 4, squares)
    ends = np.cumsum(lengths)
    return ["".join(letters[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


def anchored(size: int, anchors: int, seed: int) -> list[int]:
    """Draw the squares whose word all languages have in common."""
    return sorted(np.random.default_rng([seed, size, anchors]).permutation(size**2)[:anchors].tolist())


def generate(
    *,
    language: str,
    part: str,
    games: int,
    board: int,
    index: int,
    words: str,
    first: str,
    anchors: int,
    opening: int,
    seed: int,
) -> pd.DataFrame:
    """Say games in one language.

    Parameters
    ----------
    language
        Its name, which decides nothing.
    part
        ``parallel`` or ``training``: no game is in both.
    games, board, opening, seed
        How many, squares a side, how many first moves all games share, and which games; the same in every language.
    index, words
        Which language of the corpus it is, and its kind of words.
    first, anchors
        The first language's kind of words, and how many squares have its word in every language.

    Returns
    -------
    DataFrame
        ``sentence`` (number, the same in every language), ``words``, ``slots`` (number of the move: words with the same
        one are each other's translation) and ``lemmas`` (the square).
    """
    said = words_of(index, words, board, seed)
    theirs = words_of(0, first, board, seed)
    for square in anchored(board, anchors, seed):
        said[square] = theirs[square]
    played = [game[game >= 0].tolist() for game in games_of(part, games, board, seed, opening)]
    return pd.DataFrame(
        {
            "sentence": range(len(played)),
            "words": [[said[square] for square in game] for game in played],
            "slots": [list(range(len(game))) for game in played],
            "lemmas": played,
        }
    )
