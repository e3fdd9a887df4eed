"""One HTML file that holds a run: findings, figures, a concept browser, tables, and what it was made with.

It needs nothing beside itself. Text from corpora and configs reaches it as escaped text or as data that scripts set as
text, and its own security policy lets no script run that is not named here and no request leave it.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import vl_convert

from isogloss.errors import IsoglossError
from isogloss.files import read_json, write_text
from isogloss.report.blocks import block
from isogloss.report.browser.embed import embed_cards
from isogloss.report.figures.catalogue import FIGURES, FILTERS, QUESTIONS, Figure
from isogloss.report.figures.draw import describe, nothing
from isogloss.report.findings import collect, first_screen
from isogloss.report.findings.finding import counted
from isogloss.report.tables import embed_tables
from isogloss.tables import read_table

SCRIPTS = ("data.js", "figures.js", "tables.js", "concepts.js", "map.js", "page.js")


def write_report(
    *,
    tables: Sequence[str | Path],
    cards: Sequence[str | Path],
    provenance: str | Path,
    title: str,
    output: str | Path,
    expected: list[str] | None = None,
) -> None:
    """Write the report.

    Parameters
    ----------
    tables
        CSV tables of the whole grid; their names say what they hold.
    cards
        Parquet files of concept cards, see :func:`isogloss.report.browser.cards.write_cards`.
    provenance
        The JSON record of versions and config.
    title
        Its heading.
    output
        The HTML file.
    expected
        What the finished run will hold beside this: said on the page. None of a finished run.
    """
    data = {Path(path).stem: read_table(path) for path in tables}
    record = read_json(provenance) if Path(provenance).is_file() else {}
    write_text(page(data, {Path(path).stem: path for path in tables}, cards, record, title, expected or []), output)


def write_again(results: str | Path) -> Path:
    """Make a results folder's report from the tables and cards that are there, also in the middle of a run.

    Raises
    ------
    IsoglossError
        If the folder holds no table, or tables of another version.
    """
    folder = Path(results)
    tables = sorted((folder / "tables").glob("*.csv"))
    if not tables:
        raise IsoglossError(f"{folder} holds no table (tables/*.csv); is it the results folder of a run?")
    record = folder / "provenance.json"
    told = read_json(record) if record.is_file() else {}
    cards = sorted((folder / "metrics" / "concept_cards").glob("*/*/*/*/*.parquet"))
    expected = [] if told else ["provenance.json, which says what else there will be"]
    if ends_in := told.get("ends_in"):
        there = {path.stem for path in tables}
        expected += [f"the table {name}" for name in ends_in["tables"] if name not in there]
        lacking = ends_in["concept_cards"] - len(cards)
        expected += (
            [f"{lacking} of {counted(ends_in['concept_cards'], 'file')} of concept cards"] if lacking > 0 else []
        )
    output = folder / "report.html"
    try:
        write_report(
            tables=tables,
            cards=cards,
            provenance=record,
            title=told.get("config", {}).get("title", folder.name),
            output=output,
            expected=expected,
        )
    except (AttributeError, KeyError, pd.errors.UndefinedVariableError) as error:
        # Within a run tables are as this code makes them; here they may be of any age.
        raise IsoglossError(
            f"The tables in {folder / 'tables'} are not as this version of Isogloss makes them ({error}). Run "
            "snakemake with the study's config, which makes them anew, or use the version that made them."
        ) from error
    return output


def page(
    data: dict[str, pd.DataFrame],
    paths: dict[str, str | Path],
    cards: Sequence[str | Path],
    record: dict[str, Any],
    title: str,
    missing: list[str],
) -> str:
    """Give the page's HTML."""
    config = record.get("config", {})
    models = config.get("models", {})
    controls = {name for name, model in models.items() if model.get("random") or model.get("randomised")}
    findings = collect(data, controls)
    first = first_screen(findings)
    figures = [drawn(figure, data) for figure in FIGURES if all(name in data for name in figure.tables)]
    blocks: dict[str, str] = {f"figure-{one['name']}": block(spec) for one in figures if (spec := one.pop("spec"))}
    listed, table_blocks = embed_tables(data, paths)
    index, card_blocks = embed_cards(cards, controls)
    blocks |= table_blocks | card_blocks
    facts = {"figures": figures, "filters": choices(data), "columns": FILTERS, "tables": listed, "cards": index}
    scripts = [vega(), "\n".join(asset(name) for name in SCRIPTS)]
    hashes = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    return template().render(
        title=title,
        style=asset("page.css"),
        policy=f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:",
        scripts=scripts,
        blocks=blocks,
        facts=json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c"),
        version=record.get("isogloss", ""),
        overview=overview(data, config),
        questions=[(text, [one for one in first if one.question == key]) for key, text in QUESTIONS.items()],
        more=[one for one in findings if one.found and one not in first],
        lost=[one for one in findings if not one.found],
        missing=missing,
        figures=[(text, [one for one in figures if one["question"] == key]) for key, text in QUESTIONS.items()],
        drawn={one["name"] for one in figures},
        filters=facts["filters"],
        tables=listed,
        cards=index,
        record=record,
        config=json.dumps(config, indent=1, ensure_ascii=False),
    )


