"""Fine-tuning and what follows from it, run as a user runs it; an edit plans what it touches and nothing else."""

import copy
import os
import random
import re
import signal
import subprocess
import time

import pandas as pd
import pytest
import yaml
from checkout import ROOT, Workflow

from isogloss.config.read import load
from isogloss.plan.size import size
from isogloss.plan.study import Study

pytestmark = pytest.mark.slow

# Made of the whole grid, so any change of the grid makes them again.
WHOLE = ("Table ", "Figure ", "Versions", "Report", "Correlations", "Transfer to near and far", "Distances between",
         "Impact, alignment and transfer along")  # fmt: skip


def tasks_config() -> dict:
    config = yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text(encoding="utf-8"))
    edits = {"weights": ["all"], "items": 4, "others": 8, "steps": 20, "languages": ["de"]}
    edits["facts"] = {"corpus": "microworld", "models": ["decoder"]}
    # Its corpus has no Turkish, so that an edit in Turkish is one of the tasks' checkpoints alone.
    made = {"architecture": "gpt", "corpus": "microworld", "layers": 1, "hidden": 16, "vocabulary": 300, "steps": 20}
    config["models"]["decoder"] = {"train": made, "corpora": []}
    config["impact"] |= {"subword": True, "beside": ["subword"]}
    return {**config, "results": "results", "edits": edits}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Workflow:
    workflow = Workflow(tmp_path_factory.mktemp("tasks"), tasks_config())
    started = time.monotonic()
    workflow.run()
    workflow.seconds = time.monotonic() - started
    return workflow


@pytest.fixture
def edited(finished):
    yield finished
    finished.config = tasks_config()
    finished.write()


def table(workflow, name):
    return pd.read_csv(workflow.folder / "results" / "tables" / f"{name}.csv")


def planned(workflow):
    """What a run would say that it does, but for what is made of the whole grid."""
    text = workflow.run("--dry-run", "--quiet", "host").stdout
    said = set(re.findall(r"^Job \d+: (.*)$", text, flags=re.MULTILINE))
    return {message for message in said if not message.startswith(WHOLE)}


def of_one(checkpoint, model="translator", task="translation"):
    """What is done for one more checkpoint."""
    return {
        f"Fine-tuning {model}: {checkpoint}",
        f"Test items of {task} through {model}/{checkpoint}",
        f"Impact of {model}/{checkpoint}",
        f"Transfer of {model}/{checkpoint}",
    }


ENDINGS = ("", "-at0-5", "-realigned")


def of_all(checkpoint, task="translation"):
    """What is done for one more translation, in every way it is tuned and looked at."""
    return set().union(*(of_one(checkpoint + ending, task=task) for ending in ENDINGS))


