"""The pages of docs/extend, followed to the letter in a copy of the code."""

import ast
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A block of a page says in its first line which file it is for, and, of an entry, in which list.
BLOCK = re.compile(r"```python\n# (?P<file>[\w/]+\.py)(?:: (?P<list>\w+))?\n(?P<text>.*?)```", re.DOTALL)
PARTS = ("workflow", "config", "envs", "docs")


def copy_code(folder: Path) -> None:
    """Copy what a run needs of this checkout."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)


def follow(page: str, folder: Path) -> set[str]:
    """Do what a page says in a copy of the code; give the files that were touched, below the package."""
    text = (ROOT / "docs" / "extend" / f"{page}.md").read_text(encoding="utf-8")
    touched = set()
    for block in BLOCK.finditer(text):
        path = folder / "workflow" / "isogloss" / block["file"]
        if block["list"]:
            written = with_entry(path.read_text(encoding="utf-8"), block["list"], block["text"])
        elif path.is_file():
            written = with_code(path.read_text(encoding="utf-8"), block["text"])
        else:
            path.parent.mkdir(exist_ok=True)
            written = block["text"]
        path.write_text(written, encoding="utf-8")
        touched.add(block["file"])
    assert touched, f"{page} tells nothing to do"
    return touched


def with_entry(code: str, name: str, entry: str) -> str:
    """Put an entry at the end of a list, tuple or dictionary that a module assigns."""
    (value,) = [
        node.value
        for node in ast.parse(code).body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and name in ast.unparse(node).split("=")[0].split(":")[0]
    ]
    lines = code.splitlines(keepends=True)
    end = sum(map(len, lines[: value.end_lineno - 1])) + value.end_col_offset - 1
    return f"{code[:end].rstrip().removesuffix(',')},\n{entry}{code[end:]}"


def with_code(code: str, more: str) -> str:
    """Put code behind a module's imports."""
    body = ast.parse(code).body
    last = max(node.end_lineno for node in body if isinstance(node, (ast.Import, ast.ImportFrom)))
    lines = code.splitlines(keepends=True)
    return "".join([*lines[:last], "\n\n", more, "\n\n", *lines[last:]])
