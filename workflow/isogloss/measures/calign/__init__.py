"""CALIGN: which concepts of two languages translate each other (Mousi et al. 2024)."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the two sides' concepts, those before tuning, the source's from another seed, and the lexicon of a cell."""
    source, target = cell["kind"].split("-")
    seeds, before = study.settings.concepts.seeds, study.before(cell)
    return {
        "sources": [places("concepts", **cell, space=f"source-{source}", seed=seed) for seed in seeds],
        "targets": [places("concepts", **cell, space=f"target-{target}", seed=seed) for seed in seeds],
        "sources_before": [
            places("concepts", **one, space=f"source-{source}", seed=seed) for one in before for seed in seeds
        ],
        "targets_before": [
            places("concepts", **one, space=f"target-{target}", seed=seed) for one in before for seed in seeds
        ],
        "again": places("concepts", **cell, space=f"source-{source}", seed=study.seed_of_ceiling),
        "lexicon": places("lexicon", **cell),
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what a score depends on beside its files."""
    return {"settings": study.settings.concept_alignment, "identity": study.identity(cell)}


MEASURE = Measure(
    name="concept_alignment",
    rule="align_concepts",
    cell="pair-layer",
    function="isogloss.measures.calign.compute:score",
    cells=lambda study: study.layer_cells,
    takes=takes,
    spec=spec,
    gives={
        "output": ("concept_alignment", "csv"),
        "pairs_output": ("concept_pairs", "parquet"),
        "draws_output": ("concept_alignment_draws", "parquet"),
    },
    needs="scoring",
    message="Concept alignment",
)
