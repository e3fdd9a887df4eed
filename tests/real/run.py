"""Runs the workflow with the real model from a hub on this machine, whose cache is apart from the user's.

python tests/real/run.py --configfile config/real.yaml [more for snakemake]
"""

import os
import subprocess
import sys
from pathlib import Path

import e5
import yaml

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "e5"

sys.path.insert(0, str(ROOT / "tests" / "hub"))

from loopback import Hub  # noqa: E402


def main(arguments: list[str]) -> int:
    """Put the model behind a hub under its id and pinned commit, and run Snakemake."""
    BUILD.mkdir(parents=True, exist_ok=True)
    e5.make(BUILD / "model", BUILD)
    model = yaml.safe_load((ROOT / "config" / "real.yaml").read_text())["models"]["e5"]
    with Hub() as hub:
        files = {path.name: path.read_bytes() for path in (BUILD / "model").iterdir()}
        hub.push(model["hub"], files, commit_name=model["revision"])
        environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(BUILD / "cache")}
        return subprocess.run([sys.executable, "-m", "snakemake", *arguments], cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
