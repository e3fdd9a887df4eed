import copy
from itertools import product
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import validate
from isogloss.errors import IsoglossError
from isogloss.measures import MEASURES
from isogloss.plan import needs, specs
from isogloss.plan.places import Places
from isogloss.plan.size import size
from isogloss.plan.study import Study
from isogloss.plan.targets import collated

ROOT = Path(__file__).resolve().parents[3]
TASKS = yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text())
BY_NAME = {measure.name: measure for measure in MEASURES}
SECTIONS = ("space_similarity", "word_retrieval", "probes", "crossed", "controls")


def study(**sections) -> Study:
    return Study(validate({**copy.deepcopy(TASKS), **sections}, name="test"))


def cells(name: str, **sections) -> list[tuple]:
    return [tuple(cell.values()) for cell in BY_NAME[name].cells(study(**sections))]


def test_nothing_is_measured_that_nobody_asked_for():
    assert not set(SECTIONS) & set(collated(study(), Places("r")))
    assert set(SECTIONS) < set(collated(study(**{name: {} for name in SECTIONS}), Places("r")))


def test_every_test_pass_before_and_after_tuning():
    found = cells("space_similarity", space_similarity={})
    tuned = [f"sentiment-{source}-seed0{variant}" for source in ("en", "de") for variant in ("", "-frozen")]
    expected = {("encoder", checkpoint, "sentiment") for checkpoint in ("pretrained", *tuned)}
    expected |= {("translator", checkpoint, "translation") for checkpoint in ("pretrained", "translation-de-seed0")}
    expected |= {("translator", f"translation-de-seed0-{how}", "translation") for how in ("at0-5", "realigned")}
    assert len(found) == len(expected)
    assert set(found) == expected
    assert {task for *_, task in cells("space_similarity", space_similarity={"tasks": ["sentiment"]})} == {"sentiment"}
    # A translation has no label.
    assert set(cells("probes", probes={})) == {cell for cell in expected if cell[2] == "sentiment"}


def test_corpora_are_measured_where_they_are_named():
    assert not cells("space_similarity_on_corpora", space_similarity={})
    one = study(space_similarity={"corpora": ["microworld"]})
    measure = BY_NAME["space_similarity_on_corpora"]
    found = [tuple(cell.values()) for cell in measure.cells(one)]
    assert found == [
        ("encoder", "pretrained", "microworld"),
        ("encoder", "sentiment-en-seed0", "microworld"),
        ("translator", "pretrained", "microworld"),
    ]
    folder = "r/activations/translator/pretrained/microworld/en-de"
    assert measure.takes(one, Places("r"), measure.cells(one)[-1]) == {
        "sources": {"de": f"{folder}/source-encoder.h5"},
        "targets": {"de": f"{folder}/target-encoder.h5"},
        "before": [],
    }
    # A tuned one's changes are told by what its model was before.
    assert measure.takes(one, Places("r"), measure.cells(one)[1])["before"] == [
        "r/metrics/space_similarity_on_corpora_replicates/encoder/pretrained/microworld.parquet"
    ]
    spec = measure.spec(one, measure.cells(one)[-1])
    assert (spec["source"], spec["layers"], spec["attributes"]["task"]) == ("en", [1], "")
    # Beside the rows of test items, in one table.
    files = collated(one, Places("r"))
    assert "space_similarity_on_corpora" not in files
    assert len(files["space_similarity"]) == len(found) + len(BY_NAME["space_similarity"].cells(one))


@pytest.mark.parametrize(
    ("sections", "draw"),
    [
        ({}, None),
        ({"space_similarity": {}}, None),
        ({"space_similarity": {"corpora": ["microworld"]}}, 1000),
        ({"space_similarity": {"corpora": ["microworld"], "items": 80, "tasks": []}}, 80),
    ],
)
def test_stores_keep_the_sentences_that_are_measured(sections, draw):
    one = study(**sections)
    by_space = {cell["space"]: specs.drawn(one, cell) for cell in one.store_cells if cell["model"] == "translator"}
    expected = draw and {"seed": 212, "most": draw}
    # A decoder behind an encoder reads no text by itself.
    assert by_space == {"source-encoder": expected, "target-encoder": expected, "target-decoder": None}
    assert (size(one)["activation_bytes"] > size(study())["activation_bytes"]) == bool(draw)


