"""Measures of cells of the grid, one folder each, and their list."""

from isogloss.measures import baselines, calign, colap, impact, retrieval, transfer

MEASURES = [module.MEASURE for module in (calign, colap, retrieval, transfer, baselines, impact)]
