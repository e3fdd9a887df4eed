"""What code a result depends on: a digest of the definitions that its step's function reaches.

It stands in a rule's params, so an edit of code makes again what that code makes, and nothing else. From a function,
its name look-ups are followed through this package: to functions, classes and constants, not to whole modules.
Comments, docstrings, annotations of functions, the text of errors and log lines do not count. Data files beside a
module count where a definition that is reached names ``__file__``, those of a package where it names this by text.
Where names cannot be followed (a module that is handed around), the whole module counts: a rerun too many is a
nuisance, one too few is a lie.

Code is read, never imported: Snakemake does this at every start. What was found is remembered (:func:`remember`) until
a file of the package changes.
"""

import ast
import atexit
import functools
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from isogloss.plan.memory import keep, recall

PACKAGE = Path(__file__).resolve().parents[1]
# The script and what it does with a job's files and values stand between every rule and its function.
SCRIPT = PACKAGE.parent / "scripts" / "step.py"
RUNNER = f"{PACKAGE.name}.running.step"
LOGGERS = ("log", "logging", "logger")
LOG_LINES = ("debug", "info", "warning", "error", "exception", "critical")
# A definition may name another by text: `package.module:function`.
BY_NAME = re.compile(rf"{PACKAGE.name}(\.\w+)+:\w+")
# Data of a package may be asked for by its name: `files("package.room")`.
PACKAGE_NAME = re.compile(rf"{PACKAGE.name}(\.\w+)+")
WHOLE = "*"
# Step -> identity: what was found, in this start or in an earlier one.
REMEMBERED: dict[str, str] = {}


@dataclass
class Module:
    """A module, read.

    Attributes
    ----------
    name, path
        Dotted name and file.
    definitions
        Name -> the statements that define it.
    imported
        Name -> (module, name in it), or (module, None) for a module.
    effects
        Statements that run when the module is loaded and define nothing.
    """

    name: str
    path: Path
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)


def identity(step: str) -> str:
    """Digest the code that a step's result depends on.

    Parameters
    ----------
    step
        ``package.module:function``.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    KeyError
        If there is no such function.
    """
    if step not in REMEMBERED:
        total = hashlib.sha256(fixed_part().encode())
        for module, name in sorted(reached(step)):
            total.update(f"{module}:{name}={own_digest(module, name)}\n".encode())
        REMEMBERED[step] = total.hexdigest()[:16]
    return REMEMBERED[step]


def remember(memory: Path) -> None:
    """Take what an earlier start found, if the code is as it was, and keep at the end what this one found.

    Parameters
    ----------
    memory
        Where identities are kept; it need not exist.
    """
    stamp, known = code_stamp(), recall(memory)
    if known.get("stamp") == stamp:
        REMEMBERED.update(known["identities"])
    atexit.register(keep_new, memory, stamp, len(REMEMBERED))


def keep_new(memory: Path, stamp: str, known: int) -> None:
    """Write identities down, where some are new."""
    if len(REMEMBERED) > known:
        keep(memory, {"stamp": stamp, "identities": REMEMBERED})


def code_stamp() -> str:
    """Digest sizes, times and numbers of all files of the package, and which Python reads them."""
    total = hashlib.sha256(sys.version.encode())
    files = [path for path in PACKAGE.rglob("*") if path.suffix != ".pyc"]
    for path in sorted([*files, SCRIPT]):
        if path.is_file():
            about = path.stat()
            total.update(f"{path} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}\n".encode())
    return total.hexdigest()


@functools.cache
def fixed_part() -> str:
    """Digest what all steps share: the script, and what it does."""
    # An installed package has no script: there nothing is run, only checked.
    shared = [path for path in (SCRIPT, file_of(RUNNER)) if path.is_file()]
    return hashlib.sha256("".join(ast.dump(parsed(path)) for path in shared).encode()).hexdigest()


@functools.cache
def reached(step: str) -> frozenset[tuple[str, str]]:
    """Name the (module, definition) pairs that a step's function reaches, itself included."""
    module, _, name = step.partition(":")
    if name not in read(module).definitions:
        raise KeyError(f"There is no {step}.")
    found: set[tuple[str, str]] = set()
    waiting = [(module, name)]
    while waiting:
        here = waiting.pop()
        if here in found:
            continue
        found.add(here)
        waiting.extend(references(*here))
    return frozenset(found)


@functools.cache
def own_digest(module: str, name: str) -> str:
    """Digest one definition, or a module's effects and data (``<module>``), without what does not count."""
    total = hashlib.sha256()
    for statement in statements(module, name):
        total.update(ast.dump(statement).encode())
    for folder in data_folders(module, name):
        for path in data_files(folder):
            total.update(f"{path.name}:".encode() + path.read_bytes())
    return total.hexdigest()


def statements(module: str, name: str) -> list[ast.stmt]:
    """Give the statements of a definition, of a module's effects, or of a whole module."""
    about = read(module)
    if name == WHOLE:
        return [statement for group in about.definitions.values() for statement in group]
    return about.effects if name == "<module>" else about.definitions[name]


