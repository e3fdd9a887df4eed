"""The grids of the two founding studies are planned with no network, no model and no data at hand."""

import os
import socket
import subprocess
import sys

import pytest
from checkout import ROOT, Workflow

from isogloss.config.read import load, read
from isogloss.plan.size import size
from isogloss.plan.study import Study

STUDIES = ("mousi2024", "philippy2023")


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with an empty cache, and a hub that would answer nobody."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "empty"))
        yield tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_snakemake_plans_it_and_isogloss_plan_counts_the_same(bare, name):
    file = ROOT / "config" / f"{name}.yaml"
    jobs = Workflow(bare, read(file)).plan()
    assert jobs == size(Study(load(file)))["jobs"]
    assert jobs["finetune"] > 5
    assert not (bare / "empty").exists()


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize(("command", "said"), [("check", "no mistakes found"), ("plan", "jobs in all")])
def test_check_and_plan_need_nothing_either(bare, name, command, said):
    file = str(ROOT / "config" / f"{name}.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "isogloss.cli", command, file], cwd=bare, env=os.environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_what_the_released_code_settles_is_in_the_configs():
    mousi, philippy = (load(ROOT / "config" / f"{name}.yaml") for name in STUDIES)
    assert mousi.activations.convention == mousi.concept_alignment.convention == "released"
    assert mousi.concept_overlap.convention == "released"
    assert (mousi.concepts.method, mousi.concepts.clusters, mousi.concepts.seeds) == ("kmeans_restarts", 600, [212])
    assert (mousi.selection.max_frequency, mousi.selection.min_frequency) == (15, 0)
    task = philippy.tasks["xnli"]
    assert (task.epochs, task.batch, task.learning_rate, task.warmup, task.max_length) == (3, 32, 2e-5, 0, 128)
    assert len(task.sources) == len(task.data.languages) == 15
    assert not philippy.corpora
