"""The cluster's profile, as it is and as the documentation changes it for clustering on GPUs, fits the rules."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ASKED = """
import json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, ResourceSettings

config = {"activations": {"device": "cuda"}, "concepts": {"device": sys.argv[1]}}
with SnakemakeApi() as api:
    settings = {"resource_settings": ResourceSettings(), "config_settings": ConfigSettings(config=config)}
    rules = api.workflow(**settings, snakefile=Path("Snakefile"))._workflow.rules
    print(json.dumps({rule.name: rule.resources["gpu"].value if "gpu" in rule.resources else 0 for rule in rules}))
"""


def as_documented(profile):
    """Set the lines of docs/clusters.md in place of the profile's own."""
    text = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
    lines = re.search(r"## Clustering on GPUs.*?```yaml\n(.*?)```", text, re.DOTALL)[1]
    return profile | {section: profile[section] | values for section, values in yaml.safe_load(lines).items()}


@pytest.fixture(scope="module", params=["cpu", "cuda"], ids=["the profile", "clustering on GPUs"])
def both(request):
    """A profile, and by rule the GPUs that it asks for where the config says `device: cuda`."""
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8"))
    command = [sys.executable, "-c", ASKED, request.param]
    gpus = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)
    return as_documented(profile) if request.param == "cuda" else profile, gpus


def partition(profile, rule):
    values = profile["default-resources"] | profile["set-resources"].get(rule, {})
    return values["slurm_partition"]


def test_what_it_groups_and_sends_elsewhere_are_rules(both):
    profile, gpus = both
    assert set(profile["groups"]) <= set(gpus)
    assert set(profile["set-resources"]) <= set(gpus)
    assert set(profile["groups"].values()) == set(profile["group-components"])


def test_the_jobs_of_a_group_go_to_one_partition(both):
    profile, _ = both
    partitions = {}
    for rule, group in profile["groups"].items():
        partitions.setdefault(group, set()).add(partition(profile, rule))
    assert {group: found for group, found in partitions.items() if len(found) > 1} == {}


def test_what_asks_for_a_gpu_goes_where_gpus_are_and_nothing_else_does(both):
    profile, gpus = both
    asking = {rule for rule, number in gpus.items() if number}
    assert asking == {rule for rule in gpus if partition(profile, rule) == "gpu"}
    assert asking
