"""The user's own files are known by content, and what is added plans its own part: a language, a layer."""

import copy
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from checkout import Workflow

from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model

pytestmark = pytest.mark.slow

LANGUAGES = ("en", "de", "fr")
# Made of the whole grid, so any change of the grid makes them again.
OF_THE_GRID = {"table_activations", "collate_metric", "draw_figure", "record_provenance", "write_report", "all"}
CONFIG = {
    "results": "results",
    "corpora": {
        "lines": {
            "kind": "text",
            "languages": ["en", "de"],
            "files": {language: f"{language}.txt" for language in LANGUAGES},
            "pairs": {"source": "en", "targets": ["de"]},
        },
        "columns": {
            "kind": "table",
            "languages": ["en", "de"],
            "file": "text.parquet",
            "pairs": {"source": "en", "targets": ["de"]},
        },
    },
    "models": {"mine": {"folder": "model", "layers": [0, 2]}},
    "concepts": {"clusters": 5},
    "activations": {"device": "cpu", "precision": "float32"},
}
# Of one pair of one corpus: two spaces, two layers.
A_PAIR = {
    "align_words": 1,
    "build_lexicon": 1,
    "select_words": 1,
    "extract_activations": 2,
    # The source language from a second seed too, and its halves: the ceilings.
    "cluster_concepts": 6,
    "cluster_joint_concepts": 2,
    "cluster_halves": 2,
    "align_concepts": 2,
    "overlap_concepts": 2,
    "describe_concepts": 1,
    "test_best_layer": 1,
}


def texts(count: int = 60) -> dict[str, list[list[str]]]:
    return {language: list(map(list, generate(language, "parallel", count, 1).words)) for language in LANGUAGES}


def write_model(folder: Path, seed: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_random_model(
        folder=folder, family="bert", texts=texts(), layers=2, hidden=16, heads=2, vocabulary=400, seed=seed
    )


def write_table(folder: Path, languages: tuple[str, ...]) -> None:
    columns = {language: [" ".join(words) for words in texts()[language]] for language in languages}
    pd.DataFrame(columns).to_parquet(folder / "text.parquet")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workflow:
    """A finished run on files of the user's own."""
    folder = tmp_path_factory.mktemp("files")
    for language, sentences in texts().items():
        (folder / f"{language}.txt").write_text("".join(" ".join(words) + "\n" for words in sentences))
    write_table(folder, ("en", "de"))
    write_model(folder / "model", seed=0)
    workflow = Workflow(folder, copy.deepcopy(CONFIG))
    workflow.run()
    assert workflow.plan() == {}
    return workflow


@pytest.fixture
def finished(run, tmp_path):
    """The finished run; config and files are put back afterwards, as they were to the last time stamp."""
    kept = tmp_path / "kept"
    names = [*(f"{language}.txt" for language in LANGUAGES), "text.parquet", "model"]
    kept.mkdir()
    for name in names:
        (run.folder / name).rename(kept / name)
        (shutil.copytree if (kept / name).is_dir() else shutil.copy2)(kept / name, run.folder / name)
    yield run
    for name in names:
        path = run.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        (kept / name).rename(path)
    run.config = copy.deepcopy(CONFIG)
    run.write()


def plan(workflow: Workflow) -> dict[str, int]:
    return {rule: count for rule, count in workflow.plan().items() if rule not in OF_THE_GRID}


def older(path: Path) -> None:
    """Give a file or a folder's files an old time stamp, as cp -p, tar and rsync -t do."""
    for file in [path, *path.rglob("*")]:
        os.utime(file, (1_000_000_000, 1_000_000_000))


def test_copies_with_the_same_content_make_nothing_again(finished):
    assert plan(finished) == {}
    for name in ("en.txt", "text.parquet", "model"):
        older(finished.folder / name)
    assert plan(finished) == {}


def test_a_text_replaced_by_an_older_file_of_the_same_size(finished):
    path = finished.folder / "de.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[1:], lines[0]]))
    older(path)
    assert plan(finished) == {"make_corpus": 1, **A_PAIR}


def test_a_model_replaced_by_an_older_folder(finished):
    write_model(finished.folder / "model", seed=1)
    older(finished.folder / "model")
    planned = plan(finished)
    assert planned["link_model"] == 1
    assert planned["extract_activations"] == 4
    assert planned["cluster_concepts"] == 12
    assert "make_corpus" not in planned


def test_a_language_added_to_a_text_corpus(finished):
    corpus = finished.config["corpora"]["lines"]
    corpus["languages"].append("fr")
    corpus["pairs"]["targets"].append("fr")
    finished.write()
    assert plan(finished) == {"make_corpus": 1, **A_PAIR}


def test_a_language_and_its_column_added_to_a_table(finished):
    write_table(finished.folder, LANGUAGES)
    corpus = finished.config["corpora"]["columns"]
    corpus["languages"].append("fr")
    corpus["pairs"]["targets"].append("fr")
    finished.write()
    assert plan(finished) == {"make_corpus": 1, **A_PAIR}


def test_layers_added_to_a_model_cluster_the_new_ones_only(finished):
    before = finished.tables()
    finished.config["models"]["mine"]["layers"] = "all"
    finished.write()
    expected = {
        "extract_activations": 4,
        "cluster_concepts": 6,
        "cluster_joint_concepts": 2,
        "cluster_halves": 2,
        "align_concepts": 2,
        "overlap_concepts": 2,
        "describe_concepts": 2,
        "test_best_layer": 1,
    }
    assert plan(finished) == expected
    finished.run()
    assert finished.plan() == {}
    rows = pd.read_csv(finished.folder / "results" / "tables" / "concept_alignment.csv")
    assert set(rows.layer) == {0, 1, 2}
    # Back again: only what goes over all layers is made again, and the same tables come out.
    finished.config["models"]["mine"]["layers"] = [0, 2]
    finished.write()
    assert plan(finished) == {"describe_concepts": 2, "test_best_layer": 1}
    finished.run()
    assert finished.tables() == before
