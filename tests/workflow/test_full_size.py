"""Models of full size from local folders, as downloaded ones would be, through the same rules."""

import pandas as pd
import pytest
from checkout import Workflow

from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full-size")
    texts = {language: list(map(list, generate(language, "training", 300, 1).words)) for language in ("en", "de")}
    for family in ("bert", "xlm-roberta", "mt5"):
        make_random_model(
            folder=folder / family, family=family, texts=texts, layers=12, hidden=768, heads=12, vocabulary=1000, seed=0
        )
    config = {
        "corpora": {
            "microworld": {
                "kind": "microworld",
                "languages": ["en", "de"],
                "pairs": {"source": "en", "targets": ["de"]},
                "sentences": 40,
                "word_alignment": {"method": "gold"},
            }
        },
        "models": {name: {"folder": str(folder / name)} for name in ("bert", "xlm-roberta", "mt5")},
        "concepts": {"clusters": 8},
        "activations": {"device": "cpu"},
    }
    workflow = Workflow(folder, config)
    workflow.run()
    return folder


def test_all_layers_and_both_kinds(run):
    table = pd.read_csv(run / "results" / "tables" / "concept_alignment.csv")
    cells = table.groupby(["model", "kind"]).layer.unique().map(sorted)
    assert set(cells.index) == {
        ("bert", "encoder-encoder"),
        ("xlm-roberta", "encoder-encoder"),
        ("mt5", "encoder-encoder"),
        ("mt5", "encoder-decoder"),
    }
    assert all(layers == list(range(13)) for layers in cells)
    stores = pd.read_csv(run / "results" / "tables" / "activations.csv")
    assert sorted(stores.space[stores.model == "mt5"]) == ["source-encoder", "target-decoder", "target-encoder"]
    assert (stores.hidden == 768).all()
    assert (stores.layers == 13).all()


def test_the_users_folder_is_linked_and_not_copied(run):
    weights = run / "results" / "checkpoints" / "bert" / "pretrained" / "model.safetensors"
    assert weights.is_symlink()
    assert weights.resolve() == (run / "bert" / "model.safetensors").resolve()
