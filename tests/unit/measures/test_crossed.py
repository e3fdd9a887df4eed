"""Crossed inputs and controls, against literal references and worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, recall_score

from isogloss.measures.controls.compute import exchanged, write_controls
from isogloss.measures.crossed.compute import write_crossed
from isogloss.tasks.scores import confusion, macro_f1

LABELS = ["a", "b", "c"]
SETTINGS = {"source": "en", "bootstrap": 400, "seed": 3, "attributes": {"model": "m"}}


def answers(truth, right, rng):
    """Say the truth of a share of the items, and a drawn label of the others."""
    return np.where(rng.random(len(truth)) < right, truth, rng.choice(LABELS, len(truth)))


def crossed(folder, shares, n=300, seed=0, overlap=None):
    rng = np.random.default_rng(seed)
    truth = rng.choice(LABELS, n)
    alike = rng.random(n) if overlap is None else np.full(n, overlap)
    rows = [
        pd.DataFrame({"first": first, "second": second, "item": range(n), "truth": truth,
                      "predicted": answers(truth, right, rng), "overlap": alike, "reason": ""})
        for (first, second), right in shares.items()
    ]  # fmt: skip
    said = pd.concat(rows)[::-1]
    said.to_parquet(folder / "said.parquet")
    write_crossed(predictions=folder / "said.parquet", null=100, output=folder / "out.csv", **SETTINGS)
    table = pd.read_csv(folder / "out.csv", keep_default_na=False, na_values=[""], dtype={"label": str, "reason": str})
    return said, table


SHARES = {("en", "en"): 0.9, ("de", "de"): 0.7, ("en", "de"): 0.5, ("de", "en"): 0.8}


def test_scores_and_cost_equal_scikit_learn_s(tmp_path):
    said, table = crossed(tmp_path, SHARES)
    scores = {}
    for pair, part in said.groupby(["first", "second"]):
        recalls = recall_score(part.truth, part.predicted, labels=LABELS, average=None)
        scores[pair] = {
            ("accuracy", ""): accuracy_score(part.truth, part.predicted),
            ("macro_f1", ""): f1_score(part.truth, part.predicted, labels=LABELS, average="macro"),
            **{("recall", label): value for label, value in zip(LABELS, recalls, strict=True)},
        }
    rows = table[table.slice == "all"].fillna({"label": ""})
    assert len(rows) == 4 * 5
    for row in rows.itertuples():
        pair, measure = (row.first, row.second), (row.measure, row.label)
        assert row.score == pytest.approx(scores[pair][measure])
        assert row.low <= row.score <= row.high
        if row.first == row.second:
            assert np.isnan(row.cost)
        else:
            same = (scores["en", "en"][measure] + scores["de", "de"][measure]) / 2
            assert row.same == pytest.approx(same)
            assert row.cost == pytest.approx(scores[pair][measure] - same)


def test_the_interval_of_the_cost_is_paired(tmp_path):
    """Against a plain loop over resamples; answers that are the same everywhere cost exactly nothing."""
    said, table = crossed(tmp_path, SHARES)
    right = {
        pair: (part.sort_values("item").truth == part.sort_values("item").predicted).to_numpy()
        for pair, part in said.groupby(["first", "second"])
    }
    rng = np.random.default_rng(99)
    drawn = []
    for _ in range(4000):
        pick = rng.integers(300, size=300)
        hit = {pair: values[pick].mean() for pair, values in right.items()}
        drawn.append(hit["en", "de"] - (hit["en", "en"] + hit["de", "de"]) / 2)
    row = table[(table["first"] == "en") & (table.second == "de") & (table.measure == "accuracy")].iloc[0]
    assert [row.cost_low, row.cost_high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)

    alike = said[(said["first"] == "en") & (said.second == "en")]
    pairs = [alike.assign(first=first, second=second) for first in ("en", "de") for second in ("en", "de")]
    pd.concat(pairs).to_parquet(tmp_path / "said.parquet")
    write_crossed(predictions=tmp_path / "said.parquet", null=100, output=tmp_path / "out.csv", **SETTINGS)
    same = pd.read_csv(tmp_path / "out.csv")
    assert (same[["cost", "cost_low", "cost_high"]].dropna() == 0).all(axis=None)


def test_the_null_is_that_of_answers_that_know_nothing(tmp_path):
    p = []
    for seed in range(40):
        _, table = crossed(tmp_path, {("en", "en"): 0.0, ("de", "de"): 0.0}, n=60, seed=seed)
        p += list(table[(table.measure == "accuracy") & (table.slice == "all")].null_p)
    assert np.mean(np.array(p) <= 0.05) < 0.12
    assert np.mean(np.array(p) <= 0.5) > 0.3
    _, table = crossed(tmp_path, SHARES)
    assert (table[table.measure == "accuracy"].null_p < 0.05).all()


def test_slices_go_by_the_source_language_s_overlap(tmp_path):
    said, table = crossed(tmp_path, SHARES)
    own = said[(said["first"] == "en") & (said.second == "en")].set_index("item")
    low = own[own.overlap <= own.overlap.quantile(1 / 3)]
    row = table[(table["first"] == "en") & (table.second == "en") & (table.slice == "low overlap")].iloc[0]
    assert row.n == len(low)
    assert row.overlap == pytest.approx(low.overlap.mean())
    assert row.score == pytest.approx((low.truth == low.predicted).mean())
    # Where all texts overlap alike there are no thirds.
    _, table = crossed(tmp_path, SHARES, overlap=0.25)
    assert set(table.slice) == {"all"}


def test_a_reason_stands_instead_of_a_score(tmp_path):
    lost = {"first": "en", "second": "en", "item": None, "truth": None, "predicted": None, "overlap": None}
    pd.DataFrame([{**lost, "reason": "One text."}]).to_parquet(tmp_path / "said.parquet")
    write_crossed(predictions=tmp_path / "said.parquet", null=100, output=tmp_path / "out.csv", **SETTINGS)
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table.reason) == ["One text."]
    assert table.score.isna().all()


def test_a_language_with_other_items_is_scored_by_itself(tmp_path):
    """Fewer items of one language, which can be crossed with none, leave the others' rows as they are."""
    rng = np.random.default_rng(3)
    truth = rng.choice(["no", "yes"], 60)
    parts = []
    for first, second in (("de", "de"), ("de", "en"), ("en", "de"), ("en", "en"), ("fr", "fr")):
        n = 41 if first == "fr" else 60
        said = {
            "item": range(n),
            "truth": truth[:n],
            "predicted": rng.choice(["no", "yes"], n),
            "overlap": rng.random(n),
        }
        parts.append(pd.DataFrame({"first": first, "second": second, **said, "reason": ""}))
    found = []
    for number, rows in enumerate((parts, parts[:-1])):
        pd.concat(rows).to_parquet(tmp_path / f"{number}.parquet")
        write_crossed(predictions=tmp_path / f"{number}.parquet", source="en", null=100, bootstrap=100, seed=1,
                      attributes={}, output=tmp_path / f"{number}.csv")  # fmt: skip
        found.append(pd.read_csv(tmp_path / f"{number}.csv"))
    others, own = found[0][found[0]["first"] != "fr"], found[0][found[0]["first"] == "fr"]
    pd.testing.assert_frame_equal(others.reset_index(drop=True), found[1])
    assert set(own.n) == {41}
    assert set(own.slice) == {"all"}
    [accuracy] = own[own.measure == "accuracy"].score
    assert accuracy == pytest.approx(accuracy_score(parts[-1].truth, parts[-1].predicted))


