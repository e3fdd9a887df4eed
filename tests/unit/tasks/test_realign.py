"""Realignment: its links, its loss against a literal one, what weight 0 and chance do, and interruptions."""

import json
import multiprocessing
import os

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from isogloss.errors import IsoglossError
from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.tasks.finetune import finetune
from isogloss.tasks.heads import load_with_head
from isogloss.tasks.items import write_items
from isogloss.tasks.realign import (
    BATCH,
    Realigner,
    clean,
    lexicon_links,
    random_links,
    read_pairs,
    realignment_loss,
)
from isogloss.text import lexicons
from isogloss.text.word_alignment import align

LABELS = ["negative", "positive"]
TARGETS = ("de", "tr")
REALIGN = {"when": "during", "links": "alignment", "weight": 0.1, "half": None, "convention": "paper"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A small model, a task in German, and parallel sentences with links."""
    folder = tmp_path_factory.mktemp("world")
    texts = {}
    for language in ("en", *TARGETS):
        table = generate(language, "parallel", 300, 1)
        table.to_parquet(folder / f"{language}.parquet")
        texts[language] = [list(words) for words in table.words]
    shape = {"layers": 2, "hidden": 32, "heads": 2, "vocabulary": 300, "seed": 0}
    make_random_model(folder=folder / "base", family="bert", texts=texts, **shape)
    for target in TARGETS:
        files = {"source": folder / "en.parquet", "target": folder / f"{target}.parquet"}
        align(**files, output=folder / f"alignment-{target}.parquet", method="gold", max_words=100)
        lexicons.build(
            **files, alignment=folder / f"alignment-{target}.parquet", output=folder / f"lexicon-{target}.parquet"
        )
    write_items(kind="microworld", task="sentiment", language="de", part="training", train=96, validation=16, test=16,
                seed=3, into=None, output=folder / "training.parquet")  # fmt: skip
    return folder


def files(world, how="alignment"):
    name = "lexicon" if how == "lexicon" else "alignment"
    return {
        "texts": {language: world / f"{language}.parquet" for language in ("en", *TARGETS)},
        "links": {target: world / f"{name}-{target}.parquet" for target in TARGETS},
    }


def tune(world, folder, realign=None, **changes):
    folder.parent.mkdir(exist_ok=True)
    given = files(world, realign["links"]) if realign else {}
    settings = {"epochs": 2, "batch": 16, "learning_rate": 1e-3, "warmup": 0.1, "weight_decay": 0.01, "seed": 7}
    finetune(
        base=world / "base", training=world / "training.parquet", folder=folder, curve=folder.parent / "curve.csv",
        notes=folder.parent / "notes.json",
        kind="sequence-classification", labels=LABELS, max_length=32, freeze={}, realign=realign, device="cpu",
        threads=1, attributes={}, **given, **{**settings, **changes},
    )  # fmt: skip
    return [(folder / "model.safetensors").read_bytes(), (folder.parent / "curve.csv").read_bytes()]


def literal_loss(vectors, links):
    """The loss word by word, as section 4 of the paper says it."""
    unit = [row / np.sqrt(sum(value * value for value in row)) for row in vectors]
    losses = []
    for pair in links:
        for asked, partner in (pair, pair[::-1]):
            scores = {word: float(unit[asked] @ unit[word]) / 0.1 for word in range(len(unit)) if word != asked}
            losses.append(np.log(sum(np.exp(score) for score in scores.values())) - scores[partner])
    return np.mean(losses)


def test_the_loss_is_the_papers_word_by_word():
    rng = np.random.default_rng(0)
    for words, links in ((4, [(0, 2)]), (30, [(0, 15), (3, 22), (7, 29)]), (9, [(k, k + 4) for k in range(4)])):
        vectors = rng.normal(size=(words, 6))
        found = realignment_loss(torch.tensor(vectors), torch.tensor(links))
        assert float(found) == pytest.approx(literal_loss(vectors, links), rel=1e-9)


def test_only_one_to_one_links_of_words_that_differ_are_kept():
    links = [(0, 0), (1, 1), (1, 2), (2, 3), (3, 3), (4, 4)]
    assert clean(links, ["the", "a", "b", "c", "Rome"], ["der", "x", "y", "z", "Rome"]) == [(0, 0)]


def test_a_lexicon_links_a_word_that_has_one_translation_there_which_is_nobody_elses():
    translations = {"cat": {"Katze", "Kater"}, "dog": {"Hund"}, "hound": {"Hund"}, "and": {"und"}}
    assert lexicon_links(["cat", "and", "dog"], ["Katze", "und", "Hund"], translations) == [(0, 0), (1, 1), (2, 2)]
    assert lexicon_links(["cat", "x"], ["Katze", "Kater"], translations) == []
    assert lexicon_links(["dog", "hound", "and"], ["Hund", "und"], translations) == [(2, 1)]
    assert lexicon_links(["and"], ["und", "und"], translations) == []


def test_random_links_lead_into_another_sentence():
    rng = np.random.default_rng(1)
    links = [[(k, k) for k in range(4)] for _ in range(20)]
    partners, drawn = random_links(links, [4] * 19 + [2], rng)
    assert sorted(partners) == list(range(20))
    assert all(partner != place for place, partner in enumerate(partners))
    for partner, found in zip(partners, drawn, strict=True):
        assert len(found) == (2 if partner == 19 else 4)
        assert len({j for _, j in found}) == len(found)


def realigner(world, how="alignment", **changes):
    loaded = load_with_head(world / "base", "sequence-classification", LABELS, tuned=False)
    pairs = read_pairs(loaded, **files(world, how), how=how, max_length=32, seed=3, language=None)
    return Realigner(loaded, pairs, **{"convention": "paper", "weight": 1.0, "half": None, "seed": 3, **changes})


def test_a_batch_is_the_languages_in_turn_and_every_pair_once_a_passage(world):
    one = realigner(world)
    seen = [id(pair) for step in range(18) for pair in one.batch(step)][: len(one.pairs[0]) * 2]
    assert BATCH == 16
    assert len(one.batch(0)) == 16
    assert seen[::2] == list(dict.fromkeys(seen[::2]))
    assert set(seen[::2]) <= {id(pair) for pair in one.pairs[0]}
    assert [pair.links for pair in one.batch(5)] == [pair.links for pair in realigner(world).batch(5)]


def test_the_loss_of_a_batch_is_that_of_first_subwords_of_the_layer(world):
    for convention, layer in (("paper", 2), ("released", 1)):
        one = realigner(world, convention=convention)
        one.model.eval()
        batch = one.batch(0)[:3]
        with torch.no_grad():
            found = float(one.loss(batch))
            rows, links = [], []
            for pair in batch:
                begins = []
                for side, places in zip(pair.sides, pair.firsts, strict=True):
                    states = one.stack(torch.tensor([side.ids]), output_hidden_states=True).hidden_states[layer][0]
                    begins.append(len(rows))
                    rows += [one.projection(states[place]).numpy() for place in places]
                links += [(begins[0] + i, begins[1] + j) for i, j in pair.links]
        assert found == pytest.approx(literal_loss(np.array(rows, dtype=float), links), rel=1e-4)


@pytest.mark.parametrize(
    ("half", "still"), [("lower", ["embeddings", "encoder.layer.0"]), ("upper", ["encoder.layer.1"])]
)
def test_a_half_is_left_as_it_is_by_realignment_alone(world, half, still):
    one = realigner(world, half=half)
    one.model.train()
    one.add_gradients(0)
    moved = {name for name, value in one.model.bert.named_parameters() if value.grad is not None and value.grad.any()}
    assert moved
    assert not any(name.startswith(part) for name in moved for part in still)
    assert all(parameter.requires_grad for parameter in one.model.parameters())


def test_what_reaches_no_layer_that_may_move_is_known_before(world):
    """In two layers the released code's states are the first one's, which the lower half leaves as it is."""
    assert realigner(world).moves
    assert realigner(world, half="lower").moves
    assert realigner(world, half="upper", convention="released").moves
    still = realigner(world, half="lower", convention="released")
    assert not still.moves
    before = {name: one.clone() for name, one in still.model.named_parameters()}
    still.run(3, 1e-2, world / "nowhere", 1e9, NoOwner())
    assert all(torch.equal(one, before[name]) for name, one in still.model.named_parameters())


def test_it_draws_nothing_from_the_shared_stream(world):
    one = realigner(world)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one.add_gradients(0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.slow
def test_weight_0_is_tuned_whole_byte_for_byte_and_more_is_not(world, tmp_path):
    whole = tune(world, tmp_path / "whole" / "tuned")
    for when in ("before", "during"):
        realign = {**REALIGN, "when": when}
        assert tune(world, tmp_path / when / "tuned", {**realign, "weight": 0.0}) == whole
        assert tune(world, tmp_path / f"{when}-more" / "tuned", {**realign, "weight": 0.5})[0] != whole[0]
        # The checkpoint holds nothing of the realignment.
        names = [(tmp_path / name / "tuned" / "config.json").read_bytes() for name in ("whole", when)]
        assert names[0] == names[1]
        assert sorted(path.name for path in (tmp_path / when / "tuned").iterdir()) == sorted(
            path.name for path in (tmp_path / "whole" / "tuned").iterdir()
        )


def killed(world, folder, realign, step):
    """Tune until a step's gradients are asked for, and die there."""
    done = Realigner.add_gradients

    def die(self, number):
        if number == step:
            os._exit(9)
        return done(self, number)

    Realigner.add_gradients = die
    tune(world, folder, realign, save_seconds=0.0)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "during"])
