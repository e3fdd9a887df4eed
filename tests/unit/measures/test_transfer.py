"""Transfer scores against the libraries that define them, and the study of variants."""

import json
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from sacrebleu.metrics import BLEU, CHRF
from seqeval.metrics import f1_score as seqeval_f1
from sklearn.metrics import accuracy_score, f1_score

from isogloss.errors import IsoglossError
from isogloss.measures.transfer.compute import write_scores
from isogloss.relations.variants import choose_layers, compare_variants
from isogloss.statistics.jackknife import blocks_of
from isogloss.tasks.scores import translation_scores

RNG = np.random.default_rng(0)


def scores(tmp_path, kind, answers, source="en", into=None, **settings):
    rows = [
        {"language": language, "item": item, "truth": truth, "predicted": predicted}
        for language, pairs in answers.items()
        for item, (truth, predicted) in enumerate(pairs)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "p.parquet")
    settings = {"draws": 300, "null": 100, "seed": 1, **settings}
    write_scores(
        predictions=tmp_path / "p.parquet",
        source=source,
        kind=kind,
        into=into,
        attributes={"model": "m"},
        output=tmp_path / "s.csv",
        replicates_output=tmp_path / "r.parquet",
        **settings,
    )
    return pd.read_csv(tmp_path / "s.csv").set_index(["target", "measure"])


def noisy(truth, options, share):
    return [(t, str(RNG.choice(options)) if RNG.random() < share else t) for t in truth]


def test_classification_equals_scikit_learn(tmp_path):
    truth = [str(t) for t in RNG.choice(["a", "b", "c"], 200, p=[0.5, 0.3, 0.2])]
    answers = {"en": noisy(truth, ["a", "b", "c"], 0.1), "de": noisy(truth, ["a", "b", "c"], 0.6)}
    table = scores(tmp_path, "sequence-classification", answers)
    for language, pairs in answers.items():
        t, p = zip(*pairs, strict=True)
        assert table.loc[(language, "accuracy"), "score"] == pytest.approx(accuracy_score(t, p))
        assert table.loc[(language, "macro_f1"), "score"] == pytest.approx(f1_score(t, p, average="macro"))
    row = table.loc[("de", "accuracy")]
    assert row.low < row.score < row.high
    # The same without each block of items.
    told = pd.read_parquet(tmp_path / "r.parquet").set_index(["target", "measure"]).replicates
    t, p = map(np.array, zip(*answers["de"], strict=True))
    left = [np.delete(np.arange(200), block) for block in blocks_of(200)]
    expected = [f1_score(t[kept], p[kept], average="macro") for kept in (range(200), *left)]
    assert told["de", "macro_f1"] == pytest.approx(expected)
    assert row.relative == pytest.approx(row.score / table.loc[("en", "accuracy"), "score"])
    assert row.relative_low < row.relative < row.relative_high
    assert (table.loc[("en", "accuracy"), ["relative", "relative_low", "relative_high"]] == 1).all()
    # A model that knows nothing of the items lies inside its null.
    assert row.null_high < row.score
    blind = scores(tmp_path, "sequence-classification", {"en": noisy(truth, ["a", "b", "c"], 1.0)})
    blind = blind.loc[("en", "accuracy")]
    assert blind.null_low <= blind.score <= blind.null_high


def test_a_model_that_learnt_nothing_has_no_relative_score(tmp_path):
    truth = [str(t) for t in RNG.choice(["a", "b"], 200)]
    nothing = [(t, "a") for t in truth]
    table = scores(tmp_path, "sequence-classification", {"en": nothing, "de": nothing})
    assert table[["relative", "relative_low", "relative_high"]].isna().all(axis=None)
    assert (table.score > 0).all()
    reason = table.loc[("de", "accuracy")].reason
    assert reason.startswith("The source language's own score, ")
    assert reason.endswith("in en, is not above chance (p = 1).")
    # What a target does without the source is its own affair.
    table = scores(tmp_path, "sequence-classification", {"en": nothing, "de": [(t, t) for t in truth]})
    assert table.loc[("de", "accuracy")].score == 1
    assert np.isnan(table.loc[("de", "accuracy")].relative)
    table = scores(tmp_path, "sequence-classification", {"en": [(t, t) for t in truth], "de": nothing})
    assert table.reason.isna().all()
    assert table.relative.notna().all()


