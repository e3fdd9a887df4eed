"""Measures of cells of the grid, one folder each."""
