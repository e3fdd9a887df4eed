"""Retrieval: what a model's sentence and word vectors find in another language."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

# How the forward pass runs: as for the stores.
FORWARD = ("token_budget", "max_length", "device", "precision")


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a checkpoint and the corpus in every language."""
    languages = study.settings.corpora[cell["corpus"]].languages
    return {
        "checkpoint": places("checkpoint", **cell),
        "corpora": {language: places("corpus", corpus=cell["corpus"], language=language) for language in languages},
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the weights and the text."""
    return {
        "seed": study.settings.concepts.seeds[0],
        "source": study.settings.corpora[cell["corpus"]].pairs.source,
        "threads": study.settings.compute.threads,
        **{name: getattr(study.settings.activations, name) for name in FORWARD},
        "attributes": study.identity(cell),
    }


MEASURE = Measure(
    name="retrieval",
    rule="score_retrieval",
    cell="corpus",
    function="isogloss.measures.retrieval.compute:evaluate",
    cells=lambda study: study.corpus_cells if study.settings.retrieval else [],
    takes=takes,
    spec=spec,
    gives={"output": ("retrieval", "csv")},
    needs="retrieval",
    message="Sentence and word retrieval",
)
