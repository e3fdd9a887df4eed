"""Checkpoints tuned elsewhere stand in the grid like those tuned here; adding one plans that one alone."""

import copy
import re

import pandas as pd
import pytest
import tiny_tuned
from checkout import Workflow
from transformers import AutoModel

from isogloss.config.read import validate
from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.plan.size import size
from isogloss.plan.study import Study

pytestmark = pytest.mark.slow

LABELS = ["negative", "positive"]
LANGUAGES = ["en", "de", "tr"]
# Made of the whole grid, so any change of the grid makes them again.
WHOLE = ("Table ", "Figure ", "Versions", "Report", "Correlations", "Distances between")


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """A finished run of a model with a whole checkpoint, a bare one and an adapter; and what one more would be."""
    folder = tmp_path_factory.mktemp("ready-made")
    texts = {language: list(map(list, generate(language, "training", 60, 1).words)) for language in LANGUAGES}
    base = folder / "base"
    make_random_model(folder=base, family="bert", texts=texts, layers=1, hidden=16, heads=2, vocabulary=300, seed=0)
    tiny_tuned.classifier(base, folder / "whole", LABELS[::-1])
    tiny_tuned.classifier(base, folder / "more", LABELS)
    tiny_tuned.adapter(base, folder / "adapter", labels=2)
    AutoModel.from_pretrained(base).save_pretrained(folder / "bare")
    checkpoints = {
        "whole": {"folder": str(folder / "whole"), "task": "sentiment", "source": "en"},
        "adapted": {"folder": str(folder / "adapter"), "task": "sentiment", "source": "de", "labels": LABELS},
        "bare": {"folder": str(folder / "bare"), "task": "sentiment", "source": "tr"},
    }
    data = {"kind": "microworld", "task": "sentiment", "languages": LANGUAGES, "train": 24, "validation": 8, "test": 24}
    config = {
        "results": "results",
        "corpora": {
            "microworld": {
                "kind": "microworld", "languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]},
                "sentences": 60, "word_alignment": {"method": "gold"},
            }
        },
        "models": {"encoder": {"folder": str(base), "checkpoints": checkpoints, "layers": [1]}},
        "concepts": {"clusters": 4},
        "activations": {"device": "cpu", "precision": "float32"},
        "impact": {"permutations": 199, "bootstrap": 100, "null": 20},
        "tasks": {
            "sentiment": {"kind": "sequence-classification", "data": data, "models": [], "sources": ["en"]}
        },
    }  # fmt: skip
    run = Workflow(folder, config)
    run.jobs = run.plan()
    run.run()
    return run


def table(workflow, name):
    return pd.read_csv(workflow.folder / "results" / "tables" / f"{name}.csv")


def test_they_are_in_every_table_that_one_tuned_here_is_in(workflow):
    every = {"pretrained", "whole", "adapted", "bare"}
    for name in ("concept_alignment", "concept_overlap", "activations"):
        assert set(table(workflow, name).checkpoint) == every
    concepts = table(workflow, "concept_alignment")
    assert set(concepts[concepts.checkpoint != "pretrained"].task) == {"sentiment"}
    impact, transfer = table(workflow, "impact"), table(workflow, "transfer")
    assert set(impact.checkpoint) == set(transfer.checkpoint) == {"whole", "adapted", "bare"}
    assert set(zip(impact.checkpoint, impact.source, strict=True)) == {
        ("whole", "en"),
        ("adapted", "de"),
        ("bare", "tr"),
    }
    moved = impact[(impact.pooling == "mean") & (impact.layer == 1)].groupby("checkpoint").impact.max()
    assert moved["adapted"] > 0.001
    assert moved["whole"] == moved["bare"] == 0, "these have the model's own layers"
    assert transfer[transfer.checkpoint != "bare"].score.notna().all()
    bare = transfer[transfer.checkpoint == "bare"]
    assert bare.score.isna().all()
    assert set(bare.reason) == {"The checkpoint has no head for this task."}
    assert not (workflow.folder / "results/tables/finetuning.csv").exists()
    report = (workflow.folder / "results/report.html").read_text(encoding="utf-8")
    assert "nan" not in re.findall(r"zero-shot accuracy [^<]*", report)[0]


def test_the_plan_counts_what_snakemake_plans(workflow):
    assert size(Study(validate(workflow.config)))["jobs"] == workflow.jobs


def test_one_more_plans_itself_alone(workflow):
    before = copy.deepcopy(workflow.config)
    checkpoints = workflow.config["models"]["encoder"]["checkpoints"]
    checkpoints["more"] = {**checkpoints["whole"], "folder": str(workflow.folder / "more"), "seed": 1}
    checkpoints["other"] = {**checkpoints["bare"], "task": "parsing"}
    workflow.write()
    text = workflow.run("--dry-run", "--quiet", "host").stdout
    workflow.config = before
    workflow.write()
    said = set(re.findall(r"^Job \d+: (.*)$", text, flags=re.MULTILINE))
    own = {message for message in said if not message.startswith(WHOLE)}
    assert all(re.search(r"encoder/(more|other)\b|Checkpoint (more|other)", message) for message in own), own
    tested = {"Impact of encoder/more", "Transfer of encoder/more"}
    assert own >= tested | {"Checkpoint other of encoder, tuned elsewhere"}
    assert not any(message.startswith(("Impact", "Transfer", "Test items")) for message in own if "other" in message)
