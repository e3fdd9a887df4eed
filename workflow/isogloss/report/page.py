"""One HTML file that holds a run: findings, figures, examples, tables, and what it was made with.

It needs nothing beside itself and no script. Text from corpora is escaped and set in its language's direction.
"""

import html
import json
import re
from pathlib import Path

import pandas as pd

from isogloss.files import read_parquet, write_text
from isogloss.report.findings import CAPTIONS as TASK_CAPTIONS
from isogloss.report.findings import task_findings
from isogloss.tables import read_table

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv"}
EXAMPLES = 6
WORDS = 12
PLACE = re.compile(r"concept_pairs/(?P<model>[^/]+)/(?P<checkpoint>[^/]+)/(?P<corpus>[^/]+)/(?P<source>[^/-]+)-"
                   r"(?P<target>[^/]+)/(?P<kind>[^/]+)/layer(?P<layer>\d+)\.parquet$")  # fmt: skip

CAPTIONS = {
    "concept_alignment_by_layer": "Share of source concepts that have a counterpart among the target's concepts, at "
    "each layer. A point above its band is higher than in 97.5 % of lexicons whose translations were shuffled.",
    "concept_alignment_heatmap": "The same values for all pairs and layers; a cross marks cells that do not exceed "
    "their null's 95 % interval.",
    "concept_alignment_by_model": "Models side by side. Models that saw parallel sentences in training (contrastive, "
    "translation) had more supervision than those that did not (naive): a difference between them is no surprise.",
    "concept_overlap_by_layer": "Share of concepts, from clustering both languages together, in which each language "
    "has its share of the types. Words that two languages write alike overlap by themselves; the null keeps words and "
    "concepts and shuffles only which language an occurrence belongs to, so it is close to full mixing and an upper "
    "mark: real scores lie below it unless the languages are mixed through and through.",
    "concept_overlap_heatmap": "The same values for all pairs and layers.",
}

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.55 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 0 auto; max-width: 64rem;
  padding: 1.5rem; }
