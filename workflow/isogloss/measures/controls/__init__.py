"""Controls: what a checkpoint still does with items that lack something."""

from dataclasses import replace
from typing import Any

from isogloss.measures.declaration import Cell, Measure


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a checkpoint's answers, those to items that lack something, and those of checkpoints tuned on such items."""
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    trained = {
        name: places("controls", **{**cell, "checkpoint": replace(one, variant=name).checkpoint})
        for name in (() if one.name else study.settings.tasks[cell["task"]].controls)
    }
    return {
        "predictions": places("predictions", **cell),
        "controls": places("controls", **cell),
        **({"trained": trained} if trained else {}),
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the answers."""
    section, one = study.settings.controls, study.by_checkpoint[cell["model"], cell["checkpoint"]]
    return {**section.model_dump(include={"bootstrap", "seed"}), "source": one.source, "attributes": one.identity}


MEASURE = Measure(
    name="controls",
    rule="score_controls",
    cell="test-items",
    function="isogloss.measures.controls.compute:write_controls",
    cells=lambda study: study.control_cells,
    takes=takes,
    spec=spec,
    gives={"output": ("controls", "csv")},
    message="Items that lack something",
)
