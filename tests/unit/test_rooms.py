"""The house: no import circle, none from a lower room to a higher one, and light doors for Snakemake's start."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "isogloss"
# From the ground upwards. A room imports itself and what stands before it.
ROOMS = (
    ("errors",),
    ("section", "ownership", "named"),
    ("files",),
    ("tables", "hub"),
    ("statistics",),
    ("microworld", "othello"),
    ("text",),
    ("models",),
    ("states",),
    ("concepts",),
    ("tasks",),
    ("measures",),
    ("relations",),
    ("report",),
    ("config",),
    ("plan",),
    ("running",),
    ("api",),
    ("cli",),
    ("__main__",),
)
HEIGHT = {name: height for height, names in enumerate(ROOMS) for name in names}
HEAVY = {"torch", "transformers", "sklearn", "scipy", "pandas", "numpy", "h5py", "altair", "matplotlib", "datasets"}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in inner}
    return {name for name in names if name in MODULES and name != "isogloss"}


@pytest.mark.parametrize("name", [name for name in MODULES if name != "isogloss"])
def test_no_room_imports_a_higher_one(name):
    room = name.split(".")[1]
    for other in imported(MODULES[name]):
        assert HEIGHT[other.split(".")[1]] <= HEIGHT[room], f"{name} imports {other}"


def test_there_is_no_import_circle():
    open_, done = [], set()

    def visit(name):
        assert name not in open_, " -> ".join([*open_, name])
        if name in done:
            return
        open_.append(name)
        for other in sorted(imported(MODULES[name]) - {name}):
            visit(other)
        done.add(open_.pop())

    for name in MODULES:
        visit(name)


def test_snakemake_s_start_loads_nothing_heavy():
    text = (ROOT / "workflow" / "Snakefile").read_text()
    lines = re.findall(r"^from isogloss[^\n]*import (?:\([^)]*\)|[^\n]+)", text, flags=re.MULTILINE)
    assert len(lines) > 8
    code = "\n".join(["import sys", *lines, f"print(sorted({HEAVY!r} & set(sys.modules)))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=True)
    assert done.stdout.strip() == "[]"


def test_only_places_spells_a_path_of_the_results():
    spelled = re.compile(
        r"[\"'](?:[^\"'\n]*/)?(?:metrics|activations|lexicons|predictions|alignments|selections|tables)/\{"
    )
    guilty = [
        path.name
        for path in [*(ROOT / "workflow" / "rules").glob("*.smk"), *PACKAGE.rglob("*.py")]
        if path.name != "places.py" and spelled.search(path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


def test_files_of_tests_that_run_together_have_names_of_their_own():
    # pytest imports them by name: of two that have the same it collects one, and only when all run together.
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    names = [path.name for folder in settings["testpaths"] for path in (ROOT / folder).rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
