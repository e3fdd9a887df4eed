"""Whether a pair shares concepts anywhere in a model, tested by its best layer (Gröger et al. 2026)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

TABLES = ("concept_alignment", "concept_overlap")


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the scores and the draws of all pairs and layers of a checkpoint."""
    layers = [one for one in study.layer_cells if (one["model"], one["checkpoint"]) == tuple(cell.values())]
    return {
        "scores": [places.metric(table, "pair-layer", **one) for table in TABLES for one in layers],
        "draws": [
            places.metric(f"{table}_draws", "pair-layer", "parquet", **one) for table in TABLES for one in layers
        ],
    }


MEASURE = Measure(
    name="best_layer",
    rule="test_best_layer",
    cell="checkpoint",
    function="isogloss.measures.best_layer.compute:score",
    cells=lambda study: study.concept_cells,
    takes=takes,
    spec=lambda study, cell: {"identity": study.identity(cell)},
    gives={"output": ("best_layer", "csv")},
    message="Best layers",
)
