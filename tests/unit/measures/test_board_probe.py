"""The board probe: against a regression done square by square, planted boards, and moves asked one by one."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import Ridge

from isogloss.errors import IsoglossError
from isogloss.measures.board_probe.compute import (
    Boards,
    legal_moves,
    probe_layer,
    read_games,
    ridge,
    same_games,
    sentences_of,
    write_board_probe,
)
from isogloss.measures.probes.compute import STRENGTHS
from isogloss.models.load import load_causal
from isogloss.models.train import train
from isogloss.othello import generate
from isogloss.othello.games import games_of, replayed
from isogloss.statistics.nulls import permutations, resamples

KINDS = {"one": "atomic", "three": "compositional", "two": "split"}
SPEC = {
    "architecture": "gpt",
    "layers": 2,
    "hidden": 32,
    "heads": 2,
    "intermediate": 64,
    "steps": 50,
    "batch": 8,
    "learning_rate": 3e-3,
    "max_length": 128,
    "pivot": "one",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A naive and a unified model, trained for 50 steps, and games in three languages."""
    folder = tmp_path_factory.mktemp("othello")
    for part, games in (("training", 60), ("parallel", 16)):
        for index, (name, kind) in enumerate(KINDS.items()):
            table = generate(
                language=name, part=part, games=games, board=4, index=index, words=kind, first="atomic", anchors=0,
                opening=0, seed=1,
            )  # fmt: skip
            table.to_parquet(folder / f"{part}-{name}.parquet")
    for objective in ("naive", "unified"):
        learn(folder, folder / objective, objective=objective)
    return folder


def learn(world, folder, languages=tuple(KINDS), start=None, **spec):
    train(
        folder=folder, training={name: world / f"training-{name}.parquet" for name in languages}, seed=0, threads=1,
        spec={**SPEC, **spec}, letters=True, start=start, log_table=folder.parent / "log.csv", attributes={},
    )  # fmt: skip


def measure(world, model, output, **changes):
    settings = {"board": 4, "games": 16, "layers": [0, 1, 2], "null": 100, "bootstrap": 100, "seed": 1}
    texts = {name: world / f"parallel-{name}.parquet" for name in KINDS}
    settings = {"texts": texts, "token_budget": 2000, "threads": 1, **settings, **changes}
    write_board_probe(checkpoint=model, attributes={"model": "m"}, output=output, **settings)
    return pd.read_csv(output, dtype={"reason": str}).fillna({"reason": ""})


