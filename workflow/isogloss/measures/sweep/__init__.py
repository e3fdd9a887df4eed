"""Sweep: CALIGN and COLAP for other thresholds, N and K, so that it shows whether a finding hangs on them."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

ALIGNMENT = ("match", "size_ratio", "min_types", "top_n")
OVERLAP = ("threshold", "match", "top_n")


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a cell's concepts for each K, of the first seed, and its lexicon."""
    source, target = cell["kind"].split("-")
    spaces = {"sources": f"source-{source}", "targets": f"target-{target}", "joint": f"joint-{cell['kind']}"}
    concepts, first = study.settings.concepts, study.settings.concepts.seeds[0]

    def of(space: str, clusters: int) -> str:
        if clusters == concepts.clusters:
            return places("concepts", **cell, space=space, seed=first)
        return places("swept_concepts", **cell, space=space, clusters=clusters)

    files = {name: [of(space, clusters) for clusters in study.swept_clusters] for name, space in spaces.items()}
    return {**files, "lexicon": places("lexicon", **cell)}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name the values that are combined, and the columns of a row."""
    swept = study.settings.sweep

    def values(section: Any, keys: tuple[str, ...]) -> dict[str, list[Any]]:
        return {"convention": [section.convention]} | {
            key: getattr(swept, key) or [getattr(section, key)] for key in keys
        }

    return {
        "clusters": study.swept_clusters,
        "alignment": values(study.settings.concept_alignment, ALIGNMENT),
        "overlap": values(study.settings.concept_overlap, OVERLAP),
        "source": cell["source"],
        "identity": {**study.identity(cell), "seed": study.settings.concepts.seeds[0]},
    }


MEASURE = Measure(
    name="sweep",
    rule="sweep_concepts",
    cell="pair-layer",
    function="isogloss.measures.sweep.compute:score",
    cells=lambda study: study.layer_cells if study.settings.sweep else [],
    takes=takes,
    spec=spec,
    gives={"output": ("sweep", "csv")},
    needs="scoring",
    message="CALIGN and COLAP for other thresholds, N and K",
)
