import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_world
import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSeq2SeqLM, AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.models.subwords import train_tokenizer
from isogloss.models.train import train
from isogloss.models.training.learner import Learner
from isogloss.models.training.networks import make_model
from isogloss.models.training.spec import Spec
from isogloss.models.training.text import IGNORED, encode, read_training

TINY = {"layers": 1, "hidden": 16, "heads": 2, "intermediate": 32, "vocabulary": 120, "steps": 6, "batch": 8}
KINDS = {
    "naive": {"masked"},
    "tlm": {"masked", "translation-masked"},
    "unified": {"masked"},
    "contrastive": {"masked", "contrastive"},
    "translation": {"translated", "restored"},
    "t5-contrastive": {"translated", "restored", "contrastive"},
}


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    return tiny_world.write(tmp_path_factory.mktemp("training"), 60)


def run(folder, training, objective="naive", **changes):
    architecture = "t5" if objective in ("translation", "t5-contrastive") else "bert"
    spec = {**TINY, "objective": objective.removeprefix("t5-"), "architecture": architecture}
    options = {key: changes.pop(key) for key in ("after_step", "save_seconds", "seed") if key in changes}
    train(
        folder=folder,
        training=training,
        spec={**spec, **changes},
        threads=1,
        log_table=folder.with_suffix(".csv"),
        attributes={"model": "tiny"},
        **{"seed": 1, **options},
    )
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("objective", KINDS)
def test_every_objective_gives_a_folder_that_loads(objective, training, tmp_path):
    folder = tmp_path / "model"
    run(folder, training, objective, contrastive_share=0.4, steps=16)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, loading = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert {key for key in loading["missing_keys"] if "pooler" not in key} == set()
    encoder = model.get_encoder() if model.config.is_encoder_decoder else model
    inputs = tokenizer([["ena", "enb"]], is_split_into_words=True, return_tensors="pt")
    states = encoder(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        output_hidden_states=True,
    ).hidden_states
    assert len(states) == 2
    assert states[-1].shape[-1] == 16
    curve = pd.read_csv(tmp_path / "model.csv")
    assert list(curve.columns) == ["model", "step", "kind", "loss", "batches"]
    assert set(curve["kind"]) == KINDS[objective]
    assert curve["batches"].sum() == 16
    assert np.isfinite(curve["loss"]).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "model.csv"]


def test_heads_are_saved_where_they_were_trained(training, tmp_path):
    run(tmp_path / "naive", training)
    run(tmp_path / "t5", training, "translation")
    for kind, name in ((AutoModelForMaskedLM, "naive"), (AutoModelForSeq2SeqLM, "t5")):
        _, loading = kind.from_pretrained(tmp_path / name, output_loading_info=True)
        assert not loading["missing_keys"]
        assert not loading["unexpected_keys"]


