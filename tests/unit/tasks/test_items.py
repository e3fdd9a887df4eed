"""Items of tasks: the microworld's, whose answers are known, and the user's own tables."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.measures.baselines.compute import write_baselines
from isogloss.microworld import generate_task
from isogloss.microworld.tasks import inference_pairs
from isogloss.microworld.world import SPLITS, meanings, tenth
from isogloss.tasks.items import write_items


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
    # One half of a pair says little of its label.
    assert scores["second_text", "en", "accuracy"] < 0.5


def test_names_are_found_where_they_are_written_alike_only(tmp_path):
    scores = baselines(tmp_path, "entities", "token-classification")
    assert scores["shared_words", "en", "entity_f1"] > 0.95
    assert scores["shared_words", "de", "entity_f1"] > 0.6
    assert scores["shared_words", "zh", "entity_f1"] == 0


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
