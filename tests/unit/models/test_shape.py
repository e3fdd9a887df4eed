import json

import pandas as pd
import pytest
import tiny_families
import tiny_world

from isogloss.errors import IsoglossError
from isogloss.models.families import read_shape
from isogloss.models.random_weights import make_random_model
from isogloss.models.settings import Model
from isogloss.models.shape import KNOWN, shape_of
from isogloss.models.train import train

COMMIT = "a" * 40


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "mt5"])
def test_a_random_model_has_the_shape_that_was_foreseen(family, tmp_path):
    shape = {"layers": 2, "hidden": 16, "heads": 2, "vocabulary": 80}
    texts = {"en": [["the", "cat", "sees"], ["a", "letter"]]}
    make_random_model(folder=tmp_path, family=family, texts=texts, seed=0, **shape)
    assert shape_of(Model(random={"family": family, "corpus": "c", **shape})) == read_shape(tmp_path)


@pytest.mark.parametrize("architecture", ["bert", "t5"])
def test_a_trained_model_has_the_shape_that_was_foreseen(architecture, tmp_path):
    spec = {"layers": 2, "hidden": 16, "heads": 2, "intermediate": 32, "vocabulary": 120, "batch": 8, "steps": 1}
    spec |= {"architecture": architecture, "objective": "naive" if architecture == "bert" else "translation"}
    texts = tiny_world.write(tmp_path / "text", 40)
    train(folder=tmp_path / "m", training=texts, spec=spec, seed=1, threads=1, log_table=tmp_path / "log.csv",
          attributes={"model": "m"})  # fmt: skip
    assert len(pd.read_csv(tmp_path / "log.csv"))
    assert shape_of(Model(train={"corpus": "c", **spec})) == read_shape(tmp_path / "m")


def test_a_folder_and_a_hub_model_that_was_fetched_tell_themselves(tmp_path, monkeypatch):
    folder = tiny_families.make(tmp_path / "gpt2", "gpt2")
    assert shape_of(Model(folder=folder)).depths == {"decoder": 3}
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    model = Model(hub="some/one", revision=COMMIT)
    with pytest.raises(IsoglossError, match="not known before it is fetched"):
        shape_of(model)
    snapshot = tmp_path / "home" / "hub" / "models--some--one" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text((folder / "config.json").read_text())
    assert shape_of(model) == read_shape(folder)


def test_a_hub_model_can_be_described_before_it_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    shape = shape_of(Model(hub="some/one", revision=COMMIT, depth=28, family="qwen3"))
    assert shape.depths == {"decoder": 28}
    assert shape_of(Model(hub="google/mt5-small", revision=COMMIT)).depths == {"encoder": 8, "decoder": 8}
    for name in KNOWN:
        assert shape_of(Model(hub=name, revision=COMMIT)).family


def test_a_folder_of_an_unknown_family_is_refused(tmp_path):
    folder = tiny_families.make(tmp_path / "bert", "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "xml-roberta"}))
    with pytest.raises(IsoglossError, match=r"did you mean 'xlm-roberta'\?"):
        shape_of(Model(folder=folder))