def test_the_seed_decides(training, tmp_path):
    first, again, other = (run(tmp_path / name, training, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again
    assert first["model.safetensors"] != other["model.safetensors"]
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("objective", ["contrastive", "unified", "translation"])
def test_an_interrupted_run_ends_with_the_same_weights(objective, training, tmp_path):
    whole = run(tmp_path / "whole", training, objective)

    def stop(step):
        if step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", training, objective, save_seconds=0, after_step=stop)
    assert not (tmp_path / "cut").exists()
    steps = []
    cut = run(tmp_path / "cut", training, objective, after_step=steps.append)
    assert steps == [4, 5, 6]
    assert cut == whole
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not (tmp_path / "cut.partial").exists()


@pytest.mark.parametrize("damage", ["other seed", "cut short", "empty"])
def test_a_state_of_another_run_or_damaged_is_not_used(damage, training, tmp_path):
    def stop(step):
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", training, save_seconds=0, after_step=stop)
    partial = tmp_path / "cut.partial"
    if damage != "other seed":
        partial.write_bytes(partial.read_bytes()[: 1000 if damage == "cut short" else 0])
    seed = 2 if damage == "other seed" else 1
    assert run(tmp_path / "cut", training, seed=seed) == run(tmp_path / "whole", training, seed=seed)


@pytest.mark.slow
def test_killed_and_started_again(training, tmp_path):
    code = f"""
import time
from isogloss.models.train import train
train(folder={str(tmp_path / "cut")!r}, training={ {k: str(v) for k, v in training.items()}!r},
      spec={ {**TINY, "steps": 40}!r}, seed=1, threads=1, log_table={str(tmp_path / "cut.csv")!r},
      attributes={{"model": "tiny"}},
      save_seconds=0, after_step=lambda step: time.sleep(0.05))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "workflow")}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    partial = tmp_path / "cut.partial"
    deadline = time.monotonic() + 60
    while not partial.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert partial.exists()
    assert not (tmp_path / "cut").exists()
    steps = []
    cut = run(tmp_path / "cut", training, steps=40, after_step=steps.append)
    assert steps[0] > 1
    assert cut == run(tmp_path / "whole", training, steps=40)


def test_an_existing_folder_is_replaced_only_at_the_end(training, tmp_path):
    run(tmp_path / "model", training)
    before = (tmp_path / "model" / "model.safetensors").read_bytes()
    with pytest.raises(IsoglossError):
        run(tmp_path / "model", training, learning_rate=1e30, steps=30)
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == before
    assert run(tmp_path / "model", training, seed=3)["model.safetensors"] != before


def test_a_loss_that_is_not_finite_stops_the_run(training, tmp_path):
    with pytest.raises(IsoglossError, match=r"loss became (nan|inf) at step \d+ of 30.*learning_rate"):
        run(tmp_path / "model", training, learning_rate=1e30, steps=30)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("architecture", ["bert", "t5"])
def test_training_reads_what_the_tokenizer_gives_for_whole_sentences(architecture, training):
    objective = "unified" if architecture == "bert" else "translation"
    spec = Spec.read({**TINY, "architecture": architecture, "objective": objective, "max_length": 8})
    tables = read_training(training, spec)
    tokenizer = train_tokenizer({k: t["words"] for k, t in tables.items()}, 50, architecture, 8)
    text = encode(tables, tokenizer, spec)
    row = 0
    for table in tables.values():
        for words in table["words"]:
            expected = tokenizer(list(words), is_split_into_words=True, truncation=True)["input_ids"]
            start = text.starts[row]
            assert text.pieces[start : start + text.lengths[row]].tolist() == expected
            row += 1
    assert row == len(text.lengths)
    if objective == "unified":
        assert len(text.labels) == len(text.pieces)
        assert (text.labels[text.starts] == IGNORED).all()
        assert text.lemmas == 24


def test_pairs_are_translations_with_the_pivot(training):
    spec = Spec.read({**TINY, "objective": "contrastive"})
    tables = read_training(training, spec)
    tables["fr"] = tables["fr"][tables["fr"]["sentence"] % 2 == 0]
    tokenizer = train_tokenizer({k: t["words"] for k, t in tables.items()}, 120)
    text = encode(tables, tokenizer, spec)
    place = [(k, sentence) for k, table in tables.items() for sentence in table["sentence"]]
    assert len(text.pairs) == 60 + 30
    for one, two in text.pairs:
        assert place[one][0] == "en"
        assert place[two][0] in ("de", "fr")
        assert place[one][1] == place[two][1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"objective": "nave"}, "cannot be trained with the objective 'nave'; choose naive or tlm"),
        ({"objective": "naive", "architecture": "t5"}, "choose translation or contrastive"),
        ({"architecture": "rnn"}, "choose bert, t5 or gpt"),
        ({"hidden": 15}, "multiple of heads"),
        ({"steps": "many"}, "steps must be int"),
        ({"steps": 0}, "at least 1"),
        ({"colour": 1}, "Unknown training setting 'colour'"),
        ({"learning_rate": -1.0}, "above 0"),
        ({"objective": "tlm", "pivot": "ru"}, "pivot ru, but the training text has only de, en, fr"),
        ({"vocabulary": 10}, "too small"),
    ],
)
def test_mistakes_in_the_spec_are_explained(changes, words, training, tmp_path):
    with pytest.raises(IsoglossError, match=words):
        run(tmp_path / "model", training, **changes)
    assert not list(tmp_path.iterdir())


def test_mistakes_in_the_text_are_explained(training, tmp_path):
    bare = tiny_world.write(tmp_path / "bare", 9, columns=("sentence", "words"))
    with pytest.raises(IsoglossError, match="no column lemmas"):
        run(tmp_path / "model", bare, "unified")
    tiny_world.write(tmp_path / "empty", 0, languages=("en",))
    with pytest.raises(IsoglossError, match=r"en\.parquet \(en\) is empty"):
        run(tmp_path / "model", {"en": tmp_path / "empty" / "en.parquet"})
    with pytest.raises(IsoglossError, match="at least two languages"):
        run(tmp_path / "model", {"en": bare["en"]}, "contrastive")
    strange = tiny_world.sentences("fr", 9).assign(sentence=range(100, 109))
    strange.to_parquet(tmp_path / "fr.parquet")
    with pytest.raises(IsoglossError, match="share no sentence numbers"):
        run(tmp_path / "model", {"en": bare["en"], "fr": tmp_path / "fr.parquet"}, "tlm")
    with pytest.raises(IsoglossError, match="There is no file"):
        run(tmp_path / "model", {"en": tmp_path / "none.parquet"})


@pytest.mark.slow
def test_training_teaches(training, tmp_path):
    run(
        tmp_path / "model",
        training,
        steps=600,
        batch=32,
        learning_rate=5e-3,
        contrastive_share=0.3,
        objective="contrastive",
    )
    curve = pd.read_csv(tmp_path / "model.csv")
    for _, rows in curve.groupby("kind"):
        assert rows["loss"].tail(5).mean() < 0.75 * rows["loss"].iloc[0]
    model = AutoModel.from_pretrained(tmp_path / "model")
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_the_teacher_forced_loss_is_that_of_the_model(training):
    spec = Spec.read({**TINY, "architecture": "t5", "objective": "translation"})
    tables = read_training(training, spec)
    tokenizer = train_tokenizer({k: t["words"] for k, t in tables.items()}, 120, "t5")
    text = encode(tables, tokenizer, spec)
    model, head = make_model(spec, tokenizer, 0, seed=1)
    learner = Learner(model, head, tokenizer, text, spec, seed=1)
    source, source_real = learner.padded(text.pairs[:8, 0])
    target, target_real = learner.padded(text.pairs[:8, 1])
    theirs = model(
        input_ids=torch.from_numpy(source),
        attention_mask=torch.from_numpy(source_real.astype(np.int64)),
        labels=torch.from_numpy(np.where(target_real, target, IGNORED)),
    ).loss
    assert not source_real.all()
    assert learner.forced(source, source_real, target, target_real).item() == pytest.approx(theirs.item())
