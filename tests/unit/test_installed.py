"""What `pip install .` gives: the package alone, away from the checkout, with its data and its command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "isogloss"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    # From a copy: a build leaves its own folders beside the code.
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if name.startswith("workflow/isogloss/") or name in ("pyproject.toml", "README.md", "LICENSE"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--disable-pip-version-check", "--target", str(folder), str(source)], check=True)
    return folder


def said(installed, *command):
    """What a command says that finds the installed package and no other."""
    done = subprocess.run(
        [sys.executable, *command], cwd=installed.parent, env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_file_of_the_package_is_installed(installed):
    there = {str(path.relative_to(installed / "isogloss")) for path in (installed / "isogloss").rglob("*")}
    tracked = subprocess.run(["git", "ls-files", "."], cwd=PACKAGE, capture_output=True, text=True, check=True).stdout
    assert len(tracked.split()) > 100
    assert set(tracked.split()) <= there


def test_the_command_works_outside_the_checkout(installed):
    import isogloss

    assert said(installed, "-c", "import isogloss; print(isogloss.__file__)").startswith(str(installed))
    script = str(installed / "bin" / "isogloss")
    assert isogloss.__version__ in said(installed, script, "--version")
    assert "check" in said(installed, script, "--help")
    # It reads settings, the microworld's grammar and the catalogue of figures from the installed files.
    assert "no mistakes found" in said(installed, script, "check", str(ROOT / "config" / "config.yaml"))
