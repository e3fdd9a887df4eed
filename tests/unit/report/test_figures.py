"""Figures and sentences of fine-tuning, from small made-up results."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from isogloss.report.figures.draw import draw
from isogloss.report.figures.tasks import FIGURES
from isogloss.report.findings import task_findings

LANGUAGES = ("en", "de", "zh")
GRID = {"model": "m", "task": "nli", "variant": "whole", "seed": 0}


def pairs():
    return [(source, target) for source in LANGUAGES for target in LANGUAGES]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    score = {pair: 0.9 if pair[0] == pair[1] else 0.6 for pair in pairs()}
    score["en", "zh"] = score["de", "zh"] = 0.5
    transfer = [
        {**GRID, "checkpoint": f"nli-{s}-seed0", "source": s, "target": t, "measure": "accuracy", "score": score[s, t]}
        for s, t in pairs()
    ]
    transfer = pd.DataFrame(transfer).assign(relative=0.8, null_high=0.4, null_mean=0.33, n=100)
    transfer["low"] = transfer.score - 0.15
    impact = [
        {**GRID, "checkpoint": f"nli-{s}-seed0", "source": s, "target": t, "layer": layer, "pooling": "mean",
         "impact": rng.random(), "impact_debiased": rng.random()}
        for s, t in pairs() for layer in range(3)
    ]  # fmt: skip
    apart = [(s, t) for s, t in pairs() if s != t]
    distances = [{"source": s, "target": t, "distance": "syntactic", "value": 0.5} for s, t in apart]
    baselines = [
        {"task": "nli", "baseline": "shared_words", "source": s, "target": t, "measure": "accuracy", "score": 0.34}
        for s, t in pairs()
    ]
    correlations = [
        {**GRID, "relation": "impact-distance", "pooling": "mean", "layer": layer, "distance": name, "impact": "impact",
         "measure": "", "transfer": "", "statistic": "pearson", "r": 0.5, "low": 0.1, "high": 0.8, "n": 30,
         "p_mantel": p, "p_mantel_adjusted": p}
        for name, p in (("syntactic", 0.01), ("genetic", np.nan)) for layer in ("0", "1", "2", "mean")
    ]  # fmt: skip
    correlations += [
        {**GRID, "relation": "distance-transfer", "pooling": np.nan, "layer": np.nan, "distance": "syntactic",
         "impact": np.nan, "measure": measure, "transfer": transferred, "statistic": "pearson", "r": r, "low": -0.9,
         "high": -0.1, "n": 30, "p_mantel": 0.02, "p_mantel_adjusted": 0.02}
        for measure, transferred, r in (("accuracy", "relative", -0.6), ("macro_f1", "score", -0.5),
                                        ("accuracy", "score", -0.4))
    ]  # fmt: skip
    finetuning = [
        {**GRID, "checkpoint": "nli-en-seed0", "step": step, "measure": measure, "value": 1.0 / step}
        for step in (1, 2, 3)
        for measure in ("loss", "validation_loss")
    ]
    freezing = [
        {"model": "m", "task": "nli", "variant": "frozen", "measure": "accuracy", "distance": "syntactic",
         "group": group, "whole": -0.2, "frozen": -0.1, "difference": 0.1, "low": 0.05, "high": 0.15, "runs": 5}
        for group in ("near", "far", "gap")
    ]  # fmt: skip
    concepts = [
        {"model": "m", "checkpoint": checkpoint, "task": task, "corpus": "c", "source": "en", "target": "de",
         "kind": "encoder-encoder", "layer": 1, "measure": measure, "value": value}
        for checkpoint, task, value in (("pretrained", "pretrained", 0.5), ("nli-en-seed0", "nli", 0.25))
        for measure in ("aligned", "overlapping_types")
    ]  # fmt: skip
    return {
        "transfer": transfer,
        "impact": pd.DataFrame(impact),
        "distances": pd.DataFrame(distances),
        "baselines": pd.DataFrame(baselines),
        "correlations": pd.DataFrame(correlations),
        "finetuning": pd.DataFrame(finetuning),
        "freezing": pd.DataFrame(freezing),
        "concept_alignment": pd.DataFrame(concepts),
        "concept_overlap": pd.DataFrame(concepts),
    }


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_same_twice_and_well_formed(data, tmp_path, name):
    for table, rows in data.items():
        rows.to_csv(tmp_path / f"{table}.csv", index=False)
    for copy in ("a", "b"):
        draw(name, tables=[tmp_path / f"{table}.csv" for table in data], output=tmp_path / f"{copy}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


def test_a_small_p_value_is_not_told_as_nought(data):
    data["correlations"]["p_mantel"] = 1 / 5000
    assert "Mantel p = 0.0002, n = 30" in task_findings(data)


def test_sentences_say_what_the_tables_hold(data):
    text = task_findings(data)
    assert "lies clearly above chance and shared words for 4 of 6 pairs; for most sources it does not into zh." in text
    adjusted = "goes with 1 of 1 distances once languages are permuted and p adjusted"
    assert f"impact {adjusted} (syntactic r = 0.50 [0.10, 0.80], Mantel p = 0.010, n = 30)" in text
    assert f"transfer {adjusted} (syntactic r = -0.40 [-0.90, -0.10], Mantel p = 0.020, n = 30)" in text
    assert "CALIGN after nli-en-seed0 changed by -0.250" in text
    assert "a change of +0.100 [+0.050, +0.150] over 5 paired runs: far languages gained on near ones" in text


def test_no_effect_is_said_too(data):
    data["correlations"] = data["correlations"].assign(p_mantel=0.6, p_mantel_adjusted=0.9)
    data["freezing"] = data["freezing"].assign(low=-0.05)
    data["transfer"] = data["transfer"].assign(low=0.1)
    text = task_findings(data)
    assert "for 0 of 6 pairs; for most sources it does not into de, en, zh." in text
    assert "impact goes with none of 2 distances" in text
    assert "no clear change" in text
