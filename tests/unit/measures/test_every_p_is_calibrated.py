"""Every p-value that the product prints has a line in the table of false-positive rates."""

import ast
import re
from pathlib import Path

from benchmarks import calibration, family_trees

from isogloss.measures import MEASURES
from isogloss.report.tables import COLUMNS

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "workflow" / "isogloss"
# What makes a p-value in a sentence of the report: `sf`, scipy's, is the chance to lie above.
MAKERS = {"one_sided", "one_sided_of_two", "two_sided", "two_sided_of_runs", "sf"}
# Adjusted ones follow from the others; the least that a p could be is none.
COLUMN = re.compile(r"p_(?!.*(adjusted|least))\w+|(?!adjusted)\w+_p")
# What a measure calls, or reaches by a helper, that gives a p of this column.
GIVES = {"null_p": ("null_p", "null_summary", "pooled_share"), "change_p": ("paired_change",)}


def of_tables():
    """The p-values of all tables."""
    columns = {name for name in COLUMNS if COLUMN.fullmatch(name)}
    found = set()
    for measure in MEASURES:
        text = (PACKAGE / Path(*measure.function.split(":")[0].split(".")[1:]).with_suffix(".py")).read_text("utf-8")
        found |= {
            f"{measure.table or measure.name}.{name}"
            for name, signs in GIVES.items()
            if any(sign in text for sign in signs)
        }
    correlated = (PACKAGE / "relations" / "correlations.py").read_text("utf-8")
    found |= {f"correlations.{name}" for name in columns - set(GIVES) if f'"{name}"' in correlated}
    followed = (PACKAGE / "relations" / "trajectories.py").read_text("utf-8")
    found |= {f"trajectories.{name}" for name, signs in GIVES.items() if any(sign in followed for sign in signs)}
    assert {name.split(".")[1] for name in found} == columns
    return found


def of_sentences():
    """The p-values that sentences make."""
    found = set()
    for path in (PACKAGE / "report" / "findings").glob("*.py"):
        for function in ast.parse(path.read_text("utf-8")).body:
            if path.stem == "finding" or not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    found |= {f"{path.stem}.{function.name}: {called}"} if called in MAKERS else set()
    return found


def test_every_p_has_a_line():
    assert set(calibration.LINES) == of_tables() | of_sentences()


def test_what_makes_a_p_is_known():
    tree = ast.parse((PACKAGE / "report" / "findings" / "finding.py").read_text("utf-8"))
    sided = {one.name for one in tree.body if isinstance(one, ast.FunctionDef) and "_sided" in one.name}
    assert sided == MAKERS - {"sf"}


def test_every_line_is_in_the_table_of_the_docs():
    lines = [(name, world) for name, world, _ in calibration.tests()]
    for start in calibration.LINES.values():
        assert any(name.startswith(start) for name, _ in lines), start
    told = (ROOT / "docs" / "methods.md").read_text("utf-8")
    # Those of pairs of languages have a table of their own, with a column a test.
    families = {(name, world) for name, world, _ in family_trees.tests()}
    missing = [
        (name, world)
        for name, world in lines
        if (f"| {world} |" if (name, world) in families else f"| {name} | {world} |") not in told
    ]
    assert not missing
