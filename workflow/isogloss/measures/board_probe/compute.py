"""Do a model's states tell of the board in whatever language the moves are said; and are its next moves legal?

The probe is linear, a ridge regression from the state at a move's last subword onto what every square holds as the
player who moved sees it: own, the other's, or empty. That is what models of Othello encode linearly (Nanda et al.
2023), where mOthello's probes have a hidden layer, and black and white (Hua et al. 2024, section 4). It is learnt from
the first half of the games in one language and tested on the second half in every language.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.linalg import svd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.measures.probes.compute import STRENGTHS, leave_one_out
from isogloss.models.load import Checkpoint, load_causal
from isogloss.models.words import Sentence, check_subwords, read_sentences
from isogloss.othello.games import replayed
from isogloss.states.batching import batch_by_length
from isogloss.states.forward import Reader, pool_words, stacked
from isogloss.states.pooling import last
from isogloss.statistics.nulls import bootstrap_means, null_summary, permutations, resamples

COLUMNS = (
    "source",
    "target",
    "layer",
    "measure",
    "vectors",
    "value",
    "low",
    "high",
    "floor",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "n",
    "reason",
)
# Of a square: the other's, empty, own.
CONTENTS = (-1, 0, 1)
Row = dict[str, Any]


def write_board_probe(
    *,
    checkpoint: str | Path,
    texts: Mapping[str, str | Path],
    board: int,
    games: int,
    layers: list[int],
    null: int,
    bootstrap: int,
    seed: int,
    token_budget: int,
    threads: int,
    attributes: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Probe one checkpoint from every language to every one, and ask it for moves; write one tidy table.

    Parameters
    ----------
    checkpoint
        Folder of a causal language model.
    texts
        For each language the Parquet file of the games, see :func:`isogloss.othello.generate`.
    board
        Squares a side.
    games
        How many games are used, the first of the files; the probe learns from the first half of them.
    layers
        Which layers to probe; 0 is the embeddings.
    null, bootstrap, seed
        Draws, and their seed.
    token_budget, threads
        See :func:`isogloss.states.extract.extract`.
    attributes
        First columns of the table.
    output
        CSV: ``source`` (learnt from) and ``target`` (tested on), ``layer``, ``measure``, ``vectors`` (``raw``, or
        ``centred``: each language's mean of the first half is taken off), ``value``, ``low`` and ``high`` (95 %, test
        games resampled), ``floor``, ``null_mean``, ``null_low``, ``null_high``, ``null_p``, ``null_draws``, ``n`` test
        games, and ``reason`` where there is no value. ``probe_accuracy`` is the mean over test games of the share of
        squares, after every move, that are told right; its floor says of each square what it most often held after that
        many moves in the first half; its null holds what is told against the boards of other games. ``legality``
        (``source`` and ``layer`` are empty) is the share of moves after which the most probable next word is one that
        says a legal move in any of the languages, the mean over test games; its floor is the share of empty squares
        that are legal.

    Raises
    ------
    IsoglossError
        If the folder is no such model, or the games are not the same in all languages.
    """
    torch.set_num_threads(threads)
    loaded = load_causal(checkpoint)
    tables = {language: read_games(path, games) for language, path in sorted(texts.items())}
    played = same_games(tables)
    if len(played) < 4:
        raise IsoglossError(f"The board probe needs at least 4 games; the corpus has {len(played)}.")
    states, legal = replayed(played, board)
    half = len(played) // 2
    read = {language: sentences_of(loaded, table, f"{checkpoint} on {language}") for language, table in tables.items()}
    rng = np.random.default_rng(seed)
    boards = Boards(states, played >= 0, half, permutations(len(played) - half, null, rng))
    sampled = resamples(len(played) - half, bootstrap, rng)
    reader = Reader(loaded, "decoder")
    vectors = {language: word_states(reader, sentences, layers, token_budget) for language, sentences in read.items()}
    rows: list[Row] = []
    for place, layer in enumerate(layers):
        sides = {language: found[place].astype(np.float64) for language, found in vectors.items()}
        rows += [{"layer": layer, **row} for row in probe_layer(sides, boards, sampled)]
    says = {
        word: square
        for table in tables.values()
        for word, square in zip(table.words.explode(), table.lemmas.explode(), strict=True)
    }
    for language, sentences in read.items():
        hits = legal_moves(loaded, sentences[half:], played[half:], legal[half:], says, token_budget)
        rows.append({"target": language, "measure": "legality", **legality(hits, states[half:], legal[half:], sampled)})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["layer"] = table.layer.astype("Int64")
    write_csv(table, output, attributes)


def read_games(path: str | Path, games: int) -> pd.DataFrame:
    """Read the first games of one language."""
    return read_parquet(path, ("sentence", "words", "lemmas")).sort_values("sentence", ignore_index=True).head(games)


