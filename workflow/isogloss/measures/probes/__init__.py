"""Linear probes learnt in one language and tested in every other."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def cells(study: Any) -> list[Cell]:
    """List the test passes of classification tasks: the other kinds have no label of a whole item."""
    section, tasks = study.settings.probes, study.settings.tasks
    labelled = [name for name, task in tasks.items() if task.kind == "sequence-classification"]
    chosen = [name for name in labelled if section and name in (section.tasks or labelled) and labels(study, name)]
    return [cell for cell in study.test_cells if cell["task"] in chosen]


def labels(study: Any, task: str) -> list[str]:
    """List what is probed for in a task; only the microworld's texts tell what they mean."""
    known = study.settings.tasks[task].data.kind == "microworld"
    return [name for name in study.settings.probes.labels if known or name == "label"]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the sentence vectors of a task's test items, and the items, in every language."""
    task = cell["task"]
    items = {target: places("items", task=task, language=target, part="test") for target in study.task_targets(task)}
    return {"vectors": places("sentences", **cell), "test": items}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside its files."""
    own = {"labels": labels(study, cell["task"]), "threads": study.settings.compute.threads, "attributes": cell}
    return {**study.settings.probes.model_dump(exclude={"tasks"}), **own}


MEASURE = Measure(
    name="probes",
    rule="probe_languages",
    cell="test-items",
    function="isogloss.measures.probes.compute:write_probes",
    cells=cells,
    takes=takes,
    spec=spec,
    gives={"output": ("probes", "csv")},
    needs="probes",
    message="Linear probes",
)
