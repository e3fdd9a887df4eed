"""Mistakes about checkpoints that were tuned elsewhere are one line each, before anything runs."""

import copy
from pathlib import Path

import pytest
import tiny_families
import tiny_tuned
import yaml

from isogloss.config.read import ConfigError, validate
from isogloss.plan.notes import notes
from isogloss.plan.study import Study

TASKS = yaml.safe_load((Path(__file__).resolve().parents[3] / "config" / "test" / "tasks.yaml").read_text())
COMMIT = "a" * 40


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model, a checkpoint of it, and one of another model."""
    folder = tmp_path_factory.mktemp("files")
    base = tiny_families.make(folder / "base", "bert")
    wide = tiny_families.make(folder / "wide", "bert", hidden_size=32)
    tiny_tuned.classifier(base, folder / "tuned", ["positive", "negative"])
    tiny_tuned.classifier(wide, folder / "of-another", ["positive", "negative"])
    return folder


def config(files, **changes):
    """A config whose model has one checkpoint."""
    content = copy.deepcopy(TASKS)
    content["tasks"]["sentiment"]["max_length"] = 64
    own = {"folder": str(files / "tuned"), "task": "sentiment", "source": "de", **changes}
    checkpoint = {key: value for key, value in own.items() if value is not None}
    content["models"]["mine"] = {"folder": str(files / "base"), "checkpoints": {"theirs": checkpoint}}
    return content


def messages(content):
    with pytest.raises(ConfigError) as caught:
        validate(content, "x.yaml")
    assert len(caught.value.messages) == 1, caught.value.messages
    return caught.value.messages[0]


def test_a_sound_one_is_a_checkpoint_of_its_task(files):
    study = Study(validate(config(files)))
    assert "theirs" in study.concept_checkpoints("mine")
    assert study.task_of("mine", "theirs") == "sentiment"


def test_a_task_that_this_config_does_not_have_is_noted(files):
    study = Study(validate(config(files, task="sentimental")))
    (note,) = [note for note in notes(study) if "checkpoints" in note]
    assert note.startswith("models.mine.checkpoints.theirs.task: there is no task 'sentimental' here")
    assert note.endswith("did you mean 'sentiment'?")
    assert {"model": "mine", "checkpoint": "theirs"} not in study.tuning_cells


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hub": "a/b", "revision": COMMIT}, "theirs: needs exactly one of folder, hub; found both"),
        ({"folder": None}, "theirs: needs exactly one of folder, hub; found none"),
        ({"folder": None, "hub": "a/b"}, "theirs.revision: the hub's needs the commit"),
        ({"revision": COMMIT}, "theirs.revision: only a checkpoint of the hub has it"),
        ({"convert": True}, "theirs.convert: only a checkpoint of the hub has it"),
        ({"task": "pretrained"}, "theirs.task: 'pretrained' stands for no task"),
        ({"source": "fr"}, "theirs.source: 'fr' is not among the languages that sentiment is tested on (en, de, tr"),
        ({"labels": ["good", "bad"]}, "theirs.labels: This checkpoint has the labels good, bad; the task's are"),
        ({"folder": "/nowhere"}, "theirs.folder: There is no model folder /nowhere"),
        ({"task": "translation", "source": "de"}, "was tuned for sequence-classification"),
    ],
)
def test_a_mistake_is_one_line(files, changes, expected):
    found = messages(config(files, **changes))
    assert found.startswith("x.yaml: models.mine.checkpoints.theirs")
    assert expected in found


def test_what_does_not_fit_the_model_is_told_where_the_files_are_here(files):
    content = config(files, folder=str(files / "of-another"))
    assert "theirs.folder: The checkpoint in" in messages(content)
    assert "its width is 32, the model's 16" in messages(content)


def test_a_name_or_a_seed_that_is_taken_is_told(files):
    content = config(files)
    checkpoints = content["models"]["mine"]["checkpoints"]
    checkpoints["sentiment-en-seed0"] = checkpoints.pop("theirs")
    assert "sentiment-en-seed0: a checkpoint that is made here is called so; rename it" in messages(content)
    content = config(files)
    content["tasks"]["sentiment"]["models"].append("mine")
    assert "theirs.seed: a checkpoint that is tuned here has the same task, source and seed (0)" in messages(content)
    content["models"]["mine"]["checkpoints"]["theirs"]["seed"] = 7
    validate(content)


def test_a_task_s_length_must_fit_the_model_of_a_checkpoint_too(files):
    content = config(files)
    content["tasks"]["sentiment"]["max_length"] = 128
    assert "tasks.sentiment.max_length: 'mine' (bert) reads at most 96 subwords" in messages(content)


def test_a_control_has_none(files):
    content = config(files)
    checkpoints = content["models"]["mine"].pop("checkpoints")
    content["models"]["control"] = {"randomised": "mine", "checkpoints": checkpoints}
    assert "models.control.checkpoints: a control has none" in messages(content)


def test_a_task_with_neither_models_nor_checkpoints_is_told(files):
    content = config(files)
    content["tasks"]["sentiment"]["models"] = []
    del content["tasks"]["sentiment"]["variants"]
    validate(content)
    del content["models"]["mine"]["checkpoints"]
    assert "tasks.sentiment.models: no model is named, and no ready-made checkpoint is of this task" in messages(
        content
    )
