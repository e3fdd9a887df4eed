"""What a config says of text, tables and tasks: understood, or refused in one line that names the key."""

import os
import re
import time

import pytest

from isogloss.config.read import ConfigError, validate
from isogloss.plan import specs
from isogloss.plan.study import Study
from isogloss.section import types_within
from isogloss.tasks.settings import HubTask, TableTask
from isogloss.text.settings import Hub


def config(folder, corpus=None, data=None, **task):
    """A corpus in Chinese and English and a task, with some keys as they are given."""
    paths = {}
    for name in ("zh", "en", "links", "zh.csv", "en.csv"):
        (folder / name).write_text(f"a b {name}\n")
        paths[name] = str(folder / name)
    text = {
        "kind": "text",
        "languages": ["zh", "en"],
        "files": {"zh": paths["zh"], "en": paths["en"]},
        "pairs": {"source": "zh", "targets": ["en"]},
    }
    files = str(folder / "{language}.csv")
    table = {"kind": "table", "languages": ["zh", "en"], "train": files, "test": files, "labels": ["a", "b"]}
    section = {"kind": "sequence-classification", "models": ["m"], "sources": ["zh"], "data": {**table, **(data or {})}}
    model = {"random": {"family": "bert", "corpus": "mine", "layers": 1, "hidden": 16, "heads": 2}}
    return {
        "corpora": {"mine": {**text, **(corpus or {})}},
        "models": {"m": model},
        "tasks": {"t": {**section, **task}},
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"corpus": {"segmentation": {"en": "jieba"}}}, "corpora.mine.segmentation.en: jieba splits Chinese; take icu"),
        ({"corpus": {"segmentation": {"ja": "icu"}}}, "corpora.mine.segmentation: 'ja' is not among the languages"),
        ({"corpus": {"segmentation": {"zh": "icy"}}}, "corpora.mine.segmentation.zh: expected one of .*'icu'"),
        ({"corpus": {"word_alignment": {"files": {"zh-en": __file__}}}}, "alignment.files: .* found 'eflomal'"),
        ({"corpus": {"max_sentence_words": 1025}}, "corpora.mine.max_sentence_words: eflomal takes .* 1,024 words"),
        ({"data": {"labels": ["a", "b", "a"]}}, "tasks.t.data.labels: 'a' stands twice"),
        ({"data": {"labels": [True, "b"]}}, "tasks.t.data.labels.0: YAML reads yes, no, .* quote the label"),
        ({"data": {"segmentation": {"th": "icu"}}}, "tasks.t.data.segmentation: 'th' is not among the languages"),
        ({"tag_measure": "accuracy"}, "tasks.t.tag_measure: only a token-classification task has tags"),
        ({"kind": "token-classification"}, "tasks.t.data.labels: 'a' is none of O, B-X and I-X"),
    ],
)
def test_mistakes_are_one_line(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message) as caught:
        validate(config(tmp_path, **changes))
    assert len(caught.value.messages) == 1


@pytest.mark.parametrize("name", ["zh", "en", "links", "zh.csv", "en.csv"])
def test_a_time_stamp_from_the_future_is_told(tmp_path, name):
    """Snakemake takes outputs that are older than it for a wrong clock, and removes them."""
    given = {"word_alignment": {"method": "given", "files": {"zh-en": str(tmp_path / "links")}}}
    content = config(tmp_path, given)
    os.utime(tmp_path / name, (0, time.time() + 1e6))
    with pytest.raises(
        ConfigError, match=rf"{re.escape(name)} has a time stamp from the future \(\d.*touch "
    ) as caught:
        validate(content)
    assert all("corpora.mine." in message or "tasks.t.data." in message for message in caught.value.messages)
    validate(content, files=False)
    os.utime(tmp_path / name, (0, 0))
    validate(content)


def test_given_links_and_a_segmentation_exclude_each_other(tmp_path):
    given = {"method": "given", "files": {"zh-en": str(tmp_path / "links")}}
    with pytest.raises(ConfigError, match=r"corpora\.mine\.segmentation: given links count the words that the aligner"):
        validate(config(tmp_path, {"word_alignment": given, "segmentation": {"zh": "icu"}}))


