"""Isogloss: which concepts languages share inside a multilingual model, layer by layer.

The workflow's stages are rooms of this package. For a notebook there is a door: :func:`open_run` opens the results of a
run, and every score is a function on arrays or tables (:data:`FUNCTIONS`).
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# Name -> where it is. Nothing is loaded before it is asked for.
FUNCTIONS = {
    "open_run": "isogloss.api",
    "IsoglossError": "isogloss.errors",
    "align_concepts": "isogloss.measures.calign.compute",
    "overlap_concepts": "isogloss.measures.colap.compute",
    "linear_cka": "isogloss.statistics.cka",
    "mantel": "isogloss.statistics.mantel",
    "benjamini_hochberg": "isogloss.statistics.mantel",
    "read_lexicon": "isogloss.text.lexicons",
    "read_clusters": "isogloss.concepts.cluster",
    "open_store": "isogloss.states.store",
}
__all__ = ["__version__", *FUNCTIONS]


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return getattr(importlib.import_module(FUNCTIONS[name]), name)
    raise AttributeError(f"module 'isogloss' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *FUNCTIONS])
