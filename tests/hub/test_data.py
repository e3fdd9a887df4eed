"""Data sets of the hub, as the sources read them: Parquet at a commit."""

import io
import json
import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from isogloss.text.sources.tables import read_columns

NAMES = ["entailment", "neutral", "contradiction"]


def parquet(columns: dict, labels: dict[str, list[str]] | None = None) -> bytes:
    """Write a table as ``datasets`` does, which leaves the names of labels in the file."""
    features = {name: {"names": names, "_type": "ClassLabel"} for name, names in (labels or {}).items()}
    table = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@pytest.fixture
def xnli(hub):
    files = {"README.md": b"# XNLI"}
    for language, words in (("en", "the dog"), ("zh", "狗 在")):
        for split, labels in (("train", [0, 1, 2, 0]), ("validation", [1]), ("test", [2, 0, 1])):
            columns = {"premise": [words] * len(labels), "hypothesis": [words] * len(labels), "label": labels}
            half = len(labels) // 2
            parts = [{name: cells[:half] for name, cells in columns.items()},
                     {name: cells[half:] for name, cells in columns.items()}]  # fmt: skip
            for number, part in enumerate(parts):
                files[f"{language}/{split}-0000{number}-of-00002.parquet"] = parquet(part, {"label": NAMES})
    return hub.push("facebook/xnli", files, kind="datasets")


def test_items_come_from_all_parts_of_one_split_with_the_names_of_labels(hub, call, tmp_path, xnli):
    output, items = tmp_path / "train.parquet", tmp_path / "items.parquet"
    code, lines = call(
        "text.sources.hub:fetch_items", output=output, repository="facebook/xnli", revision=xnli, files="zh/train-*"
    )
    assert code == 0, lines
    assert len(hub.asked("GET", "/cdn/")) == 2, "only this language's and split's files"
    code, lines = call(
        "tasks.items:write_items", kind="table", language="zh", part="training", output=items, train=str(output),
        validation=str(output), text="premise", other_text="hypothesis", labels=NAMES[::-1],
    )  # fmt: skip
    assert code == 0, lines
    table = pd.read_parquet(items).query("split == 'training'")
    assert list(table.label) == ["entailment", "neutral", "contradiction", "entailment"]
    assert [list(words) for words in table.words] == [["狗", "在"]] * 4


def test_items_of_all_languages_may_lie_side_by_side_in_one_file(hub, call, tmp_path):
    """XNLI's config of all languages: a dictionary by language, and lists of languages and translations."""
    said = {"language": ["de", "en"], "translation": ["Hunde rennen", "dogs run"]}
    columns = {"premise": [{"de": "der Hund", "en": "the dog"}] * 2, "hypothesis": [said] * 2, "label": [2, 0]}
    files = {"all_languages/test-0.parquet": parquet(columns, {"label": NAMES})}
    commit = hub.push("facebook/xnli", files, kind="datasets")
    found = tmp_path / "test.parquet"
    asked = {"repository": "facebook/xnli", "revision": commit, "files": "all_languages/test-*"}
    assert call("text.sources.hub:fetch_items", output=found, **asked)[0] == 0

    def items(language, premise, hypothesis):
        output = tmp_path / f"{language}.parquet"
        code, lines = call(
            "tasks.items:write_items", kind="table", language=language, part="test", output=output, test=str(found),
            text=premise, other_text=hypothesis, labels=NAMES,
        )  # fmt: skip
        return lines[-1] if code else pd.read_parquet(output)

    table = items("de", "premise.de", "hypothesis.de")
    assert [list(words) for words in table.words] == [["der", "Hund"]] * 2
    assert [list(words) for words in table.other_words] == [["Hunde", "rennen"]] * 2
    assert list(table.label) == ["contradiction", "entailment"]
    assert "no key 'fr'; there are de, en" in items("fr", "premise.fr", "hypothesis.fr")
    assert "row 1, column 'hypothesis.fr': there is no text" in items("fr", "premise.en", "hypothesis.fr")
    assert "Name a language: `hypothesis.en`" in items("en", "premise.en", "hypothesis")
    assert "'translation' is a list over languages" in items("en", "premise.en", "hypothesis.translation")