def same_games(tables: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Give the squares of the games, which all languages must have, int ``[games, moves]``; -1 after the end."""
    found = {language: [list(map(int, row)) for row in table.lemmas] for language, table in tables.items()}
    first, *others = found
    for language in others:
        if found[language] != found[first]:
            raise IsoglossError(f"The games of {language} are not those of {first}: make the corpus again.")
    played = np.full((len(found[first]), max(map(len, found[first]))), -1)
    for number, game in enumerate(found[first]):
        played[number, : len(game)] = game
    return played


def sentences_of(loaded: Checkpoint, table: pd.DataFrame, what: str) -> list[Sentence]:
    """Split games into subwords; none may be cut off."""
    longest = loaded.shape.longest or 10**6
    found = read_sentences(loaded.tokenizer, [list(words) for words in table.words], longest)
    check_subwords(loaded.tokenizer, len(loaded.model.get_input_embeddings().weight), found, f"The tokenizer in {what}")
    if any(len(one.spans) != one.words for one in found):
        raise IsoglossError(f"The model in {what} reads at most {longest} subwords, and some games are longer.")
    return found


@torch.inference_mode()
def word_states(reader: Reader, sentences: list[Sentence], layers: list[int], token_budget: int) -> np.ndarray:
    """Give the state at each move's last subword, float16 ``[layer, move of all games, hidden]``."""
    starts = np.cumsum([0, *(one.words for one in sentences)])
    kept: np.ndarray | None = None
    for batch in batch_by_length({row: len(one.ids) for row, one in enumerate(sentences)}, token_budget):
        spans = [[sentences[row].spans[word] for word in range(sentences[row].words)] for row in batch]
        arrival, _ = reader.read([sentences[row] for row in batch], pool_words(spans, last, reader.device), layers)
        found = arrival.arrays()["words"]
        if kept is None:
            kept = np.zeros((len(layers), starts[-1], found.shape[-1]), dtype=np.float16)
        places = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in batch])
        kept[:, places] = found
    assert kept is not None
    return kept


class Boards:
    """The boards after every move, those to learn from and those to test on, and what knows no states.

    Parameters
    ----------
    states
        Int8 ``[games, moves, squares]``: -1, 0 or 1.
    there
        Bool ``[games, moves]``: moves that were made.
    half
        How many games are learnt from.
    orders
        ``[draws, test games]``: which game's boards stand for each one's in the null.
    """

    def __init__(self, states: np.ndarray, there: np.ndarray, half: int, orders: np.ndarray):
        self.half, self.there, self.orders = half, there, orders
        self.learnt, self.tested = states[:half][there[:half]], states[half:]
        counts = np.stack([((states[:half] == one) & there[:half, :, None]).sum(0) for one in CONTENTS])
        usual = np.array(CONTENTS, dtype=np.int8)[counts.argmax(0)]
        self.floor = float(self.shares(np.broadcast_to(usual, self.tested.shape)).mean())

    def shares(self, told: np.ndarray) -> np.ndarray:
        """Give each test game's share of squares told right, float64 ``[test games]``; ``told`` is as the boards."""
        there = self.there[self.half :]
        return (told == self.tested).mean(2).sum(1, where=there) / there.sum(1)

    def against_others(self, told: np.ndarray) -> np.ndarray:
        """Give the mean share told right of the boards of other games, after as many moves, by draw."""
        there = self.there[self.half :]
        # Right answers of game g held against the boards of game h, counted once for all pairs.
        right = np.zeros((len(told), len(told)))
        moves = np.zeros_like(right)
        for number in range(told.shape[1]):
            both = there[:, number][:, None] & there[:, number]
            for one in CONTENTS:
                mine, theirs = told[:, number] == one, self.tested[:, number] == one
                right += both * (mine.astype(np.float64) @ theirs.T)
            moves += both
        shares = right / moves / told.shape[2]
        return shares[np.arange(len(told)), self.orders].mean(1)


def probe_layer(sides: Mapping[str, np.ndarray], boards: Boards, sampled: np.ndarray) -> list[Row]:
    """Probe one layer from every language to every one.

    Parameters
    ----------
    sides
        Float64 ``[moves of all games, hidden]`` of each language.
    boards
        What is probed for.
    sampled
        Bootstrap samples of the test games.
    """
    learnt = int(boards.there[: boards.half].sum())
    middles = {language: vectors[:learnt].mean(0) for language, vectors in sides.items()}
    there, rows = boards.there[boards.half :], []
    for source, vectors in sides.items():
        fitted = ridge(vectors[:learnt] - middles[source], boards.learnt)
        for target, others in sides.items():
            for name, middle in (("raw", middles[source]), ("centred", middles[target])):
                row = {"source": source, "target": target, "measure": "probe_accuracy", "vectors": name}
                if fitted is None:
                    reason = f"the states of all moves of {source} are the same"
                    rows.append({**row, "n": len(there), "reason": reason})
                    continue
                weights, shares = fitted
                scores = (others[learnt:] - middle) @ weights + shares
                told = np.zeros(boards.tested.shape, dtype=np.int8)
                told[there] = np.array(CONTENTS)[scores.reshape(len(scores), len(CONTENTS), -1).argmax(1)]
                right = boards.shares(told)
                (low,), (high,) = bootstrap_means(right[:, None], sampled)
                value = float(right.mean())
                found = {"value": value, "low": low, "high": high, "floor": boards.floor}
                rows.append(
                    {**row, **found, **null_summary(value, boards.against_others(told)), "n": len(right), "reason": ""}
                )
    return rows


