"""The sweep: every combination is what CALIGN and COLAP say with those values."""

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from isogloss.config.read import ConfigError, validate
from isogloss.measures.calign.compute import align_concepts
from isogloss.measures.colap.compute import overlap_concepts, overlap_translations
from isogloss.measures.sweep import MEASURE
from isogloss.measures.sweep.compute import score
from isogloss.plan import size
from isogloss.plan.places import Places
from isogloss.plan.study import Study

TINY = yaml.safe_load((Path(__file__).resolve().parents[3] / "config/test/tiny.yaml").read_text(encoding="utf-8"))


def write(folder, name, words, languages, clusters, rng):
    """Write a cluster file of random concepts."""
    count = 240
    table = pd.DataFrame({"sentence": range(count), "position": 0, "word": rng.choice(words, count)})
    table = table.assign(language=rng.choice(languages, count), cluster=rng.integers(0, clusters, count))
    table.to_parquet(folder / f"{name}.parquet")
    return table


def test_every_combination_is_what_the_measures_say_with_it(tmp_path):
    rng = np.random.default_rng(5)
    words = [f"w{number}" for number in range(40)]
    lexicon = pd.DataFrame({"source": rng.choice(words, 160), "target": rng.choice(words, 160)}).drop_duplicates()
    lexicon = lexicon.assign(probability=rng.integers(1, 6, len(lexicon)) / 5, count=rng.integers(1, 4, len(lexicon)))
    lexicon.to_parquet(tmp_path / "lexicon.parquet")
    tables, sizes = {}, [12, 30]
    for count in sizes:
        tables["sources", count] = write(tmp_path, f"sources{count}", words, ["en"], count, rng)
        tables["targets", count] = write(tmp_path, f"targets{count}", words, ["de"], count, rng)
        tables["joint", count] = write(tmp_path, f"joint{count}", words, ["en", "de"], count, rng)
    files = {side: [tmp_path / f"{side}{count}.parquet" for count in sizes] for side in ("sources", "targets", "joint")}
    score(
        **files, lexicon=tmp_path / "lexicon.parquet", clusters=sizes, source="en", output=tmp_path / "sweep.csv",
        alignment={"convention": ["paper"], "match": [0.2, 0.6], "size_ratio": [0.3], "min_types": [3, 9],
                   "top_n": [1, 5]},
        overlap={"convention": ["paper"], "threshold": [0.3, 0.45], "match": [0.2, 0.6], "top_n": [1, 5]},
        identity={"model": "m"},
    )  # fmt: skip
    found = pd.read_csv(tmp_path / "sweep.csv")
    assert len(found) == 2 * (2 * 2 * 2 * 2 + 2 * 2 + 2 * 2 * 2)
    assert set(found.model) == {"m"}
    assert found.groupby("measure").value.nunique().min() > 2, "the values differ"
    for row in found.itertuples():
        joint = tables["joint", row.clusters]
        if row.measure.startswith("aligned"):
            rule = {"match": row.match, "size_ratio": row.size_ratio, "min_types": row.min_types,
                    "top_n": int(row.top_n)}  # fmt: skip
            pair = tables["sources", row.clusters], tables["targets", row.clusters]
            result = align_concepts(*pair, lexicon, null=0, **rule)
            expected = result.aligned, result.concepts if row.measure == "aligned" else result.eligible
        elif row.measure == "overlapping_translated":
            rule = {"match": row.match, "top_n": int(row.top_n), "threshold": row.threshold}
            result = overlap_translations(joint, lexicon, "en", null=0, **rule)
            expected = result.translated, result.concepts
        else:
            count = row.measure.removeprefix("overlapping_")
            result = overlap_concepts(joint, threshold=row.threshold, count=count, mixings=0)
            expected = result.overlapping, result.concepts
        assert (row.numerator, row.denominator) == expected


def test_other_ks_are_clusterings_of_their_own_and_the_studys_own_is_taken_as_it_is():
    content = copy.deepcopy(TINY) | {"sweep": {"clusters": [8, 4, 6], "top_n": [5, 10]}}
    study, places = Study(validate(content)), Places("results")
    cells = MEASURE.cells(study)
    assert cells == study.layer_cells
    taken = MEASURE.takes(study, places, cells[0])
    assert [path.rsplit("/")[-1] for path in taken["joint"]] == [
        "layer0-seed212.parquet", "layer0-clusters4.parquet", "layer0-clusters6.parquet"]  # fmt: skip
    spec = MEASURE.spec(study, cells[0])
    assert spec["alignment"]["top_n"] == spec["overlap"]["top_n"] == [5, 10]
    assert spec["alignment"]["match"] == [0.8], "what is not listed stays as it is"
    swept = {path for cell in cells for side in ("sources", "targets", "joint")
             for path in MEASURE.takes(study, places, cell)[side] if "-clusters" in path}  # fmt: skip
    jobs = size.size(study)["jobs"]
    assert jobs["cluster_swept_concepts"] + jobs["cluster_swept_joint_concepts"] == len(swept)
    assert "sweep_concepts" not in size.size(Study(validate(TINY)))["jobs"]


def test_a_threshold_that_is_none_is_told():
    with pytest.raises(ConfigError, match=r"sweep\.match\.1: should be less than or equal to 1"):
        validate(TINY | {"sweep": {"match": [0.5, 80]}})