def data_folders(module: str, name: str) -> list[Path]:
    """List the folders in which a definition may find data: its module's, and those of packages named by text."""
    folders = set()
    for node in nodes(module, name):
        if isinstance(node, ast.Name) and node.id == "__file__":
            folders.add(read(module).path.parent)
        elif isinstance(node, ast.Constant) and PACKAGE_NAME.fullmatch(str(node.value)) and source(str(node.value)):
            folders.add(file_of(str(node.value)).parent)
    return sorted(folders)


@functools.cache
def nodes(module: str, name: str) -> tuple[ast.AST, ...]:
    """Give all that a definition is made of."""
    return tuple(node for statement in statements(module, name) for node in ast.walk(statement))


@functools.cache
def data_files(folder: Path) -> tuple[Path, ...]:
    """List the data files in a folder and below it."""
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")))


@functools.cache
def references(module: str, name: str) -> tuple[tuple[str, str], ...]:
    """Name what a definition refers to directly."""
    about = read(module)
    found: set[tuple[str, str]] = set()
    if name != "<module>" and about.effects:
        found.add((module, "<module>"))
    local = dict(about.imported)
    attributes = {}
    for node in nodes(module, name):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            local |= imports(module, node)
        elif isinstance(node, ast.Attribute):
            attributes[id(node.value)] = node.attr
    for node in nodes(module, name):
        if isinstance(node, ast.Name):
            found.update(resolve(about, local, node.id, attributes.get(id(node))))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and BY_NAME.fullmatch(node.value):
            target, _, function = node.value.partition(":")
            if source(target) and function in read(target).definitions:
                found.add((target, function))
    return tuple(sorted(found - {(module, name)}))


def resolve(
    about: Module, local: dict[str, tuple[str, str | None]], name: str, attribute: str | None
) -> Iterator[tuple[str, str]]:
    """Find what a name (and the attribute asked of it) means in this package."""
    if name in local:
        module, inner = local[name]
        if inner is not None:
            yield from definition(module, inner)
        elif attribute is None:
            yield module, WHOLE
        else:
            yield from definition(module, attribute)
    elif name in about.definitions:
        yield about.name, name


def definition(module: str, name: str) -> Iterator[tuple[str, str]]:
    """Find where a name of a module is defined, through modules that only pass it on."""
    about = read(module)
    if name in about.definitions:
        yield module, name
    elif name in about.imported:
        inner_module, inner = about.imported[name]
        if inner is not None:
            yield from definition(inner_module, inner)
        else:
            yield inner_module, WHOLE
    elif source(f"{module}.{name}"):
        yield f"{module}.{name}", WHOLE
    else:  # made in a way that is not followed: within a condition, or by the module itself
        yield module, WHOLE


@functools.cache
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


def file_of(module: str) -> Path:
    """Find the file of a module that this package has.

    Raises
    ------
    KeyError
        If it has none such.
    """
    if (path := source(module)) is None:
        raise KeyError(f"There is no module {module}.")
    return path


@functools.cache
def read(module: str) -> Module:
    """Sort a module's statements into what they define, import and do."""
    path = file_of(module)
    about = Module(module, path)
    for statement in top_level(parsed(path).body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            about.imported |= imports(module, statement)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            about.definitions.setdefault(statement.name, []).append(statement)
        elif names := assigned(statement):
            for name in names:
                about.definitions.setdefault(name, []).append(statement)
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            about.effects.append(statement)
    return about


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give a module's statements without what only its own command line runs."""
    for statement in body:
        if isinstance(statement, ast.If) and "__name__" in ast.dump(statement.test):
            continue
        yield statement


def assigned(statement: ast.stmt) -> list[str]:
    """Name the variables that a statement assigns; none where it changes something that is there."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    elif sys.version_info >= (3, 12) and isinstance(statement, ast.TypeAlias):
        targets = [statement.name]
    else:
        return []
    names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [] if any(isinstance(target, (ast.Subscript, ast.Attribute)) for target in targets) else names


def imports(module: str, node: ast.Import | ast.ImportFrom) -> dict[str, tuple[str, str | None]]:
    """Name what an import brings from this package."""
    found: dict[str, tuple[str, str | None]] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            if source(alias.name):
                found[alias.asname or alias.name.split(".")[0]] = (alias.name, None)
    elif node.module and source(node.module):
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            found[alias.asname or alias.name] = (inner, None) if source(inner) else (node.module, alias.name)
    return found


class Stripper(ast.NodeTransformer):
    """Takes away what changes no result: docstrings, annotations of functions, the text of errors and log lines."""

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """Strip a function."""
        node.body = without_docstring(node.body)
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self.generic_visit(node)

    visit_FunctionDef = function  # noqa: N815
    visit_AsyncFunctionDef = function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Strip a class."""
        node.body = without_docstring(node.body)
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Leave only the kind of the error."""
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave only the kind of an error that is made to be raised elsewhere."""
        if isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            return node.func
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop log lines."""
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id in LOGGERS
            and call.func.attr in LOG_LINES
        ):
            return ast.Pass()
        return self.generic_visit(node)


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Give a body without the text that explains it."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:] or [ast.Pass()]
    return body


def parsed(path: Path) -> ast.Module:
    """Parse a file, without what does not count."""
    return Stripper().visit(ast.parse(path.read_text(encoding="utf-8")))
