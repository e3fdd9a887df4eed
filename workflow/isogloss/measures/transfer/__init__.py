"""Transfer: zero-shot scores of a checkpoint in every language."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure
from isogloss.tasks.kinds.kind import function_of


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the predictions of a checkpoint on its task's test items."""
    return {"predictions": places("predictions", **cell, task=study.task_of(cell["model"], cell["checkpoint"]))}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the predictions."""
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    task, chosen = study.settings.tasks[one.task], study.settings.impact
    return {
        "source": one.source,
        "kind": task.kind,
        "into": task.into,
        "tag_measure": task.tag_measure,
        "draws": chosen.bootstrap,
        "null": chosen.null,
        "seed": chosen.seed,
        "attributes": one.identity,
    }


MEASURE = Measure(
    name="transfer",
    rule="score_transfer",
    cell="tuning",
    function="isogloss.measures.transfer.compute:write_scores",
    cells=lambda study: study.tuning_cells,
    takes=takes,
    spec=spec,
    plug_ins=lambda study, cell: [function_of(study.settings.tasks[study.task_of(**cell)].kind)],
    gives={"output": ("transfer", "csv"), "replicates_output": ("transfer_replicates", "parquet")},
    message="Transfer",
)
