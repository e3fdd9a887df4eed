"""Items of tasks: the microworld's, whose answers are known, and the user's own tables."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from isogloss.errors import IsoglossError
from isogloss.measures.baselines.compute import write_baselines
from isogloss.microworld import generate, generate_task
from isogloss.microworld.tasks import inference_pairs
from isogloss.microworld.world import SPLITS, meanings, tenth
from isogloss.tasks.guesses import labels_by, labels_by_length, word_pairs
from isogloss.tasks.items import unrelated, write_items


def test_test_meanings_are_never_trained_on():
    seen = set(meanings("training", 400, 1))
    for premise, hypothesis, _ in inference_pairs("training", 300, 2):
        assert {tenth(premise), tenth(hypothesis)} <= set(SPLITS["training"])
        seen |= {premise, hypothesis}
    for premise, hypothesis, _ in inference_pairs("test", 200, 2):
        assert premise not in seen
        assert hypothesis not in seen
        assert {tenth(premise), tenth(hypothesis)} <= set(SPLITS["test"])


def test_labels_follow_from_the_meanings():
    pairs = inference_pairs("training", 300, 5)
    assert Counter(label for _, _, label in pairs) == dict.fromkeys(("entailment", "neutral", "contradiction"), 100)
    for premise, hypothesis, label in pairs:
        same_object, same_polarity = premise.object == hypothesis.object, premise.polarity == hypothesis.polarity
        assert (same_object, same_polarity) == {
            "entailment": (True, True),
            "neutral": (False, True),
            "contradiction": (True, False),
        }[label]
        # What one side says of names, places and years the other says too, or leaves out.
        assert premise.subject == hypothesis.subject
        assert hypothesis.place in (premise.place, -1)
        assert hypothesis.year in (premise.year, -1)
        if label == "entailment":
            for one, other in zip(premise, hypothesis, strict=True):
                assert other in (one, -1)


@pytest.mark.parametrize("seed", range(3))
def test_one_text_of_an_inference_pair_tells_nothing(seed):
    training = generate_task("inference", "en", "training", 1200, seed)
    test = generate_task("inference", "en", "test", 600, seed)
    for column in ("words", "other_words"):
        # Whatever is said of a text, it is right for one of the three labels that follow it.
        for items in (training, test):
            counts = items.groupby([items[column].map(tuple), "label"]).size().unstack()
            assert (counts.nunique(axis=1) == 1).all()
            assert counts.notna().all(axis=None)
        for features in (lambda table: map(list, table), lambda table: map(word_pairs, table)):
            guess = labels_by(training, lambda items, column=column, features=features: features(items[column]))
            right = np.array(guess(test)) == test.label
            low, high = stats.binom.interval(0.999, len(test), 1 / 3)
            assert low <= right.sum() <= high
            assert right.mean() == pytest.approx(1 / 3)
    both = labels_by_length(training)(test)
    assert np.mean(np.array(both) == test.label) < 0.45


def test_both_texts_of_an_inference_pair_tell_the_label():
    pairs = inference_pairs("test", 600, 1)
    labels = {(premise, hypothesis): set() for premise, hypothesis, _ in pairs}
    for premise, hypothesis, label in pairs:
        labels[premise, hypothesis].add(label)
    assert all(len(found) == 1 for found in labels.values())
    # Sets stay together, so that a part of them is as closed.
    assert inference_pairs("test", 300, 1) == pairs[:300]


def test_items_are_parallel_and_repeatable():
    tables = {language: generate_task("inference", language, "test", 40, 3) for language in ("en", "zh", "ar")}
    for table in tables.values():
        assert list(table.label) == list(tables["en"].label)
        assert all(table.words.map(len) > 1)
    pd.testing.assert_frame_equal(tables["zh"], generate_task("inference", "zh", "test", 40, 3))
    entities = generate_task("entities", "ru", "test", 40, 3)
    assert all(len(words) == len(tags) for words, tags in zip(entities.words, entities.tags, strict=True))
    translation = generate_task("translation", "de", "test", 5, 3, into="en")
    assert list(translation.other_words) == list(
        generate_task("translation", "es", "test", 5, 3, into="en").other_words
    )


@pytest.mark.parametrize("task", ["sentiment", "inference", "entities"])
def test_test_items_tell_what_they_mean_the_same_in_every_language(task):
    names = ["topic", "polarity", "verb", "subject", "object"]
    tables = {language: generate_task(task, language, "test", 60, 5) for language in ("en", "ar", "zh")}
    for table in tables.values():
        pd.testing.assert_frame_equal(table[names], tables["en"][names])
    assert not set(names) & set(generate_task(task, "en", "training", 5, 5))
    # What is told stands in the text.
    said = generate("de", "test", 60, 5)
    meant = generate_task("entities", "de", "test", 60, 5)
    assert list(meant.words) == list(said.words)
    for lemmas, row in zip(said.lemmas, meant.itertuples(), strict=True):
        assert {int(row.verb), int(row.subject), int(row.object)} <= set(lemmas)


def microworld(tmp_path, task, languages=("en", "zh", "de"), source="en"):
    common = {"kind": "microworld", "task": task, "train": 600, "validation": 10, "test": 150, "seed": 3}
    write_items(language=source, part="training", output=tmp_path / "training.parquet", **common)
    for language in languages:
        write_items(language=language, part="test", output=tmp_path / f"{language}.parquet", **common)
    return {language: tmp_path / f"{language}.parquet" for language in languages}


def baselines(tmp_path, task, kind):
    write_baselines(
        training=tmp_path / "training.parquet",
        test=microworld(tmp_path, task),
        source="en",
        kind=kind,
        into=None,
        attributes={"task": task},
        output=tmp_path / "b.csv",
    )
    return pd.read_csv(tmp_path / "b.csv").set_index(["baseline", "target", "measure"]).score


def test_anchors_tell_nothing_of_the_labels(tmp_path):
    scores = baselines(tmp_path, "sentiment", "sequence-classification")
    assert scores["shared_words", "en", "accuracy"] > 0.95  # within a language words tell everything
    for target in ("de", "zh"):
        assert abs(scores["shared_words", target, "accuracy"] - 0.5) < 0.12
    scores = baselines(tmp_path, "inference", "sequence-classification")
    for target in ("de", "zh"):
        assert scores["shared_words", target, "accuracy"] < 0.45
    # 150 items are twelve whole sets and half of one.
    for target in ("en", "de", "zh"):
        for baseline in ("first_text", "second_text"):
            assert abs(scores[baseline, target, "accuracy"] - 1 / 3) < 0.05
        # Texts that are equally long are likelier the same.
        assert scores["length", target, "accuracy"] < 0.45


def test_a_leak_of_length_or_of_one_text_is_seen_in_every_language(tmp_path):
    for language in ("en", "de"):
        word = {"en": "very", "de": "sehr"}[language]
        rows = [
            {"item": item, "words": [word] * (2 + 3 * (item % 3)), "other_words": [f"{language}{item % 3}", word],
             "label": "abc"[item % 3], "split": split}
            for split, items in (("training", 60), ("test", 30)) for item in range(items)
        ]  # fmt: skip
        pd.DataFrame(rows[:60]).to_parquet(tmp_path / f"{language}.training.parquet")
        pd.DataFrame(rows[60:]).to_parquet(tmp_path / f"{language}.parquet")
    write_baselines(
        training=tmp_path / "en.training.parquet",
        test={language: tmp_path / f"{language}.parquet" for language in ("en", "de")},
        source="en",
        kind="sequence-classification",
        into=None,
        attributes={"task": "t"},
        output=tmp_path / "b.csv",
    )
    table = pd.read_csv(tmp_path / "b.csv")
    scores = table.set_index(["baseline", "target", "measure"]).score
    for target in ("en", "de"):
        assert scores["length", target, "accuracy"] == 1
        assert scores["first_text", target, "accuracy"] == scores["second_text", target, "accuracy"] == 1
    assert scores["majority", "de", "accuracy"] == pytest.approx(1 / 3)
    assert scores["shared_words", "de", "accuracy"] < 0.5
    assert set(table.script) == {1}
    assert set(table[table.target == "de"].shared) == {0}


def test_names_are_found_where_they_are_written_alike_only(tmp_path):
    scores = baselines(tmp_path, "entities", "token-classification")
    assert scores["shared_words", "en", "entity_f1"] > 0.95
    assert scores["shared_words", "de", "entity_f1"] > 0.6
    assert scores["shared_words", "zh", "entity_f1"] == 0
    # A name has no article, so that a word's length and place give it away.
    assert scores["length", "de", "entity_f1"] > 0.6


def own(tmp_path, rows, name="items.jsonl"):
    path = tmp_path / name
    pd.DataFrame(rows).to_json(path, orient="records", lines=True)
    return str(path)


TABLE = {"kind": "table", "language": "en", "text": "text", "label": "label"}


def test_own_tables_are_read(tmp_path):
    rows = [{"text": f"a b{n}", "hyp": "c", "label": "yes" if n % 2 else "no"} for n in range(20)]
    path = own(tmp_path, rows)
    out = tmp_path / "o.parquet"
    write_items(**TABLE, other_text="hyp", labels=["yes", "no"], part="training", train=path, output=out)
    table = pd.read_parquet(out)
    assert Counter(table.split) == {"training": 18, "validation": 2}
    assert [list(words) for words in table.other_words[:1]] == [["c"]]
    tagged = own(tmp_path, [{"text": ["a", "b"], "label": ["O", "B-X"]}], "tags.jsonl")
    write_items(**TABLE, form="token-classification", labels=["O", "B-X"], part="test", test=tagged, output=out)
    assert list(pd.read_parquet(out).tags[0]) == ["O", "B-X"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"text": "a", "label": "maybe"}],
            r"row 1, column 'label': 'maybe' is not among the declared labels \(yes, no\)",
        ),
        ([{"text": "a", "lable": "yes"}], "has no column 'label'; did you mean 'lable'"),
        ([{"text": "  ", "label": "yes"}], "row 1, column 'text': there is no text"),
    ],
)
def test_mistakes_in_own_tables_name_the_row(tmp_path, rows, message):
    with pytest.raises(IsoglossError, match=message):
        write_items(**TABLE, labels=["yes", "no"], part="test", test=own(tmp_path, rows), output=tmp_path / "o.parquet")


def test_an_empty_split_and_uneven_tags_are_refused(tmp_path):
    rows = [{"text": "a", "label": "yes"}] * 5  # too few for a tenth
    with pytest.raises(IsoglossError, match="no validation items"):
        write_items(
            **TABLE, labels=["yes", "no"], part="training", train=own(tmp_path, rows), output=tmp_path / "o.parquet"
        )
    uneven = own(tmp_path, [{"text": "a b", "label": "O"}])
    with pytest.raises(IsoglossError, match="2 words, but 1 tags"):
        write_items(
            **TABLE, form="token-classification", labels=["O"], part="test", test=uneven, output=tmp_path / "o.parquet"
        )
    assert not np.any([path.name == "o.parquet" for path in tmp_path.iterdir()])


def test_a_text_that_a_segmenter_split_is_read_as_it_runs(tmp_path):
    texts, others = ["我爱北京，他用 Linux。", "他爱我"] * 10, ["我爱他", "她爱北京"] * 10
    pd.DataFrame({"text": texts, "other": others, "label": ["a", "b"] * 10}).to_parquet(tmp_path / "zh.parquet")
    write_items(
        kind="table", language="zh", part="test", test=str(tmp_path / "zh.parquet"), labels=["a", "b"],
        other_text="other", segmentation={"zh": "icu"}, output=tmp_path / "items.parquet",
    )  # fmt: skip
    items = pd.read_parquet(tmp_path / "items.parquet")
    assert list(items.text) == texts
    assert list(items.other_text) == others
    for words, text in zip(items.words, items.text, strict=True):
        assert len(words) > 2
        assert "".join(words) == text.replace(" ", "")


def test_the_same_text_in_two_languages_and_in_two_splits_is_told(tmp_path, caplog):
    text = [f"the cat number {number} sleeps" for number in range(20)]
    for name in ("train", "en", "de"):
        pd.DataFrame({"text": text, "label": ["a", "b"] * 10}).to_csv(tmp_path / f"{name}.csv", index=False)
    spec = {"kind": "table", "form": "sequence-classification", "labels": ["a", "b"]}
    write_items(language="en", part="training", train=str(tmp_path / "train.csv"), output=tmp_path / "train.p", **spec)
    write_items(language="en", part="test", test=str(tmp_path / "en.csv"), output=tmp_path / "en.p", **spec)
    beside = {"parallel": str(tmp_path / "en.csv")}
    assert "same text" not in caplog.text
    write_items(language="de", part="test", test=str(tmp_path / "de.csv"), output=tmp_path / "de.p", **spec, **beside)
    assert "hold the same text in all items" in caplog.text
    about = {"source": "en", "kind": "sequence-classification", "into": None, "attributes": {"task": "t"}}
    test = {language: tmp_path / f"{language}.p" for language in ("en", "de")}
    write_baselines(training=tmp_path / "train.p", test=test, output=tmp_path / "b.csv", **about)
    # Every tenth training item is a validation item.
    assert "en: 18 of 20 test items stand among the training items" in caplog.text


def tagged_in_two_languages(rng, number, same, entities):
    """Sentences as annotators in two languages leave them: of other lengths, one entity in ten seen by one of them."""
    kinds = ["PER", "LOC", "ORG"]

    def item():
        return int(rng.integers(4, 25)), [
            str(kind) for kind in rng.choice(kinds, rng.integers(0, 3))
        ] if entities else []

    def said(language, length, found):
        words = max(3, round(length * (1 if language == "en" else 1.2) + rng.normal()))
        tags = ["O"] * words
        for place, kind in enumerate(found[:words]):
            tags[place] = "O" if rng.random() < 0.1 else f"B-{kind}"
        return ["x" * int(rng.integers(1, 9)) for _ in tags], tags

    one = [item() for _ in range(number)]
    other = one if same else [item() for _ in range(number)]
    return {name: [said(name, *pair) for pair in side] for name, side in {"en": one, "de": other}.items()}


@pytest.mark.parametrize("entities", [True, False])
@pytest.mark.parametrize("same", [True, False])
def test_tagged_items_that_are_said_to_be_the_same_and_are_not_are_refused(tmp_path, same, entities):
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
    refused = 0
    for seed in range(20):
        sides = tagged_in_two_languages(np.random.default_rng(seed), 100, same, entities)
        for name, rows in sides.items():
            table = pd.DataFrame({"text": [words for words, _ in rows], "tags": [tags for _, tags in rows]})
            table.to_parquet(tmp_path / f"{name}.parquet")
        try:
            write_items(
                kind="table", form="token-classification", language="de", part="test", label="tags", labels=labels,
                test=str(tmp_path / "de.parquet"), parallel=str(tmp_path / "en.parquet"), output=tmp_path / "o.parquet",
            )  # fmt: skip
        except IsoglossError as error:
            refused += "hold other items: neither the tags of a row nor its length" in str(error)
    assert refused == 0 if same else refused >= 19


def test_few_tagged_items_tell_nothing():
    kinds = [[frozenset({"O"}), frozenset({"PER"})] * 40, [frozenset({"PER"}), frozenset({"O"})] * 40]
    assert not unrelated(kinds, [list(range(80)), list(range(80))[::-1]])
    assert unrelated([side * 2 for side in kinds], [list(range(160)), list(range(160))[::-1]])
    assert not unrelated([[frozenset()] * 200] * 2, [[3] * 200] * 2)