def test_the_bootstrap_covers_as_a_direct_one_does(tmp_path):
    truth = [str(t) for t in RNG.choice(["a", "b"], 100)]
    pairs = noisy(truth, ["a", "b"], 0.5)
    row = scores(tmp_path, "sequence-classification", {"en": pairs}, draws=4000).loc[("en", "accuracy")]
    right = np.array([t == p for t, p in pairs])
    direct = right[RNG.integers(100, size=(4000, 100))].mean(1)
    assert [row.low, row.high] == pytest.approx(np.quantile(direct, [0.025, 0.975]), abs=0.011)


def test_entities_equal_seqeval(tmp_path):
    truth = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "O"], ["B-LOC", "O", "B-PER"]] * 10
    said = [
        [str(RNG.choice(["O", "B-PER", "I-PER", "B-LOC"])) if RNG.random() < 0.4 else tag for tag in row]
        for row in truth
    ]
    pairs = [(" ".join(t), " ".join(p)) for t, p in zip(truth, said, strict=True)]
    row = scores(tmp_path, "token-classification", {"en": pairs}).loc[("en", "entity_f1")]
    assert row.score == pytest.approx(seqeval_f1(truth, said))
    assert row.low <= row.score <= row.high


def test_translations_equal_sacrebleu(tmp_path):
    truth = [
        "the cook loves the good bread in the kitchen",
        "Anna explains the lesson",
        "the boat saves the old sailor",
    ]
    said = ["the cook loves bread in the kitchen", "Anna explains the lesson", "the sailor saves the boat"]
    pairs = list(zip(truth, said, strict=True))
    table = scores(tmp_path, "translation", {"de": pairs, "ru": pairs[::-1]}, source="de", into="en", draws=100)
    assert table.loc[("de", "chrf"), "score"] == pytest.approx(CHRF().corpus_score(said, [truth]).score / 100)
    assert table.loc[("de", "bleu"), "score"] == pytest.approx(BLEU().corpus_score(said, [truth]).score / 100)


@pytest.mark.parametrize("into", ["en", "zh"])
def test_permuted_translations_are_counted_as_sacrebleu_counts_them(into):
    rng = np.random.default_rng(1)
    letters = [*"abcdab  .,'-7", "naïve", "学生", "老师", "!"]
    texts = ["", " ", "a", "The.", *("".join(rng.choice(letters, rng.integers(25))) for _ in range(60))]
    truth, said = (list(map(str, rng.permutation(texts))) for _ in range(2))
    orders = np.array([rng.permutation(len(truth)) for _ in range(20)])
    for measure in translation_scores(into):
        plain = [measure.statistics(truth, [said[place] for place in order]).sum(0) for order in orders]
        assert measure.permuted(truth, said, orders).tolist() == np.array(plain).tolist()
        assert measure.permuted([""], [""], np.zeros((2, 1), dtype=int)).shape == (2, len(plain[0]))


def test_the_null_of_translations_has_as_many_draws_as_any(tmp_path):
    rng = np.random.default_rng(2)
    truth, others = ([" ".join(rng.choice([*"abcdef"], 6)) for _ in range(40)] for _ in range(2))
    answers = {name: list(zip(truth, texts, strict=True)) for name, texts in (("de", truth), ("ru", others))}
    table = scores(tmp_path, "translation", answers, source="de", into="en", null=200)
    assert table.null_draws.eq(200).all()
    assert table.null_p["de"].tolist() == pytest.approx([1 / 201] * 2)
    assert (table.null_p["ru"] > 0.05).all()


def test_a_source_without_predictions_is_told(tmp_path):
    with pytest.raises(IsoglossError, match="no predictions for the source language fr"):
        scores(tmp_path, "sequence-classification", {"en": [("a", "a")]}, source="fr")


def far(tmp_path):
    languages = ["en", "de", "es", "tr", "zh"]
    value = {language: place / 4 for place, language in enumerate(languages)}
    rows = [
        {"source": s, "target": t, "distance": "syntactic", "value": abs(value[s] - value[t]), "reason": ""}
        for s in languages
        for t in languages
        if s != t
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "d.csv", index=False)
    return languages, value