def test_ends_with_every_table(finished):
    transfer, impact = table(finished, "transfer"), table(finished, "impact")
    assert set(transfer.checkpoint) == {
        *(f"sentiment-{source}-seed0{ending}" for source in ("en", "de") for ending in ("", "-frozen")),
        *(f"translation-de-seed0{ending}" for ending in ENDINGS),
    }
    sentiment = transfer[transfer.task == "sentiment"]
    assert set(sentiment.target) == {"en", "de", "tr", "zh", "ru"}
    own = sentiment[(sentiment.source == sentiment.target) & sentiment.relative.notna()]
    assert (own.relative == 1).all()
    assert set(transfer[transfer.task == "translation"].target) == {"de", "tr"}
    assert set(impact.pooling) == {"first", "mean"}
    assert impact[impact.impact.isna()].reason.notna().all()
    distances = table(finished, "distances")
    assert distances[distances.value.isna()].reason.notna().all()
    subwords = table(finished, "subword_distances")
    assert set(subwords.model) == {"encoder", "translator"}
    # The translator's tokenizer has seen neither Chinese nor Cyrillic letters.
    assert set(subwords.source[subwords.value.isna() & (subwords.target == "en")]) == {"zh", "ru"}
    assert (subwords.value.isna() == subwords.reason.notna()).all()
    correlations = table(finished, "correlations")
    assert {"subword", "syntactic"} <= set(correlations.distance)
    assert correlations.covariates.astype(str).str.contains("subword").any()
    assert {"impact-distance", "impact-transfer", "distance-transfer"} <= set(correlations.relation)
    assert correlations[correlations.p_mantel.isna()].reason.notna().all()
    assert correlations.n.notna().all()
    # A fine-tuning is followed to its end, where the points are those of the checkpoint that is tuned whole.
    course = table(finished, "trajectories")
    assert set(zip(course.fraction, course.step, strict=True)) == {(0.5, 2), (1.0, 4)}
    assert set(course.measure) >= {"impact", "chrf"}
    last = course[(course.fraction == 1) & (course.measure == "chrf")].set_index("target").value
    whole = transfer[(transfer.checkpoint == "translation-de-seed0") & (transfer.measure == "chrf")]
    assert last.to_dict() == whole.set_index("target").score.to_dict()
    # The same checkpoints give concepts before and after.
    assert set(table(finished, "concept_alignment").task) == {"pretrained", "sentiment"}
    variants = table(finished, "variants")
    assert set(zip(variants.task, variants.variant, variants.group, strict=True)) == {
        (*variant, group)
        for variant in (("sentiment", "frozen"), ("translation", "realigned"))
        for group in ("near", "far", "gap")
    }
    assert variants[variants.low.isna()].reason.notna().all()
    assert {"shared_words", "majority", "length"} <= set(table(finished, "baselines").baseline)
    report = (finished.folder / "results" / "report.html").read_text(encoding="utf-8")
    assert "Zero-shot transfer" in report
    assert planned(finished) == set()


def test_edits_are_asked_in_every_language(finished):
    edits = table(finished, "edits")
    tuned, facts = edits[edits.task == "sentiment"], edits[edits.task == "facts"]
    assert set(tuned.checkpoint) == {"sentiment-en-seed0", "sentiment-de-seed0"}
    assert set(facts.model + " " + facts.checkpoint) == {"decoder pretrained"}
    assert len(tuned) + len(facts) == len(edits)
    assert set(edits.source) == {"de"}
    assert set(tuned.target) == {"en", "de", "tr", "zh", "ru"}
    assert set(facts.target) == {"en", "de"}
    assert (edits.edits == 4).all()
    assert (edits.value.isna() == edits.reason.notna()).all()