def controls(folder, plain, lacking, trained=None, n=400):
    rng = np.random.default_rng(1)
    truth = rng.choice(LABELS, n)
    whole = pd.DataFrame({"language": "de", "item": range(n), "truth": truth, "predicted": answers(truth, plain, rng)})
    whole[::-1].to_parquet(folder / "plain.parquet")

    def write(name, shares):
        rows = [
            pd.DataFrame({"language": "de", "control": control, "item": range(50, n), "truth": truth[50:],
                          "predicted": answers(truth, right, rng)[50:], "reason": ""})
            for control, right in shares.items()
        ]  # fmt: skip
        rows.append(pd.DataFrame([{"language": "de", "control": "other-first", "reason": "One text."}]))
        pd.concat(rows).to_parquet(folder / f"{name}.parquet")
        return folder / f"{name}.parquet"

    files = {name: write(name, {name: share}) for name, share in (trained or {}).items()}
    write_controls(
        predictions=folder / "plain.parquet", controls=write("controls", lacking), trained=files,
        output=folder / "out.csv", **SETTINGS,
    )  # fmt: skip
    table = pd.read_csv(folder / "out.csv", keep_default_na=False, na_values=[""])
    return whole, table


def test_transfer_lies_above_its_best_control(tmp_path):
    whole, table = controls(tmp_path, 0.9, {"shuffled-1": 0.6, "first-empty": 0.1}, {"second-empty": 0.4})
    rows = table[(table.measure == "accuracy")].set_index(["control", "tuned_on"])
    read = whole[whole.item >= 50]
    assert rows.score.tolist() == pytest.approx([(read.truth == read.predicted).mean()] * 3)
    assert rows.above.tolist() == pytest.approx((rows.score - rows.control_score).tolist())
    assert (rows.above_low <= rows.above).all()
    assert (rows.above <= rows.above_high).all()
    assert rows.best.to_dict() == {
        ("first-empty", "plain"): False, ("shuffled-1", "plain"): True, ("second-empty", "control"): False,
    }  # fmt: skip
    assert rows.loc[("shuffled-1", "plain"), "above_low"] > 0
    assert (table[table.control == "other-first"].reason == "One text.").all()


