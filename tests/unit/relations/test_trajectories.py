"""The course of a fine-tuning: what is put together from the tables of a grid."""

import json

import numpy as np
import pandas as pd
import pytest

from isogloss.relations.trajectories import follow
from isogloss.statistics.changes import paired_change_of_items
from isogloss.statistics.jackknife import blocks_of

RUN = {"model": "m", "task": "t", "source": "en", "seed": 0}
POINTS = {"t-en-seed0": 1.0, "t-en-seed0-at0-1": 0.1}
FOLLOWED = ("transfer", "impact", "space_similarity")
SPREAD = np.random.default_rng(0).normal(0, 0.001, 20)


@pytest.fixture
def course(tmp_path):
    """A grid of two points with two layers, beside a checkpoint that is no point."""
    for name, fraction in POINTS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"steps": int(40 * fraction)}))
    others = [*POINTS, "t-en-seed0-frozen"]
    tuned = pd.DataFrame([{**RUN, "checkpoint": name, "target": target} for name in others for target in ("en", "de")])
    interval = {"low": 0.1, "high": 0.9, "null_mean": 0.3, "n": 50}
    transfer = tuned.assign(measure="accuracy", score=np.arange(6) / 10, **interval)
    layers = pd.DataFrame({"layer": [0, 1], "impact": [np.nan, 0.4], "reason": ["constant", ""]})
    impact = tuned.merge(layers, how="cross").assign(pooling="mean", **interval)
    impact.loc[impact.checkpoint == "t-en-seed0", "impact"] = [np.nan, np.nan, 0.2, 0.6]
    impact.loc[impact.checkpoint == "t-en-seed0", "reason"] = ["constant", "constant", "", ""]
    states = pd.DataFrame({"checkpoint": ["pretrained", *others]})
    alike = states.merge(pd.DataFrame({"layer": [0, 1], "value": [0.2, 0.4]}), how="cross")
    alike = alike.assign(model="m", task="t", source="en", target="de", measure="retrieval", vectors="centred")
    shared = alike.assign(measure="aligned", convention="released", corpus="c", kind="k", denominator=9, boot_low=0,
                          boot_high=1, null_mean=0.1)  # fmt: skip
    tables = {"transfer": transfer, "impact": impact, "similarity": alike.assign(**interval), "concepts": shared}
    for name, rows in tables.items():
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    # The values without a block spread the wider the further the point.
    key = ["model", "checkpoint", "task", "source", "target", "measure", "vectors", "pooling", "layer"]
    for name, rows in zip(FOLLOWED, (transfer, impact, tables["similarity"]), strict=True):
        rows = rows.rename(columns={"score": "value", "impact": "value"})
        rows = rows[rows.checkpoint.isin(POINTS) & rows.value.notna()]
        both = zip(rows.value, rows.checkpoint.map(POINTS), strict=True)
        rows = rows.assign(replicates=[np.r_[value, value + fraction * SPREAD] for value, fraction in both])
        rows[[*(column for column in key if column in rows), "replicates"]].to_parquet(tmp_path / f"{name}.parquet")

    def put(**changes):
        follow(
            notes=[tmp_path / f"{name}.json" for name in POINTS],
            points=[{**RUN, "checkpoint": name, "fraction": fraction} for name, fraction in POINTS.items()],
            controls={},
            **{f"{name}_replicates": [tmp_path / f"{name}.parquet"] for name in FOLLOWED},
            output=tmp_path / "out.csv",
            **{**{name: tmp_path / f"{name}.csv" for name in tables}, **changes},
        )
        return pd.read_csv(tmp_path / "out.csv")

    return put


def test_every_point_has_its_step_and_what_was_measured_of_it(course):
    rows = course()
    assert set(rows.checkpoint) == {"pretrained", *POINTS}
    assert set(zip(rows.fraction, rows.step, strict=True)) == {(0, 0), (0.1, 4), (1, 40)}
    scores = rows[rows.measure == "accuracy"].set_index(["fraction", "target"])
    assert scores.layer.isna().all()
    assert scores.value[0.1, "de"] == 0.3
    assert scores.value[1, "en"] == 0
    by = rows.set_index(["measure", "fraction", "target", "layer"]).value
    assert np.isnan(by["impact", 0.1, "de", 0])
    assert [by["impact", 0.1, "de", 1], by["impact", 1, "de", 0], by["impact", 1, "de", 1]] == [0.4, 0.2, 0.6]
    assert by["retrieval"].tolist() == [0.2, 0.2, 0.2, 0.4, 0.4, 0.4]
    assert set(rows[rows.step == 0].measure) == {"retrieval", "calign"}


def test_an_empty_value_keeps_its_reason(course):
    rows = course().query("measure == 'impact' and fraction == 1 and target == 'en'")
    assert rows.value.isna().all()
    assert set(rows.reason) == {"constant"}


def test_corpora_kinds_of_pairs_and_layers_are_kept_apart_each_with_its_own_interval(course, tmp_path):
    shared = pd.read_csv(tmp_path / "concepts.csv")
    shared = pd.concat([shared, shared.assign(corpus="c2", value=0.9), shared.assign(kind="k2", boot_low=0.05)])
    shared.to_csv(tmp_path / "concepts.csv", index=False)
    rows = course().query("measure == 'calign' and fraction == 1").set_index(["corpus", "kind", "layer"])
    assert rows.value.to_dict() == {
        ("c", "k", 0): 0.2, ("c", "k", 1): 0.4, ("c", "k2", 0): 0.2, ("c", "k2", 1): 0.4, ("c2", "k", 0): 0.9,
        ("c2", "k", 1): 0.9,
    }  # fmt: skip
    assert rows.low.to_dict() == {key: 0.05 if key[1] == "k2" else 0 for key in rows.index}
    assert (rows.n == 9).all()


def test_the_last_point_has_its_change_from_the_first_on_the_same_items(course):
    rows = course()
    assert rows[rows.fraction < 1].change.isna().all()
    last = rows[(rows.fraction == 1) & rows.change.notna()].fillna({"layer": -1})
    last = last.set_index(["measure", "target", "layer"])
    assert last.change.round(9).to_dict() == {
        ("accuracy", "de", -1): -0.2, ("accuracy", "en", -1): -0.2, ("impact", "de", 1): 0.2,
        ("retrieval", "de", 0): 0, ("retrieval", "de", 1): 0,
    }  # fmt: skip
    sizes = np.array([block.stop - block.start for block in blocks_of(50)])
    expected = paired_change_of_items(np.r_[0.5, 0.5 + SPREAD / 10][None], np.r_[0.7, 0.7 + SPREAD][None], sizes)
    for name, (value,) in expected.items():
        assert last[name]["impact", "de", 1] == pytest.approx(value)


def test_points_without_an_interval_have_no_change(course, tmp_path):
    none = pd.read_parquet(tmp_path / "space_similarity.parquet").iloc[:0]
    none.to_parquet(tmp_path / "space_similarity.parquet")
    rows = course()
    assert set(rows[rows.change.notna()].measure) == {"accuracy", "impact"}


def test_a_grid_without_similarity_has_a_course_too(course):
    assert set(course(similarity=None).measure) == {"accuracy", "impact", "calign"}


def test_what_only_the_model_before_was_measured_for_has_no_course(course, tmp_path):
    shared = pd.read_csv(tmp_path / "concepts.csv")
    shared[shared.checkpoint == "pretrained"].to_csv(tmp_path / "concepts.csv", index=False)
    assert set(course().measure) == {"accuracy", "impact", "retrieval"}
