"""Impact: how far fine-tuning moved a language's space (Philippy et al. 2023)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the sentence vectors of a task's test items before and after a fine-tuning."""
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    return {
        "pretrained": places("sentences", model=one.model, checkpoint="pretrained", task=one.task),
        "tuned": places("sentences", model=one.model, checkpoint=one.checkpoint, task=one.task),
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name the source language and the columns of a row."""
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    return {"source": one.source, "attributes": one.identity}


MEASURE = Measure(
    name="impact",
    rule="measure_impact",
    variant_rule="measure_variant_impact",
    cell="tuning",
    function="isogloss.measures.impact.compute:write_impact",
    cells=lambda study: study.tuning_cells,
    takes=takes,
    spec=spec,
    gives={"output": ("impact", "csv"), "replicates_output": ("impact_replicates", "parquet")},
    message="Impact",
)
