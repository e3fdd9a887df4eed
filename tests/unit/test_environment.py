import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch", "snakemake-minimal": "snakemake"}
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


def test_every_rule_that_runs_a_script_names_its_environment():
    for file in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", file.read_text(), flags=re.MULTILINE)[1:]:
            if "\n    script:" in rule:
                assert '\n    conda:\n        "../../envs/isogloss.yaml"' in rule, f"{file.name}: {rule.split(':')[0]}"


def test_container_installs_the_lock_from_files_that_exist():
    text = (ROOT / "envs" / "isogloss.def").read_text()
    header, *rest = re.split(r"^%(\w+)\n", text, flags=re.MULTILINE)
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    assert set(sections) == {"files", "post", "environment", "runscript", "test", "labels"}
    assert re.search(r"^Bootstrap: docker\nFrom: python:3\.11\.\d+-", header, flags=re.MULTILINE)
    copied = dict(line.split() for line in sections["files"].strip().splitlines())
    assert all((ROOT / source).exists() for source in copied)
    assert "pip install --no-cache-dir --no-deps -r requirements.lock" in sections["post"]
    for section in ("post", "runscript", "test", "environment"):
        subprocess.run(["sh", "-n"], input=sections[section], text=True, check=True)