@pytest.mark.parametrize(
    ("column", "text", "language", "expected"),
    [
        ({"translation": [{"en": "a dog", "fr": "un chien"}, {"en": "b", "fr": None}]}, "translation.fr", "fr",
         ["un chien", None]),
        ({"translations": [{"language": ["en", "zh-cn"], "translation": ["a dog", "狗"]},
                           {"language": ["en"], "translation": ["b"]}]}, "translations", "zh-cn", ["狗", None]),
        ({"text": ["a dog", "b"]}, "text", "en", ["a dog", "b"]),
    ],
)  # fmt: skip
def test_sentences_lie_flat_or_nested_and_a_row_may_lack_a_language(
    hub, call, tmp_path, column, text, language, expected
):
    commit = hub.push("some/talks", {"test.parquet": parquet(column)}, kind="datasets")
    output = tmp_path / "text.parquet"
    code, lines = call(
        "text.sources.hub:fetch_text", output=output, repository="some/talks", revision=commit, files=["test.parquet"],
        text=text, language=language,
    )  # fmt: skip
    assert code == 0, lines
    assert pq.read_table(output).column("text").to_pylist() == expected


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"files": ["sw/test-*"]}, "no Parquet file 'sw/test-*'. It has en, zh."),
        ({"files": ["zhh/test-*"]}, "no Parquet file 'zhh/test-*'; did you mean 'zh'?"),
        ({"files": ["en/test-*"], "text": "premiss"}, "no column 'premiss'; did you mean 'premise'?"),
        ({"files": ["en/test-*"], "revision": "b" * 40}, "it has no such revision"),
    ],
)
def test_what_a_data_set_lacks_is_told(call, tmp_path, xnli, change, cause):
    asked = {"files": ["en/test-*"], "text": "premise", "revision": xnli, "language": "en", **change}
    code, lines = call(
        "text.sources.hub:fetch_text", output=tmp_path / "text.parquet", repository="facebook/xnli", **asked
    )
    assert code == 1
    assert cause in lines[-1]
    assert not (tmp_path / "text.parquet").exists()


def test_a_language_is_found_under_the_data_sets_own_name_or_the_nearest_are_told(hub, call, tmp_path):
    names = ("cmn_Hans", "srp_Cyrl", "srp_Latn", "eng_Latn", "eng-GB_Latn")
    files = {f"{name}/test/0.parquet": parquet({"text": [name], "label": [0]}) for name in names}
    commit = hub.push("some/talks", files, kind="datasets")
    asked = {"repository": "some/talks", "revision": commit}
    pattern, output = "{language}/test/*.parquet", tmp_path / "x.parquet"

    def fetch(language, **more):
        text = {"files": [pattern], "text": "text", "language": language, "output": output}
        return call("text.sources.hub:fetch_text", **asked, **text, **more)

    for ours, theirs in (("zh", "cmn_Hans"), ("sr", "srp_Cyrl"), ("sr-latn", "srp_Latn"), ("en", "eng_Latn")):
        code, lines = fetch(ours, siblings=["sr-latn"] if ours == "sr" else [])
        assert code == 0, lines
        assert pq.read_table(output).column("text").to_pylist() == [theirs]
        assert any(f"'{ours}' is '{theirs}' in {pattern}" in line for line in lines)
    items = {"files": pattern, "language": "zh", "output": tmp_path / "items.parquet"}
    assert call("text.sources.hub:fetch_items", **asked, **items)[0] == 0
    assert pq.read_table(tmp_path / "items.parquet").column("text").to_pylist() == ["cmn_Hans"]
    for language, more, cause in (
        ("en-au", {}, "There is no 'en-au' in {language}/test/*.parquet of the data set some/talks"),
        ("en-au", {}, "Nearest are eng-GB_Latn, eng_Latn. It has cmn_Hans, eng-GB_Latn, eng_Latn"),
        ("xx", {}, "There is no 'xx'"),
        ("zh", {"siblings": ["zh-hans"]}, "'zh' and 'zh-hans' are both cmn_Hans in {language}"),
    ):
        code, lines = fetch(language, **more)
        assert code == 1
        assert cause in lines[-1]


