"""The config's schema and manual, made from its sections.

``python -m isogloss.config.manual`` writes ``config/schema.json`` and ``config/README.md``; with ``--check`` it fails
where they are out of date.
"""

import json
import sys
from pathlib import Path
from typing import Any, get_args

from isogloss.config.root import Config
from isogloss.models.settings import Model, Random, Train
from isogloss.section import Section
from isogloss.tasks.settings import Freeze, GettextTask, HubTask, MicroworldTask, TableTask, Task
from isogloss.text.settings import Gettext, Hub, Microworld, Pairs, Table, Text, WordAlignment


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
    corpora = [Microworld, Gettext, Text, Table, Hub]
    sections += [(f"corpora.NAME, kind: {option.__name__.lower()}", option) for option in corpora]
    sections += [("corpora.NAME.pairs", Pairs), ("corpora.NAME.word_alignment", WordAlignment)]
    sections += [("models.NAME", Model), ("models.NAME.train", Train), ("models.NAME.random", Random)]
    sections += [("tasks.NAME", Task), ("tasks.NAME.data, kind: microworld", MicroworldTask)]
    sections += [("tasks.NAME.data, kind: gettext", GettextTask), ("tasks.NAME.data, kind: table", TableTask)]
    sections += [("tasks.NAME.data, kind: hub", HubTask)]
    sections += [("tasks.NAME.variants.NAME", Freeze)]
    for name, field in Config.model_fields.items():
        # A section that may be left out stands beside None.
        for kind in get_args(field.annotation) or [field.annotation]:
            if isinstance(kind, type) and issubclass(kind, Section):
                sections.append((name, kind))
    for title, section in sections:
        lines += [
            f"## {title}",
            "",
            section.__doc__.strip(),
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        for name, field in section.model_fields.items():
            lines.append(f"| `{name}` | {default_text(field)} | {field.description or 'Which kind this is.'} |")
        lines.append("")
    return "\n".join(lines).replace("|---|---|---|", "| --- | --- | --- |")


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
    folder = Path(__file__).resolve().parents[3] / "config"
    stale = []
    for name, text in (("schema.json", schema()), ("README.md", manual())):
        path = folder / name
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(f"config/{name}")
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{', '.join(stale)}: out of date; run make docs", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