h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { margin-top: 2.4rem; border-bottom: 1px solid #ccc; }
figure { margin: 1.2rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption, caption, .note { color: #444; font-size: .92rem; text-align: left; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.word { display: inline-block; padding: 0 .35em; margin: .1em; background: #f0f3f7; border-radius: .3em; }
pre { background: #f6f6f6; padding: 1rem; overflow-x: auto; font-size: .8rem; }
@media print { body { max-width: none; } h2, figure { break-inside: avoid; } }
"""


def write_report(
    *,
    tables: list[str | Path],
    figures: list[str | Path],
    concept_pairs: list[str | Path],
    provenance: str | Path,
    title: str,
    output: str | Path,
) -> None:
    """Write the report.

    Parameters
    ----------
    tables
        CSV tables of the whole grid; their names say what they hold.
    figures
        SVG files.
    concept_pairs
        Parquet files of all cells, see :func:`isogloss.measures.calign.compute.pairs_table`.
    provenance
        The JSON record of versions and config.
    title
        Its heading.
    output
        The HTML file.
    """
    data = {Path(path).stem: read_table(path) for path in tables}
    record = json.loads(Path(provenance).read_text(encoding="utf-8"))
    alignment = data["concept_alignment"]
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='note'>Made with Isogloss {html.escape(record['isogloss'])}.</p>",
        section("What was run", overview(alignment, record)),
        section("Findings", findings(data)),
        section("Figures", "".join(figure(path) for path in figures)),
        section("Concepts, most and least aligned", examples(alignment, concept_pairs)),
        section("How good the inputs are", inputs(data)),
        section("How to read it", READING),
        section("Provenance", pre(record)),
    ]
    page = (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )
    write_text(page, output)


READING = """
<p>A <b>concept</b> is a cluster of a layer's word vectors; its <b>types</b> are its distinct words. <b>CALIGN</b> is
the share of source concepts that have a counterpart: a target concept of like size that holds a translation of most of
their types. <b>COLAP</b> clusters both languages together and counts the concepts that hold enough of each.</p>
<p>The two ask different things. CALIGN clusters each language by itself: it is high where two spaces are
<i>organised</i> alike, even if they lie apart, so a model that never saw parallel text can score well where the
languages group words in the same way. COLAP and sentence retrieval ask whether the spaces <i>coincide</i>.</p>
<p>Every score stands beside its <b>null</b>, the same computation after what makes it meaningful was shuffled: for
CALIGN which word the lexicon gives as translation, for COLAP which language an occurrence belongs to. A score inside
its null's interval says nothing. The <b>bootstrap</b> interval says how much the score depends on which concepts
happened to be found. p is one-sided and cannot be smaller than 1 / (draws + 1).</p>
<p><b>Impact</b> of a fine-tuning on a language is 1 − CKA of its sentence vectors before and after; <b>transfer</b> is
the score in a language that the task was not tuned on. Pairs that share a language are not independent, so p-values of
correlations permute <i>languages</i> (Mantel), and are adjusted for the number of layers and distances.</p>
"""


def section(heading: str, body: str) -> str:
    """Wrap a part of the page with its heading."""
    return f"<section><h2>{html.escape(heading)}</h2>\n{body}</section>"


def figure(path: str | Path) -> str:
    """Set a figure into the page, with its caption."""
    name = Path(path).stem
    drawing = Path(path).read_text(encoding="utf-8")
    drawing = drawing[drawing.index("<svg") :]
    caption = {**CAPTIONS, **TASK_CAPTIONS}.get(name, name.replace("_", " "))
    spoken = html.escape(name.replace("_", " "), quote=True)
    # Ids are unique within one file only; on one page they must not meet.
    drawing = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", drawing)
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{spoken}"', 1)
    return f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"


def table(rows: pd.DataFrame, caption: str) -> str:
    """Set a data frame as a table."""
    head = "".join(f"<th scope='col'>{html.escape(str(name))}</th>" for name in rows.columns)
    body = ""
    for row in rows.itertuples(index=False):
        cells = ""
        for value in row:
            if isinstance(value, float):
                cells += f"<td class='number'>{'' if pd.isna(value) else f'{value:.3f}'}</td>"
            elif isinstance(value, int):
                cells += f"<td class='number'>{value:,}</td>"
            else:
                cells += f"<td>{html.escape(str(value))}</td>"
        body += f"<tr>{cells}</tr>\n"
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def pre(record: dict) -> str:
    """Set versions as a table and the config as it is."""
    rows = pd.DataFrame(
        [("Python", record["python"]), ("machine", record["machine"]), *sorted(record["versions"].items())],
        columns=["what", "version"],
    )
    config = html.escape(json.dumps(record["config"], indent=1, ensure_ascii=False))
    return (
        table(rows, f"Versions; config digest {record['config_digest']}")
        + f"<details><summary>The whole config</summary><pre>{config}</pre></details>"
    )


def overview(alignment: pd.DataFrame, record: dict) -> str:
    """Say which models, corpora, pairs and layers there are."""
    rows = [
        {
            "model": model,
            "made by": origin(record["config"]["models"].get(model, {})),
            "corpora": ", ".join(sorted(part.corpus.unique())),
            "pairs": ", ".join(sorted((part.source + "–" + part.target).unique())),
            "layers": f"{part.layer.min()} to {part.layer.max()}",
            "kinds": ", ".join(sorted(part.kind.unique())),
        }
        for model, part in alignment.groupby("model", sort=True)
    ]
    return table(pd.DataFrame(rows), "The grid")


def origin(model: dict) -> str:
    """Say in a few words where a model comes from."""
    if model.get("train"):
        made = model["train"]
        return f"{made['architecture']}, {made['objective']}, {made['steps']:,} steps on {made['corpus']}"
    if model.get("random"):
        made = model["random"]
        return f"{made['family']}, random weights, {made['layers']} layers of {made['hidden']}"
    return model.get("hub") or str(model.get("folder", ""))


def findings(data: dict[str, pd.DataFrame]) -> str:
    """Say in sentences what the tables show, including that they show nothing."""
    rows = data["concept_alignment"]
    rows = rows[rows.measure == "aligned"]
    sentences = []
    for (model, checkpoint, kind), part in rows.groupby(["model", "checkpoint", "kind"], sort=True):
        name = f"<b>{html.escape(model)}</b> ({html.escape(checkpoint)}, {html.escape(kind.replace('-', '–'))})"
        above = (part.value > part.null_high).groupby([part.corpus, part.source, part.target]).any()
        means = part.groupby("layer").value.mean()
        best = int(means.idxmax())
        cell = part.loc[part.value.idxmax()]
        sentence = f"{name}: CALIGN lies above its null's 95 % interval in at least one layer for {above.sum()} of "
        sentence += f"{len(above)} pairs. "
        if above.any():
            pair = html.escape(f"{cell.source}–{cell.target}")
            sentence += (
                f"Its mean over pairs is highest in layer {best}, {means[best]:.3f} (layer 0: {means.iloc[0]:.3f}, "
                f"last layer: {means.iloc[-1]:.3f}); the highest cell is {pair} in layer {int(cell.layer)}, "
                f"{cell.value:.3f} [{cell.boot_low:.3f}, {cell.boot_high:.3f}]."
            )
        else:
            sentence += "There is no sign of shared concepts in it."
        sentences.append(f"<li>{sentence}</li>")
    tested = len(rows)
    sentences.append(
        f"<li class='note'>{tested:,} cells were tested; where nothing is shared, about {0.025 * tested:.0f} of them "
        "would lie above their interval by chance.</li>"
    )
    return f"<ul>{''.join(sentences)}{task_findings(data)}</ul>"


def words(listed: list[str], language: str) -> str:
    """Set words of a concept in their language's direction."""
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    code = html.escape(language, quote=True)
    shown = "".join(
        f"<bdi class='word' lang='{code}' dir='{direction}'>{html.escape(str(word))}</bdi>" for word in listed[:WORDS]
    )
    rest = len(listed) - WORDS
    return shown + (f" <span class='note'>and {rest} more</span>" if rest > 0 else "")


def examples(alignment: pd.DataFrame, paths: list[str | Path]) -> str:
    """Show, of each model, concepts of the cell that aligns most: those that align best, and those that do not."""
    rows = alignment[alignment.measure == "aligned"]
    by_place = {tuple(PLACE.search(str(path)).groupdict().values()): path for path in paths}
    parts = []
    for model, part in rows.groupby("model", sort=True):
        cell = part.sort_values(["value", "layer"], ascending=[False, True], kind="stable").iloc[0]
        key = (model, cell.checkpoint, cell.corpus, cell.source, cell.target, cell.kind, str(int(cell.layer)))
        pairs = read_parquet(by_place[key])
        order = ["aligned", "coverage", "source_cluster"]
        most = pairs.sort_values(order, ascending=[False, False, True], kind="stable").head(EXAMPLES)
        least = pairs[~pairs.aligned].sort_values(order, ascending=[True, True, True], kind="stable").head(EXAMPLES)
        where = f"{model}, {cell.source}–{cell.target}, {cell.kind}, layer {int(cell.layer)}"
        parts.append(f"<h3>{html.escape(where)}</h3>")
        for caption, chosen in (("Most aligned", most[most.aligned]), ("Least aligned", least)):
            parts.append(concept_rows(chosen, cell.source, cell.target, caption))
    return "".join(parts)


def concept_rows(pairs: pd.DataFrame, source: str, target: str, caption: str) -> str:
    """Set pairs of concepts as a table."""
    if pairs.empty:
        return f"<p class='note'>{caption}: none.</p>"
    body = "".join(
        f"<tr><td class='number'>{row.coverage:.0%}</td><td>{words(list(row.source_words), source)}</td>"
        f"<td>{words(list(row.target_words), target) or '<span class=note>none</span>'}</td></tr>\n"
        for row in pairs.itertuples(index=False)
    )
    head = (
        "<th scope='col'>types translated</th>"
        f"<th scope='col'>source concept ({html.escape(source)})</th>"
        f"<th scope='col'>nearest target concept ({html.escape(target)})</th>"
    )
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def inputs(data: dict[str, pd.DataFrame]) -> str:
    """Show the aligner's quality, dropped words, and what the models can do."""
    parts = []
    if "word_alignment" in data:
        rows = data["word_alignment"][["corpus", "source", "target", "aligner", "precision", "recall", "aer"]]
        parts.append(
            table(rows, "The statistical aligner against gold links (aer: alignment error rate, 0 is perfect)")
        )
    if "retrieval" in data:
        rows = data["retrieval"]
        wide = rows.pivot_table(index=["model", "measure", "target"], columns="layer", values="value").reset_index()
        wide.columns = [name if isinstance(name, str) else f"layer {name}" for name in wide.columns]
        chance = ", ".join(f"{name}: {value:.3f}" for name, value in rows.groupby("measure").chance.mean().items())
        parts.append(table(wide, f"What the sentence vectors can do, by layer (chance: {chance})"))
    if "activations" in data:
        rows = data["activations"].groupby(["model", "corpus", "space"], sort=True)[
            ["wanted", "kept", "dropped_no_subwords", "dropped_truncated"]
        ]
        parts.append(table(rows.sum().reset_index(), "Words wanted, kept, and dropped by reason"))
    return "".join(parts)
