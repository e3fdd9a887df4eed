"""Figures: vector graphics that can be read by themselves, the same byte for byte from the same table."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from isogloss.errors import IsoglossError
from isogloss.files import published
from isogloss.report.figures import tasks as task_figures
from isogloss.report.figures.style import COLOURS, MARKERS
from isogloss.tables import read_table

MEASURES = {
    "concept_alignment": ("aligned", "Concept alignment (CALIGN)", "share of source concepts aligned"),
    "concept_overlap": ("overlapping_types", "Concept overlap (COLAP)", "share of concepts that overlap"),
}


def draw(name: str, *, tables: list[str | Path], output: str | Path) -> None:
    """Draw one of the report's figures.

    Parameters
    ----------
    name
        See :data:`isogloss.plan.study.FIGURES` and its neighbours.
    tables
        Tables of the whole grid that it is drawn from.
    output
        The SVG file.

    Raises
    ------
    IsoglossError
        If there is no such figure, or the table has no row to draw.
    """
    data = {Path(path).stem: read_table(path) for path in tables}
    if name in task_figures.FIGURES:
        save(task_figures.FIGURES[name](data), output)
        return
    for metric, (measure, title, axis) in MEASURES.items():
        if name.startswith(metric):
            rows = data[metric]
            rows = rows[(rows.measure == measure) & rows.value.notna()]
            if rows.empty:
                raise IsoglossError(f"The table {metric} has no value of {measure} to draw.")
            kind = name.removeprefix(metric + "_")
            figure = {"by_layer": by_layer, "heatmap": heatmap, "by_model": by_model}[kind](label(rows), title, axis)
            save(figure, output)
            return
    raise IsoglossError(f"There is no figure '{name}'.")


def save(figure: Figure, output: str | Path) -> None:
    """Write a figure as SVG without a date."""
    with published(output) as draft:
        figure.savefig(draft, format="svg", metadata={"Date": None})
    pyplot.close(figure)


def label(rows: pd.DataFrame) -> pd.DataFrame:
    """Name each row's curve and pair, saying no more than is needed to tell them apart."""
    curve = rows.model.astype(str)
    if rows.checkpoint.nunique() > 1:
        curve = curve + " " + rows.checkpoint
    # A model with a decoder has two kinds of pair, so its curves say which.
    several = rows.groupby("model").kind.transform("nunique") > 1
    curve = curve.where(~several, curve + ", " + rows.kind.str.replace("-", "–"))
    pair = rows.source + "–" + rows.target
    if rows.corpus.nunique() > 1:
        pair = pair + " (" + rows.corpus + ")"
    return rows.assign(curve=curve, pair=pair)


def ordered(values: pd.Series) -> list[str]:
    """List distinct values in the order of the alphabet."""
    return sorted(values.unique())


def by_layer(rows: pd.DataFrame, title: str, axis: str) -> Figure:
    """Draw the score by layer: a panel a pair, a curve a model, with the null's 95 % band."""
    pairs, curves = ordered(rows.pair), ordered(rows.curve)
    columns = min(3, len(pairs))
    lines = int(np.ceil(len(pairs) / columns))
    figure, panels = pyplot.subplots(
        lines,
        columns,
        figsize=(3.1 * columns + 0.6, 2.5 * lines + 0.9),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for panel, pair in zip(panels.flat, pairs, strict=False):
        for index, curve in enumerate(curves):
            part = rows[(rows.pair == pair) & (rows.curve == curve)].sort_values("layer")
            colour = COLOURS[index % len(COLOURS)]
            panel.fill_between(part.layer, part.null_low, part.null_high, color=colour, alpha=0.13, linewidth=0)
            spread = np.abs(part[["boot_low", "boot_high"]].to_numpy().T - part.value.to_numpy())
            panel.errorbar(
                part.layer,
                part.value,
                yerr=spread,
                color=colour,
                marker=MARKERS[index % len(MARKERS)],
                markersize=4,
                linewidth=1.3,
                elinewidth=0.7,
                label=curve,
            )
        panel.set_title(pair)
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.tick_params(labelbottom=True, labelleft=True)
        panel.grid(axis="y", linewidth=0.3, alpha=0.6)
    for panel in panels.flat[len(pairs) :]:
        panel.set_visible(False)
    figure.suptitle(f"{title} by layer\nbars: 95 % bootstrap over concepts; bands: 95 % of the null", fontsize=10)
    for index in range(len(pairs)):
        if index + columns >= len(pairs):
            panels.flat[index].set_xlabel("layer (0 = embeddings)")
    figure.supylabel(axis, fontsize=9)
    handles, names = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(4, len(names)))
    return figure