def test_a_control_that_was_trained_counts_as_well(tmp_path):
    _, table = controls(tmp_path, 0.5, {"shuffled-1": 0.2}, {"second-empty": 0.5})
    best = table[(table.measure == "accuracy") & (table.best.astype(str) == "True")].iloc[0]
    assert (best.control, best.tuned_on) == ("second-empty", "control")
    assert best.above_low < 0 < best.above_high


@pytest.mark.parametrize("right", [0.5, 0.45, 0.6])
def test_the_p_above_a_control_is_mcnemar_s(tmp_path, right):
    whole, table = controls(tmp_path, 0.5, {"shuffled-1": right})
    [row] = table[table.measure == "accuracy"].to_dict("records")
    said = pd.read_parquet(tmp_path / "controls.parquet").query("control == 'shuffled-1'")
    own, lacking = (one.predicted.to_numpy()[-350:] == one.truth.to_numpy()[-350:] for one in (whole, said))
    gained, lost = (own & ~lacking).sum(), (~own & lacking).sum()
    p = stats.binom.sf(gained - 1, gained + lost, 0.5)
    assert row["null_p"] == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 9_999) + 2e-4)
    assert row["null_draws"] == 9_999


def test_answers_are_exchanged_item_by_item():
    rng = np.random.default_rng(5)
    truth = list(rng.choice(LABELS, 60))
    own, lacking = (confusion(truth, list(answers(np.array(truth), 0.6, rng)), LABELS) for _ in range(2))
    swapped = exchanged(own, lacking, 4000, seed=1)
    assert (sum(swapped) == own.sum(0) + lacking.sum(0)).all()
    assert all((one >= 0).all() for one in swapped)
    found = macro_f1(swapped[0]) - macro_f1(swapped[1])
    literal = []
    for _ in range(4000):
        swap = rng.random(60) < 0.5
        sides = (np.where(swap[:, None], one, other).sum(0)[None] for one, other in ((lacking, own), (own, lacking)))
        literal.append(np.subtract(*(macro_f1(side) for side in sides)).item())
    assert stats.ks_2samp(found, literal).pvalue > 0.001