def test_a_checkpoint_that_predicts_nothing_has_rows_with_the_reason(tmp_path):
    answers = {language: [("a", None), ("b", None)] for language in ("en", "de")}
    table = scores(tmp_path, "sequence-classification", answers)
    assert set(table.index) == {(language, name) for language in ("en", "de") for name in ("accuracy", "macro_f1")}
    assert table[["score", "low", "relative", "null_mean", "null_p"]].isna().all(axis=None)
    assert set(table.reason) == {"The checkpoint has no head for this task."}
    assert list(table.columns) == list(scores(tmp_path, "sequence-classification", {"en": [("a", "a")] * 9}).columns)


def test_the_layer_that_moves_least_far_away_is_chosen(tmp_path):
    languages, value = far(tmp_path)
    rows = [
        {"source": s, "target": t, "layer": layer, "pooling": "mean", "impact_debiased": impact}
        for s in languages
        for t in languages
        for layer, impact in enumerate(
            (9.0, abs(value[s] - value[t]), 1 - abs(value[s] - value[t]) + 0.01 * RNG.random())
        )
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "i.csv", index=False)
    settings = {"impacts": [tmp_path / "i.csv"], "distances": tmp_path / "d.csv", "output": tmp_path / "c.json"}
    choose_layers(count=1, distance="syntactic", **settings)
    chosen = json.loads((tmp_path / "c.json").read_text())
    assert chosen["layers"] == [2]
    assert chosen["correlations"]["1"] == pytest.approx(1)
    choose_layers(count=2, distance="syntactic", **settings)
    assert json.loads((tmp_path / "c.json").read_text())["layers"] == [1, 2]


@pytest.mark.parametrize("languages", [["en", "de"], ["en", "de", "es"], ["en"]])
def test_too_few_languages_choose_no_layer_and_say_why(tmp_path, languages):
    far(tmp_path)
    rows = [
        {"source": "en", "target": t, "layer": layer, "pooling": "mean", "impact_debiased": RNG.random()}
        for t in languages for layer in range(3)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "i.csv", index=False)
    for distance in ("syntactic", "genetic"):
        choose_layers(
            impacts=[tmp_path / "i.csv"], distances=tmp_path / "d.csv", output=tmp_path / "c.json", count=1,
            distance=distance,
        )  # fmt: skip
        chosen = json.loads((tmp_path / "c.json").read_text())
        assert chosen["layers"] == []
        assert "are too few" in chosen["reason"]


ALONE = "No run has one beside it that is tuned whole, at a known distance between the languages."


