"""What a run will leave empty is said before anything is trained."""

from pathlib import Path

import yaml

from isogloss.config.read import load, validate
from isogloss.plan.notes import notes
from isogloss.plan.study import Study

CONFIG = Path(__file__).parents[3] / "config" / "test" / "tasks.yaml"


def study(monkeypatch, languages):
    monkeypatch.setattr(Study, "task_targets", lambda self, task: languages[task])
    return Study(load(CONFIG))


def test_too_few_languages_are_told(monkeypatch):
    told = notes(study(monkeypatch, {"sentiment": ["de", "en"], "translation": ["de", "en", "es", "tr"]}))
    few = "2 languages, and correlations over pairs need at least 4"
    assert told == [
        f"tasks.sentiment.data.languages: {few}; they will be empty.",
        f"tasks.sentiment.variants.frozen.layers: {few}; nothing will be frozen.",
    ]


def test_training_items_that_are_tested_on_are_told(tmp_path):
    for language in ("en", "de"):
        for name in ("a", "b"):
            (tmp_path / f"{name}.{language}.csv").write_text("text,label\nx,yes\n")
    task = yaml.safe_load(CONFIG.read_text())["tasks"]["sentiment"] | {"variants": {}, "sources": ["en"]}
    for test, count in (("a", 1), ("b", 0)):
        data = {"kind": "table", "languages": ["en", "de"], "labels": ["yes", "no"]}
        data |= {"train": f"{tmp_path}/a.{{language}}.csv", "test": f"{tmp_path}/{test}.{{language}}.csv"}
        content = yaml.safe_load(CONFIG.read_text()) | {"tasks": {"own": {**task, "data": data}}}
        told = [note for note in notes(Study(validate(content))) if note.startswith("tasks.own.data.test: ")]
        assert len(told) == count


def test_languages_that_uriel_lacks_are_told_and_withdrawn_codes_understood(monkeypatch):
    told = notes(
        study(monkeypatch, {"sentiment": ["de", "en", "iw", "zh-hant"], "translation": ["de", "en", "in", "xx"]})
    )
    assert told == [
        "tasks.translation.data.languages: URIEL has no language 'xx': it goes by codes of ISO 639-1 (such as sw) or "
        "639-3 (swa). Distances to 'xx' will be empty."
    ]
