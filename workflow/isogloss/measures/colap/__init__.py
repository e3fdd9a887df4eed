"""COLAP: which joint concepts hold both languages (Mousi et al. 2024), and which of them hold translations."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the joint concepts, those before tuning, the source's clustered halves, and the lexicon of a cell."""
    space, seeds = f"joint-{cell['kind']}", study.settings.concepts.seeds
    return {
        "clusters": [places("concepts", **cell, space=space, seed=seed) for seed in seeds],
        "clusters_before": [
            places("concepts", **one, space=space, seed=seed) for one in study.before(cell) for seed in seeds
        ],
        "halves": places("halves", **cell, space=space),
        "lexicon": places("lexicon", **cell),
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what a score depends on beside its files."""
    return {
        "settings": study.settings.concept_overlap,
        "source": cell["source"],
        "identity": study.identity(cell),
    }


MEASURE = Measure(
    name="concept_overlap",
    rule="overlap_concepts",
    cell="pair-layer",
    function="isogloss.measures.colap.compute:score",
    cells=lambda study: study.layer_cells,
    takes=takes,
    spec=spec,
    gives={"output": ("concept_overlap", "csv"), "draws_output": ("concept_overlap_draws", "parquet")},
    needs="scoring",
    message="Concept overlap",
)