def heatmap(rows: pd.DataFrame, title: str, axis: str) -> Figure:
    """Draw pair × layer, a panel a model; cells that do not exceed the null's 95 % interval are marked.

    Overlap's null is full mixing, which hardly any cell exceeds, so nothing is marked there.
    """
    crosses = not rows.measure.str.startswith("overlapping").any()
    curves, pairs, layers = ordered(rows.curve), ordered(rows.pair), sorted(rows.layer.unique())
    figure, panels = pyplot.subplots(
        1,
        len(curves),
        figsize=((0.42 * len(layers) + 0.7) * len(curves) + 1.8, 0.34 * len(pairs) + 1.9),
        sharey=True,
        squeeze=False,
    )
    top = max(float(rows.value.max()), 1e-9)
    for panel, curve in zip(panels.flat, curves, strict=True):
        part = rows[rows.curve == curve]
        values = part.pivot_table(index="pair", columns="layer", values="value").reindex(index=pairs, columns=layers)
        high = part.pivot_table(index="pair", columns="layer", values="null_high").reindex(index=pairs, columns=layers)
        image = panel.imshow(values, cmap="viridis", vmin=0, vmax=top, aspect="auto")
        grid = values.to_numpy()
        for row, column in np.argwhere(np.isfinite(grid) & (grid <= high.to_numpy()) & crosses):
            shade = "white" if grid[row, column] < 0.6 * top else "black"
            panel.plot(column, row, marker="x", color=shade, markersize=5, markeredgewidth=1)
        panel.set_xticks(range(len(layers)), layers)
        panel.set_yticks(range(len(pairs)), pairs)
        panel.set_title(curve.replace(", ", ",\n"), fontsize=9)
        panel.set_xlabel("layer")
        for spine in panel.spines.values():
            spine.set_visible(False)
    figure.colorbar(image, ax=panels.ravel().tolist(), label=axis)
    figure.suptitle(title + ("; × = not above the null's 95 % interval" if crosses else " by layer"), fontsize=10)
    return figure


def by_model(rows: pd.DataFrame, title: str, axis: str) -> Figure:
    """Draw models side by side: mean over pairs at each layer, each pair a dot."""
    curves, layers = ordered(rows.curve), sorted(rows.layer.unique())
    figure, panel = pyplot.subplots(figsize=(max(5.0, 0.9 * len(layers) + 2.4), 3.6))
    width = 0.8 / len(curves)
    for index, curve in enumerate(curves):
        part = rows[rows.curve == curve]
        colour, shift = COLOURS[index % len(COLOURS)], (index - (len(curves) - 1) / 2) * width
        means = part.groupby("layer").value.mean()
        nulls = part.groupby("layer").null_high.mean()
        panel.bar(means.index + shift, means, width * 0.9, color=colour, alpha=0.55)
        panel.scatter(part.layer + shift, part.value, s=8, color=colour, zorder=3)
        panel.hlines(nulls, nulls.index + shift - width * 0.45, nulls.index + shift + width * 0.45, color="black", lw=1)
    panel.set_xticks(layers)
    panel.set_xlabel("layer (0 = embeddings)")
    panel.set_ylabel(axis)
    counts = rows.groupby("curve").pair.nunique()
    handles = [
        Patch(color=COLOURS[index % len(COLOURS)], alpha=0.55, label=f"{curve} ({counts[curve]} pairs)")
        for index, curve in enumerate(curves)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    panel.set_title(
        f"{title}: models side by side\nbar: mean over pairs; dot: a pair; line: mean upper end of the null"
    )
    return figure
