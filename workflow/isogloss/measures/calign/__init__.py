"""CALIGN: which concepts of two languages translate each other (Mousi et al. 2024)."""

from isogloss.measures.declaration import Measure


def takes(study, places, cell):
    """Name the two sides' concepts and the lexicon of a cell."""
    source, target = cell["kind"].split("-")
    return {
        "source": places("concepts", **cell, space=f"source-{source}"),
        "target": places("concepts", **cell, space=f"target-{target}"),
        "lexicon": places("lexicon", **cell),
    }


def spec(study, cell):
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
    gives={"output": ("concept_alignment", "csv"), "pairs_output": ("concept_pairs", "parquet")},
    needs="scoring",
    message="Concept alignment",
)
