"""Fine-tuning: what is tuned, what stays, interruptions; and the pass of the test items before and after."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from isogloss.errors import IsoglossError
from isogloss.measures.impact.compute import write_impact
from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.states.sentence_vectors import new_vectors
from isogloss.tasks.altered_pass import run_controls
from isogloss.tasks.finetune import finetune
from isogloss.tasks.items import write_items
from isogloss.tasks.test_pass import run_items

LANGUAGES = ("en", "de")
SETTINGS = {
    "kind": "sequence-classification",
    "labels": ["negative", "positive"],
    "epochs": 2,
    "batch": 16,
    "learning_rate": 1e-3,
    "warmup": 0.1,
    "weight_decay": 0.0,
    "max_length": 32,
    "seed": 7,
    "freeze": {},
    "device": "cpu",
    "threads": 1,
    "attributes": {"model": "m"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    texts = {
        language: [list(words) for words in generate(language, "training", 100, 1).words] for language in LANGUAGES
    }
    shape = {"layers": 3, "hidden": 16, "heads": 2, "vocabulary": 300, "seed": 0}
    make_random_model(folder=folder / "base", family="bert", texts=texts, **shape)
    make_random_model(folder=folder / "t5", family="mt5", texts=texts, **shape)
    sizes = {"kind": "microworld", "train": 160, "validation": 16, "test": 60, "seed": 3}
    for task in ("sentiment", "inference", "entities", "translation"):
        for language in LANGUAGES:
            for part in ("training", "test"):
                output = folder / f"{task}-{language}-{part}.parquet"
                write_items(task=task, language=language, part=part, into="en", output=output, **sizes)
    return folder


def tune(world, folder, task="sentiment", **changes):
    settings = {**SETTINGS, **changes}
    model = "t5" if settings["kind"] == "translation" else "base"
    finetune(
        base=settings.pop("base", world / model),
        training=world / f"{task}-de-training.parquet",
        folder=folder,
        curve=folder.parent / "curve.csv",
        notes=folder.parent / "notes.json",
        **settings,
    )


def read(world, checkpoint, out, task="sentiment", predictions=None, **changes):
    settings = {"kind": SETTINGS["kind"], "labels": SETTINGS["labels"], **changes}
    run_items(
        checkpoint=checkpoint,
        test={language: world / f"{task}-{language}-test.parquet" for language in LANGUAGES},
        vectors=out,
        predictions=predictions,
        layers=[0, 1, 2, 3],
        max_length=32,
        token_budget=512,
        device="cpu",
        precision="float32",
        threads=1,
        attributes={"model": "m"},
        **settings,
    )


def impact(tmp_path, before, after):
    outputs = {"output": tmp_path / "i.csv", "replicates_output": tmp_path / "i.parquet"}
    write_impact(pretrained=before, tuned=after, source="de", attributes={"model": "m"}, **outputs)
    return pd.read_csv(tmp_path / "i.csv")


@pytest.mark.slow
def test_an_untouched_copy_has_no_impact_and_a_tuned_model_has(world, tmp_path):
    shutil.copytree(world / "base", tmp_path / "copy")
    tune(world, tmp_path / "tuned")
    read(world, world / "base", tmp_path / "before.h5")
    read(world, tmp_path / "copy", tmp_path / "copy.h5")
    read(world, tmp_path / "tuned", tmp_path / "after.h5", predictions=tmp_path / "p.parquet")
    same = impact(tmp_path, tmp_path / "before.h5", tmp_path / "copy.h5")
    known = same[same.reason.isna()]
    assert (known[["impact", "low", "high", "impact_debiased"]] == 0).all().all()
    moved = impact(tmp_path, tmp_path / "before.h5", tmp_path / "after.h5")
    deep = moved[(moved.layer == 3) & (moved.pooling == "mean")]
    assert (deep.impact > 1e-4).all()
    assert (deep.low <= deep.impact).all()
    assert (deep.impact <= deep.high).all()
    # [CLS] is the same for every item before the first layer: no CKA, and the table says why.
    first = moved[(moved.layer == 0) & (moved.pooling == "first")]
    assert first.impact.isna().all()
    assert first.reason.str.contains("constant").all()
    answers = pd.read_parquet(tmp_path / "p.parquet")
    assert set(answers.predicted) <= {"negative", "positive"}
    assert answers.groupby("language").size().to_dict() == {"de": 60, "en": 60}
    curve = pd.read_csv(tmp_path / "curve.csv")
    assert set(curve.measure) == {"loss", "gradient_norm", "learning_rate", "validation_loss"}
    assert curve.value.notna().all()
    assert not (tmp_path / "tuned.partial").exists()


@pytest.mark.slow
def test_frozen_layers_stay_as_they_were(world, tmp_path):
    tune(world, tmp_path / "tuned", freeze={"layers": [1, 3], "embeddings": True})
    before, after = (load_file(folder / "model.safetensors") for folder in (world / "base", tmp_path / "tuned"))
    after = {name.removeprefix("bert."): values for name, values in after.items()}
    before = {name.removeprefix("bert."): values for name, values in before.items()}
    moved = {name for name in before if name in after and not np.array_equal(before[name], after[name])}
    assert moved
    assert not any(name.startswith(("embeddings", "encoder.layer.0.", "encoder.layer.2.")) for name in moved)
    assert any(name.startswith("encoder.layer.1.") for name in moved)


def test_a_control_is_tuned_on_items_that_lack_something(world, tmp_path):
    options = {"labels": ["entailment", "neutral", "contradiction"], "epochs": 1, "task": "inference"}
    tune(world, tmp_path / "control", control="second-empty", **options)
    table = pd.read_parquet(world / "inference-de-training.parquet")
    table.assign(other_words=[[]] * len(table)).to_parquet(tmp_path / "inference-de-training.parquet")
    (tmp_path / "same").mkdir()
    tune(tmp_path, tmp_path / "same" / "altered", base=world / "base", **options)
    tune(world, tmp_path / "same" / "plain", **options)
    weights = {
        name: load_file(tmp_path / name / "model.safetensors") for name in ("control", "same/altered", "same/plain")
    }
    names = list(weights["control"])
    assert all((weights["control"][name] == weights["same/altered"][name]).all() for name in names)
    assert not all((weights["control"][name] == weights["same/plain"][name]).all() for name in names)
    # And what it says of such items.
    run_controls(
        checkpoint=tmp_path / "control",
        test={language: world / f"inference-{language}-test.parquet" for language in LANGUAGES},
        labels=options["labels"], controls=["second-empty", "shuffled-1"], items=20, seed=1, max_length=32,
        token_budget=512, device="cpu", precision="float32", threads=1, output=tmp_path / "said.parquet",
    )  # fmt: skip
    said = pd.read_parquet(tmp_path / "said.parquet")
    assert said.groupby(["language", "control"]).size().tolist() == [20] * 4
    assert set(said.predicted) <= set(options["labels"])


def test_layers_that_do_not_exist_cannot_be_frozen(world, tmp_path):
    with pytest.raises(IsoglossError, match="no layer 4 to freeze; this model has 1 to 3"):
        tune(world, tmp_path / "tuned", freeze={"layers": [4]})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("inference", {"labels": ["entailment", "neutral", "contradiction"]}),
        ("entities", {"kind": "token-classification", "labels": ["O", "B-PER", "B-LOC"]}),
        ("translation", {"kind": "translation", "labels": None}),
    ],
)
def test_every_kind_of_task_is_tuned_and_read(world, tmp_path, task, changes):
    tune(world, tmp_path / "tuned", task, epochs=1, **changes)
    out = {"predictions": tmp_path / "p.parquet", **changes}
    read(world, tmp_path / "tuned", tmp_path / "v.h5", task, **out)
    answers = pd.read_parquet(tmp_path / "p.parquet")
    assert len(answers) == 120
    if task == "entities":
        assert (answers.truth.str.split().map(len) == answers.predicted.str.split().map(len)).all()
    with h5py.File(tmp_path / "v.h5") as file:
        assert file["en/mean/3"].shape == (60, 16)
        assert sorted(file["de"]) == ["first", "mean"]


RUN = """
import sys
import textwrap
sys.path[:0] = {paths!r}
import test_finetune as t
from pathlib import Path
t.tune(Path({world!r}), Path({folder!r}), epochs=30, save_seconds={pause})
"""


def start(world, folder, pause):
    here = Path(__file__).resolve()
    paths = [str(here.parent), str(here.parents[3] / "workflow")]
    code = RUN.format(paths=paths, world=str(world), folder=str(folder), pause=pause)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_run_ends_with_the_same_weights(world, tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    assert start(world, tmp_path / "whole" / "tuned", 1e9).wait() == 0
    folder = tmp_path / "killed" / "tuned"
    partial = folder.with_name("tuned.partial")
    process = start(world, folder, 0.2)
    limit = time.monotonic() + 120
    while not list(partial.glob("checkpoint-*/trainer_state.json")) and time.monotonic() < limit:
        time.sleep(0.02)
    with pytest.raises(IsoglossError, match=f"Another running job is writing .*process {process.pid} on"):
        tune(world, folder, epochs=30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not folder.exists()
    saved = [path for path in partial.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    assert saved
    # A half-written state beside it is not taken up.
    (partial / "checkpoint-999").mkdir()
    assert start(world, folder, 1e9).wait() == 0
    for name in ("model.safetensors", "config.json"):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / "tuned" / name).read_bytes()
    curves = [(tmp_path / one / "curve.csv").read_bytes() for one in ("whole", "killed")]
    assert curves[0] == curves[1]
    assert not partial.exists()


@pytest.mark.slow
def test_a_fraction_is_where_the_whole_fine_tuning_was(world, tmp_path):
    for name, changes in (("plain", {}), ("whole", {"fraction": 1.0}), ("half", {"fraction": 0.5})):
        (tmp_path / name).mkdir()
        tune(world, tmp_path / name / "tuned", **changes)
    weights = {
        name: (tmp_path / name / "tuned" / "model.safetensors").read_bytes() for name in ("plain", "whole", "half")
    }
    assert weights["plain"] == weights["whole"] != weights["half"]
    curves = {name: pd.read_csv(tmp_path / name / "curve.csv") for name in ("plain", "half")}
    steps = {
        name: json.loads((tmp_path / name / "tuned" / "finetuning.json").read_text())["steps"]
        for name in ("plain", "half")
    }
    assert steps == {"plain": 20, "half": 10}
    # Every loss, gradient and rate up to there is the same number, so the weights were.
    until = curves["plain"][curves["plain"].step <= 10].reset_index(drop=True)
    pd.testing.assert_frame_equal(until, curves["half"], check_exact=True)
    assert set(until.measure) == {"loss", "gradient_norm", "learning_rate", "validation_loss"}
    assert until.groupby("measure").step.max()["loss"] == 10


@pytest.mark.slow
def test_a_course_without_a_learning_rate_shows_nothing(world, tmp_path):
    read(world, world / "base", tmp_path / "before.h5")
    answers = []
    for fraction in (0.1, 0.5, 1.0):
        tune(world, tmp_path / str(fraction), fraction=fraction, learning_rate=0.0)
        read(world, tmp_path / str(fraction), tmp_path / f"{fraction}.h5", predictions=tmp_path / "p.parquet")
        answers.append(pd.read_parquet(tmp_path / "p.parquet").predicted.tolist())
        known = impact(tmp_path, tmp_path / "before.h5", tmp_path / f"{fraction}.h5").query("impact.notna()")
        assert (known[["impact", "low", "high"]] == 0).all().all()
    assert answers[0] == answers[1] == answers[2]


def test_a_training_that_is_not_finite_stops(world, tmp_path):
    with pytest.raises(IsoglossError, match=r"unstable.*Lower learning_rate"):
        tune(world, tmp_path / "tuned", learning_rate=1e30)
    assert not (tmp_path / "tuned").exists()


def test_missing_weights_and_an_empty_split_are_told(world, tmp_path):
    shutil.copytree(world / "base", tmp_path / "cut")
    weights = load_file(tmp_path / "cut" / "model.safetensors")
    weights = {name: values for name, values in weights.items() if "layer.1.output" not in name}
    save_file(weights, tmp_path / "cut" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IsoglossError, match=r"lack \d+ of the model's parameters"):
        tune(world, tmp_path / "tuned", base=tmp_path / "cut")
    # A model without a head would answer at random; it answers nothing.
    read(world, world / "base", tmp_path / "vectors.h5", predictions=tmp_path / "p.parquet")
    assert pd.read_parquet(tmp_path / "p.parquet").predicted.isna().all()
    table = pd.read_parquet(world / "sentiment-de-training.parquet")
    (tmp_path / "empty").mkdir()
    table[table.split == "training"].to_parquet(tmp_path / "empty" / "sentiment-de-training.parquet")
    with pytest.raises(IsoglossError, match="no validation items"):
        tune(tmp_path / "empty", tmp_path / "tuned", base=world / "base")


def test_damaged_vectors_are_told(tmp_path):
    (tmp_path / "cut.h5").write_bytes(b"no")
    with pytest.raises(IsoglossError, match="damaged, cut off, or unfinished"):
        impact(tmp_path, tmp_path / "cut.h5", tmp_path / "cut.h5")


def test_vectors_that_are_not_finite_have_no_impact_but_a_reason(tmp_path):
    rng = np.random.default_rng(0)
    for name, bad in (("a", 0), ("b", np.nan)):
        values = rng.normal(size=(1, 50, 4)).astype(np.float16)
        values[0, 0, 0] += bad
        with new_vectors(tmp_path / f"{name}.h5", {}) as writer:
            writer.add("de", [0], {"mean": values})
    row = impact(tmp_path, tmp_path / "a.h5", tmp_path / "b.h5").iloc[0]
    assert np.isnan(row.impact)
    assert "not finite" in row.reason


def test_the_same_vectors_are_the_same_bytes_and_a_full_disk_is_told(tmp_path):
    script = textwrap.dedent(
        """
        import resource, signal, sys
        import numpy as np
        from isogloss.errors import IsoglossError
        from isogloss.states.sentence_vectors import new_vectors
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
        try:
            with new_vectors(sys.argv[1], {"task": "sentiment"}) as writer:
                for language in ("de", "en"):
                    writer.add(language, [0, 1], {"mean": np.ones((2, 4000, 64), np.float16)})
        except IsoglossError as error:
            sys.exit(str(error))
        """
    )

    def attempt(name: str, most: int) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", script, str(tmp_path / name), str(most)]
        return subprocess.run(command, capture_output=True, text=True)

    assert attempt("a.h5", 1 << 30).returncode == 0
    assert attempt("b.h5", 1 << 30).returncode == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    full = attempt("c.h5", 1_500_000)
    assert full.stderr.startswith("No space left on the disk")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "b.h5"]


@pytest.mark.filterwarnings("ignore:'pin_memory' argument")
def test_more_gpus_are_no_more_items_a_step(world, tmp_path, monkeypatch):
    """A batch is what the config says, on a machine with two GPUs as well; what computes here is the CPU."""
    tune(world, tmp_path / "one" / "m", epochs=1)
    monkeypatch.setattr("isogloss.tasks.finetune.choose_device", lambda device: "cuda")
    monkeypatch.setattr("transformers.trainer.enable_full_determinism", transformers.set_seed)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    tune(world, tmp_path / "two" / "m", epochs=1)
    one, two = (load_file(tmp_path / name / "m" / "model.safetensors") for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)
