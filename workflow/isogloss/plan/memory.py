"""What one start of Snakemake remembers for the next, in a file beside Snakemake's own.

A memory that is lost or cannot be written costs time, not correctness.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def recall(memory: Path) -> dict[str, Any]:
    """Give what is remembered; nothing where there is no such file, or it is spoilt."""
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def keep(memory: Path, known: dict[str, Any]) -> None:
    """Remember something, whole or not at all."""
    draft = memory.with_name(f"{memory.name}.{os.getpid()}.tmp")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(known), encoding="utf-8")
        draft.replace(memory)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
