"""What the tests of the workflow share."""

import pytest
import yaml
from checkout import ROOT


@pytest.fixture(scope="session")
def tiny_config() -> dict:
    config = yaml.safe_load((ROOT / "config" / "test" / "tiny.yaml").read_text(encoding="utf-8"))
    config["results"] = "results"
    return config