def test_altered_items_are_read_by_what_is_tuned_whole():
    expected = {("encoder", f"sentiment-{source}-seed0", "sentiment") for source in ("en", "de")}
    for name in ("crossed", "controls"):
        assert set(cells(name, **{name: {}})) == expected
        assert [one for _, one, _ in cells(name, **{name: {"sources": ["de"]}})] == ["sentiment-de-seed0"]


def test_a_checkpoint_tuned_on_items_that_lack_something_stands_beside_its_own():
    config = {**copy.deepcopy(TASKS), "controls": {}}
    config["tasks"]["sentiment"]["controls"] = ["shuffled-2"]
    one = Study(validate(config, name="test"))
    measure, cell = BY_NAME["controls"], {**dict(zip(("model", "task"), ("encoder", "sentiment"), strict=True))}
    taken = measure.takes(one, Places("r"), {**cell, "checkpoint": "sentiment-en-seed0"})
    assert taken["trained"] == {
        "shuffled-2": "r/altered/controls/encoder/sentiment-en-seed0-shuffled-2/sentiment.parquet"
    }
    own = specs.altered_pass(one, "encoder", "sentiment-en-seed0-shuffled-2", "sentiment", "controls")
    assert own["controls"] == ["shuffled-2"]
    assert len(specs.altered_pass(one, "encoder", "sentiment-en-seed0", "sentiment", "controls")["controls"]) == 6
    tuned = {each.variant: specs.finetuning(one, each) for each in one.tunings if each.task == "sentiment"}
    assert {name: spec.get("control") for name, spec in tuned.items()} == {
        "whole": None, "frozen": None, "shuffled-2": "shuffled-2",
    }  # fmt: skip
    # Without one, fine-tuning depends on what it did before.
    assert "control" not in tuned["whole"]


def test_what_texts_mean_is_known_of_the_microworld_alone(tmp_path):
    measure = BY_NAME["probes"]
    one = study(probes={"labels": ["label", "topic", "object"]})
    (cell, *_) = measure.cells(one)
    assert measure.spec(one, cell)["labels"] == ["label", "topic", "object"]
    config = copy.deepcopy(TASKS)
    for language, part in product(("en", "de"), ("train", "test")):
        (tmp_path / f"{language}.{part}.csv").write_text("text,label\na b,yes\n")
    data = {"kind": "table", "languages": ["en", "de"], "labels": ["yes", "no"]}
    data |= {part: f"{tmp_path}/{{language}}.{part}.csv" for part in ("train", "test")}
    config["tasks"] = {"own": {**config["tasks"]["sentiment"], "data": data, "variants": {}, "concepts": []}}
    for labels, expected in ((["label", "topic"], ["label"]), (["topic"], None)):
        own = Study(validate({**config, "probes": {"labels": labels}}, name="test"))
        cells = measure.cells(own)
        assert bool(cells) == bool(expected)
        assert all(measure.spec(own, cell)["labels"] == expected for cell in cells)


def test_items_are_said_with_the_anchors_of_their_corpus():
    config = copy.deepcopy(TASKS)
    plain = specs.items(Study(validate(config, name="test")), "sentiment", "en", "test")
    config["tasks"]["sentiment"]["data"]["corpus"] = "microworld"
    assert specs.items(Study(validate(config, name="test")), "sentiment", "en", "test") == plain
    config["corpora"]["microworld"]["anchors"] = 3
    anchored = specs.items(Study(validate(config, name="test")), "sentiment", "en", "test")
    assert anchored == {**plain, "anchored": {"anchors": 3, "seed": 1, "source": "en"}}
    assert specs.corpus(Study(validate(config, name="test")), "microworld", "de")["anchors"] == 3


