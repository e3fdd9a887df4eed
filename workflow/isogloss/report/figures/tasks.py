"""Figures of fine-tuning: transfer, impact, what goes with what, learning curves, freezing."""

import textwrap
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from matplotlib import colormaps, pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from isogloss.errors import IsoglossError
from isogloss.report.figures.style import COLOURS, MARKERS

# The measure that a figure shows, of the first that a task has.
PRIMARY = ("accuracy", "entity_f1", "chrf")
POOLING = "mean"
NAMES = {"accuracy": "accuracy", "entity_f1": "entity F1", "chrf": "chrF"}


def panels(rows: pd.DataFrame, width: float, height: float) -> Iterator[tuple[Figure, Axes, pd.DataFrame, str]]:
    """Lay out a panel a (task, model) that has rows, and yield each with its rows and title."""
    pairs = sorted({(task, model) for task, model in zip(rows.task, rows.model, strict=True)})
    if not pairs:
        raise IsoglossError("There is no row to draw.")
    columns = min(3, len(pairs))
    lines = int(np.ceil(len(pairs) / columns))
    figure, grid = pyplot.subplots(lines, columns, figsize=(width * columns + 0.8, height * lines + 0.8), squeeze=False)
    for (task, model), panel in zip(pairs, grid.flat, strict=False):
        yield figure, panel, rows[(rows.task == task) & (rows.model == model)], f"{model}, {task}"
    for panel in grid.flat[len(pairs) :]:
        panel.set_visible(False)


def headline(figure: Figure, text: str) -> None:
    """Write the title of a whole figure, in as many lines as its width asks for."""
    figure.suptitle(textwrap.fill(text, int(12 * figure.get_figwidth())), fontsize=10)


def primary(transfer: pd.DataFrame) -> pd.DataFrame:
    """Keep each task's first measure, tuned whole, the mean over seeds."""
    rows = transfer[(transfer.variant == "whole") & transfer.measure.isin(PRIMARY)]
    keys = ["model", "task", "measure", "source", "target"]
    return rows.groupby(keys, sort=True)[["score", "relative"]].mean().reset_index()


def squares(panel: Axes, values: pd.DataFrame, top: float) -> None:
    """Draw a source × target matrix with its numbers; what has no value stays empty."""
    panel.imshow(values, cmap="viridis", vmin=0, vmax=top, aspect="auto")
    for (row, column), value in np.ndenumerate(values.to_numpy(dtype=float)):
        if np.isfinite(value):
            shade = "white" if value < 0.6 * top else "black"
            panel.text(
                column, row, f"{value:.2f}".lstrip("0") or "0", ha="center", va="center", color=shade, fontsize=7
            )
    panel.set_xticks(range(values.shape[1]), values.columns)
    panel.set_yticks(range(values.shape[0]), values.index)
    panel.set_xlabel("target")
    panel.set_ylabel("source")
    for spine in panel.spines.values():
        spine.set_visible(False)


