"""Baselines: what shared words, or the most frequent label, reach alone."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure
from isogloss.tasks.kinds.kind import function_of


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a task's training items in one language and its test items in all."""
    targets = study.task_targets(cell["task"])
    return {
        "training": places("items", task=cell["task"], language=cell["source"], part="training"),
        "test": {target: places("items", task=cell["task"], language=target, part="test") for target in targets},
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the items."""
    task = study.settings.tasks[cell["task"]]
    return {
        "kind": task.kind,
        "into": task.into,
        "tag_measure": task.tag_measure,
        "source": cell["source"],
        "same_items": task.same_items,
        "attributes": {"task": cell["task"]},
    }


MEASURE = Measure(
    name="baselines",
    rule="score_baselines",
    cell="task-source",
    function="isogloss.measures.baselines.compute:write_baselines",
    cells=lambda study: study.baseline_cells,
    takes=takes,
    spec=spec,
    plug_ins=lambda study, cell: [function_of(study.settings.tasks[cell["task"]].kind)],
    gives={"output": ("baselines", "csv")},
    message="What words alone tell",
)
