"""Weak and strong alignment of linked words in context (Gaschi et al. 2023)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def cells(study: Any) -> list[Cell]:
    """List the pairs of the models to measure."""
    section = study.settings.word_retrieval
    return [cell for cell in study.pair_cells if section and cell["model"] in (section.models or study.settings.models)]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the links of a pair and both sides' activation stores; of a model with a decoder its encoder's."""
    source, target = study.kinds(cell["model"])[0].split("-")
    return {
        "alignment": places("alignment", **cell),
        "source_store": places("store", **cell, space=f"source-{source}"),
        "target_store": places("store", **cell, space=f"target-{target}"),
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside its files."""
    columns = study.identity(cell)
    return {
        **study.settings.word_retrieval.model_dump(exclude={"models"}),
        "threads": study.settings.compute.threads,
        "source": columns.pop("source"),
        "target": columns.pop("target"),
        "attributes": columns,
    }


MEASURE = Measure(
    name="word_retrieval",
    rule="retrieve_words",
    cell="pair",
    function="isogloss.measures.word_retrieval.compute:write_word_retrieval",
    cells=cells,
    takes=takes,
    spec=spec,
    gives={"output": ("word_retrieval", "csv")},
    needs="word_retrieval",
    message="Weak and strong alignment of words",
)
