import copy
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import validate
from isogloss.plan import needs as effort
from isogloss.plan.study import Study

ROOT = Path(__file__).resolve().parents[3]
TINY = yaml.safe_load((ROOT / "config" / "test" / "tiny.yaml").read_text())
ESTIMATES = ("extraction", "training", "clustering", "joint_clustering", "scoring")


def needs(estimate: str, **changes) -> effort.Effort:
    """Estimate for a config in which more sentences mean more words to look at, as they do in natural text."""
    config = {**copy.deepcopy(TINY), "selection": {"max_frequency": 10**8}}
    for path, value in changes.items():
        *sections, key = path.split("__")
        section = config
        for name in sections:
            section = section.setdefault(name, {})
        section[key] = value
    return getattr(effort, estimate)(Study(validate(config, name="test")), model="encoder", corpus="microworld")


def test_a_gpu_asks_for_less_time():
    large = {"corpora__microworld__sentences": 1_000_000}
    assert needs("clustering", **large, concepts__device="cuda").runtime < needs("clustering", **large).runtime


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_the_smallest_work_asks_for_little(estimate):
    assert needs(estimate).mem_mb < 4000
    assert needs(estimate).runtime < 15


@pytest.mark.parametrize(
    ("estimate", "change"),
    [
        ("extraction", {"corpora__microworld__sentences": 10_000_000}),
        ("extraction", {"models__encoder__train__hidden": 2048, "corpora__microworld__sentences": 100_000}),
        ("training", {"models__encoder__train__steps": 100_000, "models__encoder__train__hidden": 512}),
        ("clustering", {"corpora__microworld__sentences": 1_000_000}),
        ("clustering", {"concepts__clusters": 6000, "corpora__microworld__sentences": 100_000}),
        ("joint_clustering", {"corpora__microworld__sentences": 1_000_000}),
        ("scoring", {"corpora__microworld__sentences": 1_000_000}),
    ],
)
def test_more_work_asks_for_more(estimate, change):
    assert needs(estimate, **change).runtime > needs(estimate).runtime
    assert needs(estimate, **change).mem_mb >= needs(estimate).mem_mb
    if "sentences" in str(change) and estimate != "extraction":
        assert needs(estimate, **change).mem_mb > needs(estimate).mem_mb


def test_the_paper_s_setting_fits_an_ordinary_node():
    config = copy.deepcopy(TINY)
    config["models"] = {"mbert": {"hub": "google-bert/bert-base-multilingual-cased", "revision": "0" * 40}}
    config["corpora"]["microworld"]["sentences"] = 100_000
    config["selection"] = {"max_frequency": 10**8}
    config["concepts"]["clusters"] = 600
    config["activations"] = {"device": "auto"}
    study = Study(validate(config, name="test"))
    for estimate in ("extraction", "joint_clustering"):
        asked = getattr(effort, estimate)(study, model="mbert", corpus="microworld")
        assert 10 <= asked.runtime < 24 * 60, estimate
        assert 2000 < asked.mem_mb < 120_000, estimate


def tuning(**data) -> tuple[effort.Effort, effort.Effort]:
    """Estimate the fine-tuning of a hub model on the user's own table."""
    config = copy.deepcopy(TINY)
    config["models"] = {"xlmr": {"hub": "FacebookAI/xlm-roberta-base", "revision": "0" * 40}}
    task = {"kind": "sequence-classification", "models": ["xlmr"], "sources": ["en"]}
    task["data"] = {"kind": "table", "languages": ["en", "de", "ar"], "labels": ["yes", "no"], **data}
    config["tasks"] = {"nli": task}
    study = Study(validate(config, name="test", files=False))
    asked = effort.finetuning(study, model="xlmr", checkpoint="nli-en-seed0")
    return asked, effort.test_pass(study, model="xlmr", task="nli")


def test_a_few_items_ask_for_minutes(tmp_path):
    for language in ("en", "de", "ar"):
        for split in ("train", "test"):
            rows = ["text,label", *(f"a sentence of seven words number {number},yes" for number in range(640))]
            (tmp_path / f"{language}-{split}.csv").write_text("\n".join(rows) + "\n")
    tuned, tested = tuning(train=f"{tmp_path}/{{language}}-train.csv", test=f"{tmp_path}/{{language}}-test.csv")
    assert tuned.runtime < 120
    assert tested.runtime < 60


def test_where_no_items_are_here_they_are_assumed(tmp_path):
    tuned, tested = tuning(train=f"{tmp_path}/{{language}}-train.csv", test=f"{tmp_path}/{{language}}-test.csv")
    assert tuned.runtime > 24 * 60, "XNLI on a CPU"
    assert tested.runtime < 24 * 60