@cache
def vega() -> str:
    """Give Vega, Vega-Lite and vega-embed as one script, from vl-convert and without a network."""
    return vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub lacks the default


def asset(name: str) -> str:
    """Read a file of the page."""
    return files("isogloss.report").joinpath("assets", name).read_text(encoding="utf-8")


def template() -> jinja2.Template:
    """Read the page's frame; everything that is set into it is escaped unless the frame says otherwise."""
    frame = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return frame.from_string(asset("page.html"))


def digest(script: str) -> str:
    """Give a script's SHA-256 as a security policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def drawn(figure: Figure, data: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Describe a figure for the page."""
    spec = describe(figure, data)
    rows = spec["data"]["values"] if spec else []
    return {
        "name": figure.name,
        "question": figure.question,
        "title": figure.title,
        "caption": figure.caption,
        "nothing": "" if spec else nothing(figure),
        "spoken": spoken(figure, rows),
        "spec": json.dumps(spec, ensure_ascii=False, separators=(",", ":")).encode() if spec else b"",
    }


def spoken(figure: Figure, rows: list[dict[str, Any]]) -> str:
    """Say in words what a figure shows: how many values, from where to where."""
    for field in ("value", "score", "impact", "r", "difference"):
        known = [row for row in rows if isinstance(row.get(field), (int, float))]
        if known:
            low, high = (pick(known, key=lambda row: row[field]) for pick in (min, max))
            return f"{figure.title}: {len(known):,} values, from {named(low, field)} to {named(high, field)}."
    return f"{figure.title}."


def named(row: dict[str, Any], field: str) -> str:
    """Say which row a value is of."""
    names = ("model", "checkpoint", "task", "line", "source", "target", "layer", "variant", "group")
    return f"{row[field]:.3g} ({', '.join(str(row[name]) for name in names if row.get(name) is not None)})"


def choices(data: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    """List what the figures can be filtered by."""
    found: dict[str, set[Any]] = {name: set() for name in FILTERS}
    for rows in data.values():
        for name, columns in FILTERS.items():
            for column in rows.columns.intersection(columns):
                values = rows[column]
                if name == "layer":
                    # A correlation may be over the mean of the layers.
                    values = pd.to_numeric(values, errors="coerce").dropna().astype(int)
                found[name] |= set(values.dropna())
    return {name: [str(value) for value in sorted(values)] for name, values in found.items()}


def overview(data: dict[str, pd.DataFrame], config: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what was run: models, corpora, pairs, layers, tasks."""
    told, known, there = [], config.get("models", {}), choices(data)
    if there["model"]:
        names = [f"{name} ({origin(known[name])})" if name in known else name for name in there["model"]]
        told.append(("Models", "; ".join(names)))
    corpora = {name for rows in data.values() if "corpus" in rows for name in rows.corpus.dropna()}
    if corpora:
        told.append(("Corpora", ", ".join(sorted(corpora))))
    if len(data.get("concept_alignment", ())):
        rows = data["concept_alignment"].query("source != target")
        told.append(("Pairs of languages", ", ".join(sorted((rows.source + "–" + rows.target).unique()))))
    if there["layer"]:
        told.append(("Layers", f"{there['layer'][0]} to {there['layer'][-1]}"))
    if "transfer" in data:
        for task, runs in data["transfer"].groupby("task", sort=True):
            sources, targets = (", ".join(sorted(runs[side].unique())) for side in ("source", "target"))
            told.append(
                (f"Task {task}", f"tuned on {sources}; tested on {targets}; {counted(runs.seed.nunique(), 'seed')}")
            )
    return told


def origin(model: dict[str, Any]) -> str:
    """Say in a few words where a model comes from."""
    if model.get("train"):
        made = model["train"]
        return f"{made['architecture']}, {made['objective']}, {made['steps']:,} steps on {made['corpus']}"
    if model.get("randomised"):
        return f"control of {model['randomised']}, weights drawn anew"
    if model.get("random"):
        made = model["random"]
        return f"{made['family']}, random weights, {made['layers']} layers of {made['hidden']}"
    return model.get("hub") or str(model.get("folder", ""))
