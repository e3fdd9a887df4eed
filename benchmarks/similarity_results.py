"""What docs/similarity.md tells of a run, as tables in Markdown: means over ordered pairs of different languages.

``python -m benchmarks.similarity_results results`` reads the tables that a run of config/config.yaml has left; a run
that has some of them only, such as one with anchors, gives those.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from benchmarks.real_results import markdown

from isogloss.statistics.languages import mean_over_languages

SPACES = ("retrieval", "mutual_retrieval", "neighbour_overlap", "neuron_correlation", "cka_debiased", "cka")


def across(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep pairs of different languages, see :func:`in_states`."""
    return in_states(rows[rows.target.notna() & (rows.source != rows.target)])


def in_states(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep what is known of models as they were and as they were tuned whole, named by ``state``."""
    rows = rows[rows.value.notna()]
    whole = rows.checkpoint.str.fullmatch(r"pretrained|.*-seed\d+")
    tuned_on = rows.checkpoint.str.replace(r"-.*", "", regex=True)
    return rows.assign(state=tuned_on.where(tuned_on == "pretrained", "tuned on " + tuned_on))[whole]


def laid_out(rows: pd.DataFrame, index: list[str], columns: list[str]) -> pd.DataFrame:
    """Give means as text, a row a value of ``index``."""
    means = (
        rows.groupby([*index, *columns])
        .value.mean()
        .unstack(columns)
        .map("{:.2f}".format, na_action="ignore")
        .fillna("–")
    )
    means.index = [", ".join(map(str, key if isinstance(key, tuple) else (key,))) for key in means.index]
    return means.rename_axis(", ".join(index))


def spaces(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell how alike spaces are, by layer, and what the null reaches."""
    mixed = in_states(rows).query("measure == 'interlingual_overlap'")
    yield "Interlingual overlap, by layer", laid_out(mixed, ["vectors", "model", "task", "state"], ["layer"])
    rows = across(rows).query("vectors == 'centred' and measure in @SPACES")
    yield "Similarity of spaces (centred), by layer", laid_out(rows, ["measure", "model", "task", "state"], ["layer"])
    null = rows.query("state == 'pretrained'").drop(columns="value").rename(columns={"null_mean": "value"})
    yield "Its null, before tuning", laid_out(null, ["measure", "model", "task"], ["layer"])


def words(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell the strong alignment of words by type, by layer."""
    rows = across(rows).query("vectors == 'raw' and measure == 'strong' and unit == 'type'")
    yield "Strong alignment of words, by type", laid_out(rows, ["model", "corpus", "state"], ["layer"])


def with_transfer(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell what strong alignment of words by type has to do with transfer; p where there is one."""
    rows = rows.query("relation == 'words-transfer' and similarity == 'strong_type' and variant == 'whole'")
    rows = rows.query("layer == 'mean' and transfer == 'score' and statistic == 'pearson'")
    rows = rows[rows.measure.isin(["accuracy", "entity_f1", "chrf"])]
    names = rows.model + ", " + rows.task + ", " + rows.state
    columns = ["r", "n", "p_mantel", "p_mrqap"]
    table = rows[columns].map(lambda number: "–" if pd.isna(number) else f"{number:.2g}")
    yield "Strong alignment of words and transfer", table.set_axis(pd.Index(names, name="study"))


def probes(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell how much of a label a probe carries to other languages in its best layer."""
    rows = across(rows).query("state == 'pretrained'")
    told = {}
    for (label, model, task, vectors), part in rows.groupby(["label", "model", "task", "vectors"]):
        by_layer = part.groupby("layer")[["value", "floor", "null_high"]].mean()
        best = by_layer.value.idxmax()
        cells = {"layer": str(best), **by_layer.loc[best].map("{:.2f}".format)}
        told[f"{label}, {model}, {task}, {vectors}"] = {**cells, **by_layer.value.map("{:.2f}".format).to_dict()}
    table = pd.DataFrame(told).T.rename(columns={"value": "best", "null_high": "control up to"})
    yield "Probes: the best layer, and every layer", table.rename_axis("label, model, task, vectors")


def controls(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell accuracy beside that of every control, and above the best one, by language."""
    rows = rows.query("measure == 'accuracy'")
    for (model, checkpoint), part in rows.groupby(["model", "checkpoint"]):
        table = part.assign(control=part.control + " (" + part.tuned_on + ")").pivot_table(
            "control_score", "target", "control", sort=False
        )
        best = part[part.best].set_index("target")
        table.insert(0, "score", best.score)
        table["above the best"] = best.above
        table = table.map("{:.2f}".format).assign(best=best.control)
        yield f"Controls of {model}, {checkpoint}", table


def crossed(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell what two texts in two languages cost, and how often clearly by its own interval."""
    recalls = rows[(rows.measure == "recall") & (rows["first"] == rows["second"])]
    if len(recalls):
        table = recalls.pivot_table("score", ["checkpoint", "first"], "label").map("{:.2f}".format)
        table.index = [", ".join(key) for key in table.index]
        yield "Recall by label, both texts in one language", table.rename_axis("checkpoint, language")
    rows = rows.query("measure == 'accuracy'")
    rows = rows[(rows["first"] != rows["second"]) & rows.cost.notna()]
    told = {}
    for (model, checkpoint, part), found in rows.groupby(["model", "checkpoint", "slice"]):
        cost = mean_over_languages(found["first"], found["second"], found.cost)
        told[f"{model}, {checkpoint}, {part}"] = {
            "crossed": f"{found.score.mean():.3f}",
            "in one language": f"{found.same.mean():.3f}",
            "cost": f"{cost.value:+.3f} [{cost.low:+.2f}, {cost.high:+.2f}]",
            "pairs": str(len(found)),
            "lose": str((found.cost_high < 0).sum()),
            "gain": str((found.cost_low > 0).sum()),
        }
    yield "Crossed inputs", pd.DataFrame(told).T.rename_axis("model, checkpoint, items")


TOLD = {
    "space_similarity": spaces,
    "word_retrieval": words,
    "correlations": with_transfer,
    "probes": probes,
    "controls": controls,
    "crossed": crossed,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    folder = parser.parse_args().results / "tables"
    for name, tell in TOLD.items():
        if (folder / f"{name}.csv").is_file():
            for title, table in tell(pd.read_csv(folder / f"{name}.csv", low_memory=False)):
                if len(table):
                    markdown(table, title)


if __name__ == "__main__":
    main()
