"""Edits of facts in a language model: against a literal edit, with transformers' own generation."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from isogloss.errors import IsoglossError
from isogloss.measures.edits.compute import Editor, write_edits
from isogloss.measures.edits.questions import NOTHING, FactQuestions, split_facts
from isogloss.microworld import generate
from isogloss.microworld.facts import facts
from isogloss.models.load import load_causal
from isogloss.models.train import train

LANGUAGES = ("de", "en", "tr")
SETTINGS = {
    "source": "en", "weights": "all", "items": 4, "others": 8, "learning_rate": 1e-2, "steps": 30, "probability": 0.9,
    "null": 100, "bootstrap": 100, "seed": 5, "token_budget": 600, "device": "cpu", "threads": 1, "answers": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A small GPT that has read three languages for a moment."""
    folder = tmp_path_factory.mktemp("facts")
    for part, sentences in (("training", 400), ("parallel", 60)):
        for name in LANGUAGES:
            generate(name, part, sentences, 1).to_parquet(folder / f"{part}-{name}.parquet")
    shape = {"layers": 3, "hidden": 32, "heads": 2, "intermediate": 64, "vocabulary": 500}
    train(
        folder=folder / "model", training={name: folder / f"training-{name}.parquet" for name in LANGUAGES}, seed=0,
        threads=1, spec={"architecture": "gpt", "steps": 250, "batch": 16, "learning_rate": 5e-3, **shape},
        log_table=folder / "log.csv", attributes={},
    )  # fmt: skip
    return folder


def texts(world):
    return {name: world / f"parallel-{name}.parquet" for name in LANGUAGES}


def edits(world, output, **changes):
    settings = {"checkpoint": world / "model", "test": texts(world), **SETTINGS, **changes}
    write_edits(attributes={"model": "m"}, output=output, **settings)
    return pd.read_csv(output, dtype={"reason": str}).fillna({"reason": ""})


@pytest.fixture(scope="module")
def asked(world):
    return FactQuestions(world / "model", texts(world), "en", 12, 2, 5, 600, "cpu")


def test_a_fact_is_asked_by_the_words_before_its_object():
    tables = facts({name: generate(name, "parallel", 300, 1) for name in LANGUAGES})
    wholes = {name: generate(name, "parallel", 300, 1).set_index("sentence").words for name in LANGUAGES}
    for name, table in tables.items():
        assert list(table.item) == list(tables["en"].item)
        assert list(table.lemma) == list(tables["en"].lemma)
        assert not table.words.map(tuple).duplicated().any()
        assert table.groupby("lemma").answer.nunique().max() == 1
        for row in table.itertuples():
            assert list(wholes[name][row.item][: len(row.words) + 1]) == [*row.words, row.answer]
            left = iter(row.words)
            assert all(word in left for word in row.paraphrase)
            assert len(row.paraphrase) < len(row.words)
        assert 0.3 < (table.paraphrase.map(len) > 0).mean() < 1
    assert 100 < len(tables["en"]) < 300
    [first] = tables["en"][tables["en"].item == 1].itertuples()
    assert (first.words, first.answer) == (["the", "student", "rejects", "the", "terrible"], "letter")
    assert first.paraphrase == ["the", "student", "rejects", "the"]


def generated(model, prompt, length):
    """What the model says after a prompt, by transformers' own greedy generation."""
    ids = torch.tensor([prompt])
    options = {"do_sample": False, "max_new_tokens": length, "min_new_tokens": length, "pad_token_id": 0}
    return tuple(model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0, len(prompt) :].tolist())


def literal(model, asked):
    """Ask every fact by itself: the subwords said, as many as the longest answer has."""
    found = {}
    for language, prompts in asked.prompts.items():
        longest = max(map(len, asked.known[language]))
        found[language] = [prompt and generated(model, prompt, longest) for prompt in prompts]
    return found


def test_what_is_said_is_what_the_model_generates(asked):
    numbers, whole = asked.said(), literal(asked.reader.model, asked)
    hits = 0
    for language, pieces in whole.items():
        for number, said in zip(numbers[language], pieces, strict=True):
            if said is None:
                assert number == NOTHING
                continue
            same = [one for one in asked.known[language] if said[: len(one)] == one]
            hits += bool(same)
            assert number == (asked.known[language][max(same, key=len)] if same else number)
            assert (number < len(asked.known[language])) == bool(same)
    assert hits > 3


def test_the_loss_is_that_of_the_answer_s_subwords_one_after_another(asked):
    for answer in range(2):
        prompt, pieces = asked.prompts["en"][3], asked.wanted["en"][answer]
        total = 0.0
        for number, piece in enumerate(pieces):
            logits = asked.reader.model(torch.tensor([[*prompt, *pieces[:number]]])).logits[0, -1].double()
            total -= float((logits - torch.logsumexp(logits, 0))[piece])
        assert float(asked.loss(3, answer)) == pytest.approx(total, rel=1e-5)
    assert max(len(pieces) for rows in asked.known.values() for pieces in rows) > 1


