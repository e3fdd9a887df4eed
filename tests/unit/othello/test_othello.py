"""Othello: games against a slow engine that plays by the book; languages that say the same."""

import numpy as np
import pytest

from isogloss.errors import IsoglossError
from isogloss.othello import anchored, generate, words_of
from isogloss.othello.games import drawn, games_of, opening_of, replayed


class Slow:
    """Othello as its rules say, one game, one square at a time."""

    def __init__(self, size):
        self.size, self.player = size, 1
        self.board = {(row, column): 0 for row in range(size) for column in range(size)}
        middle = size // 2
        self.board[middle - 1, middle] = self.board[middle, middle - 1] = 1
        self.board[middle - 1, middle - 1] = self.board[middle, middle] = -1

    def turned(self, square, player):
        """Which discs a move turns over: between it and another of the player's, in a straight line."""
        if self.board[square] != 0:
            return []
        found = []
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                line, (row, column) = [], square
                while (down, right) != (0, 0):
                    row, column = row + down, column + right
                    disc = self.board.get((row, column), 0)
                    if disc == -player:
                        line.append((row, column))
                        continue
                    if disc == player:
                        found += line
                    break
        return found

    def legal(self, player):
        return {row * self.size + column for row, column in self.board if self.turned((row, column), player)}

    def move(self, square):
        place = divmod(square, self.size)
        for one in [*self.turned(place, self.player), place]:
            self.board[one] = self.player
        self.player = -self.player

    def next_moves(self):
        """Where the next move may go; a player who has none passes."""
        if not self.legal(self.player) and self.legal(-self.player):
            self.player = -self.player
        return self.legal(self.player)


@pytest.mark.parametrize("size", [4, 6, 8])
def test_games_are_those_that_the_rules_allow(size):
    games = drawn(40, size, np.random.default_rng(size), [])
    states, legal = replayed(games, size)
    passes = 0
    for game, boards, allowed in zip(games, states, legal, strict=True):
        slow = Slow(size)
        squares = game[game >= 0]
        assert (game[len(squares) :] == -1).all()
        may = slow.next_moves()
        for number, square in enumerate(squares):
            assert square in may
            mover = slow.player
            slow.move(int(square))
            seen = [slow.board[divmod(place, size)] * mover for place in range(size**2)]
            assert boards[number].tolist() == seen
            may = slow.next_moves()
            passes += slow.player == mover and bool(may)
            assert set(np.flatnonzero(allowed[number])) == may
        # It ended because nobody could move, on a full board or not.
        assert not may
    assert passes > 0 or size == 8


def test_moves_are_drawn_evenly_from_the_legal_ones():
    first = drawn(4000, 6, np.random.default_rng(0), [])[:, 0]
    numbers = np.bincount(first, minlength=36)
    assert (numbers > 0).sum() == 4
    assert numbers[numbers > 0] == pytest.approx([1000] * 4, rel=0.12)


def test_a_game_is_in_one_part_only_and_a_longer_list_begins_with_the_shorter():
    parallel, training = games_of("parallel", 300, 6, 1, 0), games_of("training", 3000, 6, 2, 0)
    assert not {game.tobytes() for game in parallel} & {game.tobytes() for game in training}
    assert len({game.tobytes() for game in parallel}) == 300
    assert (games_of("parallel", 40, 6, 1, 0) == parallel[:40]).all()


def test_an_opening_is_the_same_in_all_games():
    games = games_of("training", 50, 6, 4, 3)
    assert (games[:, :3] == opening_of(3, 6, 4)).all()
    assert len(np.unique(games[:, 3])) > 1
    replayed(games, 6)


def test_what_a_board_has_not_is_told():
    with pytest.raises(IsoglossError, match="has not 1,000 different games for this part"):
        games_of("parallel", 1000, 4, 1, 9)
    games = games_of("parallel", 2, 6, 1, 0)
    games[1, 3] = games[1, 0]
    with pytest.raises(IsoglossError, match="Move 4 of game 1 is not legal"):
        replayed(games, 6)


def said(**changes):
    settings = {"language": "aa", "part": "parallel", "games": 20, "board": 6, "index": 0, "words": "atomic",
                "first": "atomic", "anchors": 0, "opening": 0, "seed": 3}  # fmt: skip
    return generate(**{**settings, **changes})


def test_languages_say_the_same_games_in_words_of_their_own():
    tables = {kind: said(index=number, words=kind) for number, kind in enumerate(("atomic", "split", "compositional"))}
    letters = [{letter for words in table.words for word in words for letter in word} for table in tables.values()]
    assert len(set.union(*letters)) == sum(map(len, letters))
    for kind, table in tables.items():
        assert table.lemmas.tolist() == tables["atomic"].lemmas.tolist()
        assert all(slots == list(range(len(words))) for slots, words in zip(table.slots, table.words, strict=True))
        word = dict(zip(table.lemmas.explode(), table.words.explode(), strict=True))
        assert len(set(word.values())) == len(word)
        lengths = {len(one) for one in word.values()}
        assert lengths == {"atomic": {1}, "split": {1, 2, 3}, "compositional": {2}}[kind]


def test_anchors_are_words_that_languages_share():
    first, other = said(), said(index=1, words="compositional", anchors=5)
    shared = anchored(6, 5, 3)
    for table in (first, other):
        assert set(table.lemmas.explode()) > set(shared)
    one, two = (dict(zip(table.lemmas.explode(), table.words.explode(), strict=True)) for table in (first, other))
    assert sorted(square for square in one if one[square] == two[square]) == shared
    assert words_of(0, "atomic", 6, 3)[shared[0]] == two[shared[0]]
