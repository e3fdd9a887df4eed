"""Measures of cells of the grid, one folder each, and their list."""

from isogloss.measures import (
    baselines,
    best_layer,
    board_probe,
    calign,
    colap,
    controls,
    crossed,
    edits,
    impact,
    probes,
    space_similarity,
    sweep,
    transfer,
    word_retrieval,
)

MEASURES = [
    calign.MEASURE,
    colap.MEASURE,
    best_layer.MEASURE,
    sweep.MEASURE,
    transfer.MEASURE,
    baselines.MEASURE,
    impact.MEASURE,
    space_similarity.MEASURE,
    space_similarity.ON_CORPORA,
    word_retrieval.MEASURE,
    probes.MEASURE,
    crossed.MEASURE,
    controls.MEASURE,
    edits.MEASURE,
    board_probe.MEASURE,
]