def test_killed_it_goes_on_to_the_same_weights(world, tmp_path, when):
    realign = {**REALIGN, "when": when, "weight": 0.5, "half": "lower"}
    whole = tune(world, tmp_path / "whole" / "tuned", realign)
    folder = tmp_path / "killed" / "tuned"
    for step in (4, 9):
        process = multiprocessing.get_context("fork").Process(target=killed, args=(world, folder, realign, step))
        process.start()
        process.join()
        assert process.exitcode == 9
        assert not folder.exists()
    saved = sorted(path.name for path in folder.with_name("tuned.partial").iterdir())
    assert any(name.startswith("checkpoint-") if when == "during" else name == "realigned.pt" for name in saved)
    assert tune(world, folder, realign) == whole


def retrieved(one):
    """Share of linked words whose nearest word of the other side, among those of 60 pairs, is their partner's form."""
    one.model.eval()
    hits = []
    for pairs in one.pairs:
        sides = []
        for side in (0, 1):
            states = [
                one.stack(torch.tensor([pair.sides[side].ids])).last_hidden_state[0][pair.firsts[side]]
                for pair in pairs[:60]
            ]
            sides.append([functional.normalize(part - torch.cat(states).mean(0), dim=1) for part in states])
        everywhere = torch.cat(sides[1])
        tokens = [pair.sides[1].ids[place] for pair in pairs[:60] for place in pair.firsts[1]]
        for number, pair in enumerate(pairs[:60]):
            for i, j in pair.links:
                nearest = int((everywhere @ sides[0][number][i]).argmax())
                hits.append(tokens[nearest] == pair.sides[1].ids[pair.firsts[1][j]])
    return float(np.mean(hits))