def test_files_of_pairs_are_joined_by_text_the_first_of_the_same_counts_and_rows_may_be_limited(hub, call, tmp_path):
    english = ["a dog", "a  dog", None, "a cat", "rain"]  # the second is the first, but for its spaces
    german = parquet({"english": english, "other": ["Hund", "Köter", "nichts", "Katze", "Regen"]})
    french = parquet({"english": ["a cat", "snow"], "other": ["chat", "neige"]})
    commit = hub.push("some/pairs", {"en-de.parquet": german, "en-fr.parquet": french}, kind="datasets")
    asked = {"repository": "some/pairs", "revision": commit, "joined_by": "english", "language": "x", "max_rows": 4}
    found = {}
    for name, files, text in (
        ("de", ["en-de.parquet"], "other"), ("fr", ["en-fr.parquet"], "other"),
        ("en", ["en-de.parquet", "en-fr.parquet"], "english"),
    ):  # fmt: skip
        output = tmp_path / f"{name}.parquet"
        assert call("text.sources.hub:fetch_text", output=output, files=files, text=text, **asked)[0] == 0
        table = pq.read_table(output).to_pydict()
        found[name] = dict(zip(table["sentence"], table["text"], strict=True))
    assert list(found["de"].values()) == ["Hund", "Katze"]
    assert list(found["en"].values()) == ["a dog", "a cat", "snow"]
    assert {found["en"][number]: text for number, text in found["fr"].items()} == {"a cat": "chat", "snow": "neige"}
    assert {found["en"][number] for number in found["de"].keys() & found["fr"].keys()} == {"a cat"}


def test_a_language_that_the_rows_lack_is_told(hub, call, tmp_path):
    talks = [{"language": ["en"], "translation": ["the dog runs"]}]
    commit = hub.push("some/talks", {"a.parquet": parquet({"translations": talks})}, kind="datasets")
    code, lines = call(
        "text.sources.hub:fetch_text", output=tmp_path / "x.parquet", repository="some/talks", revision=commit,
        files=["a.parquet"], text="translations", language="zh",
    )  # fmt: skip
    assert code == 1
    assert "has no text in 'zh' in the column 'translations' of a.parquet. What it calls a language" in lines[-1]


