"""A hub on loopback, an empty cache, and a process for each fetch: the client reads its settings at import."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import Hub

CALL = """
import importlib, json, logging, resource, sys
logging.basicConfig(level="INFO", format="%(levelname)s %(message)s")
from isogloss.errors import IsoglossError
function, arguments, limit = json.loads(sys.argv[1])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
module, name = function.split(":")
try:
    getattr(importlib.import_module("isogloss." + module), name)(**arguments)
except IsoglossError as error:
    print("REFUSED", error, file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def call(hub: Hub, tmp_path: Path) -> Callable:
    """Call a function of the package in a process that knows this hub; gives its code and its lines."""

    def call(function: str, limit: int = 0, env: dict[str, str] | None = None, **arguments) -> tuple[int, list[str]]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "TMPDIR") if name in os.environ}
        paths = [str(Path(__file__).parents[2] / "workflow"), kept.get("PYTHONPATH", "")]
        settings = {
            **kept,
            "PYTHONPATH": ":".join(filter(None, paths)),
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", CALL, json.dumps([function, arguments, limit], default=str)],
            env=settings | (env or {}),
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stderr.splitlines()

    return call
