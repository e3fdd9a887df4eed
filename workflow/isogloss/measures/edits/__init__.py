"""Edits: what is changed in one language, asked in all (XME, Beniwal et al. 2024)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

WHOLE = "whole"
FORWARD = ("token_budget", "device")


def cells(study: Any) -> list[Cell]:
    """List the checkpoints of classification tasks that are tuned whole, by language to edit in and set of weights."""
    section, tasks = study.settings.edits, study.settings.tasks
    if not section:
        return []
    labelled = [name for name, task in tasks.items() if task.kind == "sequence-classification" and task.same_items]
    return [
        {"model": one.model, "checkpoint": one.checkpoint, "language": language, "weights": weights}
        for one in study.tuned
        if one.variant == WHOLE and one.task in labelled and one.task in (section.tasks or labelled)
        for language in section.languages or [one.source]
        if language in study.task_targets(one.task)
        for weights in section.weights
    ]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a checkpoint, and its task's test items in every language."""
    task = study.task_of(cell["model"], cell["checkpoint"])
    items = {target: places("items", task=task, language=target, part="test") for target in study.task_targets(task)}
    return {"checkpoint": places("checkpoint", model=cell["model"], checkpoint=cell["checkpoint"]), "test": items}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside its files."""
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    settings = study.settings
    return {
        **settings.edits.model_dump(exclude={"tasks", "languages", "weights"}),
        **settings.activations.model_dump(include=set(FORWARD)),
        "labels": settings.tasks[one.task].all_labels(),
        "source": cell["language"],
        "weights": cell["weights"],
        "max_length": settings.tasks[one.task].max_length,
        "threads": settings.compute.threads,
        "attributes": one.identity,
    }


MEASURE = Measure(
    name="edits",
    rule="edit_checkpoint",
    cell="edits",
    function="isogloss.measures.edits.compute:write_edits",
    cells=cells,
    takes=takes,
    spec=spec,
    gives={"output": ("edits", "csv")},
    needs="edits",
    gpu=True,
    message="Edits",
)
