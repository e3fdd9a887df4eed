"""A study of a task alone, without parallel text, ends with the tables that it can have and a report."""

import pandas as pd
import pytest
from checkout import Workflow

from isogloss.config.read import ConfigError, validate
from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.plan.size import size
from isogloss.plan.study import Study


@pytest.mark.slow
def test_it_ends_with_impact_and_transfer_and_no_concepts(tmp_path):
    texts = {language: list(map(list, generate(language, "training", 60, 1).words)) for language in ("en", "de")}
    base = tmp_path / "base"
    make_random_model(folder=base, family="bert", texts=texts, layers=1, hidden=16, heads=2, vocabulary=300, seed=0)
    data = {
        "kind": "microworld",
        "task": "sentiment",
        "languages": ["en", "de"],
        "train": 24,
        "validation": 8,
        "test": 24,
    }
    task = {"kind": "sequence-classification", "data": data, "models": ["encoder"], "sources": ["en"], "epochs": 1}
    settings = {"device": "cpu", "precision": "float32"}
    config = {"results": "results", "models": {"encoder": {"folder": str(base)}}, "tasks": {"sentiment": task}}
    workflow = Workflow(tmp_path, {**config, "activations": settings, "impact": {"bootstrap": 100, "null": 20}})
    jobs = workflow.plan()
    assert jobs == size(Study(validate(workflow.config)))["jobs"]
    assert not {"extract_activations", "table_activations", "test_best_layer"} & set(jobs)
    workflow.run()
    tables = {path.stem for path in (tmp_path / "results/tables").glob("*.csv")}
    assert tables == {"baselines", "correlations", "distances", "finetuning", "impact", "transfer"}
    assert set(pd.read_csv(tmp_path / "results/tables/transfer.csv").target) == {"en", "de"}
    report = (tmp_path / "results/report.html").read_text(encoding="utf-8")
    assert "zero-shot accuracy" in report


def test_a_config_with_nothing_to_measure_is_told():
    with pytest.raises(ConfigError, match="top level: there is nothing to measure; name `corpora`, `tasks` or both"):
        validate({"models": {"mine": {"hub": "google/mt5-base", "revision": "a" * 40}}})
