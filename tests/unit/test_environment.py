from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
NOT_FROM_PIP = {"python", "pip", "gxx"}


def test_conda_environment_has_the_locked_versions():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = dict(line.lower().split("==") for line in lines if "==" in line)
    locked = {name.replace("_", "-"): version for name, version in locked.items()}
    wanted = {}
    for item in yaml.safe_load((ROOT / "envs" / "isogloss.yaml").read_text())["dependencies"]:
        for entry in item["pip"] if isinstance(item, dict) else [item]:
            name, _, version = entry.replace("==", "=").partition("=")
            wanted[CONDA_NAMES.get(name, name).lower().replace("_", "-")] = version
    wanted = {name: version for name, version in wanted.items() if name not in NOT_FROM_PIP}
    assert len(wanted) > 15
    assert {name: locked.get(name) for name in wanted} == wanted
