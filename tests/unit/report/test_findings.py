"""Sentences from tables whose truth is known, and from tables in which nothing is."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from report_world import write_results
from scipy import stats

from isogloss.relations.variants import compared
from isogloss.report.figures.catalogue import BY_NAME
from isogloss.report.figures.draw import describe
from isogloss.report.findings import FIRST, collect, first_screen
from isogloss.report.findings.finding import Finding, cannot_tell, least_of
from isogloss.statistics.changes import paired_change
from isogloss.tables import read_table


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = write_results(tmp_path_factory.mktemp("results")) / "tables"
    return {path.stem: read_table(path) for path in folder.glob("*.csv")}


@pytest.fixture
def data(tables):
    return {name: table.copy() for name, table in tables.items()}


def told(findings, found=True, figure=""):
    return [f"{one.subject}: {one.sentence}" for one in findings if one.found == found and figure in one.figure]


def cells(value, null_high, null_p, models=("m",), targets=("de", "ru"), layers=(0, 1), checkpoints=("pretrained",)):
    return pd.DataFrame(
        {
            "model": model, "checkpoint": checkpoint, "task": checkpoint.split("-")[0], "corpus": "c", "source": "en",
            "target": target, "kind": "encoder-encoder", "layer": layer, "measure": "aligned", "value": value,
            "null_mean": 0.02, "null_low": 0.0, "null_high": null_high, "null_p": null_p, "null_draws": 100,
            "boot_low": value - 0.1, "boot_high": value + 0.1,
            "change": np.nan, "change_low": np.nan, "change_high": np.nan, "change_p": np.nan,
        }
        for model in models for checkpoint in checkpoints for target in targets for layer in layers
    )  # fmt: skip


def test_questions_come_in_order_and_the_strongest_first(data):
    first = first_screen(collect(data, {"naive"}))
    order = ["sharing", "tuning", "transfer", "relations"]
    places = [order.index(one.question) for one in first]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2, 3}
    assert len(first) == FIRST
    for one, other in pairwise(first):
        assert one.question != other.question or one.strength >= other.strength


def test_shared_concepts_are_told_with_numbers_interval_and_null():
    table = cells(0.5, 0.05, 1 / 101)
    table.loc[table.target == "ru", ["value", "null_p"]] = [0.03, 0.9]
    [said] = told(collect({"concept_alignment": table}, set()))
    assert said.startswith("m: concepts are shared: CALIGN exceeds shuffled translations in 1 of 2 pairs of languages")
    assert "2 of 4 cells, adjusted p < 0.05), not shown with ru" in said
    assert "en–de in layer 0, 0.50 [0.40, 0.60], where the null reaches 0.05" in said


def test_one_cell_of_many_that_is_above_by_chance_is_not_told():
    # 1 of 40 cells has a p of 0.02: without adjustment it would be a finding.
    table = cells(0.03, 0.05, 0.5, layers=range(20))
    table.loc[0, ["value", "null_p"]] = [0.06, 0.02]
    findings = collect({"concept_alignment": table.assign(null_draws=999)}, set())
    assert not told(findings)
    lost = told(findings, found=False)[0]
    assert "in none of 2 pairs of languages in any layer (least adjusted p = 0.500 over 40 cells" in lost
    assert "; at most en–de in layer 0, 0.06 [" in lost
    # With 100 draws none of 40 cells could have come out.
    lost = told(collect({"concept_alignment": table}, set()), found=False)[0]
    assert (
        "whether CALIGN exceeds shuffled translations cannot be told: no p can fall below 0.010, which is 0.4" in lost
    )
    assert "none" not in lost


def test_where_nothing_is_there_a_sentence_is_found_in_few_worlds_only():
    rng, found = np.random.default_rng(0), 0
    for _ in range(60):
        table = cells(0.03, 0.05, 0.5, layers=range(6))
        table["null_p"] = rng.integers(1, 102, len(table)) / 101
        found += bool(told(collect({"concept_alignment": table}, set())))
    assert found <= 60 * 0.05 + 3 * np.sqrt(60 * 0.05 * 0.95)


WORLDS = 100
# At most 5 % of worlds, within three standard errors.
FEW = WORLDS * 0.05 + 3 * np.sqrt(WORLDS * 0.05 * 0.95)


def shares_of_nothing(rng, models, share=0.1, concepts=50):
    """CALIGN by chance alone, with its bootstrap interval over concepts."""
    table = cells(0.0, 0.2, 0.5, models=models, targets=("de", "ru", "tr"), layers=range(4))
    table["value"] = rng.binomial(concepts, share, len(table)) / concepts
    drawn = rng.binomial(concepts, table.value.to_numpy(), (400, len(table))) / concepts
    table["boot_low"], table["boot_high"] = np.quantile(drawn, [0.025, 0.975], axis=0)
    return table


def test_a_model_that_is_as_its_control_is_said_to_be_above_it_in_few_worlds_only():
    rng = np.random.default_rng(1)
    worlds = (shares_of_nothing(rng, ("m", "random")) for _ in range(WORLDS))
    found = sum(bool(told(collect({"concept_alignment": one}, {"random"}), figure="by_model")) for one in worlds)
    assert found <= FEW


def test_a_tuning_that_changes_nothing_is_said_to_change_it_in_few_worlds_only():
    rng, found, always = np.random.default_rng(2), 0, np.ones((50, 1), dtype=bool)
    table = cells(0.1, 0.2, 0.5, checkpoints=("nli-en-seed0",), targets=("de", "ru", "tr"), layers=range(4))
    for _ in range(WORLDS):
        # Of 50 pairs of concepts each, a tenth counts before and after, each by itself.
        pairs = [np.c_[one[:, :1], always, one[:, 1:], always] for one in rng.random((len(table), 50, 2)) < 0.1]
        changes = pd.DataFrame([paired_change([one], 100, rng, null=999) for one in pairs])
        said = collect({"concept_alignment": table.assign(**changes)}, set())
        found += any(one.found and one.question == "tuning" for one in said)
    assert found <= FEW


@pytest.mark.parametrize(("truth", "alone"), [(0.5, 0.5), (0.7, 0.7)], ids=["chance", "what a baseline knows"])
def test_transfer_of_nothing_is_told_in_few_worlds_only(data, truth, alone):
    rng, found, items = np.random.default_rng(3), 0, 400
    transfer, baselines = data["transfer"], data["baselines"].assign(score=alone)
    for _ in range(WORLDS):
        score = rng.binomial(items, truth, len(transfer)) / items
        half = 1.96 * np.sqrt(score * (1 - score) / items)
        above = stats.binom.sf(score * items - 1, items, 0.5)
        facts = {"score": score, "low": score - half, "high": score + half, "null_p": above}
        facts |= {"null_mean": 0.5, "null_low": 0.45, "null_high": stats.binom.ppf(0.975, items, 0.5) / items}
        found += bool(told(collect({"transfer": transfer.assign(**facts), "baselines": baselines}, set())))
    assert found <= FEW


@pytest.mark.parametrize("runs", [3, 6, 12])
def test_a_freezing_that_changes_nothing_is_said_to_in_few_worlds_only(data, runs):
    rng, found = np.random.default_rng(4), 0
    facts = data["variants"].iloc[:1].assign(model="m", group="gap")
    for _ in range(WORLDS):
        scores = pd.DataFrame(
            {"source": "en", "seed": np.repeat(range(runs), 2), "group": ["near", "far"] * runs}
            | {f"score_{side}": rng.normal(0.6, 0.05, 2 * runs) for side in ("whole", "varied")}
        )
        row = next(row for row in compared(scores, 1000, rng) if row["group"] == "gap")
        found += bool(told(collect({"variants": facts.assign(**row)}, set())))
    assert found <= FEW


def test_a_control_is_compared_with_and_its_absence_is_told():
    table = cells(0.6, 0.05, 1 / 101, models=("m", "random"), targets=("de", "ru", "zh"))
    for target, value in {"de": 0.1, "ru": 0.2, "zh": 0.3}.items():
        control = (table.model == "random") & (table.target == target)
        table.loc[control, ["value", "boot_low", "boot_high"]] = [value, value - 0.1, value + 0.1]
    [said] = told(collect({"concept_alignment": table}, {"random"}), figure="by_model")
    assert "m: CALIGN in its best layer lies above that of random weights (random) in 3 of 3 pairs" in said
    low, high = stats.t.interval(0.95, 2, 0.4, stats.sem([0.3, 0.4, 0.5]))
    assert f"+0.40 [{low:+.2f}, {high:+.2f}] on average" in said
    without = collect({"concept_alignment": table}, set())
    assert "no model with random weights was run" in told(without, found=False)[0]


def test_a_model_is_compared_with_its_own_control():
    table = cells(0.6, 0.05, 1 / 101, models=("m", "m-random", "n", "n-random", "other"))
    table["control_of"] = table.model.map({"m-random": "m", "n-random": "n"})
    for name, value in (("m-random", 0.1), ("n-random", 0.5), ("other", 0.3)):
        table.loc[table.model == name, ["value", "boot_low", "boot_high"]] = [value, value - 0.1, value + 0.1]
    found = collect({"concept_alignment": table}, {"m-random", "n-random", "other"})
    said = {one.subject: one.sentence for one in found if "by_model" in one.figure}
    assert set(said) == {"m", "n"}
    assert "lies above that of random weights (m-random) in 2 of 2 pairs" in said["m"]
    assert "+0.50" in said["m"]
    assert "lies above that of random weights (n-random) in 0 of 2 pairs" in said["n"]
    # A model without a control of its own is held against the highest that is nobody's.
    found = collect({"concept_alignment": table[table.model != "n-random"]}, {"m-random", "other"})
    [said] = [one.sentence for one in found if "by_model" in one.figure and one.subject == "n"]
    assert "lies above that of random weights (other) in 2 of 2 pairs" in said


def test_the_best_layer_of_a_pair_is_told():
    table = cells(0.5, 0.05, 1 / 101)
    best = table.drop_duplicates(["target"]).assign(null_p=[0.001, 0.6])
    [said] = told(collect({"concept_alignment": table, "best_layer": best}, set()))
    assert "and somewhere in the model in 1 (best layer against the best layers of the null, adjusted)" in said


def test_overlap_is_told_as_mixing_and_translations_apart():
    table = cells(0.5, np.nan, np.nan).assign(measure="overlapping_types", full_mixing=0.9)
    held = cells(0.2, 0.05, 1 / 1000).assign(measure="overlapping_translated", full_mixing=np.nan)
    said = " ".join(told(collect({"concept_overlap": pd.concat([table, held])}, set())))
    assert (
        "languages mix (COLAP) most in en–de in layer 0, 0.50 [0.40, 0.60], where full mixing would give 0.90" in said
    )
    assert "says nothing of meaning" in said
    assert "translations lie together: the share of overlapping concepts that hold translations exceeds" in said


def test_a_change_with_fine_tuning_is_told_only_where_it_is_clear():
    table = cells(0.5, 0.05, 1 / 101, checkpoints=("pretrained", "nli-en-seed0"))
    tuned = (table.checkpoint == "nli-en-seed0") & (table.target == "de")
    changes = ["change", "change_low", "change_high", "change_p"]
    table.loc[table.checkpoint != "pretrained", changes] = [0.0, -0.1, 0.1, 1.0]
    table.loc[tuned, ["value", *changes]] = [0.9, 0.4, 0.26, 0.54, 0.001]
    said = told(collect({"concept_alignment": table}, set()))
    assert any("CALIGN after nli-en-seed0 went up in 2 and down in 0 of 4 cells" in one for one in said)
    assert any("layer 0: from 0.50 to 0.90, +0.40 [+0.26, +0.54]" in one for one in said)
    table.loc[tuned, "change_p"] = 0.03
    lost = told(collect({"concept_alignment": table}, set()), found=False)
    assert any("changed clearly in none of 4 cells" in one for one in lost)


def test_transfer_must_beat_shared_words_too(data):
    data["baselines"]["score"] = 0.95
    data["transfer"]["null_draws"] = 9999
    assert not told(collect(data, set()), figure="transfer_heatmap")
    lost = told(collect(data, set()), found=False, figure="transfer_heatmap")
    assert all("above both in 0 of 15" in one for one in lost)
    assert len(lost) == 2


def test_correlations_are_adjusted_over_models_tasks_and_distances(data):
    said = told(collect(data, set()), figure="transfer_by_impact")
    assert (
        "impact with transfer: r = 0.77 [-0.20, 0.90], n = 30; beside family, script, shared words partial r" in said[0]
    )
    assert "MRQAP p = 0.0005; mixed model p = 0.0005; Mantel p = 0.0005, adjusted for 2 tests" in said[0]
    rows = data["correlations"]
    distances = rows.relation == "impact-distance"
    rows.loc[distances, "p_mrqap"] = 0.04
    assert len(told(collect(data, set()), figure="correlation_by_layer")) == 4
    # Alone 0.04 would do; beside three that are nothing it does not.
    rows.loc[distances, "p_mrqap"] = np.where(rows[distances].model == "naive", 0.9, 0.04)
    assert not told(collect(data, set()), figure="correlation_by_layer")


def test_languages_in_one_space_are_told_apart_or_not(data):
    lost = told(collect(data, set()), figure="languages_in_one_space", found=False)
    assert len(lost) == len(set(data["space_similarity"].model))
    expected = (
        "interlingual overlap (ILO) 0.40 centred and 0.40 raw (languages dealt anew: 1.00); share whose language a "
        "probe tells 1.00 centred and 1.00 raw (languages dealt anew: 0.50); mean cosine of different items 0.30 "
    )
    assert all(expected in one for one in lost)
    rows = data["space_similarity"]
    rows.loc[rows.measure == "language_identity", "null_p"] = 0.8
    said = told(collect(data, set()), figure="languages_in_one_space")
    assert len(said) == len(lost)
    assert all("A probe tells 0 of them above chance" in one for one in said)


def test_transfer_is_told_beside_similarity_of_spaces_and_words(data):
    said = told(collect(data, set()), figure="transfer_by_similarity")
    lost = told(collect(data, set()), figure="transfer_by_similarity", found=False)
    assert len(said) == len(set(said)) == 2
    assert all("transfer with strong alignment of words on flores before tuning: r = 0.77 [" in one for one in said)
    assert all(
        "MRQAP p = 0.0005; mixed model p = 0.0005; Mantel p = 0.0005, adjusted for 4 tests." in one for one in said
    )
    after = "transfer was not found to correlate with strong alignment of words on flores after tuning once what"
    assert sum(after in one for one in lost) == 2
    names = "mutual retrieval (MEXA) before tuning, debiased CKA before tuning"
    assert sum(f"transfer was not found to correlate with {names} once what" in one for one in lost) == 2
    data["correlations"]["p_mrqap"] = np.nan
    data["correlations"]["reason"] = "No regression: 12 pairs are too few."
    lost = told(collect(data, set()), figure="transfer_by_similarity", found=False)
    after = "strong alignment of words on flores before tuning, strong alignment of words on flores after tuning"
    for asked in (names, after):
        few = f"whether transfer correlates with {asked} cannot be told. No regression: 12 pairs are too few."
        assert sum(few in one for one in lost) == 2


def test_what_mantel_alone_finds_is_not_told(data):
    data["correlations"]["p_mrqap"] = 0.5
    assert not told(collect(data, set()), figure="transfer_by_impact")
    data["correlations"]["p_mrqap"] = np.nan
    data["correlations"]["reason"] = "No regression: 12 pairs are too few."
    lost = told(collect(data, set()), found=False, figure="transfer_by_impact")
    assert lost
    assert all("cannot be told. No regression: 12 pairs are too few." in one for one in lost)


def test_transfer_is_told_beside_the_best_baseline(data):
    data["baselines"]["score"] = 0.3
    better = data["baselines"].assign(baseline="length", score=0.95)
    data["baselines"] = pd.concat([data["baselines"], better], ignore_index=True)
    lost = told(collect(data, set()), found=False, figure="transfer_heatmap")
    assert all("best baseline 0.95, by length" in one for one in lost)
    assert len(lost) == 2


def test_a_mean_of_scores_has_no_interval_above_1(data):
    data["transfer"]["score"] = np.where(data["transfer"].target == "de", 0.7, 1.0)
    said = told(collect(data, set()), figure="transfer_heatmap")
    assert said
    assert all(", 1.00] from " in one for one in said)


def test_a_gap_that_there_is_not_is_told_with_its_reason(data):
    data["variants"] = data["variants"].assign(difference=np.nan, low=np.nan, high=np.nan, reason="No target is far.")
    lost = told(collect(data, set()), found=False, figure="variants")
    assert all("near and far languages cannot be compared. No target is far." in one for one in lost)
    assert lost


def test_freezing_that_changes_nothing_is_looked_for_and_not_found(data):
    lost = told(collect(data, set()), found=False, figure="variants")
    assert all("accuracy by syntactic distance, over 3 paired runs: " in one for one in lost)
    assert all("near languages from 0.600 to 0.620, +0.020 [-0.010, +0.050]; " in one for one in lost)
    assert all(one.endswith("; no clear change.") for one in lost)
    data["variants"]["low"] = 0.015
    data["variants"]["high"] = 0.025
    said = told(collect(data, set()), figure="variants")
    assert all("; clear: near languages up, far languages up, the gap (far minus near) up." in one for one in said)


NEIGHBOURS = {
    "space_similarity": ("translations coincide", "the spaces are organised alike"),
    "word_retrieval": ("words in context find",),
    "probes": ("a linear probe for label",),
    "crossed": ("two texts in two languages",),
    "controls": ("of the best control",),
}


def told_of(data, name, found=True):
    texts = [one.sentence for one in collect({name: data[name]}, set()) if one.found == found]
    return [text for text in texts if any(part in text for part in NEIGHBOURS[name])]


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_the_neighbours_measures_are_told_where_they_lie_above_their_null(data, name):
    told = told_of(data, name)
    assert len(told) >= len(NEIGHBOURS[name])
    assert all("adjusted p < 0.05" in text and "[" in text for text in told)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_in_worlds_of_nothing_the_neighbours_measures_are_told_in_few_only(data, name):
    rng, lost, worlds = np.random.default_rng(5), 0, 60
    for _ in range(worlds):
        rows = data[name].copy()
        if name == "crossed":
            # The interval of a cost of nothing is where chance has it.
            rows["cost"] = np.where(rows.cost.notna(), rng.normal(0, 0.0153, len(rows)), np.nan)
            rows["cost_low"], rows["cost_high"] = rows.cost - 0.03, rows.cost + 0.03
        else:
            rows["null_p"] = rng.integers(1, 102, len(rows)) / 101
        lost += bool(told_of({name: rows}, name))
    assert lost <= 0.15 * worlds


def test_a_probe_must_beat_the_most_frequent_label_too(data):
    rows = data["probes"].assign(floor=0.9)
    assert not told_of({"probes": rows}, "probes")
    assert "most frequent label 0.90" in " ".join(told_of({"probes": rows}, "probes", found=False))


def test_a_tuning_that_changes_no_space_is_not_said_to(data):
    texts = {one.found: one.sentence for one in collect(data, set()) if "the languages' spaces: " in one.sentence}
    assert set(texts) == {False}
    rows = data["space_similarity"].copy()
    tuned = rows.checkpoint.str.endswith("seed0") & (rows.measure == "retrieval")
    rows.loc[tuned, ["change", "change_low", "change_high", "change_p"]] = [0.3, 0.27, 0.33, 1e-6]
    told = collect({**data, "space_similarity": rows}, set())
    told = [one for one in told if "the languages' spaces: " in one.sentence]
    assert all(one.found for one in told)
    assert "retrieval +0.30 [" in told[0].sentence
    # Other ways of tuning are not pooled with it.
    assert "1,0" not in told[0].sentence
    few = data["space_similarity"].assign(change_p=np.nan)
    told = [
        one for one in collect({**data, "space_similarity": few}, set()) if "the languages' spaces: " in one.sentence
    ]
    assert not any(one.found for one in told)
    assert all("without an interval are not tested" in one.sentence for one in told)


def test_a_corpus_is_told_beside_test_items_and_never_averaged_with_them(data):
    rows = data["space_similarity"]
    of_corpus = rows.assign(task=np.nan, corpus="flores", n=900)
    of_corpus["value"] = np.where(of_corpus.measure == "retrieval", 0.93, of_corpus.value)
    both = pd.concat([rows, of_corpus], ignore_index=True)
    plain, told = (collect({"space_similarity": table}, set()) for table in (rows, both))
    on_corpus = [one for one in told if "n = 900" in one.sentence]
    assert collect({"space_similarity": of_corpus}, set())
    assert {one.figure for one in on_corpus} == {"space_similarity_by_layer", "languages_in_one_space"}
    assert all("corpus flores" in one.subject for one in on_corpus)
    assert any("retrieval 0.93" in one.sentence for one in on_corpus)
    # What is said of test items is as it was, but for how many cells are tested.
    assert {one.subject for one in plain} < {one.subject for one in told}
    assert not any("0.93" in one.sentence for one in told if "flores" not in one.subject + one.sentence)
    assert sum("spaces on the corpus flores: " in one.sentence for one in told) == sum(
        "the languages' spaces: " in one.sentence for one in told
    )


def test_what_cannot_be_crossed_is_told_with_its_reason(data):
    rows = data["crossed"].assign(score=np.nan, cost=np.nan, reason="The items have one text only.")
    found = collect({"crossed": rows}, set())
    assert [one.found for one in found] == [False] * len(found)
    assert all("The items have one text only." in one.sentence for one in found)


def test_several_corpora_are_told_one_by_one_and_never_averaged(data):
    one = data["concept_overlap"].query("measure == 'overlapping_types'")
    easy = one.assign(corpus="easy", value=0.93, boot_low=0.8, boot_high=1.0)
    both = pd.concat([easy, easy.assign(corpus="hard", value=0.4)], ignore_index=True)
    said = [
        text for text in told(collect({"concept_overlap": both}, set())) if " on easy" in text or " on hard" in text
    ]
    assert {" on easy" in text for text in said} == {True, False}
    assert all(("0.93" in text) == (" on easy" in text) for text in said)
    assert not any("0.66" in text or "0.67" in text for text in said)


@pytest.mark.parametrize("missing", ["concept_alignment", "concept_overlap", "transfer", "baselines",
                                     "impact", "correlations", "variants", "edits", "board_probe"])  # fmt: skip
def test_a_table_that_is_not_there_yet_is_passed_over(data, missing):
    del data[missing]
    assert collect(data, set())
    assert not collect({}, set())


def test_an_edit_is_told_with_its_drift_and_is_found_only_above_other_items_edits(data):
    [all_weights, _] = told(collect({"edits": data["edits"].query("model == 'aligned'")}, set()), figure="edits")
    assert "edits of single items in en (all weights, 20 edits) hold in 5 other languages with 0.80" in all_weights
    assert "but 0.50 of all other items got the wanted label too: specific success +0.30 [+0.30, +0.30]" in all_weights
    assert "above another item's edit in 5 of 5" in all_weights
    data["edits"]["null_p"] = 0.2
    assert not told(collect({"edits": data["edits"]}, set()), figure="edits")
    assert len(told(collect({"edits": data["edits"]}, set()), found=False, figure="edits")) == 4
    facts = data["edits"].query("model == 'aligned' and weights == 'all'")
    facts = facts.assign(task="facts", checkpoint="pretrained", value=-0.001, low=-0.002, high=0.0)
    [text] = told(collect({"edits": facts}, set()), found=False, figure="edits")
    assert "edits of single facts in en" in text
    assert "got the wanted word too: specific success +0.00 [+0.00, +0.00]" in text
    nothing = data["edits"].assign(value=np.nan, null_p=np.nan, reason="why")
    assert not collect({"edits": nothing}, set())


def test_a_board_that_is_told_across_languages_is_held_against_the_floor(data):
    boards = {"board_probe": data["board_probe"]}
    [found] = told(collect(boards, set()), figure="board_probe")
    [lost] = told(collect(boards, set()), found=False, figure="board_probe")
    assert (
        "0.75 of squares in its own language (layer 0), in another 0.70 (one–two [0.68, 0.72], two–one [0.68, 0.72]) "
        "on average, above the floor of 0.60"
    ) in found
    assert "and the boards of other games in 2 of 2 ordered pairs of languages; with each language's mean" in found
    assert "on average, above the floor of 0.60 and the boards of other games in 0 of 2" in lost
    assert "two–one [0.70, 0.74]), in 2 (adjusted p < 0.05 over" in lost
    assert "Next moves are legal: one 0.86, two 0.86." in lost
    # The floor alone does not make it: boards of other games may be told as well.
    assert not told(collect({"board_probe": data["board_probe"].assign(null_p=0.3)}, set()), figure="board_probe")


def test_crossing_says_whether_it_costs_or_gains(data):
    rows = data["crossed"]
    rows = rows.assign(cost=rows.cost.abs() + 0.5, cost_low=0.45, cost_high=0.55)
    assert all("clearly lower in 0 and higher in" in text for text in told_of({"crossed": rows}, "crossed"))


def test_what_can_be_crossed_in_part_is_not_said_to_be_impossible(data):
    rows = data["crossed"]
    lost = rows.iloc[[0]].assign(score=np.nan, cost=np.nan, reason="The test items of en and xx are not the same.")
    findings = collect({"crossed": pd.concat([rows, lost.assign(second="xx")])}, set())
    [one] = [one.sentence for one in findings if "could not be crossed" in one.sentence]
    assert "in 1 combination of languages. The test items of en and xx" in one


def test_where_in_the_model_neighbours_are_above_their_null_is_counted_in_cells(data):
    rows = data["probes"].copy()
    before = rows[(rows.checkpoint == "pretrained") & (rows.source != rows.target)]
    rows["null_p"] = 0.9
    rows.loc[before.index[0], ["null_p", "value", "low", "high", "floor"]] = [1e-6, 0.9, 0.89, 0.91, 0.3]
    text = " ".join(told_of({"probes": rows}, "probes"))
    assert "above both in 1 of" in text
    assert ", of 1 of" in text


def some_with_a_control(data, control):
    """The tables of one model, and of its control the same with other numbers."""
    found = {}
    for name, table in data.items():
        if "model" in table:
            own = table[table.model == "aligned"]
            drawn_anew = own.assign(model=control, control_of="aligned")
            table = pd.concat([own.assign(control_of=np.nan), drawn_anew], ignore_index=True)
        found[name] = table
    return found


def test_a_control_stands_in_every_sentence_of_its_model(data):
    findings = collect(some_with_a_control(data, "aligned-random"), {"aligned-random"})
    own = [one for one in findings if one.model == "aligned"]
    asked = {one.asked[0] for one in own}
    assert {one.question for one in own} == {"sharing", "tuning", "transfer", "relations"}
    assert asked >= {
        "CALIGN", "overlap", "board", "probes", "concepts changed", "spaces changed", "impact", "course",
        "zero-shot", "variants", "edits", "controls", "crossed", "correlation",
    }  # fmt: skip
    lacking = [one.sentence for one in own if " Its control aligned-random: " not in one.sentence]
    assert not lacking
    assert not any("Its control" in one.sentence for one in findings if one.model == "aligned-random")


def test_links_at_random_stand_beside_linked_words(data):
    rows = data["variants"].query("model == 'aligned'")
    linked = rows.assign(variant="before", random_links="chance")
    chance = rows.assign(variant="chance", difference=0.011, low=0.001, high=0.021)
    said = [one.sentence for one in collect({"variants": pd.concat([linked, chance])}, set())]
    [before] = [one for one in said if "sentiment, before against tuned whole" in one]
    assert "; with links at random (chance) near languages +0.011 [+0.001, +0.021], far languages" in before
    assert not any("at random" in one for one in said if one != before)


@pytest.mark.parametrize(
    ("p", "draws", "spoken_of", "untold"),
    [
        ([1, 1, 1], 999, [0], ""),
        ([1] * 50, 999, [0], "cannot be told: no p can fall below 0.001, which is 0.05 once adjusted for 50 tests"),
        # Beside others that were found, one of 20 draws could have been.
        ([0.9, *[0.0001] * 9], 19, [0], "cannot be told: no p can fall below 0.050, which is 0.05 once adjusted"),
        ([0.9, *[0.0001] * 9], 20, [0], ""),
        ([np.nan, 0.001], 999, [0], "cannot be told: there is no test"),
    ],
)
def test_what_no_test_could_have_found_cannot_be_told(p, draws, spoken_of, untold):
    found = cannot_tell(pd.Series(p), least_of(pd.Series([draws])), pd.Index(spoken_of))
    assert found.startswith(untold)
    assert bool(found) == bool(untold)


FEW_DRAWS = {"null_draws": 19, "p_mrqap_least": 1 / 24}
ABSENT = re.compile(r"\b(no|none|not|nothing|without|0 of)\b")


@pytest.mark.parametrize("draws", ["few", "many"])
@pytest.mark.parametrize("seed", range(3))
def test_what_was_not_found_is_told_with_an_interval_or_cannot_be_told(data, draws, seed):
    """In worlds of nothing: where no test could come out, no sentence says that something is not there."""
    rng = np.random.default_rng(seed)
    for name, table in data.items():
        chance = {p: rng.integers(2, 21, len(table)) / 20 for p in ("null_p", "p_mrqap") if p in table}
        least = {key: value for key, value in FEW_DRAWS.items() if key in table} if draws == "few" else {}
        if draws == "many":
            least = {"null_draws": 99_999} if "null_draws" in table else {}
        data[name] = table.assign(**chance, **least)
    findings = [one for one in collect(data, set()) if not one.found and one.asked]
    kinds = {one.asked[0] for one in findings}
    assert {"CALIGN", "board", "zero-shot", "edits", "probes", "correlation", "variants", "spaces changed"} <= kinds
    for one in findings:
        assert "cannot be told" in one.sentence or re.search(r"\[[+-]?\d", one.sentence), one
        tested_by_draws = one.asked[0] not in ("variants", "spaces changed", "concepts changed", "course")
        if draws == "few" and tested_by_draws:
            assert "cannot be told" in one.sentence, one
            said = one.sentence.replace(re.search(r"cannot be told: .*? tests", one.sentence)[0], "")
            assert not ABSENT.search(said), one
        elif draws == "many":
            assert "cannot be told" not in one.sentence, one


def test_the_first_screen_takes_turns_between_questions_and_figures():
    findings = [
        Finding("sharing", "a", "1", "x", strength=0.9), Finding("sharing", "b", "2", "x", strength=0.8),
        Finding("sharing", "c", "3", "y", strength=0.1), Finding("tuning", "d", "4", "z", strength=0.01),
    ]  # fmt: skip
    assert [one.subject for one in first_screen(findings, 3)] == ["a", "c", "d"]


def test_the_course_of_several_corpora_is_told_one_by_one(data):
    rows = data["trajectories"].query("measure == 'impact'")
    rows = rows.assign(measure="calign", kind="e-e", change=np.nan, change_p=np.nan)
    both = pd.concat([rows.assign(corpus="easy", value=0.9), rows.assign(corpus="hard", value=0.1)])
    said = told(collect({"trajectories": both}, set()), found=False, figure="trajectories")
    assert said
    # Concepts of two points are not paired.
    assert all("cannot be told" in one for one in said)
    assert {("(easy, e-e): 0.90" in one, "(hard, e-e): 0.10" in one) for one in said} == {(True, False), (False, True)}


@pytest.mark.parametrize("p", [0.0005, np.nan])
def test_transfer_is_told_beside_concept_alignment_of_each_corpus(data, p):
    rows = data["correlations"]
    words = rows[(rows.relation == "words-transfer") & (rows.state == "tuned")]
    facts = {"relation": "alignment-transfer", "alignment": "aligned", "kind": "encoder-encoder", "p_mrqap": p}
    facts |= {"similarity": np.nan, "state": np.nan, "vectors": np.nan, "reason": "No regression: 5 pairs are too few."}
    parts = [words.assign(**facts, corpus=corpus) for corpus in ("books", "news")]
    correlations = pd.concat(parts, ignore_index=True)
    said = told(collect({"correlations": correlations}, set()), found=p == 0.0005, figure="transfer_by_similarity")
    for corpus in ("books", "news"):
        beside = f"CALIGN on {corpus} (encoder–encoder) after tuning"
        expected = f"transfer with {beside}: r = " if p == 0.0005 else beside
        assert sum(expected in one for one in said) == 2
    assert p == 0.0005 or all("cannot be told. No regression: 5 pairs are too few." in one for one in said)
    drawn = describe(BY_NAME["transfer_by_similarity"], {"correlations": correlations})["data"]["values"]
    assert {row["line"] for row in drawn} == {"CALIGN, books", "CALIGN, news"}
