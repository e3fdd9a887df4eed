"""Measures of cells of the grid, one folder each, and their list."""

from isogloss.measures import (
    baselines,
    best_layer,
    calign,
    colap,
    impact,
    probes,
    retrieval,
    space_similarity,
    transfer,
    word_retrieval,
)

MEASURES = [
    module.MEASURE
    for module in (
        calign,
        colap,
        best_layer,
        retrieval,
        transfer,
        baselines,
        impact,
        space_similarity,
        word_retrieval,
        probes,
    )
]
