"""A digest of a module's code and of all it imports in this package.

It stands in a rule's params: a change in the code that makes a result makes the result again, wherever in the package
the change is; time stamps, comments, docstrings and formatting do not.
"""

import ast
import functools
import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def digest(module: str) -> str:
    """Digest ``module`` and its in-package import closure.

    Parameters
    ----------
    module
        A dotted name such as ``isogloss.concepts.cluster``. It is read, not imported.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    total = hashlib.sha256()
    for name in sorted(closure(module)):
        total.update(f"{name}:{own_digest(name)}\n".encode())
    return total.hexdigest()[:16]


@functools.cache
def closure(module: str) -> frozenset[str]:
    """Name the modules of this package that ``module`` needs, itself included."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(imports(name))
    return frozenset(found)


def source(module: str) -> Path | None:
    """Find a module's file; None where the name is no module of this package."""
    parts = module.split(".")
    if parts[0] != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*parts[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.cache
def tree(module: str) -> ast.Module:
    """Parse a module."""
    return ast.parse(source(module).read_text(encoding="utf-8"))


@functools.cache
def imports(module: str) -> tuple[str, ...]:
    """Name the modules of this package that ``module`` imports anywhere in its code."""
    names = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(sorted({name for name in names if source(name) and name != PACKAGE.name}))


@functools.cache
def own_digest(module: str) -> str:
    """Digest a module's syntax tree without its docstrings."""
    copy = ast.parse(source(module).read_text(encoding="utf-8"))
    for node in ast.walk(copy):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return hashlib.sha256(ast.dump(copy).encode()).hexdigest()
