"""Random legal games of Othello, many at a time."""

import hashlib

import numpy as np

from isogloss.errors import IsoglossError

# Games are drawn so many at a time, so that a longer list begins with the shorter one.
DRAWN = 1000
# This tenth of all games is analysed, the others are for training.
PARALLEL_TENTH = 0
DIRECTIONS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]


class Boards:
    """The boards of several games, which all have one player to move each.

    Parameters
    ----------
    games, size
        How many, and squares a side.

    Attributes
    ----------
    own, other : ndarray of bool, ``[games, size, size]``
        The discs of the player to move, and of the other one.
    """

    def __init__(self, games: int, size: int):
        middle = size // 2
        self.size = size
        self.own, self.other = np.zeros((2, games, size, size), dtype=bool)
        # Black moves first: it has the upper right and the lower left of the four discs.
        self.own[:, middle - 1, middle] = self.own[:, middle, middle - 1] = True
        self.other[:, middle - 1, middle - 1] = self.other[:, middle, middle] = True

    def legal(self) -> np.ndarray:
        """Tell where the player to move may move, bool ``[games, squares]``."""
        empty, found = ~(self.own | self.other), np.zeros_like(self.own)
        for direction in DIRECTIONS:
            line = shifted(self.own, direction) & self.other
            for _ in range(self.size - 3):
                line |= shifted(line, direction) & self.other
            found |= shifted(line, direction) & empty
        return found.reshape(len(found), -1)

    def move(self, squares: np.ndarray, moves: np.ndarray) -> None:
        """Let players move, ``squares`` ``[games]``, in the games of ``moves`` (bool ``[games]``); turn the boards."""
        placed = np.zeros((len(squares), self.size**2), dtype=bool)
        placed[np.flatnonzero(moves), squares[moves]] = True
        placed = placed.reshape(self.own.shape)
        taken = np.zeros_like(placed)
        for direction in DIRECTIONS:
            line = shifted(placed, direction) & self.other
            for _ in range(self.size - 3):
                line |= shifted(line, direction) & self.other
            closed = np.any(shifted(line, direction) & self.own, axis=(1, 2))
            taken |= line & closed[:, None, None]
        self.own |= placed | taken
        self.other &= ~taken
        self.turn(moves)

    def turn(self, games: np.ndarray) -> None:
        """Let the other player move next in some games."""
        self.own[games], self.other[games] = self.other[games], self.own[games].copy()

    def passed(self, going: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pass where a player has no move and the other has one; end the games in which neither has.

        Parameters
        ----------
        going
            ``[games]``: games that are not over.

        Returns
        -------
        going, legal : ndarray of bool, ``[games]`` and ``[games, squares]``
            Games that still are not over, and where their player may move now.
        """
        legal = self.legal()
        stuck = going & ~legal.any(axis=1)
        if stuck.any():
            self.turn(stuck)
            legal[stuck] = self.legal()[stuck]
            over = stuck & ~legal.any(axis=1)
            self.turn(over)
            going = going & ~over
        return going, legal & going[:, None]


def shifted(boards: np.ndarray, direction: tuple[int, int]) -> np.ndarray:
    """Shift boards ``[games, size, size]`` by one square; what leaves a board is gone."""
    down, right = direction
    found = np.zeros_like(boards)
    size = boards.shape[-1]
    to = tuple(slice(max(0, step), size + min(0, step)) for step in (down, right))
    of = tuple(slice(max(0, -step), size - max(0, step)) for step in (down, right))
    found[:, to[0], to[1]] = boards[:, of[0], of[1]]
    return found


def opening_of(moves: int, size: int, seed: int) -> list[int]:
    """Draw the first moves of all games that have one opening."""
    return [] if not moves else drawn(1, size, np.random.default_rng([seed, size]), [])[0][:moves].tolist()


def drawn(games: int, size: int, rng: np.random.Generator, opening: list[int]) -> np.ndarray:
    """Draw random games.

    Parameters
    ----------
    games, size
        How many, and squares a side.
    rng
        Source of randomness: each move is drawn evenly from the legal ones.
    opening
        The first moves, the same in all games.

    Returns
    -------
    ndarray of int16, ``[games, moves]``
        The squares, row by row from 0; -1 after a game's end. A pass is no move.
    """
    boards, going = Boards(games, size), np.ones(games, dtype=bool)
    found: list[np.ndarray] = []
    while True:
        going, legal = boards.passed(going)
        if not going.any():
            return np.stack(found, axis=1)
        squares = np.where(legal, rng.random(legal.shape), -1.0).argmax(axis=1)
        if len(found) < len(opening):
            squares[:] = opening[len(found)]
        found.append(np.where(going, squares, -1).astype(np.int16))
        boards.move(squares, going)


def games_of(part: str, games: int, size: int, seed: int, opening: int) -> np.ndarray:
    """Draw different games of one part; no game is in both, whatever the seeds.

    Parameters
    ----------
    part
        ``parallel`` or ``training``.
    games, size, seed
        How many, squares a side, and which.
    opening
        How many first moves all of them have in common.

    Raises
    ------
    IsoglossError
        If the board has not so many games.
    """
    found: dict[bytes, np.ndarray] = {}
    first, moves = opening_of(opening, size, seed), size**2 - 4
    batch = 0
    while len(found) < games:
        before = len(found)
        some = drawn(DRAWN, size, np.random.default_rng([seed, size, batch]), first)
        some = np.pad(some, ((0, 0), (0, moves - some.shape[1])), constant_values=-1)
        for game in some:
            key = game.tobytes()
            if (hashlib.sha256(key).digest()[0] * 10 // 256 == PARALLEL_TENTH) == (part == "parallel"):
                found.setdefault(key, game)
        batch += 1
        if len(found) == before and batch > 20:
            raise IsoglossError(
                f"A board of {size} × {size} has not {games:,} different games for this part; {before:,} were found. "
                "Ask for fewer games, a shorter opening, or a larger board."
            )
    return np.stack(list(found.values())[:games])


def replayed(games: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Play games again.

    Parameters
    ----------
    games
        Int ``[games, moves]``: squares, -1 after the end.
    size
        Squares a side.

    Returns
    -------
    states : ndarray of int8, ``[games, moves, squares]``
        The board after each move, as the player who made it sees it: 1 own, -1 the other's, 0 empty.
    legal : ndarray of bool, ``[games, moves, squares]``
        Where the next move may go; nowhere after the last one.

    Raises
    ------
    IsoglossError
        If a move is not legal.
    """
    boards, going = Boards(len(games), size), np.ones(len(games), dtype=bool)
    states, allowed = [], []
    going, legal = boards.passed(going)
    for number, squares in enumerate(games.T):
        moves = squares >= 0
        wrong = moves & ~legal[np.arange(len(games)), np.maximum(squares, 0)]
        if wrong.any():
            game = int(np.flatnonzero(wrong)[0])
            raise IsoglossError(f"Move {number + 1} of game {game} is not legal: square {int(squares[game])}.")
        boards.move(squares, moves)
        # It is the other's turn now, and a pass has not been looked for yet.
        states.append((boards.other.astype(np.int8) - boards.own).reshape(len(games), -1))
        going, legal = boards.passed(going & moves)
        allowed.append(legal)
    return np.stack(states, axis=1), np.stack(allowed, axis=1)