def test_distances_of_texts_read_every_task_s_test_items_where_they_are_asked_for():
    plain, asked, own = study(), study(impact={"lexical": True, "subword": True}), {**TASKS["impact"], "subword": True}
    assert "text_languages" not in specs.distances(plain)
    assert "subword_distances" not in collated(plain, Places("r"))
    texts = specs.test_texts(asked)
    assert {task for task, _ in texts} == {"sentiment", "translation"}
    languages = [language for _, language in texts]
    assert specs.distances(asked)["text_languages"] == languages
    expected = [f"r/metrics/subword_distances/{model}.csv" for model in ("encoder", "translator")]
    assert collated(asked, Places("r"))["subword_distances"] == expected
    assert specs.subword_distances(asked, "encoder") == {"model": "encoder", "text_languages": languages}
    # Distances that choose layers to freeze wait for no tokenizer, so that no fine-tuning hangs on another model.
    assert specs.distances(study(impact=own)) == specs.distances(plain)
    config = copy.deepcopy(TASKS)
    config["tasks"]["sentiment"]["variants"]["frozen"]["distance"] = "subword"
    with pytest.raises(IsoglossError, match=r"frozen\.distance: 'subword' is not among this config's distances"):
        validate({**config, "impact": own}, name="test")
    assert study(impact={**own, "beside": ["subword"]}).settings.impact.beside == ["subword"]
    with pytest.raises(IsoglossError, match="beside: 'subword' is not among this config's distances"):
        study(impact={"beside": ["subword"]})


def test_pairs_of_the_models_that_are_named():
    found = cells("word_retrieval", word_retrieval={})
    assert {model for model, *_ in found} == {"encoder", "translator"}
    assert {model for model, *_ in cells("word_retrieval", word_retrieval={"models": ["encoder"]})} == {"encoder"}


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        ("space_similarity", {"neighbours": 5}),
        ("word_retrieval", {"null": 200}),
        ("probes", {"bootstrap": 200}),
        ("crossed", {"items": 20}),
        ("crossed", {"bootstrap": 200}),
        ("controls", {"items": 20}),
        ("controls", {"seed": 3}),
    ],
)
def test_another_setting_changes_its_own_measure_only(section, setting):
    before, after = (study(**{**{name: {} for name in SECTIONS}, section: of}) for of in ({}, setting))
    changed = set()
    for measure in MEASURES:
        cells = measure.cells(before)
        assert measure.cells(after) == cells
        for cell in cells:
            was, became = ([measure.spec(one, cell)] for one in (before, after))
            if measure.name in ("crossed", "controls"):  # with the pass over the altered items
                for one, found in ((before, was), (after, became)):
                    found.append(specs.altered_pass(one, *cell.values(), measure.name))
            changed |= {measure.name} if was != became else set()
    assert changed == {section}
    assert specs.correlations(before) == specs.correlations(after)


def test_which_tasks_are_measured_changes_no_table_of_a_cell():
    some, every = study(space_similarity={"tasks": ["sentiment"]}), study(space_similarity={})
    measure = BY_NAME["space_similarity"]
    for cell in measure.cells(some):
        assert measure.spec(some, cell) == measure.spec(every, cell)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"space_similarity": {"tasks": ["sentimnet"]}}, "there is no task 'sentimnet'; did you mean 'sentiment'?"),
        ({"word_retrieval": {"models": ["x"]}}, "word_retrieval.models: there is no model 'x'"),
        ({"probes": {"tasks": ["translation"]}}, "probes.tasks: 'translation' has no label of a whole item"),
        ({"crossed": {"tasks": ["translation"]}}, "crossed.tasks: 'translation' has no label of a whole item"),
        ({"controls": {"sources": ["zh"]}}, "controls.sources: no task is tuned on 'zh'; there are de, en"),
        ({"space_similarity": {"null": 5}}, "space_similarity.null"),
        (
            {"retrieval": True},
            r"retrieval: this key has gone; take `space_similarity: {corpora: \[NAME\]}` for sentences",
        ),
        ({"space_similarity": {"corpora": ["microwrld"]}}, "corpora: there is no corpus 'microwrld'; did you mean"),
        (
            {"space_similarity": {"corpora": ["microworld"], "pooling": "last", "tasks": ["sentiment"]}},
            "the encoder of 'translator' .* has the sentence vectors first, mean; found 'last'",
        ),
    ],
)
def test_mistakes_are_told_before_anything_runs(sections, message):
    with pytest.raises(IsoglossError, match=message.replace("?", r"\?")):
        study(**sections)


