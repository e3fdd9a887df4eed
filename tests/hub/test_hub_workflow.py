"""Data of the hub through the rules: fetched by jobs of their own, once; everything after them is offline."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from test_data import parquet

from isogloss.config.read import validate
from isogloss.plan import size
from isogloss.plan.study import Study
from isogloss.text.presets import CORPORA

ROOT = Path(__file__).resolve().parents[2]
LABELS = ["yes", "no"]


@pytest.fixture
def run(hub, tmp_path):
    """Run Snakemake in a folder of its own; the hub's address comes from the environment, as a user's does."""

    def run(*arguments, **more):
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1"]
        command += ["--configfile", str(tmp_path / "config.yaml"), "--directory", str(tmp_path), *arguments]
        environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "cache"), **more}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def study(hub, tmp_path):
    """Talks in three languages, of which one lacks a row, and a task on a data set with numbers for labels."""
    talks = [
        {"language": ["en", "de", "zh-cn"], "translation": ["the dog runs", "der Hund rennt", "狗 跑"]},
        {"language": ["en", "zh-cn"], "translation": ["a cat sleeps", "猫 睡"]},
    ]
    preset = CORPORA["ted-multi"]
    files = {"plain_text/test/0000.parquet": parquet({"translations": talks})}
    hub.push(preset["repository"], files, kind="datasets", commit_name=preset["revision"])
    items = {"sentence": ["the dog runs", "a cat sleeps"] * 10, "label": [0, 1] * 10}
    files = {f"{name}/{split}.parquet": parquet(items, {"label": LABELS}) for name in ("en", "de") for split in "ab"}
    task = hub.push("some/task", files, kind="datasets")
    config = {
        "results": "results",
        "corpora": {
            "talks": {
                "kind": "hub", "preset": "ted-multi", "languages": ["en", "de", "zh"],
                "pairs": {"source": "en", "targets": ["de", "zh"]},
            }
        },
        "models": {"bert": {"hub": "tiny/bert", "revision": "a" * 40, "depth": 1, "family": "bert"}},
        "tasks": {
            "answer": {
                "kind": "sequence-classification", "models": ["bert"], "sources": ["en"],
                "data": {
                    "kind": "hub", "repository": "some/task", "revision": task, "languages": ["en", "de"],
                    "train": "{language}/a.parquet", "test": "{language}/b.parquet", "text": "sentence",
                    "labels": LABELS,
                },
            }
        },
    }  # fmt: skip
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return config


WANTED = (
    "results/corpora/talks/en.parquet",
    "results/corpora/talks/de.parquet",
    "results/corpora/talks/zh.parquet",
    "results/tasks/answer/en/training.parquet",
    "results/tasks/answer/de/test.parquet",
)


@pytest.mark.slow
def test_a_study_of_the_hubs_data_is_planned_without_it_fetched_once_and_then_offline(hub, run, study, tmp_path):
    planned = run("--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert hub.contents.requests == [], "a plan asks the hub for nothing"
    jobs = size.size(Study(validate(study)))["jobs"]
    assert (jobs["fetch_model"], jobs["fetch_text"], jobs["fetch_items"]) == (1, 3, 3)
    for rule in ("fetch_model", "fetch_text", "fetch_items"):
        assert re.search(rf"^{rule} +{jobs[rule]}$", planned.stdout, flags=re.MULTILINE)
    done = run(*WANTED)
    assert done.returncode == 0, done.stderr
    chinese = pd.read_parquet(tmp_path / "results/corpora/talks/zh.parquet")
    german = pd.read_parquet(tmp_path / "results/corpora/talks/de.parquet")
    assert [list(words) for words in chinese.words] == [["狗", "跑"], ["猫", "睡"]]
    assert list(german.sentence) == [0], "a row that lacks a language keeps its number in the others"
    items = pd.read_parquet(tmp_path / "results/tasks/answer/de/test.parquet")
    assert list(items.label.head(2)) == LABELS
    asked = len(hub.contents.requests)
    again = run(*WANTED, "--forcerun", "fetch_text", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert len(hub.contents.requests) == asked


@pytest.mark.slow
def test_a_fetch_that_fails_is_one_line_on_the_console_and_leaves_what_others_made(hub, run, study, tmp_path):
    hub.contents.gated.add("some/task")
    done = run(*WANTED, "--keep-going")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert f"Accept its terms on {hub.url}/datasets/some/task" in said
    assert "Traceback" not in said
    assert (tmp_path / "results/corpora/talks/zh.parquet").is_file()