def test_the_shares_are_those_of_a_literal_edit(world, asked, tmp_path):
    """Each fact edited in a copy of the model, asked by itself, and counted one by one."""
    table = edits(world, tmp_path / "e.csv").set_index(["target", "measure"])
    count, before = len(asked.asked), literal(load_causal(world / "model").model, asked)
    found = {name: {key: [] for key in ("hit", "again", "stayed", "drift")} for name in LANGUAGES}
    made = 0
    for place in range(SETTINGS["items"]):
        draw = np.random.default_rng([5, int(asked.asked[place])])
        free = [one for one, pieces in enumerate(asked.wanted["en"]) if before["en"][place][: len(pieces)] != pieces]
        if not free:
            continue
        answer, made = free[draw.integers(len(free))], made + 1
        model = copy.deepcopy(load_causal(world / "model").model)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        prompt, pieces = asked.prompts["en"][place], asked.wanted["en"][answer]
        for _ in range(30):
            logits = model(torch.tensor([[*prompt, *pieces]])).logits[0].log_softmax(-1)
            logarithm = sum(logits[len(prompt) - 1 + number, piece] for number, piece in enumerate(pieces))
            if torch.exp(logarithm) > 0.9:
                break
            optimizer.zero_grad()
            (-logarithm).backward()
            optimizer.step()
        after = literal(model, asked)
        for name in LANGUAGES:
            wanted = asked.wanted[name][answer]

            def says(said, wanted=wanted):
                return said is not None and said[: len(wanted)] == wanted

            others = [other for other in range(count) if other != place]
            could = [other for other in others if not says(before[name][other])]
            found[name]["drift"].append(np.mean([says(after[name][other]) for other in could]))
            numbers = [asked_number(asked, name, before[name][other]) for other in others]
            now = [asked_number(asked, name, after[name][other]) for other in others]
            found[name]["stayed"].append(np.mean([one == other for one, other in zip(numbers, now, strict=True)]))
            if not says(before[name][place]):
                found[name]["hit"].append(says(after[name][place]))
            paraphrase = before[name][place + count]
            if paraphrase is not None and not says(paraphrase):
                found[name]["again"].append(says(after[name][place + count]))
    assert made > 2
    for name in LANGUAGES:
        own = "reliability" if name == "en" else "success"
        for measure, key in ((own, "hit"), ("generality", "again"), ("locality", "stayed"), ("drift", "drift")):
            row = table.loc[name, measure]
            assert row.n == len(found[name][key])
            if row.n:
                assert row.value == pytest.approx(np.mean(found[name][key]))
    assert table.value["en", "reliability"] == 1
    assert set(table.edits) == {made}


def asked_number(asked, language, said):
    """What counts as the same answer: the longest answer that it begins with, or the subwords up to where none does."""
    known = asked.known[language]
    same = [one for one in known if said[: len(one)] == one]
    if same:
        return max(same, key=len)
    begun = {one[:length] for one in known for length in range(1, len(one))}
    return said[: next(length for length in range(1, len(said) + 1) if said[:length] not in begun)]


def test_an_edit_of_nothing_shows_nothing(world, tmp_path):
    table = edits(world, tmp_path / "e.csv", learning_rate=1e-12, steps=1)
    value = table.set_index(["target", "measure"]).value.dropna()
    assert (value.drop("locality", level="measure") == 0).all()
    assert (value.xs("locality", level="measure") == 1).all()
    assert (table.null_p.dropna() == 1).all()


def test_a_run_that_is_cut_off_goes_on_and_ends_with_the_same_table(world, tmp_path, cut_off):
    edits(world, tmp_path / "whole.csv", steps=3)
    made = cut_off(2, lambda: edits(world, tmp_path / "cut.csv", steps=3))
    table = edits(world, tmp_path / "cut.csv", steps=3)
    assert len(made) == table.edits.iloc[0] - 2
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("weights", ["first", "last"])
def test_an_edit_changes_its_own_layers_and_they_are_put_back_to_the_bit(asked, weights):
    model = asked.reader.model.requires_grad_(False)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    editor = Editor(asked.reader, weights, 1e-2, 5, 0.9)
    free = np.flatnonzero(asked.numbers("en") != asked.said()["en"][0])
    assert editor.edit(asked, 0, int(free[0])) > 0
    moved = {name for name, values in model.state_dict().items() if not torch.equal(values, before[name])}
    assert moved
    assert all(name.startswith(f"transformer.h.{'0' if weights == 'first' else '2'}.") for name in moved)
    editor.restore()
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())


def test_an_answer_that_is_cut_off_is_told(world):
    loaded = load_causal(world / "model")
    with pytest.raises(IsoglossError, match=r"gives 'bread', the answer after .* within the 128"):
        split_facts(loaded, [[*["the"] * 130, "bread"]], "The tokenizer")
