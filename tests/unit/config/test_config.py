import copy
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from isogloss.config import manual as module
from isogloss.config.read import ConfigError, load, validate
from isogloss.plan import specs
from isogloss.plan.study import Study
from isogloss.tasks.items import write_items

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = sorted([*(ROOT / "config").glob("*.yaml"), *(ROOT / "config" / "test").glob("*.yaml")])
TINY = yaml.safe_load((ROOT / "config" / "test" / "tiny.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_of_ours_is_sound(path):
    assert load(path).models


def test_generated_files_are_up_to_date():
    assert module.main(["--check"]) == 0
    assert json.loads((ROOT / "config" / "schema.json").read_text())["additionalProperties"] is False


def messages(content):
    with pytest.raises(ConfigError) as caught:
        validate(content, "x.yaml")
    return caught.value.messages


def test_ten_mistakes_are_ten_lines():
    wrong = copy.deepcopy(TINY)
    wrong["concepts"] = {"clusters": 1, "metod": "ward"}
    wrong["selection"] = {"max_frequency": 0}
    wrong["activations"]["pooling"] = "lst"
    wrong["concept_alignment"] = {"match": 80, "convention": "papper", "null": 5}
    wrong["models"]["Big Model"] = {"folder": "x"}
    wrong["corpora"]["microworld"]["sentences"] = "many"
    wrong["tittle"] = "x"
    found = messages(wrong)
    assert len(found) == 10
    assert all(line.startswith("x.yaml: ") and "\n" not in line for line in found)
    text = "\n".join(found)
    assert "concepts: unknown key 'metod'; did you mean 'method'?" in text
    assert "top level: unknown key 'tittle'; did you mean 'title'?" in text
    assert "activations.pooling: expected one of first, last, mean; found 'lst'; did you mean 'last'?" in text
    assert "concept_alignment.match: should be less than or equal to 1; found a number (80)" in text
    assert "Big Model" in text
    assert "corpora.microworld.sentences: expected a whole number" in text
    assert "lower-case letters" in text


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("corpora.microworld.pairs.targets", ["de", "fr"], "'fr' is not among this corpus's languages (en, de, ar)"),
        ("corpora.microworld.pairs.targets", ["en"], "'en' is the source language"),
        ("corpora.microworld.languages", ["en", "de", "de"], "'de' stands twice"),
        ("corpora.microworld.languages", ["en", "de", "ar", "nl"], "the microworld has no 'nl'"),
        ("corpora.microworld.kind", "microwrld", "did you mean 'microworld'?"),
        ("models.encoder.train.corpus", "microwold", "did you mean 'microworld'?"),
        ("models.encoder.train.heads", 3, "16 (hidden) is not a multiple of 3"),
        ("models.encoder.train.objective", "translation", "architecture bert goes with naive, tlm"),
        ("concepts", {"method": "ward", "device": "cuda"}, "Ward's method runs on a CPU only; found 'cuda'"),
        ("models.encoder.layers", [0, 5], "5 is beyond this model's layers 0 to 1"),
        ("models.encoder.folder", "somewhere", "needs exactly one of train, random, folder, hub, randomised; found"),
        ("models.encoder", {"folder": "no/such"}, "There is no model folder"),
        ("models.control", {"randomised": "encodr"}, "there is no model 'encodr'; did you mean 'encoder'?"),
        ("models.encoder", {"randomised": "encoder"}, "models.encoder.randomised: 'encoder' is a control itself"),
        ("models.control", {"randomised": "encoder", "layers": [2]}, "2 is beyond this model's layers 0 to 1"),
        ("models.encoder.seed", 3, "models.encoder.seed: only a control (`randomised`) has a seed here"),
        ("concepts", {"seed": 213}, "concepts: unknown key 'seed'; did you mean 'seeds'?"),
        ("concepts", {"seeds": [1, 2, 1]}, "concepts.seeds: '1' stands twice"),
        ("concepts", {"seeds": []}, "concepts.seeds:"),
        ("concepts", {"method": "ward", "seeds": [1, 2]}, "concepts.seeds: Ward's method has no seed"),
        ("concept_alignment", {"null": 998}, "should be greater than or equal to 999"),
        ("concept_overlap", {"null": 100}, "should be greater than or equal to 999"),
        ("models.encoder", {"hub": "a/b", "revision": "main"}, "say `depth:`"),
        ("models.encoder", {"hub": "a/b", "revision": "the latest"}, "expected a commit, 40 hexadecimal digits"),
        ("models.encoder.convert", True, "models.encoder.convert: only a hub model is converted"),
        ("models.encoder", {"hub": "a/b", "revision": "a" * 40}, "say `depth:`"),
        ("models.encoder", {"hub": "xlm-roberta-base"}, "models.encoder.revision: a hub model needs the commit"),
    ],
)
def test_each_mistake_is_named(path, value, message):
    wrong = copy.deepcopy(TINY)
    *parents, last = path.split(".")
    section = wrong
    for key in parents:
        section = section[key]
    section[last] = value
    assert any(message in line for line in messages(wrong)), messages(wrong)