@pytest.mark.slow
def test_realignment_aligns_and_links_at_random_do_not(world, tmp_path):
    scores = {}
    with torch.no_grad():
        scores["nothing"] = retrieved(realigner(world))
    for how in ("alignment", "lexicon", "random"):
        one = realigner(world, how)
        held_out = realigner(world).pairs
        one.pairs = [pairs[60:] for pairs in one.pairs]
        one.run(60, 3e-3, tmp_path / how, 1e9, NoOwner())
        one.pairs = held_out
        with torch.no_grad():
            scores[how] = retrieved(one)
    assert min(scores["alignment"], scores["lexicon"]) > scores["nothing"] + 0.3
    assert abs(scores["random"] - scores["nothing"]) < 0.1


class NoOwner:
    def check(self):
        pass


@pytest.mark.slow
def test_without_any_link_nothing_is_realigned_and_the_checkpoint_says_so(world, tmp_path):
    for target in TARGETS:
        table = pd.read_parquet(world / f"lexicon-{target}.parquet")
        table.assign(target="no-such-word").to_parquet(tmp_path / f"lexicon-{target}.parquet")
    for language in ("en", *TARGETS):
        (tmp_path / f"{language}.parquet").symlink_to(world / f"{language}.parquet")
    for name in ("base", "training.parquet"):
        (tmp_path / name).symlink_to(world / name)
    weights = tune(tmp_path, tmp_path / "a" / "tuned", {**REALIGN, "links": "lexicon"})
    assert weights == tune(tmp_path, tmp_path / "b" / "tuned")
    note = json.loads((tmp_path / "a" / "tuned" / "finetuning.json").read_text())
    assert note["reason"] == "No word is linked by these links, so nothing is realigned."


def test_a_realignment_that_is_not_finite_stops(world, tmp_path):
    with pytest.raises(IsoglossError, match=r"realignment became unstable.*Lower learning_rate"):
        realigner(world).run(20, 1e30, tmp_path, 1e9, NoOwner())
