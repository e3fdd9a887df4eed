"""A cut of config/real.yaml with the real model: fetched from a hub, to the report."""

import pandas as pd
import pytest
import run
import yaml

LAYERS = [0, 4, 8, 12]


@pytest.fixture(scope="module")
def results(tmp_path_factory, e5_folder):
    """One pair, four layers, fewer messages: the rest is the config as it stands."""
    config = yaml.safe_load((run.ROOT / "config" / "real.yaml").read_text(encoding="utf-8"))
    config["corpora"]["messages"] |= {
        "languages": ["en", "de"],
        "pairs": {"source": "en", "targets": ["de"]},
        "max_sentences": 150,
    }
    config["models"]["e5"]["layers"] = LAYERS
    config["models"]["random"]["layers"] = LAYERS[-1:]
    config["concepts"]["clusters"] = 20
    task = config["tasks"]["program"]
    task["data"] |= {"languages": ["en", "de", "fr", "ru"], "train": 16, "validation": 4, "test": 10}
    task["epochs"] = 1
    folder = tmp_path_factory.mktemp("real")
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert run.main(["--configfile", str(file), "--directory", str(folder), "--quiet", "--cores", "2"]) == 0
    return folder / config["results"]


@pytest.mark.slow
def test_the_real_model_finds_translations_in_every_layer_and_all_tables_are_there(results):
    """Chance is about 1 in 100; a model that was tuned for retrieval finds most German messages in its last layer."""
    tables = results / "tables"
    spaces = pd.read_csv(tables / "space_similarity.csv").query("vectors == 'centred' and source == 'en'")
    found = spaces[spaces.corpus.notna() & (spaces.measure == "retrieval") & (spaces.checkpoint == "pretrained")]
    real, control = (found[found.model == model].set_index("layer") for model in ("e5", "random"))
    assert set(real.index) >= set(LAYERS)
    assert (real.value > 10 / real.n).all()
    assert real.value[12] > 0.8
    assert real.value[12] > control.value[12], "random weights find fewer"
    for name in ("concept_alignment", "concept_overlap"):
        table = pd.read_csv(tables / f"{name}.csv")
        assert set(table[table.model == "e5"].layer) == set(LAYERS), name
        assert set(table.target) == {"de"}, name
    baselines = pd.read_csv(tables / "baselines.csv")
    assert {"majority", "shared_words", "length"} <= set(baselines.baseline)
    assert set(pd.read_csv(tables / "transfer.csv").target) == {"en", "de", "fr", "ru"}
    assert (results / "report.html").stat().st_size > 10_000
