"""What a run ends in: figures follow from the tables that it has, and each pair has its concept cards."""

from pathlib import Path

import pytest
import tiny_families
import yaml

from isogloss.config.read import load, validate
from isogloss.plan import specs, targets
from isogloss.plan.places import Places
from isogloss.plan.study import Study
from isogloss.report.figures.catalogue import FIGURES

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.mark.parametrize("name", ["config.yaml", "test/tiny.yaml", "test/tasks.yaml"])
def test_a_figure_is_drawn_where_all_its_tables_are_made(name):
    study = Study(load(CONFIG / name))
    places = Places("results")
    tables = {Path(path).stem for path in targets.tables(study, places)}
    wanted = [figure.name for figure in FIGURES if set(figure.tables) <= tables]
    assert list(targets.figures(study, places)) == wanted
    assert ("transfer_heatmap" in wanted) == bool(study.settings.tasks)


def test_cards_are_made_of_each_pair_once_for_all_layers():
    study = Study(load(CONFIG / "test" / "tiny.yaml"))
    cells = study.kind_cells
    assert len({tuple(cell.values()) for cell in cells}) == len(cells) == 2 + 2 * 2  # encoder; encoder and decoder
    layers = {cell["model"]: study.layers(cell["model"]) for cell in cells}
    assert sum(len(layers[cell["model"]]) for cell in cells) == len(study.layer_cells)
    spec = specs.cards(study, cells[0])
    assert spec["layers"] == layers[cells[0]["model"]]
    assert spec["settings"]["null"] == 0


def test_cards_of_stacks_of_unlike_depth_have_the_layers_of_both(tmp_path):
    content = yaml.safe_load((CONFIG / "test" / "tiny.yaml").read_text())
    content["models"] = {"uneven": {"folder": str(tiny_families.make(tmp_path, "t5"))}}
    study = Study(validate(content))
    layers = {cell["kind"]: specs.cards(study, cell)["layers"] for cell in study.kind_cells}
    assert layers == {"encoder-encoder": [0, 1, 2, 3], "encoder-decoder": [0, 1, 2]}
    for kind, expected in layers.items():
        assert sorted({cell["layer"] for cell in study.layer_cells if cell["kind"] == kind}) == expected
