"""A study of tasks alone, and one of parallel text alone, end in a report; the latter is the tiny config's."""

import copy

import pytest
import yaml
from checkout import ROOT, Workflow

pytestmark = pytest.mark.slow


def test_a_study_without_parallel_text_ends_in_a_report(tmp_path):
    config = copy.deepcopy(yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text(encoding="utf-8")))
    config["results"] = "results"
    config["models"] = {"encoder": config["models"]["encoder"] | {"corpora": []}}
    sentiment = config["tasks"]["sentiment"]
    sentiment["data"] |= {"languages": ["en", "de"], "train": 16, "test": 30}
    sentiment |= {"sources": ["de"], "epochs": 1, "concepts": []}
    del sentiment["variants"]
    config["tasks"] = {"sentiment": sentiment}
    workflow = Workflow(tmp_path, config)
    workflow.run("--cores", "1")
    assert {"impact.csv", "transfer.csv", "correlations.csv"} <= {*workflow.tables()}
    assert "concept_alignment.csv" not in workflow.tables()
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "tuned on de; tested on de, en" in page
