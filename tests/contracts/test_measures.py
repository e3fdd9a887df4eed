"""What holds for every measure, and the page that shows how one is added."""

import dataclasses
import importlib
import inspect
import re
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import validate
from isogloss.errors import IsoglossError
from isogloss.measures import MEASURES
from isogloss.plan import needs, plug_ins
from isogloss.plan.places import CELLS, Places
from isogloss.plan.study import Study, plain

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {measure.name: measure for measure in MEASURES}


@pytest.fixture(scope="module")
def study():
    """Every measure: the demo's, and those that it leaves out for their time."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    othello = yaml.safe_load((ROOT / "config" / "othello.yaml").read_text(encoding="utf-8"))
    for section in ("corpora", "models"):
        config[section] |= othello[section]
    edits = {"tasks": ["inference"], "facts": {"corpus": "microworld", "models": ["naive"]}}
    spaces = {"tasks": ["sentiment"], "corpora": ["microworld"]}
    more = {"space_similarity": spaces, "edits": edits, "sweep": {"clusters": [5]}, "board_probe": {}}
    return Study(validate({**config, **more}))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_measure_s_function_takes_what_its_rule_hands_over(study, name):
    measure = BY_NAME[name]
    cells = measure.cells(study)
    assert cells, "no study shows it"
    module, _, function = measure.function.partition(":")
    wanted = inspect.signature(getattr(importlib.import_module(module), function)).parameters
    for cell in (cells[0], cells[-1]):
        handed = {**measure.takes(study, Places("results"), cell), **measure.gives, **measure.spec(study, cell)}
        needed = {key for key, parameter in wanted.items() if parameter.default is parameter.empty}
        assert needed <= set(handed) - {"made_from"} <= set(wanted)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_measure_s_cells_name_its_files(study, name):
    measure = BY_NAME[name]
    places = Places("results")
    wildcards = set(re.findall(r"{(\w+)}", CELLS[measure.cell]))
    for folder, ending in measure.gives.values():
        files = {places.metric(folder, measure.cell, ending, **cell) for cell in measure.cells(study)}
        assert len(files) == len(measure.cells(study))
        assert not any("{" in file for file in files)
    assert all(wildcards <= set(cell) for cell in measure.cells(study))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_measure_s_values_are_plain_and_its_needs_are_known(study, name):
    measure = BY_NAME[name]
    cell = measure.cells(study)[0]
    values = plain(measure.spec(study, cell))
    assert values == plain(measure.spec(study, dict(cell)))
    assert list(values) == sorted(values)
    asked = getattr(needs, measure.needs)(study, **cell)
    assert asked.mem_mb > 0
    assert asked.runtime > 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "impact"}, "2 measures have the name 'impact'"),
        ({"rule": "measure_impact"}, "2 measures have the rule 'measure_impact'"),
        ({"cell": "pair-layr"}, "there is no cell 'pair-layr'; did you mean 'pair-layer'"),
        ({"function": "isogloss.measures.impact.compute:nothing"}, "there is no function"),
        ({"function": "isogloss.measures.nothing:nothing"}, "there is no function"),
        ({"gives": {}}, "writes no file"),
    ],
)
def test_a_mistake_is_told_when_the_workflow_starts(change, told):
    one = dataclasses.replace(BY_NAME["transfer"], **{"name": "another", "rule": "score_another", **change})
    plug_ins.check_measures()
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_measures([*MEASURES, one])
