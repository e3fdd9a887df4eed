"""Files that are made: from the code the config's schema and manual, and the page of columns; a notebook from its page.

``python -m isogloss.config.manual`` writes ``config/schema.json``, ``config/README.md`` and ``docs/tables.md``, and
``docs/notebook.ipynb`` from the page ``docs/notebook.md``; with ``--check`` it fails where they are out of date.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, get_args

from isogloss.config.root import Config
from isogloss.models.settings import Model, Random, ReadyMade, Train
from isogloss.section import Section, kind_of
from isogloss.tasks.settings import ITEM_SOURCES, Realign, Task, Variant
from isogloss.text.presets import CORPORA, FORMS, TASKS
from isogloss.text.settings import Pairs, WordAlignment
from isogloss.text.sources import SOURCES

LOW = {"minimum": "≥", "exclusiveMinimum": ">"}
HIGH = {"maximum": "≤", "exclusiveMaximum": "<"}


def schema() -> str:
    """Give the JSON schema of a config file, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def manual() -> str:
    """Give the manual of every key, as Markdown."""
    lines = [
        "# The config, key by key",
        "",
        "Made from the settings in `workflow/isogloss` by `make docs`; do not edit. Unknown keys are refused.",
        "`isogloss check FILE` reports every mistake in a file before any job starts.",
        "",
    ]
    sections: list[tuple[str, type[Section]]] = [("Top level", Config)]
    sections += [(f"corpora.NAME, kind: {kind_of(source)}", source) for source in SOURCES]
    sections += [("corpora.NAME.pairs", Pairs), ("corpora.NAME.word_alignment", WordAlignment)]
    sections += [("models.NAME", Model), ("models.NAME.train", Train), ("models.NAME.random", Random)]
    sections += [("models.NAME.checkpoints.NAME", ReadyMade)]
    sections += [("tasks.NAME", Task)]
    sections += [(f"tasks.NAME.data, kind: {kind_of(source)}", source) for source in ITEM_SOURCES]
    sections += [("tasks.NAME.variants.NAME", Variant), ("tasks.NAME.variants.NAME.realign", Realign)]
    for name, field in Config.model_fields.items():
        # A section that may be left out stands beside None.
        for kind in get_args(field.annotation) or [field.annotation]:
            if isinstance(kind, type) and issubclass(kind, Section):
                sections.append((name, kind))
    for title, section in sections:
        lines += [
            f"## {title}",
            "",
            (section.__doc__ or "").strip(),
            "",
            "| key | allowed | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        shapes = section.model_json_schema()
        for name, field in section.model_fields.items():
            allowed = allowed_text(shapes["properties"][name], shapes.get("$defs", {}))
            about = field.description or "Which kind this is."
            lines.append(f"| `{name}` | {allowed} | {default_text(field)} | {about} |")
        lines.append("")
    return "\n".join([*lines, *ready_made()])


def ready_made() -> list[str]:
    """List the data sets that a preset stands for."""
    lines = [
        "## Ready-made data sets: `preset`",
        "",
        "A revision that is no commit moves: it is looked up once ([docs/hub.md](../docs/hub.md#branches)).",
        "",
        "| `kind: hub`, `preset` | for | repository | revision | files |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, preset in CORPORA.items():
        lines.append(f"| `{name}` | corpora | {preset['repository']} | `{preset['revision']}` | `{preset['files']}` |")
    for name, preset in TASKS.items():
        about = f"tasks, {FORMS[name]} | {preset['repository']} | `{preset['revision']}` | `{preset['test']}`"
        lines.append(f"| `{name}` | {about} |")
    return [*lines, ""]


def allowed_text(shape: dict[str, Any], named: dict[str, Any]) -> str:
    """Say in words which values a key may have.

    Parameters
    ----------
    shape
        The key's part of the JSON schema.
    named
        The schema's definitions: the sections.
    """
    if "$ref" in shape or "allOf" in shape or shape.get("discriminator"):
        return "a section"
    if "anyOf" in shape or "oneOf" in shape:
        options = [option for option in shape.get("anyOf") or shape["oneOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(allowed_text(option, named) for option in options))
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    kind = shape.get("type")
    if kind == "array":
        return f"list of {allowed_text(shape.get('items', {}), named)}"
    if kind == "object":
        inner = shape.get("patternProperties") or {"": shape.get("additionalProperties") or {}}
        return f"by name: {allowed_text(next(iter(inner.values())), named)}"
    if kind in ("integer", "number"):
        return ("whole number" if kind == "integer" else "number") + bounds_text(shape)
    if kind == "boolean":
        return "`true`, `false`"
    if shape.get("format") == "path":
        return "path"
    return f"text like `{shape['pattern']}`".replace("|", "\\|") if "pattern" in shape else "text"


def bounds_text(shape: dict[str, Any]) -> str:
    """Say between which bounds a number must lie."""
    low = next((f"{sign} {shape[key]:g}" for key, sign in LOW.items() if key in shape), "")
    high = next((f"{sign} {shape[key]:g}" for key, sign in HIGH.items() if key in shape), "")
    return "".join(f" {bound}," for bound in (low, high) if bound).rstrip(",")


def tables() -> str:
    """Give the page of every table and every column, as Markdown."""
    from isogloss.report.tables import ABOUT, COLUMNS

    lines = ["# Tables and their columns", "", "Made from `report/tables.py` by `make docs`; do not edit.", ""]
    lines += ["| table in `results/tables` | what a row is about |", "| --- | --- |"]
    lines += [f"| `{name}.csv` | {about} |" for name, about in ABOUT.items()]
    lines += [
        "",
        "A column means the same in every table. An empty value has its reason in `reason`, where a table has",
        "one.",
        "",
    ]
    lines += ["| column | meaning |", "| --- | --- |"]
    lines += [f"| `{name}` | {about.replace('|', chr(92) + '|')} |" for name, about in COLUMNS.items()]
    return "\n".join([*lines, ""])


def notebook(page: str) -> str:
    """Give a Markdown page as a Jupyter notebook (nbformat 4.5), its Python blocks as cells to run."""
    cells: list[dict[str, Any]] = []
    for number, text in enumerate(re.split(r"```python\n(.*?)```\n", page, flags=re.DOTALL)):
        kind = "code" if number % 2 else "markdown"
        own: dict[str, Any] = {"execution_count": None, "outputs": []} if number % 2 else {}
        source = text.strip("\n").splitlines(keepends=True)
        cells.append({"cell_type": kind, "id": f"cell-{number}", "metadata": {}, **own, "source": source})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def default_text(field: Any) -> str:
    """Give a field's default for the manual."""
    if field.is_required():
        return "(needed)"
    if isinstance(field.default, Section):
        return "see below"
    if field.default is None:
        return "none"
    return f"`{field.default}`"


def main(arguments: list[str]) -> int:
    """Write the generated files, or with ``--check`` tell whether they are up to date."""
    folder = Path(__file__).resolve().parents[3]
    stale = []
    made = {"config/schema.json": schema(), "config/README.md": manual(), "docs/tables.md": tables()}
    page = (folder / "docs" / "notebook.md").read_text(encoding="utf-8")
    made["docs/notebook.ipynb"] = notebook(page)
    for name, text in made.items():
        path = folder / name
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{', '.join(stale)}: out of date; run make docs", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
