"""Ready-made data sets: tiny ones of the same shapes, under the same names, through fetch and reading."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from loopback import Hub
from test_data import parquet

from isogloss.config.read import ConfigError, validate
from isogloss.plan import specs
from isogloss.plan.places import Places
from isogloss.plan.study import Study
from isogloss.tasks.items import write_items
from isogloss.text import presets
from isogloss.text.corpora import write_corpus

FETCH = """
import json, sys
from isogloss.text.sources import hub
for name, arguments in json.loads(sys.stdin.read()):
    getattr(hub, name)(**arguments)
"""
TAGS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"]


def talks(*rows):
    translations = [{"language": list(row), "translation": list(row.values())} for row in rows]
    return parquet({"translations": translations, "talk_name": ["a"] * len(rows)})


def pairs(source, target, *rows):
    return parquet({"translation": [dict(zip((source, target), row, strict=True)) for row in rows]})


def items(columns, labels=None, splits=("train", "validation", "test"), folder="{}/{}-00000-of-00001.parquet"):
    """Give both languages' files of all splits."""
    return {
        folder.format(language, split): parquet(cells, labels)
        for language, cells in columns.items()
        for split in splits
    }


def shapes():
    """Give every repository's files."""
    plain = {"text": ["the dog runs", "a cat sleeps"]}, {"text": ["der Hund rennt", "eine Katze schläft"]}
    nli = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"], "label": [2, 0, 1]}
    two = {"id": [1, 2], "sentence1": ["a", "b"], "sentence2": ["c", "d"], "label": [1, 0]}
    intents = [*presets.INTENTS[5:], *presets.INTENTS[:5]]  # an order of their own
    said = {
        "id": ["0", "1"],
        "locale": ["x", "x"],
        "partition": ["test"] * 2,
        "scenario": [1, 0],
        "intent": [0, 59],
        "utt": ["wake me up", "play"],
        "annot_utt": ["wake me up", "play"],
        "worker_id": ["1", "2"],
    }
    names = {
        "tokens": [["Ada", "in", "Rome"]] * 2,
        "ner_tags": [[1, 0, 5]] * 2,
        "langs": [["en"] * 3] * 2,
        "spans": [["PER: Ada", "LOC: Rome"]] * 2,
    }
    fewer = {"tokens": [["Ada"]], "ner_tags": [[1]], "langs": [["de"]], "spans": [["PER: Ada"]]}
    review = {"sentence": ["good film", "bad film"], "label": [1, 0], "idx": [0, 1]}
    hidden = {"sentence": ["?"], "label": [-1], "idx": [0]}
    sentiment = {"label": ["negative", "positive"]}
    reviews = {"train": {name: cells * 5 for name, cells in review.items()}, "validation": review, "test": hidden}
    sst = {f"sst2/{split}-00000-of-00001.parquet": parquet(cells, sentiment) for split, cells in reviews.items()}
    inference = ["entailment", "neutral", "contradiction"]
    converted = "{}/{}/0000.parquet"
    english = ("the dog runs", "a cat sleeps", "it rains")
    return {
        "neulab/ted_multi": {
            "plain_text/test/0000.parquet": talks(
                {"en": "the dog runs", "de": "der Hund rennt", "zh-cn": "狗 跑"}, {"en": "a cat", "de": "eine Katze"}
            )
        },
        "Helsinki-NLP/opus-100": {
            f"{pair}/{split}-00000-of-00001.parquet": data
            for split in ("train", "validation", "test")
            for pair, data in (
                ("de-zh", pairs("de", "zh", ("ohne Englisch", "无"))),  # one that has test items alone
                ("de-en", pairs("de", "en", *zip(("der Hund rennt", "Katze", "es regnet"), english, strict=True))),
                ("en-zh", pairs("en", "zh", (english[2], "下 雨"), (english[0], "狗 跑"), ("none", "无"))),
            )
        },
        "davidstap/NTREX": items(dict(zip(("eng_Latn", "deu_Latn"), plain, strict=True)), None, ["test"], converted),
        "openlanguagedata/flores_plus": {
            f"{split}/{code}.parquet": parquet(
                {"id": [1, 2], "iso_639_3": [code[:3]] * 2, "iso_15924": [code[4:]] * 2, **cells, "topic": ["x"] * 2}
            )
            for split in ("dev", "devtest")
            for code, cells in zip(("eng_Latn", "deu_Latn"), plain, strict=True)
        },
        "facebook/xnli": items({"en": nli, "de": nli}, {"label": inference}),
        "google-research-datasets/paws-x": items({"en": two, "de": two}, {"label": ["0", "1"]}),
        "nyu-mll/glue": sst,
        "AmazonScience/massive": items(
            {"en-US": said, "de-DE": said}, {"intent": intents, "scenario": ["a", "b"]}, folder=converted
        ),
        "unimelb-nlp/wikiann": items({"en": names, "de": fewer}, {"ner_tags": TAGS}),
    }  # fmt: skip