def ridge(vectors: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Regress what every square holds on centred states; the strength is that of the least leave-one-out error.

    Parameters
    ----------
    vectors
        Float64 ``[moves, hidden]``.
    states
        Int8 ``[moves, squares]``.

    Returns
    -------
    weights, shares : float64 ``[hidden, contents × squares]`` and ``[contents × squares]``
        None if all states are the same.
    """
    told = np.concatenate([states == one for one in CONTENTS], axis=1).astype(np.float64)
    shares = told.mean(0)
    u, scales, directions = svd(vectors, full_matrices=False, check_finite=False)
    if scales[0] <= 1e-9:
        return None
    variances = np.square(scales)
    strengths = STRENGTHS * variances.mean()
    errors = [leave_one_out(u, variances / (variances + strength), told - shares) for strength in strengths]
    shrunk = scales / (variances + strengths[int(np.argmin(errors))])
    return (directions.T * shrunk) @ (u.T @ (told - shares)), shares


@torch.inference_mode()
def legal_moves(
    loaded: Checkpoint,
    sentences: list[Sentence],
    played: np.ndarray,
    legal: np.ndarray,
    says: Mapping[str, int],
    token_budget: int,
) -> np.ndarray:
    """Tell after which moves the most probable next word is a legal move.

    Parameters
    ----------
    loaded
        The model.
    sentences
        The games as it reads them.
    played, legal
        See :func:`isogloss.othello.games.replayed`.
    says
        Word -> square, of all languages.
    token_budget
        Most subwords of a batch.

    Returns
    -------
    ndarray of float64, ``[games, moves]``
        1 or 0; NaN after the last move, when there is none to make.
    """
    pieces = {
        tuple(ids): square
        for ids, square in zip(
            loaded.tokenizer([[word] for word in says], is_split_into_words=True, add_special_tokens=False)[
                "input_ids"
            ],
            says.values(),
            strict=True,
        )
    }
    begun = {word[:length] for word in pieces for length in range(1, len(word))}
    hits = np.full(played.shape, np.nan)
    # What is said so far of the word after move m of game g.
    going: list[tuple[int, int, tuple[int, ...]]] = []
    for game, sentence in enumerate(sentences):
        going += [(game, move, ()) for move in range(sentence.words) if legal[game, move].any()]
    while going:
        ids = [[*sentences[game].ids[: sentences[game].spans[move][1]], *said] for game, move, said in going]
        best = next_pieces(loaded, ids, sentences, going, token_budget)
        after = []
        for (game, move, said), piece in zip(going, best, strict=True):
            word = (*said, piece)
            if word in begun:
                after.append((game, move, word))
            else:
                hits[game, move] = word in pieces and legal[game, move, pieces[word]]
        going = after
    return hits


def next_pieces(
    loaded: Checkpoint,
    ids: list[list[int]],
    sentences: list[Sentence],
    going: list[tuple[int, int, tuple[int, ...]]],
    token_budget: int,
) -> list[int]:
    """Give the most probable subword after each beginning; whole games are read once."""
    found = [0] * len(ids)
    whole = all(not said for _, _, said in going)
    rows = {game: sentences[game].ids for game, _, _ in going} if whole else dict(enumerate(ids))
    asked: dict[int, list[int]] = {}
    for number, (game, _, _) in enumerate(going):
        asked.setdefault(game if whole else number, []).append(number)
    for batch in batch_by_length({key: len(row) for key, row in rows.items()}, token_budget):
        padded = stacked([rows[key] for key in batch], loaded.tokenizer.pad_token_id, loaded.model.device)
        # No subword sees what is padded behind it.
        best = loaded.model(input_ids=padded, use_cache=False).logits.argmax(-1)
        for place, key in enumerate(batch):
            for number in asked[key]:
                found[number] = int(best[place, len(ids[number]) - 1])
    return found


def legality(hits: np.ndarray, states: np.ndarray, legal: np.ndarray, sampled: np.ndarray) -> Row:
    """Summarise legality: the mean over games of the share of their moves."""
    shares = np.nanmean(hits, axis=1)
    (low,), (high,) = bootstrap_means(shares[:, None], sampled)
    empty = (states == 0).sum(2)
    asked = legal.any(2)
    floor = (legal.sum(2)[asked] / empty[asked]).mean()
    return {"value": float(shares.mean()), "low": low, "high": high, "floor": floor, "n": len(shares), "reason": ""}
