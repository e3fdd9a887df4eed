"""The graph as a whole, run as a user runs it: same tables twice, after kill -9, and nothing needless."""

import copy
import os
import random
import signal
import subprocess
import time

import pandas as pd
import pytest
import yaml
from checkout import ROOT, Workflow

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tiny_config) -> Workflow:
    workflow = Workflow(tmp_path_factory.mktemp("finished"), copy.deepcopy(tiny_config))
    workflow.run()
    return workflow


@pytest.fixture
def edited(finished, tiny_config):
    """The finished run; its config is put back afterwards."""
    yield finished
    finished.config = copy.deepcopy(tiny_config)
    finished.write()


def test_ends_with_tables_figures_and_a_report(finished):
    tables = finished.tables()
    assert {"concept_alignment.csv", "concept_overlap.csv", "word_alignment.csv", "activations.csv"} <= set(tables)
    assert (finished.folder / "results" / "report.html").stat().st_size > 10_000
    scores = pd.read_csv(finished.folder / "results" / "tables" / "concept_alignment.csv")
    models = finished.config["models"]
    assert set(scores.model) == set(models)
    encoder_decoder = scores[scores.kind == "encoder-decoder"]
    assert len(encoder_decoder), "an encoder-decoder gives encoder-decoder pairs too"


def test_second_run_has_nothing_to_do(finished):
    assert finished.plan() == {}


def test_kill_9_leaves_the_same_tables(finished, tmp_path, tiny_config):
    workflow = Workflow(tmp_path, copy.deepcopy(tiny_config))
    moments = random.Random(7)
    for _ in range(4):
        running = subprocess.Popen(
            workflow.command(),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(4, 14))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        workflow.run("--unlock")
    workflow.run()
    assert workflow.tables() == finished.tables()


def test_touching_the_code_reruns_nothing(finished):
    for path in [*(ROOT / "workflow").rglob("*.py"), ROOT / "Snakefile"]:
        path.touch()
    assert finished.plan() == {}


def test_reordered_keys_rerun_nothing(edited):
    def reverse(value):
        return {key: reverse(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    edited.config = reverse(edited.config)
    edited.write()
    assert set(edited.plan()) <= {"all"}


def test_a_threshold_of_calign_plans_no_clustering(edited):
    edited.config["concept_alignment"] = {**edited.config.get("concept_alignment", {}), "match": 0.7}
    edited.write()
    planned = edited.plan()
    assert planned["align_concepts"] == len(
        pd.read_csv(edited.folder / "results/tables/concept_alignment.csv").drop_duplicates(
            ["model", "source", "target", "kind", "layer"]
        )
    )
    assert not {"cluster_concepts", "cluster_joint_concepts", "extract_activations", "train_model"} & set(planned)


def test_another_number_of_clusters_plans_no_extraction(edited):
    edited.config["concepts"] = {
        **edited.config["concepts"],
        "clusters": edited.config["concepts"]["clusters"] - 1,
    }
    edited.write()
    planned = edited.plan()
    assert planned["cluster_concepts"] > 0
    assert not {"extract_activations", "train_model", "align_words"} & set(planned)


def test_a_removed_model_plans_only_collation(edited):
    name = next(iter(edited.config["models"]))
    del edited.config["models"][name]
    edited.write()
    assert not {"cluster_concepts", "align_concepts", "extract_activations", "train_model"} & set(edited.plan())


@pytest.mark.parametrize("config", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_of_ours_can_be_sent_to_a_cluster(tmp_path, config):
    """Groups are formed only there, and one that depended on itself would be refused."""
    workflow = Workflow(tmp_path, yaml.safe_load(config.read_text(encoding="utf-8")))
    assert workflow.plan("--profile", "slurm")["all"] == 1


def test_config_mistakes_are_told_without_a_traceback(tmp_path, tiny_config):
    config = copy.deepcopy(tiny_config)
    config["concepts"]["clutsers"] = 3
    config["selection"] = {"max_frequency": 0}
    done = Workflow(tmp_path, config).run("--dry-run", check=False)
    assert done.returncode != 0
    assert "did you mean 'clusters'" in done.stderr
    assert "max_frequency" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "results").exists()


def test_more_clusters_than_words_is_told_and_earlier_tables_stay(edited):
    before = edited.tables()
    edited.config["concepts"] = {**edited.config["concepts"], "clusters": 1_000_000}
    edited.write()
    done = edited.run(check=False)
    assert done.returncode != 0
    assert "1000000" in (done.stdout + done.stderr).replace(",", "")
    assert "Traceback" not in done.stdout + done.stderr
    assert edited.tables() == before


def test_a_damaged_store_is_named(edited):
    store = next((edited.folder / "results" / "activations").rglob("*.h5"))
    whole, stamp = store.read_bytes(), store.stat()
    try:
        store.write_bytes(whole[: len(whole) // 2])
        done = edited.run("--forcerun", "table_activations", check=False)
        assert done.returncode != 0
        assert store.name in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
    finally:
        store.write_bytes(whole)
        os.utime(store, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
