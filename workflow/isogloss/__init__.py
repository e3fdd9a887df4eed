"""Isogloss: which concepts languages share inside a multilingual model, layer by layer.

The package holds all logic and knows nothing of Snakemake. Every stage of the workflow is one module.
"""

__version__ = "0.1.0"
