"""Edits: what is changed in one language, asked in all (XME, Beniwal et al. 2024)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

WHOLE, PRETRAINED = "whole", "pretrained"
FORWARD = ("token_budget", "device")


def cells(study: Any) -> list[Cell]:
    """List the checkpoints by language to edit in and set of weights.

    They are those of classification tasks that are tuned whole, and pretrained language models that know facts.
    """
    section, tasks = study.settings.edits, study.settings.tasks
    if not section:
        return []
    chosen = list(tasks) if section.tasks is None else section.tasks
    labelled = [name for name in chosen if tasks[name].kind == "sequence-classification" and tasks[name].same_items]
    found = [
        (one.model, one.checkpoint, language)
        for one in study.tuned
        if one.variant == WHOLE and one.task in labelled
        for language in section.languages or [one.source]
        if language in study.task_targets(one.task)
    ]
    if section.facts:
        corpus = study.settings.corpora[section.facts.corpus]
        found += [
            (model, PRETRAINED, language)
            for model in section.facts.models
            for language in section.languages or [corpus.pairs.source]
            if language in corpus.languages
        ]
    return [
        {"model": model, "checkpoint": checkpoint, "language": language, "weights": weights}
        for model, checkpoint, language in found
        for weights in section.weights
    ]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a checkpoint, and in every language its task's test items, or the text that facts are from."""
    if cell["checkpoint"] == PRETRAINED:
        corpus = study.settings.edits.facts.corpus
        languages = study.settings.corpora[corpus].languages
        test = {language: places("corpus", corpus=corpus, language=language) for language in languages}
    else:
        task = study.task_of(cell["model"], cell["checkpoint"])
        test = {target: places("items", task=task, language=target, part="test") for target in study.task_targets(task)}
    return {"checkpoint": places("checkpoint", model=cell["model"], checkpoint=cell["checkpoint"]), "test": test}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside its files."""
    settings = study.settings
    told = {
        **settings.edits.model_dump(exclude={"tasks", "facts", "languages", "weights", "wanted"}),
        **settings.activations.model_dump(include=set(FORWARD)),
        "source": cell["language"],
        "weights": cell["weights"],
        "threads": settings.compute.threads,
    }
    if cell["checkpoint"] == PRETRAINED:
        named = {"model": cell["model"], "checkpoint": PRETRAINED, "task": "facts", "variant": PRETRAINED, "seed": 0}
        return {**told, "answers": settings.edits.facts.answers, "attributes": named}
    one = study.by_checkpoint[cell["model"], cell["checkpoint"]]
    task = settings.tasks[one.task]
    return {
        **told,
        "labels": task.all_labels(),
        "wanted": settings.edits.wanted,
        "max_length": task.max_length,
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