def config(folder):
    """A study of all ready-made data sets."""
    revisions = {"hub": "tiny/bert", "revision": "a" * 40, "depth": 1, "family": "bert"}
    targets = {name: ["de", "zh"] if name in ("ted-multi", "opus-100") else ["de"] for name in presets.CORPORA}
    corpora = {
        name: {"kind": "hub", "preset": name, "languages": ["en", *several],
               "pairs": {"source": "en", "targets": several}}
        for name, several in targets.items()
    }  # fmt: skip
    tasks = {}
    for name, form in presets.FORMS.items():
        languages = ["en"] if name == "sst-2" else ["en", "de"]
        tasks[name] = {
            "kind": form, "models": ["translator" if form == "translation" else "bert"], "sources": languages[-1:],
            "data": {"kind": "hub", "preset": name, "languages": languages},
        }  # fmt: skip
    tasks["opus-100"]["into"] = "en"
    translator = {**revisions, "family": "mt5"}
    models = {"bert": revisions, "translator": translator}
    return {"results": str(folder), "corpora": corpora, "models": models, "tasks": tasks}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Fetch everything in one process, and read it."""
    folder = tmp_path_factory.mktemp("presets")
    study, places = Study(validate(config(folder))), Places(str(folder))
    jobs, corpora, tasks = [], [], []
    for name, corpus in study.settings.corpora.items():
        for language in corpus.languages:
            output = places("fetched_text", corpus=name, language=language)
            jobs.append(("fetch_text", {"output": output, **specs.fetched_text(study, name, language)}))
            corpora.append((name, language))
    for name, task in study.settings.tasks.items():
        wanted = [(task.sources[0], split) for split in ("train", "validation") if getattr(task.data, split)]
        for language, split in [*wanted, *((one, "test") for one in study.task_targets(name))]:
            output = places("fetched_items", task=name, language=language, split=split)
            jobs.append(("fetch_items", {"output": output, **specs.fetched_items(study, name, language, split)}))
        tasks += [(name, task.sources[0], "training"), *((name, one, "test") for one in study.task_targets(name))]
    with Hub() as hub:
        revisions = {one["repository"]: one["revision"] for one in (*presets.CORPORA.values(), *presets.TASKS.values())}
        for repository, files in shapes().items():
            revision = revisions[repository]
            commit = {"commit_name": revision} if len(revision) == 40 else {"branch": revision}
            hub.push(repository, files, kind="datasets", **commit)
        hub.contents.gated.add("openlanguagedata/flores_plus")
        environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "cache"), "HF_TOKEN": "hf_good"}
        done = subprocess.run(
            [sys.executable, "-c", FETCH], input=json.dumps(jobs), env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    commits = {}
    for _, arguments in jobs:
        about = json.loads(pq.read_schema(arguments["output"]).metadata[b"isogloss"])
        assert about["revision"] == arguments["revision"]
        commits.setdefault((about["repository"], about["revision"]), set()).add(about["commit"])
    found = {"commits": commits, "said": done.stderr}
    for name, language in corpora:
        output = Path(places("corpus", corpus=name, language=language))
        write_corpus(output=output, **specs.corpus(study, name, language))
        found[name, language] = pd.read_parquet(output)
    for name, language, part in tasks:
        output = Path(places("items", task=name, language=language, part=part))
        write_items(output=output, **specs.items(study, name, language, part))
        found[name, language, part] = pd.read_parquet(output)
    return found


def test_a_branch_is_warned_about_and_the_commit_of_every_file_is_kept_in_it(read):
    assert {revision for _, revision in read["commits"]} > {"main", presets.CONVERTED}
    for (repository, revision), (commit,) in read["commits"].items():
        warned = f"The revision '{revision}' of {repository} is no commit" in read["said"]
        assert warned == (revision != commit)
        assert not warned or f"Now it is {commit}" in read["said"]


def sentences(table):
    return {number: " ".join(words) for number, words in zip(table.sentence, table.words, strict=True)}


def test_talks_are_joined_by_row(read):
    assert sentences(read["ted-multi", "en"]) == {0: "the dog runs", 1: "a cat"}
    assert sentences(read["ted-multi", "zh"]) == {0: "狗 跑"}


def test_pairs_with_english_are_joined_by_their_english(read):
    english, german, chinese = (sentences(read["opus-100", one]) for one in ("en", "de", "zh"))
    assert {english[number]: text for number, text in german.items()} == {
        "the dog runs": "der Hund rennt", "a cat sleeps": "Katze", "it rains": "es regnet"}  # fmt: skip
    assert {english[number]: text for number, text in chinese.items()} == {
        "the dog runs": "狗 跑", "it rains": "下 雨", "none": "无"}  # fmt: skip
    assert {german[number] for number in german.keys() & chinese.keys()} == {"der Hund rennt", "es regnet"}


@pytest.mark.parametrize("name", ["ntrex-128", "flores-plus"])
def test_a_file_a_language_is_found_by_its_own_name(read, name):
    assert sentences(read[name, "en"]) == {0: "the dog runs", 1: "a cat sleeps"}
    assert sentences(read[name, "de"]) == {0: "der Hund rennt", 1: "eine Katze schläft"}


@pytest.mark.parametrize(
    ("name", "column", "expected"),
    [
        ("xnli", "label", ["contradiction", "entailment", "neutral"]),
        ("paws-x", "label", ["1", "0"]),
        ("massive", "label", ["audio_volume_other", "audio_volume_mute"]),
        ("opus-100", "other_words", [["the", "dog", "runs"], ["a", "cat", "sleeps"], ["it", "rains"]]),
        ("wikiann", "tags", [["B-PER"]]),
    ],
)
def test_labels_are_told_by_the_names_in_the_files(read, name, column, expected):
    found = read[name, "de", "test"][column]
    assert [value if isinstance(value, str) else list(value) for value in found] == expected


def test_sentiment_is_tested_on_what_has_labels(read):
    assert list(read["sst-2", "en", "test"].label) == ["positive", "negative"]


def test_items_that_are_not_the_same_may_be_more_in_one_language(read):
    assert (len(read["wikiann", "en", "test"]), len(read["wikiann", "de", "test"])) == (2, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preset": "xnlii"}, "did you mean 'xnli'"),
        ({"labels": ["a"]}, "tasks.xnli.data.labels"),
        ({"preset": "wikiann"}, "'wikiann' goes with token-classification; found 'sequence-classification'"),
    ],
)
def test_a_mistake_beside_a_preset_is_one_line(tmp_path, change, message):
    content = config(tmp_path)
    content["tasks"]["xnli"]["data"] |= change
    with pytest.raises(ConfigError) as caught:
        validate(content)
    assert len(caught.value.messages) == 1
    assert message in caught.value.messages[0]


def test_what_a_config_says_goes_before_its_preset(tmp_path):
    content = config(tmp_path)
    content["corpora"]["ted-multi"] |= {"files": "plain_text/train/*.parquet", "names": {"pt-br": "pt-br"}}
    section = validate(content).corpora["ted-multi"]
    assert section.files == "plain_text/train/*.parquet"
    assert section.names == {"zh": "zh-cn", "zh-hant": "zh-tw", "pt-br": "pt-br"}


def test_spaces_are_not_compared_where_items_are_not_the_same(tmp_path):
    study = Study(validate(config(tmp_path) | {"space_similarity": {}}))
    from isogloss.measures.space_similarity import MEASURE

    assert {cell["task"] for cell in MEASURE.cells(study)} == {"xnli", "paws-x", "sst-2", "massive"}
    with pytest.raises(ConfigError, match="the test items of 'wikiann' are not the same in every language"):
        validate(config(tmp_path) | {"space_similarity": {"tasks": ["wikiann"]}})