def transfer_heatmap(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw zero-shot scores, source × target, with what shared words alone reach."""
    rows = primary(data["transfer"])
    plain = data["baselines"]
    plain = plain[(plain.baseline == "shared_words") & (plain.source != plain.target)]
    for figure, panel, part, title in panels(rows, 3.0, 2.6):  # noqa: B007
        measure = part.measure.iloc[0]
        squares(panel, part.pivot(index="source", columns="target", values="score"), 1.0)
        alone = plain[(plain.task == part.task.iloc[0]) & (plain.measure == measure)].score.mean()
        panel.set_title(f"{title}\n{NAMES[measure]}; shared words alone {alone:.2f}", fontsize=9)
    headline(figure, "Zero-shot transfer: tuned on the source, tested on the target")
    return figure


def impact_heatmap(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw impact over the mean of the layers, source × target."""
    rows = mean_impact(data["impact"])
    top = max(float(rows.impact.max()), 1e-9)
    for figure, panel, part, title in panels(rows, 3.0, 2.5):  # noqa: B007
        squares(panel, part.pivot(index="source", columns="target", values="impact"), top)
        panel.set_title(title, fontsize=9)
    headline(figure, "Impact of fine-tuning (1 − CKA, mean over layers; mean vectors)")
    return figure


def mean_impact(impact: pd.DataFrame) -> pd.DataFrame:
    """Give impact over the mean of layers and seeds, of checkpoints tuned whole."""
    rows = impact[(impact.variant == "whole") & (impact.pooling == POOLING)]
    keys = ["model", "task", "source", "target"]
    return rows.groupby(keys, sort=True).impact.mean().reset_index()


def impact_by_layer(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw impact by layer, a line a target language, from near (dark) to far (light)."""
    rows = data["impact"]
    rows = rows[(rows.variant == "whole") & (rows.pooling == POOLING) & (rows.source != rows.target)]
    far = data["distances"]
    name = next((name for name in ("syntactic", *sorted(far.distance.unique())) if (far.distance == name).any()), "")
    far = far[far.distance == name]
    for figure, panel, part, title in panels(rows, 3.1, 2.6):  # noqa: B007
        sources = part.source.unique()
        apart = far[far.source.isin(sources)].groupby("target").value.mean()
        targets = sorted(part.target.unique(), key=lambda target: (apart.get(target, np.inf), target))
        shades = colormaps["viridis"](np.linspace(0.0, 0.92, len(targets)))
        for target, shade in zip(targets, shades, strict=True):
            means = part[part.target == target].groupby("layer").impact.mean()
            panel.plot(means.index, means, color=shade, marker="o", markersize=3, linewidth=1.2, label=target)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("layer (0 = embeddings)")
        panel.set_ylabel("impact (1 − CKA)")
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.grid(axis="y", linewidth=0.3, alpha=0.6)
        panel.legend(fontsize=7, ncols=2, title="near to far", title_fontsize=7)
    headline(figure, f"Impact by layer, mean over other sources; languages ordered by {name} distance")
    return figure


def transfer_by_impact(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw transfer against impact, a labelled point a pair of languages."""
    rows = primary(data["transfer"]).merge(mean_impact(data["impact"]), on=["model", "task", "source", "target"])
    rows = rows[rows.source != rows.target]
    for figure, panel, part, title in panels(rows, 3.1, 2.7):  # noqa: B007
        measure = part.measure.iloc[0]
        for index, (source, of_source) in enumerate(part.groupby("source", sort=True)):
            colour = COLOURS[index % len(COLOURS)]
            panel.scatter(of_source.impact, of_source.score, s=14, color=colour, marker=MARKERS[index % len(MARKERS)])
            for row in of_source.itertuples(index=False):
                place = (row.impact, row.score)
                text = f"{source}→{row.target}"
                panel.annotate(text, place, fontsize=5.5, xytext=(2, 2), textcoords="offset points", color=colour)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("impact (1 − CKA, mean over layers)")
        panel.set_ylabel(f"zero-shot {NAMES[measure]}")
        panel.grid(linewidth=0.3, alpha=0.6)
    headline(figure, "Transfer against impact, one point a pair of languages")
    return figure


def correlation_by_layer(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw what impact goes with at each layer; filled where the adjusted Mantel p-value is below 0.05."""
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.pooling == POOLING) & (rows.impact == "impact")]
    rows = rows[(rows.layer != "mean") & (rows.variant == "whole")]
    to_distance = rows.relation == "impact-distance"
    rows = rows[to_distance | ((rows.transfer == "score") & rows.measure.isin(PRIMARY))]
    line = rows.distance.where(rows.relation == "impact-distance", "transfer")
    rows = rows.assign(layer=rows.layer.astype(float).astype(int), line=line)
    rows = rows[rows.r.notna()]
    names = sorted(rows.line.unique(), key=lambda name: (name == "transfer", name))
    handles: dict[str, object] = {}
    for figure, panel, part, title in panels(rows, 3.2, 2.6):  # noqa: B007
        for index, name in enumerate(names):
            line = part[part.line == name].sort_values("layer")
            colour = "black" if name == "transfer" else COLOURS[index % (len(COLOURS) - 1)]
            style = "-" if name == "transfer" or index < len(COLOURS) - 1 else "--"
            (drawn,) = panel.plot(line.layer, line.r, color=colour, linewidth=1.1, linestyle=style, label=name)
            handles.setdefault(name, drawn)
            for row in line.itertuples(index=False):
                filled = colour if row.p_mantel_adjusted < 0.05 else "white"
                panel.plot(row.layer, row.r, "o", markersize=4.5, markerfacecolor=filled, markeredgecolor=colour)
        panel.axhline(0, color="grey", linewidth=0.6)
        panel.set_ylim(-1.05, 1.05)
        panel.set_title(f"{title}, n = {part.n.max():.0f} pairs", fontsize=9)
        panel.set_xlabel("layer (0 = embeddings)")
        panel.set_ylabel("Pearson's r with impact")
        panel.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=8)
    headline(figure, "What impact goes with, by layer; filled: adjusted Mantel p < 0.05 (permuting languages)")
    return figure


def learning_curves(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw training and validation loss of every checkpoint."""
    rows = data["finetuning"]
    rows = rows[rows.measure.isin(["loss", "validation_loss"])]
    for figure, panel, part, title in panels(rows, 3.0, 2.3):  # noqa: B007
        for checkpoint, of_one in part.groupby("checkpoint", sort=True):
            colour = COLOURS[sorted(part.checkpoint.unique()).index(checkpoint) % len(COLOURS)]
            for measure, style in (("loss", "-"), ("validation_loss", ":")):
                line = of_one[of_one.measure == measure].sort_values("step")
                panel.plot(line.step, line.value, style, color=colour, linewidth=0.9)
        panel.set_yscale("log")
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("step")
        panel.set_ylabel("loss")
    headline(figure, "Learning curves, a colour a checkpoint (solid: training; dotted: validation)")
    return figure


def freezing(data: dict[str, pd.DataFrame]) -> Figure:
    """Draw how freezing changes transfer to near and far languages, and the gap between them."""
    rows = data["freezing"]
    rows = rows[rows.measure.isin(PRIMARY)]
    order = ["near", "far", "gap"]
    for figure, panel, part, title in panels(rows, 3.0, 2.4):  # noqa: B007
        variants = sorted(part.variant.unique())
        for index, variant in enumerate(variants):
            line = part[part.variant == variant].set_index("group").reindex(order)
            place = np.arange(3) + (index - (len(variants) - 1) / 2) * 0.2
            spread = np.abs(line[["low", "high"]].to_numpy().T - line.difference.to_numpy())
            colour = COLOURS[index % len(COLOURS)]
            panel.errorbar(place, line.difference, yerr=spread, fmt="o", color=colour, capsize=3, label=variant)
        panel.axhline(0, color="grey", linewidth=0.6)
        panel.set_xticks(range(3), ["near", "far", "gap\n(far − near)"])
        panel.set_xlim(-0.5, 2.5)
        panel.set_title(title, fontsize=9)
        panel.set_ylabel(f"change in {NAMES[part.measure.iloc[0]]}")
        panel.legend(fontsize=7)
    headline(figure, "Frozen layers against tuned whole, paired by source and seed (95 % bootstrap)")
    return figure


FIGURES: dict[str, Callable[[dict[str, pd.DataFrame]], Figure]] = {
    "transfer_heatmap": transfer_heatmap,
    "impact_by_layer": impact_by_layer,
    "impact_heatmap": impact_heatmap,
    "transfer_by_impact": transfer_by_impact,
    "correlation_by_layer": correlation_by_layer,
    "learning_curves": learning_curves,
    "freezing": freezing,
}
