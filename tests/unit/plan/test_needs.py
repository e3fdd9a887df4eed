import copy
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import validate
from isogloss.plan import needs as effort
from isogloss.plan.study import Study

ROOT = Path(__file__).resolve().parents[3]
TINY = yaml.safe_load((ROOT / "config" / "test" / "tiny.yaml").read_text())
ESTIMATES = ("extraction", "training", "clustering", "joint_clustering", "scoring", "retrieval")


def needs(estimate: str, **changes) -> effort.Effort:
    config = copy.deepcopy(TINY)
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
        ("retrieval", {"corpora__microworld__sentences": 100_000}),
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
    config["concepts"]["clusters"] = 600
    config["activations"] = {"device": "auto"}
    study = Study(validate(config, name="test"))
    for estimate in ("extraction", "joint_clustering"):
        asked = getattr(effort, estimate)(study, model="mbert", corpus="microworld")
        assert 10 < asked.runtime < 24 * 60, estimate
        assert 2000 < asked.mem_mb < 120_000, estimate