def test_a_repeated_key_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("title: a\nresults: r\ntitle: b\n")
    with pytest.raises(ConfigError, match=r"x\.yaml:3: the key 'title' stands twice"):
        load(path)


def test_broken_yaml_and_missing_files_are_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "none.yaml")
    path = tmp_path / "x.yaml"
    path.write_text("a: [1,\nb: 2\n")
    with pytest.raises(ConfigError, match=r"x\.yaml:3: expected"):
        load(path)
    path.write_text("- a\n")
    with pytest.raises(ConfigError, match="expected sections"):
        load(path)


def test_layers_of_a_model():
    study = Study(validate(TINY))
    assert study.layers("encoder") == [0, 1]


def test_a_control_is_as_deep_as_its_model_and_named_in_its_rows():
    content = copy.deepcopy(TINY)
    content["models"]["control"] = {"randomised": "translator"}
    study = Study(validate(content))
    assert study.layers("control") == study.layers("translator")
    assert study.kinds("control") == study.kinds("translator")
    cells = {cell["model"]: study.attributes(cell)["control_of"] for cell in study.layer_cells}
    assert cells == {"encoder": "", "translator": "", "control": "translator"}


def test_missing_catalogues_are_left_out_with_a_line(tmp_path, caplog):
    for language in ("de", "ru"):
        (tmp_path / language / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / language / "LC_MESSAGES" / "x.mo").touch()
    content = copy.deepcopy(TINY)
    content["corpora"]["microworld"] = {
        "kind": "gettext",
        "folder": str(tmp_path),
        "languages": ["en", "de", "ru", "tr"],
        "pairs": {"source": "en", "targets": ["de", "tr"]},
    }
    corpus = validate(content).corpora["microworld"]
    assert corpus.languages == ["en", "de", "ru"]
    assert corpus.pairs.targets == ["de"]
    assert "no gettext catalogue of tr; the corpus goes on without" in caplog.text
    content["corpora"]["microworld"]["pairs"]["targets"] = ["tr"]
    assert "no pair of languages is left" in messages(content)[0]