# Each section, or key, and the jobs of its own that it plans; beside them tables of what goes with what, and the page.
SECTIONS = {
    "space_similarity": {"compare_spaces", "collate_metric", "compare_variants", "follow_trajectories"},
    "word_retrieval": {"retrieve_words", "collate_metric"},
    "probes": {"probe_languages", "collate_metric"},
    "crossed": {"run_crossed_items", "score_crossed", "collate_metric"},
    "controls": {"run_control_items", "score_controls", "collate_metric"},
    "subword": set(),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_comes_or_goes_plans_itself_alone(edited, name):
    if name == "subword":
        edited.config["impact"] |= {"subword": False, "beside": []}
    else:
        edited.config[name] = {}
    edited.write()
    of_the_whole = {"correlate", "draw_figure", "record_provenance", "write_report", "all"}
    assert set(edited.plan()) | of_the_whole == SECTIONS[name] | of_the_whole


def test_another_language_to_edit_in_plans_its_own_edits(edited):
    edited.config["edits"]["languages"] = ["de", "tr"]
    edited.write()
    assert planned(edited) == {f"Edits of encoder/sentiment-{source}-seed0/tr/all" for source in ("en", "de")}


def test_other_facts_plan_their_own_edits(edited):
    edited.config["edits"]["facts"]["answers"] = 3
    edited.write()
    assert planned(edited) == {"Edits of decoder/pretrained/de/all"}


def test_what_was_planned_is_what_was_made(finished):
    planned = size(Study(load(finished.file)))
    folders = {"activation": "activations", "sentence_vector": "sentences", "checkpoint": "checkpoints"}
    for name, folder in folders.items():
        made = sum(path.stat().st_size for path in (finished.folder / "results" / folder).rglob("*") if path.is_file())
        assert made / 2 < planned[f"{name}_bytes"] < made * 2, name
    assert planned["jobs"] == finished.plan("--forceall")


def test_another_seed_plans_its_own_checkpoints(edited):
    edited.config["tasks"]["translation"]["seeds"] = [0, 1]
    edited.write()
    assert planned(edited) == of_all("translation-de-seed1")


def test_another_fraction_plans_that_checkpoint_alone(edited):
    edited.config["tasks"]["translation"]["trajectory"] = [0.5, 0.25, 1]
    edited.write()
    assert planned(edited) == of_one("translation-de-seed0-at0-25")


def test_another_variant_plans_that_checkpoint_alone(edited):
    realign = {"when": "during", "corpus": "microworld", "links": "lexicon", "half": "lower"}
    edited.config["tasks"]["translation"]["variants"]["frozen-meanwhile"] = {"realign": realign}
    edited.write()
    assert planned(edited) == of_one("translation-de-seed0-frozen-meanwhile")


def test_another_source_language_plans_its_own_checkpoints(edited):
    edited.config["tasks"]["translation"]["sources"] = ["de", "tr"]
    edited.write()
    assert planned(edited) == of_all("translation-tr-seed0") | {
        "Items of translation, training: tr",
        "What words alone tell of translation/tr",
    }


def test_another_task_plans_itself_alone(edited):
    task = copy.deepcopy(edited.config["tasks"]["translation"])
    edited.config["tasks"]["other"] = {**task, "sources": ["tr"]}
    edited.write()
    assert planned(edited) == of_all("other-tr-seed0", task="other") | {
        "Items of other, training: tr",
        "Items of other, test: tr",
        "Items of other, test: de",
        "Test items of other through translator, as it was pretrained",
        "What words alone tell of other/tr",
    }


def test_a_learning_rate_plans_its_own_task(edited):
    edited.config["tasks"]["translation"]["learning_rate"] = 1e-4
    edited.write()
    assert planned(edited) == of_all("translation-de-seed0")


def test_another_definition_of_a_model_plans_that_model_alone(edited):
    edited.config["models"]["translator"]["train"]["steps"] = 6
    edited.write()
    found = planned(edited)
    assert of_one("translation-de-seed0") < found
    assert all("translator" in message for message in found)


def test_more_draws_of_a_null_plan_scores_only(edited):
    edited.config["impact"][None] = 30  # a key `null` without quotes, as PyYAML gives it
    edited.write()
    assert planned(edited) == {
        *(
            f"Transfer of encoder/sentiment-{source}-seed0{ending}"
            for source in ("en", "de")
            for ending in ("", "-frozen")
        ),
        *(f"Transfer of translator/translation-de-seed0{ending}" for ending in ENDINGS),
    }


def test_what_is_deleted_after_its_last_use_changes_no_table_and_hides_no_edit(finished, tmp_path):
    config = {**tasks_config(), "compute": {"delete_used": ["checkpoints", "sentence_vectors"]}}
    workflow = Workflow(tmp_path, config)
    workflow.run()
    assert workflow.tables() == finished.tables()
    results = workflow.folder / "results"
    # Models that are made here stay, as they were pretrained, and so do their vectors.
    assert {path.name for path in results.glob("checkpoints/*/*")} == {"pretrained"}
    assert {path.name for path in results.glob("sentences/*/*")} == {"pretrained"}
    assert planned(workflow) == set()
    workflow.config["tasks"]["translation"]["learning_rate"] = 1e-4
    workflow.write()
    assert planned(workflow) == of_all("translation-de-seed0")


# make test-kills tries thirty moments instead of one.
@pytest.mark.parametrize("seed", range(int(os.environ.get("KILLS", "1"))))
def test_killed_at_a_random_moment_it_ends_with_the_same_tables(finished, tmp_path, seed):
    workflow = Workflow(tmp_path, tasks_config())
    running = subprocess.Popen(
        workflow.command(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(random.Random(seed).uniform(3, finished.seconds))
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    workflow.run("--unlock")
    workflow.run()
    assert workflow.tables() == finished.tables()