@pytest.mark.parametrize(
    ("sources", "targets", "distance", "reason"),
    [
        (["en"], ["en", "de"], "syntactic", "No target is far: distances tell none of them apart."),
        (["en", "de"], ["en", "de"], "syntactic", "No target is far: distances tell none of them apart."),
        (
            ["en"],
            ["en"],
            "syntactic",
            ALONE,
        ),
        (
            ["en"],
            ["en", "de"],
            "genetic",
            ALONE,
        ),
        (["en"], ["en", "de", "es"], "syntactic", "No interval: one run."),
    ],
)
def test_small_studies_of_freezing_end_with_a_reason(tmp_path, sources, targets, distance, reason):
    far(tmp_path)
    rows = [
        {"model": "m", "task": "nli", "variant": variant, "seed": 0, "measure": "accuracy", "source": s, "target": t,
         "score": 0.5}
        for s in sources for t in targets for variant in ("whole", "frozen")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    compare_variants(
        **noted(tmp_path, sources), transfer=tmp_path / "t.csv", distances=tmp_path / "d.csv",
        distance={"nli": {"frozen": distance}}, draws=20, seed=1, random_links={}, controls={},
        output=tmp_path / "f.csv",
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "f.csv")
    assert list(table.group) == ["near", "far", "gap"]
    assert set(table.reason) == {reason}
    assert table.low.isna().all()


def noted(tmp_path, sources, reason=""):
    """The notes of the checkpoints with frozen layers."""
    paths = [tmp_path / f"nli-{source}-seed0-frozen.json" for source in sources]
    for path in paths:
        path.write_text(json.dumps({"steps": 1, **({"reason": reason} if reason else {})}))
    run = {"model": "m", "task": "nli", "variant": "frozen", "seed": 0}
    return {"notes": paths, "tunings": [{**run, "source": source} for source in sources]}


def test_a_variant_in_which_nothing_is_different_says_so(tmp_path):
    languages, _ = far(tmp_path)
    rows = [
        {"model": "m", "task": "nli", "variant": variant, "seed": 0, "measure": "accuracy", "source": s, "target": t,
         "score": 0.5, "checkpoint": f"nli-{s}-seed0"}
        for s in languages for t in languages for variant in ("whole", "frozen")
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    compare_variants(
        **noted(tmp_path, languages, "No word is linked."), transfer=tmp_path / "t.csv",
        distances=tmp_path / "d.csv", distance={"nli": {"frozen": "syntactic"}}, draws=20, seed=1,
        random_links={}, controls={}, output=tmp_path / "f.csv",
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "f.csv")
    assert set(table.reason) == {"No word is linked."}
    assert table[["whole", "varied", "difference", "low", "high"]].isna().all().all()


def test_alignment_is_compared_where_it_is_measured(tmp_path):
    languages, _ = far(tmp_path)
    names = {"whole": "", "frozen": "-frozen"}
    rows = pd.DataFrame([
        {"model": "m", "task": "nli", "variant": variant, "seed": 0, "measure": "accuracy", "source": s, "target": t,
         "score": 0.5, "checkpoint": f"nli-{s}-seed0{names[variant]}"}
        for s in languages for t in languages for variant in names
    ])  # fmt: skip
    rows.to_csv(tmp_path / "t.csv", index=False)
    alike = rows.drop(columns=["variant", "seed", "score"]).assign(measure="retrieval", vectors="centred", null_mean=0)
    alike = pd.concat([alike.assign(layer=layer, value=0.1 * layer) for layer in (1, 3)])
    alike["value"] += alike.checkpoint.str.endswith("frozen") * 0.25
    alike.assign(low=0, high=1, n=9).to_csv(tmp_path / "s.csv", index=False)
    compare_variants(
        **noted(tmp_path, languages), transfer=tmp_path / "t.csv", similarity=tmp_path / "s.csv",
        distances=tmp_path / "d.csv", distance={"nli": {"frozen": "syntactic"}}, draws=20, seed=1,
        random_links={}, controls={}, output=tmp_path / "f.csv",
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "f.csv").set_index(["measure", "group"])
    assert table.whole["retrieval", "far"] == pytest.approx(0.2)
    assert table.difference["retrieval"].tolist() == pytest.approx([0.25, 0.25, 0])
    assert table.difference["accuracy"].tolist() == [0, 0, 0]


def test_freezing_is_compared_run_by_run(tmp_path):
    languages, value = far(tmp_path)
    rows = []
    for s in languages:
        for t in languages:
            apart = abs(value[s] - value[t])
            for variant, gain in (("whole", 0.0), ("frozen", 0.1 * apart)):
                rows.append(
                    {
                        "model": "m",
                        "task": "nli",
                        "variant": variant,
                        "seed": 0,
                        "measure": "accuracy",
                        "source": s,
                        "target": t,
                        "score": 0.9 - 0.3 * apart + gain,
                    }
                )
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    compare_variants(
        **noted(tmp_path, languages),
        transfer=tmp_path / "t.csv",
        distances=tmp_path / "d.csv",
        distance={"nli": {"frozen": "syntactic"}},
        draws=200,
        seed=1,
        random_links={},
        controls={},
        output=tmp_path / "f.csv",
    )
    table = pd.read_csv(tmp_path / "f.csv").set_index("group")
    assert list(table.index) == ["near", "far", "gap"]
    assert table.runs.eq(5).all()
    assert table.difference["far"] > table.difference["near"] > 0
    assert table.difference["gap"] == pytest.approx(table.difference["far"] - table.difference["near"])
    assert table.low["gap"] > 0
    assert table.whole["gap"] < 0


def test_accuracy_of_tags_equals_scikit_learn(tmp_path):
    truth = [list(map(str, RNG.choice(["NOUN", "VERB", "X"], RNG.integers(1, 9)))) for _ in range(60)]
    said = [[str(RNG.choice(["NOUN", "VERB"])) if RNG.random() < 0.4 else tag for tag in row] for row in truth]
    pairs = [(" ".join(t), " ".join(p)) for t, p in zip(truth, said, strict=True)]
    table = scores(tmp_path, "token-classification", {"en": pairs}, tag_measure="accuracy")
    row = table.loc[("en", "accuracy")]
    assert len(table) == 1
    assert row.score == pytest.approx(accuracy_score(list(chain(*truth)), list(chain(*said))))
    assert row.null_high < row.score