TASKS = yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sentiment.kind", "token-classification", "the microworld's sentiment goes with sequence-classification"),
        ("sentiment.models", ["encodr"], "there is no model 'encodr'; did you mean 'encoder'?"),
        ("translation.models", ["encoder"], "'encoder' (bert) cannot be tuned for translation; it can be for"),
        ("sentiment.sources", ["en", "fr"], "'fr' is not among the languages of this task's data"),
        ("sentiment.sources", ["en", "en"], "'en' stands twice"),
        ("sentiment.concepts", ["de", "ru"], "'ru' is not among this task's sources"),
        ("sentiment.data.languages", ["en", "de", "xx"], "the microworld has no 'xx'"),
        ("sentiment.variants.frozen.layers", [2], "2 is beyond the layers 1 to 1 of 'encoder'"),
        ("sentiment.trajectory", [0, 1], "tasks.sentiment.trajectory.0: should be greater than 0; found a number (0)"),
        ("sentiment.trajectory", [1.5], "trajectory.0: should be less than or equal to 1; found a number (1.5)"),
        ("sentiment.trajectory", [0.3, 1, 0.3], "tasks.sentiment.trajectory: '0.3' stands twice"),
        ("translation.variants.realigned.realign.corpus", "microwrld", "did you mean 'microworld'?"),
        ("translation.variants.realigned.realign.weight", 0, "variants.realigned: means the same as 'whole'"),
        ("sentiment.variants.again", {"layers": "measured", "count": 1}, "variants.again: means the same as 'frozen'"),
        ("sentiment.variants.frozen.count", 2, "'encoder' has only 1 layers"),
        ("sentiment.variants.frozen.distance", "sintactic", "did you mean 'syntactic'?"),
        ("sentiment.into", "en", "only a translation task has one"),
        ("translation.into", None, "say which language to translate into"),
        ("translation.sources", ["en"], "'en' is the language to translate into"),
        ("sentiment.data.trian", 5, "tasks.sentiment.data: unknown key 'trian'; did you mean 'train'?"),
        ("sentiment.data.kind", "tabel", "did you mean 'table'?"),
        ("sentiment.data", {"kind": "table", "languages": ["en", "de"], "train": "x", "test": "{language}.csv"},
         "data.train: the path needs `{language}` in it"),
        ("sentiment.data", {"kind": "table", "languages": ["en", "de"], "train": "no-{language}.csv", "test": "x"},
         "there is no file no-en.csv"),
        ("sentiment.data", {"kind": "gettext", "languages": ["en", "xx"], "labels": ["git", "tar"]},
         "data.labels: 'git' has no catalogue in 'xx' below /usr/share/locale"),
        ("sentiment.data", {"kind": "hub", "languages": ["en", "de"], "repository": "a/b", "revision": "a" * 40,
                            "train": "train", "test": "{language}"}, "data.train: the path needs `{language}` in it"),
    ],
)  # fmt: skip
def test_mistakes_in_tasks_are_told(path, value, message):
    wrong = copy.deepcopy(TASKS)
    place = wrong["tasks"]
    *keys, last = path.split(".")
    for key in keys:
        place = place[key]
    place[last] = value
    assert any(message in line for line in messages(wrong)), messages(wrong)


def test_the_languages_of_a_task_may_be_columns_of_one_file(tmp_path):
    content, file = copy.deepcopy(TASKS), tmp_path / "items.csv"
    file.write_text("text.en,text.de,label\n" + "good,gut,positive\nbad,schlecht,negative\n" * 10, encoding="utf-8")
    content["tasks"]["sentiment"]["data"] = {
        "kind": "table", "languages": ["en", "de"], "train": str(file), "test": str(file), "text": "text.{language}",
        "labels": ["negative", "positive"],
    }  # fmt: skip
    study = Study(validate(content))
    for language, words in (("en", ["good", "bad"]), ("de", ["gut", "schlecht"])):
        write_items(output=tmp_path / "out.parquet", **specs.items(study, "sentiment", language, "test"))
        found = pd.read_parquet(tmp_path / "out.parquet")
        assert [list(row) for row in found.words][:2] == [[word] for word in words]


