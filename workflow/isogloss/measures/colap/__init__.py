"""COLAP: which joint concepts hold both languages (Mousi et al. 2024)."""

from isogloss.measures.declaration import Measure

MEASURE = Measure(
    name="concept_overlap",
    rule="overlap_concepts",
    cell="pair-layer",
    function="isogloss.measures.colap.compute:score",
    cells=lambda study: study.layer_cells,
    takes=lambda study, places, cell: {"clusters": places("concepts", **cell, space=f"joint-{cell['kind']}")},
    spec=lambda study, cell: {"settings": study.settings.concept_overlap, "identity": study.identity(cell)},
    gives={"output": ("concept_overlap", "csv")},
    needs="scoring",
    message="Concept overlap",
)
