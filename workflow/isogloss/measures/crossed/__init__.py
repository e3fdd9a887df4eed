"""Crossed inputs: two texts in two languages."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the answers."""
    section, one = study.settings.crossed, study.by_checkpoint[cell["model"], cell["checkpoint"]]
    own = {"source": one.source, "attributes": one.identity}
    return {**section.model_dump(include={"null", "bootstrap", "seed"}), **own}


MEASURE = Measure(
    name="crossed",
    rule="score_crossed",
    cell="test-items",
    function="isogloss.measures.crossed.compute:write_crossed",
    cells=lambda study: study.crossed_cells,
    takes=lambda study, places, cell: {"predictions": places("crossed", **cell)},
    spec=spec,
    gives={"output": ("crossed", "csv")},
    message="Two texts in two languages",
)