def test_a_corpus_that_no_model_reads_or_no_items_at_all():
    config = {**copy.deepcopy(TASKS), "space_similarity": {"corpora": ["microworld"]}}
    for model in config["models"].values():
        model["corpora"] = []
    config["tasks"]["sentiment"]["concepts"] = []
    with pytest.raises(IsoglossError, match=r"space_similarity\.corpora: no model reads 'microworld'; name it in"):
        validate(config, name="t")
    config = {key: value for key, value in TASKS.items() if key != "tasks"}
    with pytest.raises(IsoglossError, match=r"space_similarity\.corpora: there is nothing to measure: name corpora"):
        validate({**config, "space_similarity": {}}, name="t")
    with pytest.raises(IsoglossError, match=r"space_similarity\.corpora: there is nothing to measure: name corpora"):
        study(space_similarity={"tasks": []})
    assert not cells("space_similarity", space_similarity={"tasks": [], "corpora": ["microworld"]})
    validate({**config, "space_similarity": {"corpora": ["microworld"]}}, name="t")


def test_more_items_and_pairs_ask_for_more():
    cell = {"model": "encoder", "task": "sentiment", "corpus": "microworld"}
    large = copy.deepcopy(TASKS)
    large["tasks"]["sentiment"]["data"]["test"] = 100_000
    few, many = (
        Study(validate({**config, "space_similarity": {"items": 100_000}}, name="t")) for config in (TASKS, large)
    )
    assert needs.similarity(few, **cell).mem_mb < 3000
    assert needs.similarity(many, **cell).runtime > needs.similarity(few, **cell).runtime
    assert needs.similarity(many, **cell).mem_mb > needs.similarity(few, **cell).mem_mb
    large["corpora"]["microworld"]["sentences"] = 100_000
    many = Study(validate({**large, "space_similarity": {"items": 100_000}}, name="t"))
    assert needs.similarity_on_corpora(many, **cell).runtime > needs.similarity_on_corpora(few, **cell).runtime
    one, two = (study(word_retrieval={"pairs": pairs}) for pairs in (10, 20_000))
    assert needs.word_retrieval(one, **cell).mem_mb < needs.word_retrieval(two, **cell).mem_mb


def test_probes_ask_for_memory_in_proportion_to_items_whether_or_not_spaces_are_compared():
    cell = {"model": "encoder", "task": "sentiment"}
    asked = []
    for items in (100, 50_000, 100_000):
        config = copy.deepcopy(TASKS)
        config["tasks"]["sentiment"]["data"]["test"] = items
        alone, beside = (Study(validate({**config, "probes": {}, **more}, name="t"))
                         for more in ({}, {"space_similarity": {}}))  # fmt: skip
        assert needs.probes(alone, **cell) == needs.probes(beside, **cell)
        asked.append(needs.probes(alone, **cell))
    few, many, twice = (one.mem_mb - needs.LIBRARIES_MB for one in asked)
    assert few < 100
    assert twice < 2.1 * many < 10_000
    assert asked[1].runtime < asked[2].runtime
    assert BY_NAME["probes"].needs == "probes"
