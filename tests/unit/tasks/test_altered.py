"""Items that lack something, and what a checkpoint says of them."""

import numpy as np
import pandas as pd
import pytest

from isogloss.models.families import HEADLESS
from isogloss.tasks.altered import alter, overlap
from isogloss.tasks.altered_pass import ONE_TEXT, run_controls, run_crossed
from isogloss.tasks.settings import CONTROLS, SHUFFLED


def items(count=30, seed=0, texts=2, language="en"):
    rng = np.random.default_rng(seed)
    rows = {"split": "test", "item": range(count)}
    for name in ("words", "other_words")[:texts]:
        rows[name] = [[f"{language}{word}" for word in range(length)] for length in rng.integers(1, 12, count)]
    return pd.DataFrame({**rows, "label": rng.choice(["no", "yes"], count)})


@pytest.mark.parametrize("control", SHUFFLED)
@pytest.mark.parametrize("seed", range(5))
def test_runs_of_words_stay_together_and_nothing_is_lost(control, seed):
    before, size = items(seed=seed), int(control[-1])
    after = alter(before, control, seed)
    for column in ("words", "other_words"):
        for words, shuffled in zip(before[column], after[column], strict=True):
            assert sorted(shuffled) == sorted(words)
            for start in range(0, len(words), size):
                run = words[start : start + size]
                place = shuffled.index(run[0])
                assert shuffled[place : place + len(run)] == run
    assert not after.words.equals(before.words)
    assert alter(before, control, seed).equals(after)
    assert after.label.equals(before.label)


def test_every_order_of_runs_is_drawn_as_often():
    long = pd.DataFrame({"words": [["a", "b", "c"]] * 6000})
    counts = alter(long, "shuffled-1", 1).words.map("".join).value_counts()
    assert len(counts) == 6
    assert counts.min() > 900
    assert counts.max() < 1100


@pytest.mark.parametrize("count", [2, 3, 50])
def test_another_item_s_text_is_never_its_own(count):
    before = items(count).assign(words=[[str(row)] for row in range(count)])
    after = alter(before, "other-first", 3)
    assert sorted(after.words.map("".join)) == sorted(before.words.map("".join))
    assert (after.words.map("".join) != before.words.map("".join)).all()
    assert after.other_words.equals(before.other_words)


def test_one_text_is_left_out():
    before = items()
    first, second = alter(before, "first-empty", 0), alter(before, "second-empty", 0)
    assert not first.words.map(len).any()
    assert not second.other_words.map(len).any()
    assert first.other_words.equals(before.other_words)
    assert second.words.equals(before.words)


def test_a_running_text_stays_with_its_words_or_is_left_out():
    running = {"text": "words", "other_text": "other_words"}
    before = items()
    before = before.assign(**{text: before[words].map("".join) for text, words in running.items()})
    for control in CONTROLS:
        after = alter(before, control, 3)
        for text, words in running.items():
            if text in after:
                assert (after[text] == after[words].map("".join)).all()
            else:
                assert not after[words].equals(before[words])
    assert "other_text" in alter(before, "first-empty", 3)


def test_overlap():
    assert overlap(["a", "b"], ["b", "b", "c", "d"]) == 0.5
    assert overlap([], ["b"]) == overlap(["a"], []) == 0


class Said:
    """Stands for a checkpoint: what it says can be read off the texts."""

    def __init__(self, *_):
        pass

    def say(self, table, language):
        texts = zip(table.words, table.other_words if "other_words" in table else table.words, strict=True)
        return [f"{language} {''.join(first)[:2]} {''.join(second)[:2]}" for first, second in texts]


OPTIONS = {
    "checkpoint": "folder", "labels": ["no", "yes"], "seed": 1, "max_length": 16, "token_budget": 64, "device": "cpu",
    "precision": "float32", "threads": 1,
}  # fmt: skip


