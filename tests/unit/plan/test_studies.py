"""Which studies a config can be: without parallel text, into several languages, with a variant of one source."""

import copy
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import ConfigError, validate
from isogloss.plan import size, specs, targets
from isogloss.plan.places import Places
from isogloss.plan.study import Study

ROOT = Path(__file__).resolve().parents[3]
TASKS = yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text(encoding="utf-8"))
HUB = {"hub": "tiny/bert", "revision": "a" * 40, "depth": 1, "family": "bert"}


def study(**changes):
    content = copy.deepcopy(TASKS)
    for path, value in changes.items():
        *keys, last = path.split("__")
        place = content
        for key in keys:
            place = place[key]
        place[last] = value
    return Study(validate(content))


def tables(one):
    return {Path(path).stem for path in targets.tables(one, Places("results"))}


def without_corpora():
    content = copy.deepcopy(TASKS)
    del content["corpora"], content["tasks"]["translation"]
    content["models"] = {"encoder": HUB}
    content["tasks"]["sentiment"]["concepts"] = []
    return content


def test_a_study_without_parallel_text_has_tables_of_tasks_alone():
    one = Study(validate(without_corpora()))
    assert tables(one) >= {"baselines", "correlations", "distances", "finetuning", "impact", "transfer", "variants"}
    assert not {"concept_alignment", "concept_overlap", "best_layer", "activations"} & tables(one)
    jobs = size.size(one)["jobs"]
    assert not {"make_corpus", "cluster_concepts", "extract_activations", "table_activations"} & {*jobs}


def test_a_model_that_is_measured_on_no_corpus_is_none_of_its_cells():
    one = study(models__encoder__corpora=[])
    assert {cell["model"] for cell in one.pair_cells} == {"translator"}
    assert {cell["model"] for cell in one.concept_cells} == {"translator"}
    assert tables(study(models__encoder__corpora=[], models__translator__corpora=[])).isdisjoint(
        {"concept_alignment", "best_layer", "activations"}
    )


def test_neither_corpora_nor_tasks_is_a_mistake():
    content = without_corpora()
    del content["tasks"]
    with pytest.raises(ConfigError, match="there is nothing to measure"):
        validate(content)


def test_a_task_is_translated_into_several_languages():
    one = study(tasks__translation__into=["en", "de"], tasks__translation__sources=["de", "en", "tr"])
    assert {name: (task.into, task.sources) for name, task in one.settings.tasks.items() if task.into} == {
        "translation-en": ("en", ["de", "tr"]),
        "translation-de": ("de", ["en", "tr"]),
    }
    assert {
        tuning.checkpoint for tuning in one.tunings if (tuning.model, tuning.variant) == ("translator", "whole")
    } == {
        "translation-en-de-seed0", "translation-en-tr-seed0", "translation-de-en-seed0", "translation-de-tr-seed0",
    }  # fmt: skip
    assert study(tasks__translation__into=["en"]).settings.tasks["translation-en"].into == "en"


def test_what_is_for_the_language_to_translate_into_is_left_out_of_its_task():
    variants = {
        "one": {"layers": [1], "sources": ["de"]},
        "two": {"layers": [1], "embeddings": True, "sources": ["de", "tr"]},
    }
    one = study(
        tasks__translation__into=["en", "de"],
        tasks__translation__sources=["de", "en", "tr"],
        tasks__translation__variants=variants,
    )
    assert {
        name: {variant: section.sources for variant, section in task.variants.items()}
        for name, task in one.settings.tasks.items()
        if task.into
    } == {
        "translation-en": {"one": ["de"], "two": ["de", "tr"]},
        "translation-de": {"two": ["tr"]},
    }


@pytest.mark.parametrize(
    ("into", "message"),
    [
        (["en", "en"], "tasks.translation.into: expected text"),
        ([], "tasks.translation.into: expected text"),
        (["en", "fr"], r"tasks.translation-fr.into: 'fr' is not among the languages"),
        (["en", None], "tasks.translation.into: expected text"),
    ],
)
def test_a_list_of_languages_to_translate_into_may_be_wrong(into, message):
    with pytest.raises(ConfigError, match=message):
        study(tasks__translation__into=into)


def test_a_variant_may_be_for_one_source():
    frozen = {"layers": [1], "sources": ["de"]}
    one = study(tasks__sentiment__variants={"frozen": frozen})
    variants = {
        (tuning.source, tuning.variant) for tuning in one.tunings if tuning.task == "sentiment" and tuning.fraction == 1
    }
    assert variants == {("en", "whole"), ("de", "whole"), ("de", "frozen")}
    with pytest.raises(ConfigError, match=r"variants.frozen.sources: 'tr' is not among this task's sources \(en, de\)"):
        study(tasks__sentiment__variants={"frozen": {"layers": [1], "sources": ["tr"]}})


def test_linked_words_stand_beside_words_at_random_that_are_alike_in_all_else():
    content = yaml.safe_load((ROOT / "config" / "interventions.yaml").read_text(encoding="utf-8"))
    known = specs.variants(Study(validate(content)))["random_links"]
    names = ("before", "before-lexicon", "before-lower", "during")
    assert known == {"entities": {name: ["chance"] for name in names}}
    variants = content["tasks"]["entities"]["variants"]
    variants["lower-chance"] = {"realign": {**variants["before-lower"]["realign"], "links": "random"}}
    known = specs.variants(Study(validate(content)))["random_links"]["entities"]
    assert known["before"] == ["chance"]
    assert known["before-lower"] == ["lower-chance"]
    assert known["during"] == ["chance", "lower-chance"]


@pytest.mark.parametrize(
    ("section", "sources"),
    [
        (None, {"en", "de"}),
        ({}, {"en", "de"}),
        ({"sources": ["de"]}, {"de"}),
        ({"tasks": ["sentiment"], "sources": ["de"]}, {"de"}),
    ],
)
def test_controls_are_tuned_in_the_languages_whose_checkpoints_are_compared_with_them(section, sources):
    one = study(tasks__sentiment__controls=["shuffled-1"], controls=section)
    assert {tuning.source for tuning in one.tunings if tuning.variant == "shuffled-1"} == sources
    # Their answers are scored beside those of the checkpoint that is tuned whole, and nowhere else.
    assert {one.by_checkpoint[cell["model"], cell["checkpoint"]].variant for cell in one.control_cells} <= {"whole"}
