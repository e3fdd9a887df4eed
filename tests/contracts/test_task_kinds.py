"""What holds for every kind of task."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isogloss.config.root import Config
from isogloss.errors import IsoglossError
from isogloss.models.families import FAMILIES, LABELS, TAGS, TRANSLATION
from isogloss.models.words import Sentence
from isogloss.plan import plug_ins
from isogloss.plan.identity import reached
from isogloss.report.figures.tuned import NAMES, PRIMARY
from isogloss.report.tables import COLUMNS
from isogloss.tasks.items import write_items
from isogloss.tasks.kinds import BY_NAME, KINDS
from isogloss.tasks.kinds.kind import TaskKind, function_of, kind_named
from isogloss.tasks.settings import Task

TEXTS = ["the red house", "a cat sleeps", "two old books", "she reads well"] * 5
# Of each kind: what a table holds beside the texts, and what a task says of it.
TRIED = {
    LABELS: ({"label": ["a", "b"] * 10}, {"labels": ["a", "b"]}),
    TAGS: ({"label": [["O", "B-X", "I-X"]] * 20}, {"labels": ["O", "B-X", "I-X"]}),
    TRANSLATION: ({"other": ["das rote Haus steht dort"] * 20}, {"other_text": "other", "into": "de"}),
}


@pytest.fixture
def items(tmp_path, request):
    """A kind of task, and its items as they are read from a table."""
    name = request.param
    assert name in TRIED, f"say here how {name} is tried"
    columns, more = TRIED[name]
    pd.DataFrame({"text": TEXTS, **columns}).to_parquet(tmp_path / "en.parquet")
    output = tmp_path / "items.parquet"
    write_items(kind="table", language="en", part="training", train=str(tmp_path / "en.parquet"), output=output,
                form=name, **more)  # fmt: skip
    task = kind_named(name, labels=more.get("labels"), into=more.get("into"))
    return task, pd.read_parquet(output)


@pytest.mark.parametrize("items", list(BY_NAME), indirect=True)
def test_right_answers_score_as_high_as_can_be_and_baselines_answer_each_item(items):
    task, table = items
    truth = task.truth(table)
    assert len(truth) == len(table)
    assert all(isinstance(answer, str) and answer for answer in truth)
    measures = task.measures(truth)
    assert len({measure.name for measure in measures}) == len(measures)
    guesses = {name: guess(table) for name, guess in task.baselines(table[table.split == "training"]).items()}
    assert guesses
    for measure in measures:
        best, *rest = (
            measure.score(measure.statistics(truth, said).sum(0, keepdims=True)) for said in (truth, *guesses.values())
        )
        assert best == pytest.approx(1)
        assert all(np.isfinite(score).all() and (score <= best + 1e-9).all() for score in rest)
    assert {measure.name for measure in measures} & set(task.shown)


@pytest.mark.parametrize("items", list(BY_NAME), indirect=True)
def test_features_are_an_entry_an_item(items, monkeypatch):
    from isogloss.models import words

    task, table = items
    sentences = [
        Sentence([0, 5, 6, 7, 1], None, {word: (word + 1, word + 2) for word in range(3)}, 3, 3, np.arange(1, 4))
        for _ in range(len(table))
    ]
    monkeypatch.setattr(words, "read_sentences", lambda *some, **more: sentences)
    loaded = type("Loaded", (), {"tokenizer": None})()
    assert len(task.features(table, sentences, loaded, 16)) == len(table)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_kind_is_in_the_config_and_some_family_can_be_tuned_for_it(name):
    kind = BY_NAME[name]
    assert repr(name) in repr(Task.model_fields["kind"].annotation)
    assert repr(name) in repr(Config.model_json_schema()).replace('"', "'")
    assert any(kind.head in family.heads for family in FAMILIES.values())
    assert set(kind.shown) <= set(PRIMARY) & set(NAMES)
    assert "measure" in COLUMNS


@pytest.mark.parametrize(
    "step",
    [
        "isogloss.tasks.items:write_items",
        "isogloss.tasks.finetune:finetune",
        "isogloss.tasks.test_pass:run_items",
        "isogloss.measures.transfer.compute:write_scores",
        "isogloss.measures.baselines.compute:write_baselines",
    ],
)
def test_a_step_hangs_on_no_kind_but_the_one_in_its_params(step):
    modules = {module for module, _ in reached(step)}
    own = {function_of(name).partition(":")[0] for name in BY_NAME}
    assert not modules & own
    rules = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[2].glob("workflow/rules/*.smk"))
    assert "measures" in step or f'code_of_task("{step}")' in rules


class Nothing(TaskKind):
    """A kind that does nothing."""

    name = "nothing"
    head = LABELS
    shown = {"x": "x"}  # noqa: RUF012


class Headless(BY_NAME[LABELS]):
    """A kind of a head that no model has."""

    name = "sequence-classification"
    head = "sequence-clasification"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (BY_NAME[LABELS], "2 kinds of task have the name 'sequence-classification'"),
        (Nothing, "'nothing': there is no function isogloss.tasks.kinds.nothing:Kind"),
    ],
)
def test_a_mistake_is_told_when_the_workflow_starts(kind, told):
    plug_ins.check_task_kinds()
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_task_kinds([*KINDS, kind])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Nothing, "'nothing' has no function `read`"),
        (Headless, "there is no head 'sequence-clasification'; did you mean 'sequence-classification'"),
    ],
)
def test_a_mistake_within_a_kind_is_told_when_the_workflow_starts(kind, told, monkeypatch):
    monkeypatch.setattr(plug_ins, "check_function", lambda where, function: None)
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_task_kinds([kind])