def planted(games=40, noise=0.05, seed=0):
    """States that hold the board, in two languages that lie apart."""
    rng = np.random.default_rng(seed)
    played = games_of("parallel", games, 4, 1, 0)
    states, _ = replayed(played, 4)
    there = played >= 0
    boards = Boards(states, there, games // 2, permutations(games - games // 2, 100, rng))
    contents = np.concatenate([states[there] == one for one in (-1, 1)], axis=1).astype(float)
    holds = contents @ rng.normal(size=(32, 48))
    sides = {name: holds + shift + noise * rng.normal(size=holds.shape) for name, shift in (("one", 0.0), ("two", 3.0))}
    return boards, sides, resamples(games - games // 2, 100, rng)


def test_equals_a_ridge_regression_of_each_square_and_content():
    boards, sides, _ = planted(noise=1.0)
    vectors = sides["one"][: len(boards.learnt)]
    centred = vectors - vectors.mean(0)
    weights, shares = ridge(centred, boards.learnt)
    told = np.concatenate([boards.learnt == one for one in (-1, 0, 1)], axis=1).astype(float)
    variance = np.square(np.linalg.svd(centred, compute_uv=False)).mean()
    fits = [Ridge(alpha=strength * variance).fit(centred, told).coef_.T for strength in STRENGTHS]
    assert min(np.abs(fit - weights).max() for fit in fits) < 1e-8
    assert shares == pytest.approx(told.mean(0))


def test_a_board_that_states_hold_is_told_in_both_languages_once_they_are_centred():
    boards, sides, sampled = planted()
    rows = pd.DataFrame(probe_layer(sides, boards, sampled)).set_index(["source", "target", "vectors"])
    assert (rows.value.xs("centred", level=2) > 0.97).all()
    assert rows.value["one", "one", "raw"] == rows.value["one", "one", "centred"]
    assert rows.value["one", "two", "raw"] < 0.8
    assert (rows.null_p.xs("centred", level=2) == 1 / 101).all()
    assert (rows.floor < 0.8).all()


def test_floor_and_null_are_those_of_a_literal_count():
    boards, _, _ = planted(games=12)
    there, half = boards.there, boards.half
    states = np.full((12, *boards.tested.shape[1:]), 9, dtype=int)
    states[half:] = boards.tested
    states[:half][there[:half]] = boards.learnt
    told = np.random.default_rng(0).integers(-1, 2, boards.tested.shape)
    shares, floors = [], []
    for game in range(half, 12):
        right, usual = [], []
        for move in range(states.shape[1]):
            if not there[game, move]:
                continue
            seen = [states[other, move] for other in range(half) if there[other, move]]
            for square in range(16):
                right.append(told[game - half, move, square] == states[game, move, square])
                counts = [sum(board[square] == one for board in seen) for one in (-1, 0, 1)]
                usual.append((-1, 0, 1)[int(np.argmax(counts))] == states[game, move, square])
        shares.append(np.mean(right))
        floors.append(np.mean(usual))
    assert boards.shares(told) == pytest.approx(shares)
    assert boards.floor == pytest.approx(np.mean(floors))
    expected = []
    for order in boards.orders:
        found = []
        for mine, other in enumerate(order):
            both = there[half + mine] & there[half + other]
            found.append((told[mine] == boards.tested[other])[both].mean())
        expected.append(np.mean(found))
    assert boards.against_others(told) == pytest.approx(expected)


def test_states_without_a_board_show_nothing_beyond_the_move():
    small = []
    for seed in range(30):
        boards, sides, sampled = planted(games=24, seed=seed)
        rng = np.random.default_rng(seed)
        nothing = {name: rng.normal(size=vectors.shape) for name, vectors in sides.items()}
        small += [row["null_p"] <= 0.05 for row in probe_layer(nothing, boards, sampled)]
    assert np.mean(small) < 0.1


@pytest.mark.parametrize("name", KINDS)
def test_moves_are_those_that_are_said_one_by_one(world, name):
    loaded = load_causal(world / "naive")
    tables = {language: read_games(world / f"parallel-{language}.parquet", 4) for language in KINDS}
    played = same_games(tables)
    _, legal = replayed(played, 4)
    says = {word: square for table in tables.values()
            for words, squares in zip(table.words, table.lemmas, strict=True)
            for word, square in zip(words, squares, strict=True)}  # fmt: skip
    sentences = sentences_of(loaded, tables[name], "x")
    hits = legal_moves(loaded, sentences, played, legal, says, 300)
    for game, words in enumerate(tables[name].words):
        for move in range(len(words)):
            if not legal[game, move].any():
                assert np.isnan(hits[game, move])
                continue
            said, text = "", " ".join(words[: move + 1])
            while not said or (said not in says and any(word.startswith(said) for word in says)):
                ids = loaded.tokenizer(text, return_tensors="pt").input_ids[0]
                more = [loaded.tokenizer.convert_tokens_to_ids(letter) for letter in said]
                with torch.no_grad():
                    best = loaded.model(torch.cat([ids, torch.tensor(more, dtype=int)])[None]).logits[0, -1].argmax()
                said += loaded.tokenizer.convert_ids_to_tokens(int(best))
            assert hits[game, move] == (said in says and legal[game, move, says[said]])


def test_the_table(world, tmp_path):
    for objective in ("naive", "unified"):
        table = measure(world, world / objective, tmp_path / "b.csv")
        probes, legal = (table[table.measure == name] for name in ("probe_accuracy", "legality"))
        assert len(probes) == 3 * 3 * 3 * 2
        assert sorted(legal.target) == sorted(KINDS)
        known = probes[probes.reason == ""]
        assert (known.low <= known.value).all()
        assert (known.value <= known.high).all()
        assert known.floor.nunique() == 1
        assert (table.n == 8).all()
        first = (tmp_path / "b.csv").read_bytes()
        measure(world, world / objective, tmp_path / "b.csv")
        assert (tmp_path / "b.csv").read_bytes() == first
    # Every language is answered in the first one's words: what is said after fifty steps is a word.
    assert (legal.value > 0).all()


def test_a_training_starts_from_another_model_s_weights(world, tmp_path):
    learn(world, tmp_path / "on", ("one",), start=world / "naive", steps=1, learning_rate=1e-12)
    before, after = load_causal(world / "naive").model.state_dict(), load_causal(tmp_path / "on").model.state_dict()
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)
    tokenizers = [load_causal(folder).tokenizer.get_vocab() for folder in (world / "naive", tmp_path / "on")]
    assert tokenizers[0] == tokenizers[1]
    with pytest.raises(IsoglossError, match="another shape than the one that starts from it"):
        learn(world, tmp_path / "wide", start=world / "naive", hidden=48)


def test_a_training_does_not_go_on_with_a_language_whose_letters_its_start_has_never_read(world, tmp_path):
    learn(world, tmp_path / "one", ("one",), steps=1)
    with pytest.raises(
        IsoglossError, match=r"does not know 12 of 12 words of three. Train the model that it starts from"
    ):
        learn(world, tmp_path / "all", start=tmp_path / "one", steps=1)


def test_unified_answers_need_a_language_of_one_piece_a_word(world, tmp_path):
    with pytest.raises(IsoglossError, match="unified answers with one piece a word, but three says lemma"):
        learn(world, tmp_path / "m", objective="unified", pivot="three")
    with pytest.raises(IsoglossError, match="unified answers in the language one, but the text is in two only"):
        learn(world, tmp_path / "m", ("two",), objective="unified")


def test_games_that_are_not_the_same_are_told(world, tmp_path):
    table = pd.read_parquet(world / "parallel-two.parquet")
    table.assign(sentence=table.sentence.max() - table.sentence).to_parquet(tmp_path / "two.parquet")
    texts = {"one": world / "parallel-one.parquet", "two": tmp_path / "two.parquet"}
    with pytest.raises(IsoglossError, match="games of two are not those of one"):
        measure(world, world / "naive", tmp_path / "b.csv", texts=texts)
    with pytest.raises(IsoglossError, match="needs at least 4 games; the corpus has 3"):
        measure(world, world / "naive", tmp_path / "b.csv", games=3)
