"""Edits: what is counted, against a literal count; that nothing is left of an edit, and that a killed run goes on."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from isogloss.errors import IsoglossError
from isogloss.measures.edits.compute import Asked, Editor, orders_within, score, write_edits
from isogloss.measures.edits.questions import LabelQuestions
from isogloss.microworld import generate, generate_task
from isogloss.models.families import HEADLESS, LABELS
from isogloss.models.random_weights import make_random_model
from isogloss.tasks.finetune import finetune
from isogloss.tasks.items import write_items

LANGUAGES = ("de", "en")
SETTINGS = {
    "labels": ["negative", "positive"],
    "source": "en",
    "weights": "all",
    "items": 6,
    "others": 14,
    "wanted": None,
    "learning_rate": 1e-2,
    "steps": 30,
    "probability": 0.9,
    "null": 100,
    "bootstrap": 100,
    "seed": 5,
    "max_length": 48,
    "token_budget": 2000,
    "device": "cpu",
    "threads": 1,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edits")
    texts = {name: [list(words) for words in generate(name, "training", 100, 1).words] for name in LANGUAGES}
    shape = {"layers": 3, "hidden": 16, "heads": 2, "vocabulary": 300, "seed": 0}
    make_random_model(folder=folder / "base", family="bert", texts=texts, **shape)
    sizes = {"kind": "microworld", "task": "sentiment", "train": 64, "validation": 8, "test": 30, "seed": 3}
    for name in LANGUAGES:
        write_items(language=name, part="test", output=folder / f"{name}.parquet", **sizes)
    write_items(language="en", part="training", output=folder / "training.parquet", **sizes)
    tuning = {"kind": LABELS, "labels": SETTINGS["labels"], "epochs": 4, "batch": 8, "learning_rate": 3e-3}
    finetune(
        base=folder / "base", training=folder / "training.parquet", folder=folder / "tuned", curve=folder / "c.csv",
        notes=folder / "c.json",
        max_length=48, warmup=0.1, weight_decay=0.0, seed=1, freeze={}, device="cpu", threads=1, attributes={},
        **tuning,
    )  # fmt: skip
    return folder


def edits(world, output, **changes):
    files = {name: world / f"{name}.parquet" for name in LANGUAGES}
    settings = {"checkpoint": world / "tuned", "test": files, **SETTINGS, **changes}
    write_edits(attributes={"model": "m"}, output=output, **settings)
    return pd.read_csv(output, dtype={"reason": str}).fillna({"reason": ""})


def drawn(seed=0, edits=12, items=30, labels=3):
    """What a language says at random, before and after each edit."""
    rng = np.random.default_rng(seed)
    before, after = rng.integers(labels, size=2 * items), rng.integers(labels, size=(edits, 2 * items))
    gone = rng.random(items) < 0.4
    before[items:][gone] = -1
    after[:, items:][:, gone] = -1
    places = rng.permutation(items)[:edits]
    return Asked(before, after, places, rng.integers(labels, size=edits), items)


def literal(asked):
    """Count what an edit is scored by, one item at a time."""
    found = {name: [] for name in ("success", "generality", "locality", "drift", "specific_success")}
    for edit, (place, wanted) in enumerate(zip(asked.places, asked.wanted, strict=True)):
        stayed, could, drifted = [], 0, 0
        for other in range(asked.items):
            if other == place:
                continue
            stayed.append(asked.after[edit, other] == asked.before[other])
            if asked.before[other] != wanted:
                could += 1
                drifted += asked.after[edit, other] == wanted
        found["locality"].append(sum(stayed) / len(stayed))
        drift = drifted / could
        found["drift"].append(drift)
        if asked.before[place] != wanted:
            hit = asked.after[edit, place] == wanted
            found["success"].append(float(hit))
            found["specific_success"].append(hit - drift)
        paraphrase = place + asked.items
        if asked.before[paraphrase] not in (-1, wanted):
            found["generality"].append(float(asked.after[edit, paraphrase] == wanted))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_those_of_a_literal_count(seed):
    asked = drawn(seed)
    rows = {row["measure"]: row for row in score(asked, "de", False, 100, 100, 1)}
    expected = literal(asked)
    assert set(rows) == set(expected)
    for name, values in expected.items():
        assert rows[name]["value"] == pytest.approx(np.mean(values))
        assert rows[name]["n"] == len(values)
        assert rows[name]["low"] <= rows[name]["value"] <= rows[name]["high"]
    assert "null_p" not in rows["drift"]
    assert "null_p" not in rows["locality"]


def test_the_null_asks_an_item_after_another_item_s_edit():
    """One label is wanted of all; each edit changes its own item, and nothing else."""
    edits, items = 8, 20
    before = np.zeros(2 * items, dtype=int)
    after = np.tile(before, (edits, 1))
    after[np.arange(edits), np.arange(edits)] = 1
    one = Asked(before, after, np.arange(edits), np.ones(edits, dtype=int), items)
    row = score(one, "de", False, 999, 100, 1)[0]
    assert (row["measure"], row["value"], row["null_p"]) == ("success", 1.0, 1 / 1000)
    # A permutation of eight leaves one in its place on average.
    assert row["null_mean"] == pytest.approx(1 / 8, abs=0.02)
    # Everything says the wanted label after any edit: success is perfect, and tells nothing.
    drifting = Asked(before, np.ones_like(after), np.arange(edits), np.ones(edits, dtype=int), items)
    rows = {row["measure"]: row for row in score(drifting, "de", False, 999, 100, 1)}
    assert rows["success"]["value"] == rows["drift"]["value"] == 1
    assert rows["success"]["null_p"] == 1
    assert (rows["specific_success"]["value"], rows["specific_success"]["null_p"]) == (0, 1)


def test_edits_change_places_only_with_those_that_want_the_same():
    groups = np.array([0, 1, 0, 2, 1, 0])
    orders = orders_within(groups, 200, np.random.default_rng(0))
    assert (groups[orders] == groups).all()
    assert (np.sort(orders, axis=1) == np.arange(6)).all()
    assert len({tuple(order) for order in orders}) == 12


def test_in_worlds_without_a_tie_to_the_item_p_is_small_as_often_as_it_says():
    small = [
        row["null_p"] <= 0.05
        for seed in range(200)
        for row in score(drawn(seed, edits=16, labels=2), "de", False, 199, 100, seed)
        if row["measure"] in ("success", "specific_success")
    ]
    assert np.mean(small) < 0.08


def test_what_is_said_already_does_not_count():
    asked = drawn(1)
    already = Asked(np.full_like(asked.before, 1), asked.after, asked.places, np.ones_like(asked.wanted), asked.items)
    rows = {row["measure"]: row for row in score(already, "de", False, 100, 100, 1)}
    assert rows["success"] == {
        "target": "de",
        "measure": "success",
        "n": 0,
        "reason": "de said the wanted label of all edited items before",
    }
    assert rows["drift"]["reason"] == "de said the wanted label of all other items before"
    assert rows["locality"]["n"] == len(asked.wanted)


@pytest.fixture(scope="module")
def asked_labels(world):
    files = {"en": world / "en.parquet"}
    return LabelQuestions(world / "tuned", files, SETTINGS["labels"], "en", 4, 5, 48, 500, "cpu")


@pytest.mark.parametrize("weights", ["all", "first", "middle", "last"])
def test_an_edit_changes_its_own_weights_and_they_are_put_back_to_the_bit(world, asked_labels, weights):
    model = asked_labels.reader.model.requires_grad_(False)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    table = pd.read_parquet(world / "en.parquet").iloc[asked_labels.asked]
    assert [one is None for one in asked_labels.own[4:]] == [not len(words) for words in table.paraphrase]
    first = asked_labels.said()["en"]
    editor = Editor(asked_labels.reader, weights, 3e-2, 40, 0.9)
    wanted = 1 - int(first[0])
    steps = editor.edit(asked_labels, 0, wanted)
    assert 0 < steps <= 40
    moved = {name for name, values in model.state_dict().items() if not torch.equal(values, before[name])}
    place = {"first": 0, "middle": 1, "last": 2}.get(weights)
    assert moved
    if place is not None:
        assert all(name.startswith(f"bert.encoder.layer.{place}.") for name in moved)
    if weights == "all":
        assert any("embeddings" in name for name in moved)
        assert asked_labels.said()["en"][0] == wanted
    editor.restore()
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())
    assert (asked_labels.said()["en"] == first).all()


def test_an_edit_of_nothing_shows_nothing(world, tmp_path):
    table = edits(world, tmp_path / "e.csv", learning_rate=1e-12, steps=1)
    value = table.set_index(["target", "measure"]).value
    for language, own in (("en", "reliability"), ("de", "success")):
        for name in (own, "generality", "drift", "specific_success"):
            assert value[language, name] == 0
        assert value[language, "locality"] == 1
    known = table[table.null_p.notna()]
    assert (known.null_p == 1).all()


def test_the_table(world, tmp_path):
    table = edits(world, tmp_path / "e.csv")
    assert list(table.measure[table.target == "en"]) == [
        "reliability",
        "generality",
        "specific_success",
        "locality",
        "drift",
    ]
    own = table[table.target == "en"].set_index("measure")
    assert (own.value["reliability"], own.n["reliability"]) == (1, 6)
    assert own.value["specific_success"] == pytest.approx(1 - own.value["drift"])
    assert (table.value.isna() == (table.reason != "")).all()
    assert set(table.skipped) == {0}
    assert table.steps.between(1, 30).all()
    assert edits(world, tmp_path / "again.csv").equals(table)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.csv", "e.csv"]


def test_what_says_the_wanted_label_already_is_left_out(world, tmp_path):
    table = edits(world, tmp_path / "e.csv", wanted="positive", items=10)
    assert (table.edits + table.skipped == 10).all()
    assert table.skipped.iloc[0] > 0
    # A head that says one label of everything leaves nothing to edit.
    from safetensors.torch import load_file, save_file

    shutil.copytree(world / "tuned", tmp_path / "sure")
    weights = load_file(tmp_path / "sure" / "model.safetensors")
    weights["classifier.bias"] = torch.tensor([-100.0, 100.0])
    save_file(weights, tmp_path / "sure" / "model.safetensors", metadata={"format": "pt"})
    table = edits(world, tmp_path / "none.csv", wanted="positive", checkpoint=tmp_path / "sure")
    assert set(table.edits) == {0}
    assert set(table.reason) == {"the wanted label was there already, of all items"}
    assert table.value.isna().all()


def test_what_cannot_be_edited_is_told(world, tmp_path):
    with pytest.raises(IsoglossError, match=r"unstable.*Lower edits\.learning_rate"):
        edits(world, tmp_path / "e.csv", learning_rate=1e30)
    table = pd.read_parquet(world / "de.parquet")
    table.head(20).to_parquet(tmp_path / "short.parquet")
    files = {"en": world / "en.parquet", "de": tmp_path / "short.parquet"}
    with pytest.raises(IsoglossError, match="their numbers differ: de 20, en 30"):
        edits(world, tmp_path / "e.csv", test=files)


def test_a_run_that_is_cut_off_goes_on_and_ends_with_the_same_table(world, tmp_path, cut_off):
    edits(world, tmp_path / "whole.csv")
    made = cut_off(3, lambda: edits(world, tmp_path / "cut.csv"))
    assert not (tmp_path / "cut.csv").exists()
    partial = tmp_path / "cut.partial"
    # A line that was not written to its end is made again.
    partial.write_text(partial.read_text() + '{"steps": 3, "aft')
    edits(world, tmp_path / "cut.csv")
    assert len(made) == 3
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.csv", "whole.csv"]
    # What other edits had left is not taken up.
    made.clear()
    partial.write_text("another\n{}\n{}\n")
    edits(world, tmp_path / "cut.csv")
    assert len(made) == 6
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_paraphrases_leave_optional_parts_out_and_keep_the_label():
    for task in ("sentiment", "inference"):
        items = generate_task(task, "en", "test", 120, 3)
        there = items.paraphrase.map(len) > 0
        assert 0.3 < there.mean() < 1
        reworded = items.other_words if task == "inference" else items.words
        for words, again in zip(reworded[there], items.paraphrase[there], strict=True):
            # Each word of the paraphrase is the sentence's, in its order.
            left = iter(words)
            assert all(word in left for word in again)
            assert len(again) < len(words)
        assert "paraphrase" not in generate_task(task, "en", "training", 24, 3)
    assert "paraphrase" not in generate_task("entities", "en", "test", 12, 3)


def test_a_checkpoint_may_name_its_outputs_in_another_order(world, tmp_path):
    """As one that was tuned elsewhere: its config.json, not the study's list, says which output the label is."""
    turned = shutil.copytree(world / "tuned", tmp_path / "turned")
    settings = json.loads((turned / "config.json").read_text())
    settings |= {"id2label": {"0": "positive", "1": "negative"}, "label2id": {"positive": 0, "negative": 1}}
    (turned / "config.json").write_text(json.dumps(settings))
    # The same output is asked for, so that the same is found.
    plain = edits(world, tmp_path / "plain.csv", wanted="positive")
    swapped = edits(world, tmp_path / "swapped.csv", checkpoint=turned, wanted="negative")
    pd.testing.assert_frame_equal(plain, swapped)
    assert plain.edits.iloc[0] + plain.skipped.iloc[0] == 6
    other = edits(world, tmp_path / "other.csv", checkpoint=turned, wanted="positive")
    assert not other.drop(columns="steps").equals(plain.drop(columns="steps"))


def test_a_checkpoint_without_a_head_has_a_table_that_says_so(world, tmp_path):
    found = edits(world, tmp_path / "bare.csv", checkpoint=world / "base")
    assert set(found.target) == set(LANGUAGES)
    assert set(found.measure) == {"reliability", "success", "generality", "specific_success", "locality", "drift"}
    assert set(found.reason) == {HEADLESS}
    assert found.value.isna().all()
    assert (found.edits == 0).all()
