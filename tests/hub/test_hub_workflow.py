"""Data of the hub through the rules: fetched by jobs of their own, once; everything after them is offline."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from loopback import Handler
from test_data import parquet

from isogloss.config.read import validate
from isogloss.plan import size
from isogloss.plan.study import Study
from isogloss.text.presets import CONVERTED, CORPORA

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


@pytest.fixture
def moving(hub, tmp_path, monkeypatch):
    """A corpus and a task of one data set whose branch moves on after each time that it is looked up."""
    commits = []

    def push():
        text = {name: [f"{name} of {len(commits)}"] for name in ("en", "de")}
        files = {f"{name}/test/0.parquet": parquet({"text": text[name], "label": [0]}) for name in text}
        commits.append(hub.push("some/set", files, kind="datasets", branch=CONVERTED))

    def api(handler, *arguments):
        answer(handler, *arguments)
        if arguments[2][0] == "revision":
            push()

    answer = Handler.api
    monkeypatch.setattr(Handler, "api", api)
    push()
    source = {"kind": "hub", "repository": "some/set", "revision": CONVERTED, "languages": ["en", "de"]}
    files = "{language}/test/*.parquet"
    config = {
        "results": "results",
        "corpora": {
            "talks": {**source, "files": files, "text": "text", "pairs": {"source": "en", "targets": ["de"]}}
        },
        "models": {"bert": {"hub": "tiny/bert", "revision": "main", "depth": 1, "family": "bert"}},
        "tasks": {
            "answer": {
                "kind": "sequence-classification", "models": ["bert"], "sources": ["en"],
                "data": {**source, "train": files, "test": files, "labels": LABELS},
            }
        },
    }  # fmt: skip
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    jobs = size.size(Study(validate(config)))["jobs"]
    assert jobs["resolve_branch"] == 2, "one of the data set, one of the model"
    return commits


FETCHED = [f"results/fetched/{name}.parquet" for name in ("talks/en", "talks/de", "answer/de/test")]


def commits_of(folder, files=FETCHED):
    """Give the commits that fetched files are of, and what they hold."""
    about = [json.loads(pq.read_schema(folder / file).metadata[b"isogloss"]) for file in files]
    assert {one["revision"] for one in about} == {CONVERTED}
    texts = {pd.read_parquet(folder / file).text[0].split()[-1] for file in files}
    return {one["commit"] for one in about}, texts


@pytest.mark.slow
def test_a_branch_that_moves_is_looked_up_once_also_by_a_run_that_goes_on(hub, run, moving, tmp_path):
    hub.fail("HEAD", "/de/test/0.parquet", times=2, status=403)
    done = run(*FETCHED, "--keep-going")
    assert done.returncode != 0
    assert (tmp_path / FETCHED[0]).is_file()
    assert not (tmp_path / FETCHED[1]).exists()
    assert f"The revision '{CONVERTED}' of some/set is no commit" in done.stdout + done.stderr
    done = run(*FETCHED)
    assert done.returncode == 0, done.stderr
    assert len(moving) == 2, "the branch was looked up once, and moved on"
    assert commits_of(tmp_path) == ({moving[0]}, {"0"})
    newer = run(*FETCHED, "--forcerun", "resolve_branch")
    assert newer.returncode == 0, newer.stderr
    assert commits_of(tmp_path) == ({moving[1]}, {"1"})