@pytest.mark.parametrize("section", ["space_similarity", "probes"])
@pytest.mark.parametrize(("architecture", "objective"), [("bert", "naive"), ("t5", "translation"), ("gpt", "naive")])
def test_sentence_vectors_that_a_model_does_not_have_are_told(section, architecture, objective):
    content = copy.deepcopy(TASKS)
    content["models"]["encoder"]["train"] |= {"architecture": architecture, "objective": objective}
    if section == "probes":
        del content["tasks"]["translation"]  # without a label of a whole item
    held = ["last", "mean", "position_weighted"] if architecture == "gpt" else ["first", "mean"]
    stack, family = ("decoder", "gpt2") if architecture == "gpt" else ("encoder", architecture)
    for pooling in ("first", "last", "mean", "position_weighted"):
        content[section] = {"pooling": pooling, "tasks": ["sentiment"]}
        if pooling in held:
            validate(content)
            continue
        assert messages(content) == [
            f"x.yaml: {section}.pooling: the {stack} of 'encoder' ({family}) has the sentence vectors "
            f"{', '.join(held)}; found '{pooling}'"
        ]


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"tasks": ["sentimnt"]}, "edits.tasks: there is no task 'sentimnt'; did you mean 'sentiment'?"),
        ({"tasks": ["translation"]}, "edits.tasks: 'translation' has no label of a whole item, being translation"),
        ({"weights": ["all", "all"]}, "edits.weights: 'all' stands twice"),
        ({"weights": ["al"]}, "did you mean 'all'?"),
        ({"languages": ["de", "fr"]}, "edits.languages: 'fr' is not among the languages of what is edited (de"),
        ({"wanted": "positiv"}, "edits.wanted: the task 'sentiment' has no label 'positiv'; did you mean 'positive'?"),
        ({}, "edits.weights: 'encoder' has 1 layers, so no third of them can be edited; say [all]"),
        ({"tasks": []}, "edits: there is no classification task, with the same items in every language, to edit"),
        ({"facts": {"corpus": "microwrld", "models": ["encoder"]}}, "there is no corpus 'microwrld'; did you mean"),
        ({"facts": {"corpus": "microworld", "models": ["encodr"]}}, "there is no model 'encodr'; did you mean"),
        ({"facts": {"corpus": "microworld", "models": ["encoder"]}}, "'encoder' (bert) is no decoder alone"),
        ({"facts": {"corpus": "microworld", "models": ["translator"]}}, "'translator' (t5) is no decoder alone"),
        ({"facts": {"corpus": "microworld", "models": ["one"]}}, "'one' is unified: it answers in one language"),
        ({"facts": {"corpus": "games", "models": ["next"]}}, "'games' is of the kind othello; facts are known of a"),
        ({"facts": {"corpus": "microworld", "models": ["next"]}}, "edits.weights: 'next' has 2 layers"),
    ],
)
def test_mistakes_in_edits_are_told(edits, message):
    wrong = {**copy.deepcopy(TASKS), "edits": edits}
    for name, objective in (("next", "naive"), ("one", "unified")):
        made = {"architecture": "gpt", "objective": objective, "corpus": "microworld", "layers": 2}
        wrong["models"][name] = {"train": made, "corpora": []}
    languages = {"languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]}}
    wrong["corpora"]["games"] = {"kind": "othello", "word_alignment": {"method": "gold"}, **languages}
    assert any(message in line for line in messages(wrong)), messages(wrong)
    assert validate({**wrong, "edits": {"weights": ["all"]}}, "x.yaml").edits.items == 20


def test_yaml_words_are_keys_again():
    content = copy.deepcopy(TASKS)
    content["impact"] = {None: 20}  # what YAML makes of `null: 20`
    assert validate(content, "x.yaml").impact.null == 20


def test_names_of_checkpoints_do_not_depend_on_what_else_there_is():
    settings = validate(copy.deepcopy(TASKS), "x.yaml")
    names = {one.checkpoint for one in Study(settings).tunings}
    more = copy.deepcopy(TASKS)
    more["tasks"]["sentiment"]["seeds"] = [3, 0]
    more["tasks"]["sentiment"]["sources"] = ["ru", "en", "de"]
    assert names < {one.checkpoint for one in Study(validate(more, "x.yaml")).tunings}
    assert Study(settings).task_targets("translation") == ["de", "tr"]