def test_a_full_disk_in_the_middle_keeps_what_was_finished_and_a_second_run_goes_on(hub, call, tmp_path):
    rng = random.Random(1)
    large = parquet({"text": ["".join(rng.choices("abcdefgh", k=40)) for _ in range(20_000)]})
    files = {"en/0.parquet": parquet({"text": ["the dog runs"]}), "en/1.parquet": large}
    commit = hub.push("some/text", files, kind="datasets")
    output = tmp_path / "text.parquet"
    asked = {"output": output, "repository": "some/text", "revision": commit, "files": ["en/*"], "text": "text",
             "language": "en"}  # fmt: skip
    code, lines = call("text.sources.hub:fetch_text", limit=len(large) // 2, **asked)
    assert code == 1
    assert "no space is left on the disk that holds the cache" in lines[-1]
    assert not output.exists()
    before = len(hub.asked("GET", "/cdn/"))
    assert call("text.sources.hub:fetch_text", **asked)[0] == 0
    assert len(hub.asked("GET", "/cdn/")) == before + 1, "the small file had come already"
    assert pq.read_table(output).num_rows == 20_001


def test_a_set_without_parquet_names_the_branch_that_may_have_it(hub, call, tmp_path):
    commit = hub.push("neulab/ted_multi", {"ted_multi.py": b"script"}, kind="datasets")
    code, lines = call(
        "text.sources.hub:fetch_items", output=tmp_path / "x.parquet", repository="neulab/ted_multi", revision=commit,
        files="*",
    )  # fmt: skip
    assert code == 1
    assert "no Parquet files; its branch refs/convert/parquet may" in lines[-1]


def test_text_of_which_nothing_tells_the_language_is_refused(hub, call, tmp_path):
    """Else each language would have the same text, and be like all others."""
    talks = [{"language": ["en", "fr"], "translation": ["a dog", "un chien"]}, None]
    files = {"a.parquet": parquet({"text": ["a dog", "a cat"], "translations": talks})}
    asked = {"repository": "some/talks", "revision": hub.push("some/talks", files, kind="datasets"), "nested": True,
             "output": tmp_path / "x.parquet", "files": ["a.parquet"], "language": "fr"}  # fmt: skip
    code, lines = call("text.sources.hub:fetch_text", text="text", **asked)
    assert code == 1
    assert (
        "The column 'text' of some/talks has one text a row, and neither `files` nor `text` says of which" in lines[-1]
    )
    assert call("text.sources.hub:fetch_text", text="translations", **asked)[0] == 0


def test_a_gated_set_names_the_page_of_its_terms(hub, call, tmp_path, xnli):
    hub.contents.gated.add("facebook/xnli")
    code, lines = call(
        "text.sources.hub:fetch_items", output=tmp_path / "x.parquet", repository="facebook/xnli", revision=xnli,
        files="en/test-*",
    )  # fmt: skip
    assert code == 1
    assert f"Accept its terms on {hub.url}/datasets/facebook/xnli" in lines[-1]


def test_a_token_from_the_environment_opens_a_gated_set_and_is_written_nowhere(hub, call, tmp_path, xnli):
    hub.contents.gated.add("facebook/xnli")
    asked = {"repository": "facebook/xnli", "revision": xnli, "files": "en/test-*", "output": tmp_path / "x.parquet"}
    code, lines = call("text.sources.hub:fetch_items", env={"HF_TOKEN": "hf_secret"}, **asked)
    assert code == 0, lines
    assert not any("hf_secret" in line for line in lines)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "x.parquet" in written
    assert not [path for path in written if b"hf_secret" in path.read_bytes()]


CARD = """---
license: mit
dataset_info:
- config_name: default
  features:
  - name: sentence
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': no
          '1': yes
- config_name: reversed
  features:
  - name: label
    dtype:
      class_label:
        names: {'0': yes, '1': no}
  - name: tags
    sequence:
      class_label:
        names: [O, B-X]
configs:
- config_name: default
  data_files:
  - {split: train, path: data/train-*}
- config_name: reversed
  data_files: {train: other/train-*}
---
# A data set
"""


@pytest.mark.parametrize(("folder", "expected"), [("data", ["no", "yes"]), ("other", ["yes", "no"])])
def test_names_of_labels_that_are_not_in_the_files_come_from_the_card(hub, call, tmp_path, folder, expected):
    """Else the numbers would be told by the order of `labels` in the config."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"sentence": ["a", "b"], "label": [0, 1], "tags": [[0], [1]]}), buffer)
    files = {"README.md": CARD.encode(), "data/train-0.parquet": buffer.getvalue()}
    files["other/train-0.parquet"] = buffer.getvalue()
    output = tmp_path / "x.parquet"
    asked = {"repository": "some/task", "revision": hub.push("some/task", files, kind="datasets"), "output": output}
    code, lines = call("text.sources.hub:fetch_items", files=f"{folder}/train-*", **asked)
    assert code == 0, lines
    label, tags = read_columns(output, ["label", "tags"])
    assert label.names == expected
    assert tags.names == (["O", "B-X"] if folder == "other" else None)


def test_files_of_two_configs_are_not_read_as_one(hub, call, tmp_path):
    """Their numbers may stand for other labels."""
    files = {
        "one/train.parquet": parquet({"label": [0, 1]}, {"label": ["no", "yes"]}),
        "two/train.parquet": parquet({"label": [0, 1]}, {"label": ["yes", "no"]}),
        "three/train.parquet": parquet({"label": [0, 1], "idx": [0, 1]}, {"label": ["no", "yes"]}),
    }
    asked = {"repository": "some/task", "revision": hub.push("some/task", files, kind="datasets")}
    for pattern in ("t*/train*", "[ot][nw][eo]/train*"):
        code, lines = call("text.sources.hub:fetch_items", files=pattern, output=tmp_path / "x.parquet", **asked)
        assert code == 1
        assert "of some/task have other columns or labels (label" in lines[-1]
