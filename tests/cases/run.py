"""Run all cases and print each with its verdict: ``python tests/cases/run.py``."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow"))

import inputs  # noqa: F401  (the imports list the cases)
import model_inputs  # noqa: F401
from world import World

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="isogloss-cases-") as folder:
        world = World(Path(folder))
        world.run()
        print(world.report())
    sys.exit(bool(world.wrong))