def test_yaml_takes_norwegian_and_numbers_for_values(tmp_path):
    changed = config(tmp_path, data={"labels": [0, 1]})
    corpus = changed["corpora"]["mine"]
    corpus["languages"][1] = corpus["pairs"]["targets"][0] = False
    corpus["files"][False] = corpus["files"].pop("en")
    settings = validate(changed)
    assert settings.corpora["mine"].languages == ["zh", "no"]
    assert settings.corpora["mine"].pairs.targets == ["no"]
    assert settings.tasks["t"].data.labels == ["0", "1"]


def test_jobs_are_told_what_the_config_says(tmp_path):
    given = {"method": "given", "files": {"zh-en": str(tmp_path / "links")}}
    data = {"labels": ["NOUN", "VERB"], "segmentation": {"zh": "icu"}}
    task = {"kind": "token-classification", "tag_measure": "accuracy"}
    study = Study(validate(config(tmp_path, {"word_alignment": given}, data, **task)))
    text = specs.corpus(study, "mine", "en")
    assert text["segmentation"] is None  # nothing is said, so that unsplit text is refused
    assert text["links"] == [str(tmp_path / "links")]
    assert str(tmp_path / "links") in specs.corpus_files(study, "mine", "en")
    items = specs.items(study, "t", "en", "test")
    assert (items["tag_measure"], items["segmentation"]) == ("accuracy", {})
    assert items["parallel"] == str(tmp_path / "zh.csv")
    assert items["parallel"] in specs.items_files(study, "t", "en", "test")
    assert "parallel" not in specs.items(study, "t", "zh", "test")
    assert specs.items(study, "t", "zh", "training")["segmentation"] == {"zh": "icu"}


# Texts of sections in which something is filled in for names in braces: all but those that name one thing.
FILLED = [
    (section, key)
    for section in (Hub, TableTask, HubTask)
    for key, field in section.model_fields.items()
    if str in types_within(field.annotation)
    and key not in ("kind", "preset", "repository", "revision", "pivot", "languages", "names", "labels", "segmentation")
]


@pytest.mark.parametrize(("section", "key"), FILLED, ids=lambda part: getattr(part, "__name__", part))
@pytest.mark.parametrize("found", ["{lang}", "{Language}", "{languages}", "{ language }", "{", "}", "{}", "{language"])
def test_a_name_in_braces_that_stands_for_nothing_is_told(section, key, found):
    message = wrong_text(section, key, f"a/{{language}}/{found}.csv")
    assert f".{key}: '{found}" in message
    assert "stands for nothing here; filled in is {language}" in message
    assert ("did you mean '{language}'?" in message) == (len(found) > 2)


def test_every_key_has_names_that_are_filled_in():
    assert len(FILLED) == 17


@pytest.mark.parametrize(
    ("section", "key", "name"),
    [(TableTask, "train", "pair"), (Hub, "files", "into"), (HubTask, "test", "into"), (TableTask, "label", "pair")],
)
def test_a_name_that_another_key_has_is_none_here(section, key, name):
    assert f"'{{{name}}}' stands for nothing here" in wrong_text(section, key, f"{{language}}{{{name}}}")


def test_the_language_that_is_translated_into_is_that_of_a_translation(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.other_text: `\{into\}` is filled in for a translation only; found"):
        validate(config(tmp_path, data={"other_text": "text.{into}"}))
    validate(config(tmp_path, data={"label": "label.{language}"}))


def wrong_text(section, key, text):
    """The one line about a text of a section."""
    corpus = {"kind": "hub", "repository": "a/b", "revision": "c" * 40, "files": "f", "text": "t", "pivot": "en"}
    corpus |= {"languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]}}
    data = {"languages": ["en", "de"], "train": "{language}", "test": "{language}", "labels": ["a", "b"]}
    data |= {"kind": "table"} if section is TableTask else {"kind": "hub", "repository": "a/b", "revision": "c" * 40}
    task = {"kind": "sequence-classification", "models": ["m"], "sources": ["en"], "data": data}
    (corpus if section is Hub else data)[key] = text
    model = {"random": {"family": "bert", "corpus": "mine", "layers": 1, "hidden": 16, "heads": 2}}
    with pytest.raises(ConfigError) as caught:
        validate({"corpora": {"mine": corpus}, "models": {"m": model}, "tasks": {"t": task}})
    (message,) = caught.value.messages
    return message
