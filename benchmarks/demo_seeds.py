"""The README's numbers of the embedded default over several seeds, as a table in Markdown.

``python -m benchmarks.demo_seeds --seeds 0 1 2 3`` runs config/config.yaml once a seed (of weights,
batches, fine-tunings and clusterings; some ten minutes each) and prints, for each number, its range within a run, a
column a seed, and in the last one its range over all of them, which the README tells. What a folder has already is not
run again.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("aligned", "naive", "aligned-random")
ANCHORS = ("strangers", "anchored")


def configured(seed: int, results: Path) -> dict:
    """Give the default config with every seed of a training, a fine-tuning and a clustering set."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    for model in config["models"].values():
        if "train" in model:
            model["train"]["seed"] = seed
    for task in config["tasks"].values():
        task["seeds"] = [seed]
    config["concepts"]["seeds"] = [212 + seed]
    return config | {"results": str(results)}


def run(seed: int, folder: Path, cores: int) -> Path:
    """Run the default with a seed; give its folder of results."""
    folder.mkdir(parents=True, exist_ok=True)
    config, results = folder / f"seed{seed}.yaml", folder / f"seed{seed}"
    config.write_text(yaml.safe_dump(configured(seed, results), sort_keys=False))
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--quiet", "all", "--configfile", str(config)]
    subprocess.run(command, cwd=ROOT, check=True)
    return results


def ends(values: pd.Series) -> tuple[float, float]:
    """Give the least and the greatest of values."""
    return values.min(), values.max()


def said(low: float, high: float) -> str:
    """Say a range, one number where both ends are the same."""
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def quantities(results: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """Give what the README tells of a run: a name, and its range."""
    read: Callable[[str], pd.DataFrame] = lambda name: pd.read_csv(results / "tables" / f"{name}.csv")  # noqa: E731
    spaces = read("space_similarity").query("corpus == 'microworld' and source == 'en' and vectors == 'centred'")
    tables = {"CALIGN": read("concept_alignment"), "COLAP": read("concept_overlap"), "retrieval": spaces}
    for title, table, measure in (
        ("CALIGN", "CALIGN", "aligned"),
        ("COLAP, tokens", "COLAP", "overlapping_tokens"),
        ("overlapping concepts that hold translations", "COLAP", "overlapping_translated"),
        ("sentence retrieval", "retrieval", "retrieval"),
    ):
        rows = tables[table].query("checkpoint == 'pretrained' and measure == @measure")
        for model in MODELS:
            of_model = rows[rows.model == model]
            yield f"{title}, {model}: mean of pairs by layer", ends(of_model.groupby("layer").value.mean())
            if measure == "retrieval":
                last = of_model[of_model.layer == of_model.layer.max()]
                yield f"{title}, {model}: mean of pairs, last layer", ends(pd.Series([last.value.mean()]))
            if measure == "aligned":
                surviving = of_model.groupby("layer").null_p.max()
                yield f"{title}, {model}: greatest p of a pair, by layer", ends(surviving)
                yield f"{title}, {model}: upper end of the null", ends(of_model.null_high)
    spaces, probes = (
        read(name).query("checkpoint == 'pretrained' and vectors == 'centred' and source != target")
        for name in ("space_similarity", "probes")
    )
    for model in ANCHORS:
        for measure in ("retrieval", "cka_debiased"):
            rows = spaces[(spaces.model == model) & (spaces.measure == measure)]
            yield f"{measure}, {model}: mean of pairs by layer", ends(rows.groupby("layer").value.mean())
        rows = probes[(probes.model == model) & (probes.label == "topic")].groupby("layer")
        yield f"probe for the topic, {model}: mean of pairs by layer", ends(rows.value.mean())
        yield f"probe for the topic, {model}: its control up to, by layer", ends(rows.null_high.mean())
    controls = read("controls").query("measure == 'accuracy' and source != target")
    for (control, tuned_on), rows in controls.groupby(["control", "tuned_on"], sort=False):
        yield f"{control} (tuned on {tuned_on}): mean accuracy", ends(pd.Series([rows.control_score.mean()]))
    transfer = read("transfer").query("variant == 'whole' and source != target")
    measures = {"sentiment": "accuracy", "inference": "accuracy", "entities": "entity_f1", "translation": "chrf"}
    baselines = read("baselines").query("source != target")
    for task, measure in measures.items():
        for model, rows in transfer[(transfer.task == task) & (transfer.measure == measure)].groupby("model"):
            yield f"{task}, {model}: {measure} by pair", ends(rows.score)
            yield f"{task}, {model}: mean {measure}", ends(pd.Series([rows.score.mean()]))
        rows = baselines[(baselines.task == task) & (baselines.measure == measure)]
        for baseline, scores in rows.groupby("baseline"):
            yield f"{task}: baseline {baseline}, mean", ends(pd.Series([scores.score.mean()]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "seeds")
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    told = [dict(quantities(run(seed, arguments.folder, arguments.cores))) for seed in arguments.seeds]
    print("|  |", " | ".join([*(f"seed {seed}" for seed in arguments.seeds), "all"]), "|")
    print("| --- |" + " --- |" * (len(told) + 1))
    for name in told[0]:
        ranges = [of_seed[name] for of_seed in told]
        lows, highs = zip(*ranges, strict=True)
        print("|", name, "|", " | ".join(said(*ends) for ends in [*ranges, (min(lows), max(highs))]), "|")


if __name__ == "__main__":
    main()
