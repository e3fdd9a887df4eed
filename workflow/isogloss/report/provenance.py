"""What a run was made with: versions, seeds and the whole config; and what it ends in."""

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from isogloss import __version__
from isogloss.files import write_text

PACKAGES = (
    "torch",
    "transformers",
    "urielplus",
    "tokenizers",
    "safetensors",
    "datasets",
    "scikit-learn",
    "scipy",
    "numpy",
    "pandas",
    "h5py",
    "pyarrow",
    "altair",
    "vl-convert-python",
    "eflomal",
    "urielplus",
    "seqeval",
    "sacrebleu",
    "snakemake",
)


def collect(*, config: dict[str, Any], tables: list[str], cards: int, output: str | Path) -> None:
    """Write versions, config and its digest as JSON.

    There is no time, host or path in it, so the same run gives the same file.

    Parameters
    ----------
    config
        The whole config, as plain values.
    tables
        Names of the tables that the run ends in.
    cards
        How many files of concept cards it ends in.
    output
        The JSON file.
    """
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    record = {
        "isogloss": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": versions,
        "config_digest": hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16],
        "config": config,
        "ends_in": {"tables": tables, "concept_cards": cards},
    }
    write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n", output)
