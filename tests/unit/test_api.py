"""A notebook's door: what a run left is found by name, and the page that shows it is run as it stands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import isogloss
from isogloss.states.store import StoreWriter

ROOT = Path(__file__).resolve().parents[2]
PAIR = "aligned/pretrained/microworld/en-de"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder with one cell."""
    folder = tmp_path_factory.mktemp("run") / "results"
    for name in ("pretrained", "nli-en-seed0"):
        (folder / "checkpoints" / "aligned" / name).mkdir(parents=True)
    (folder / "provenance.json").write_text(json.dumps({"config": {"concepts": {"seeds": [212, 213]}}}))
    (folder / "tables").mkdir()
    rows = {"model": "aligned", "target": ["na", "de"], "layer": [0, 3], "measure": "aligned", "value": [0.5, None]}
    pd.DataFrame(rows).to_csv(folder / "tables" / "concept_alignment.csv", index=False)
    english, german = [f"e{n}" for n in range(12)], [f"d{n}" for n in range(12)]
    for side, language, forms in (("source", "en", english), ("target", "de", german)):
        words = pd.DataFrame({"sentence": range(12), "position": 0, "form": forms, "aligned": True, "frequent": True})
        path = folder / "activations" / PAIR / f"{side}-encoder.h5"
        writer = StoreWriter(path, words, [3], 4, {"model": "aligned"})
        writer.write(0, np.ones((1, 12, 4), dtype=np.float16))
        writer.finish()
        for seed in (212, 213):
            place = folder / "concepts" / PAIR / f"{side}-encoder" / f"layer3-seed{seed}.parquet"
            place.parent.mkdir(parents=True, exist_ok=True)
            concepts = words[["sentence", "position"]].assign(word=forms, language=language, cluster=np.arange(12) // 6)
            concepts.to_parquet(place, index=False)
    lexicon = {"source": english, "target": german, "probability": 1.0, "count": 3}
    (folder / "lexicons" / "microworld").mkdir(parents=True)
    pd.DataFrame(lexicon).to_parquet(folder / "lexicons" / "microworld" / "en-de.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def run(results):
    return isogloss.open_run(results)


def test_what_is_there_is_listed(run):
    assert run.tables == ["concept_alignment"]
    assert run.models == ["aligned"]
    assert run.checkpoints("aligned") == ["nli-en-seed0", "pretrained"]
    assert "1 tables, models aligned" in repr(run)


def test_a_table_has_its_right_types(run):
    table = run.table("concept_alignment")
    assert table.target.tolist() == ["na", "de"]
    assert table.layer.dtype.kind == "i"
    assert table.value.isna().tolist() == [False, True]


def test_concepts_and_stores_are_found_by_name(run):
    concepts = run.concepts("aligned", "microworld", "en-de", "target-encoder", layer=3)
    assert concepts.groupby("cluster").word.nunique().tolist() == [6, 6]
    with run.store("aligned", "microworld", "en-de", "source-encoder") as store:
        assert store.vectors(3).shape == (12, 4)
    assert run.checkpoint("aligned").name == "pretrained"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda run: run.table("concept_alignmnt"), r"no tables/concept_alignmnt\.csv; did you mean"),
        (lambda run: run.table("x"), r"no tables/x\.csv There is tables/concept_alignment\.csv"),
        (lambda run: run.checkpoint("naive"), "no checkpoints/naive/pretrained"),
        (lambda run: run.concepts("aligned", "microworld", "en-de", "source-encoder", layer=9), "layer9-seed212"),
        (lambda run: run.store("aligned", "microworld", "ende", "source-encoder"), "such as en-de; found 'ende'"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(run, ask, told):
    with pytest.raises(isogloss.IsoglossError, match=told):
        ask(run)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(isogloss.IsoglossError, match="holds no results"):
        isogloss.open_run(tmp_path)


def test_every_function_is_there_and_a_typo_is_an_error():
    for name in isogloss.__all__:
        assert getattr(isogloss, name)
    with pytest.raises(AttributeError, match="no attribute 'allign'"):
        _ = isogloss.allign


def test_importing_loads_nothing_heavy():
    code = "import sys, isogloss; isogloss.open_run; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "workflow", check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_notebook_runs_as_it_stands(results, monkeypatch, capsys):
    """Its cells are the blocks of docs/notebook.md, which it is made from."""
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    blocks = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    page = (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8")
    assert blocks == [block.rstrip("\n") for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)]
    assert len(blocks) == 5
    monkeypatch.chdir(results.parent)
    names = {}
    for block in blocks:
        exec(compile(block, "notebook.ipynb", "exec"), names)
    said = capsys.readouterr().out
    assert "12 (12, 4)" in said
    assert "2 of 2" in said