def passed(run, tables, folder, monkeypatch, head="", **options):
    monkeypatch.setattr("isogloss.tasks.altered_pass.Asked", Said)
    monkeypatch.setattr("isogloss.tasks.altered_pass.headless", lambda *_: head)
    test = {language: folder / f"{language}.parquet" for language in tables}
    for language, table in tables.items():
        pd.concat([table, table.assign(split="training")])[::-1].to_parquet(test[language])
    run(test=test, output=folder / "out.parquet", **OPTIONS, **options)
    return pd.read_parquet(folder / "out.parquet")


def test_each_text_is_of_its_own_language(tmp_path, monkeypatch):
    tables = {language: items(language=language) for language in ("en", "de", "fr")}
    said = passed(run_crossed, tables, tmp_path, monkeypatch, items=12)
    assert (said.predicted == said["first"] + " " + said["first"] + " " + said.second).all()
    assert said.groupby(["first", "second"]).size().tolist() == [12] * 9
    assert said.groupby(["first", "second"]).item.apply(list).map(str).nunique() == 1
    assert (said.overlap == (said["first"] == said.second) * said.overlap).all()
    truth = tables["en"].set_index("item").label
    assert (said.truth == said.item.map(truth)).all()


@pytest.mark.parametrize("split", ["en", "de"])
def test_a_running_text_is_of_the_language_that_it_stands_for(split, tmp_path, monkeypatch):
    """One language was split by a segmenter, the other was not."""
    running, seen = {"text": "words", "other_text": "other_words"}, []
    tables = {language: items(language=language) for language in ("en", "de")}
    tables[split] = tables[split].assign(**{text: tables[split][words].map("".join) for text, words in running.items()})
    say = Said.say
    monkeypatch.setattr(Said, "say", lambda self, table, language: seen.append(table) or say(self, table, language))
    passed(run_crossed, tables, tmp_path, monkeypatch, items=12)
    assert sorted(len(running.keys() & set(table)) for table in seen) == [0, 1, 1, 2]
    for table in seen:
        for text in running.keys() & set(table):
            assert (table[text] == table[running[text]].map("".join)).all()


def test_items_that_are_not_the_same_are_not_crossed(tmp_path, monkeypatch):
    same, fewer, other = items(language="de"), items(language="de").iloc[:-1], items(language="de")
    other["label"] = other.label.map({"no": "yes", "yes": "no"})
    for table, told in ((same, True), (same, False), (fewer, True), (other, True)):
        tables = {"en": items(), "de": table}
        said = passed(run_crossed, tables, tmp_path, monkeypatch, items=100, same_items=told)
        crossed = said["first"] != said.second
        if table is same and told:
            assert (said.reason == "").all()
            continue
        assert crossed.sum() == 2
        assert said[crossed].reason.str.contains("are not the same").all()
        assert (said[~crossed].reason == "").all()


def test_a_checkpoint_without_a_head_gives_a_reason_and_no_answer(tmp_path, monkeypatch):
    tables = {language: items(language=language) for language in ("en", "de")}
    for run, options in ((run_crossed, {}), (run_controls, {"controls": list(CONTROLS)})):
        said = passed(run, tables, tmp_path, monkeypatch, head=HEADLESS, items=100, **options)
        assert set(said.reason) == {HEADLESS}
        assert said.predicted.isna().all()


def test_one_text_gives_a_reason_and_no_answer(tmp_path, monkeypatch):
    tables = {"en": items(texts=1)}
    said = passed(run_crossed, tables, tmp_path, monkeypatch, items=100)
    assert list(said.reason) == [ONE_TEXT]
    said = passed(run_controls, tables, tmp_path, monkeypatch, items=100, controls=list(CONTROLS))
    lost = said[said.reason != ""]
    assert set(lost.control) == set(CONTROLS) - set(SHUFFLED)
    assert said[said.reason == ""].groupby("control").size().to_dict() == dict.fromkeys(SHUFFLED, 30)


def test_the_controls_that_are_asked_for(tmp_path, monkeypatch):
    tables = {language: items(language=language) for language in ("en", "de")}
    said = passed(run_controls, tables, tmp_path, monkeypatch, items=100, controls=["first-empty"])
    assert set(said.control) == {"first-empty"}
    assert (said.predicted == said.language + "  " + said.language).all()
