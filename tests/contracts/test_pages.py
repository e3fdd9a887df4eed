"""The pages of docs/extend as written, in a copy of the code: what they add is run, and few files were touched."""

import subprocess
import sys
from pathlib import Path

import pages
import pandas as pd
import pytest
import yaml

# Files to touch for one more of a kind, a line in a list counts.
GOALS = {"measure": 3, "model-family": 1, "source": 2, "task-kind": 2, "pooling": 1, "clustering": 2, "figure": 2}
CONFIG = """
title: Extended
results: results
corpora:
  microworld:
    kind: microworld
    languages: [en, de]
    pairs: {source: en, targets: [de]}
    sentences: 60
    training_sentences: 60
    word_alignment: {method: gold}
  memory:
    kind: tmx
    file: memory.tmx
    languages: [en, de]
    pairs: {source: en, targets: [de]}
models:
  tiny:
    random: {family: bert, corpus: microworld, layers: 1, hidden: 16, heads: 2, vocabulary: 300}
    corpora: [microworld]
activations: {device: cpu, precision: float32, pooling: first_two, sentence_vectors: true}
concepts: {clusters: 4, method: spherical}
impact: {permutations: 199, bootstrap: 100, null: 20}
tasks:
  length:
    kind: regression
    data: {kind: table, languages: [en, de], train: "{language}.jsonl", test: "{language}.jsonl"}
    models: [tiny]
    sources: [en]
    epochs: 1
    max_length: 16
"""
# What a run of it makes, without what takes long and says nothing here.
TARGETS = [
    "results/tables/concept_alignment.csv",
    "results/figures/kept_words.svg",
    "results/tables/state_size.csv",
    "results/corpora/memory/de.parquet",
    "results/tables/transfer.csv",
    "results/tables/baselines.csv",
]
MEMORY = """<tmx version="1.4"><body>
<tu><tuv xml:lang="en"><seg>the red house</seg></tuv><tuv xml:lang="de"><seg>das rote Haus</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>a cat sleeps</seg></tuv><tuv xml:lang="de"><seg>eine Katze schläft</seg></tuv></tu>
</body></tmx>"""
STEPS = ["isogloss.states.extract:extract", "isogloss.concepts.cluster:cluster"]


class Copy:
    """A copy of the code in which all pages were followed."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / "mine.yaml"
        pages.copy_code(folder)
        self.touched = {page: pages.follow(page, folder) for page in GOALS}
        self.file.write_text(CONFIG, encoding="utf-8")
        (folder / "memory.tmx").write_text(MEMORY, encoding="utf-8")
        for language, word in (("en", "red"), ("de", "rot")):
            items = "".join(f'{{"text": "{" ".join([word] * n)}", "label": {n / 4}}}\n' for n in range(1, 5)) * 8
            (folder / f"{language}.jsonl").write_text(items, encoding="utf-8")

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.folder / "workflow"), "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def snakemake(self, *arguments: str) -> str:
        return self.call("-m", "snakemake", "--configfile", str(self.file), "--cores", "1", *arguments)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    made = Copy(tmp_path_factory.mktemp("copy"))
    made.snakemake(*TARGETS)
    return made


@pytest.mark.parametrize(("page", "goal"), GOALS.items())
def test_few_files_are_touched_and_the_table_of_them_is_right(copy, page, goal):
    assert len(copy.touched[page]) == goal
    table = (pages.ROOT / "docs" / "extend" / "README.md").read_text(encoding="utf-8")
    assert f"({page}.md) | {goal} |" in table


def test_a_run_uses_what_the_pages_add(copy):
    store = copy.folder / "results/activations/tiny/pretrained/microworld/en-de/source-encoder.h5"
    told = copy.call("-m", "isogloss.cli", "info", str(store))
    assert "first_two" in told
    assert "mean over all subwords of the input" in told
    assert len(pd.read_csv(copy.folder / TARGETS[0])) > 0
    assert (pd.read_csv(copy.folder / TARGETS[2]).value > 0).all()
    scores = [pd.read_csv(copy.folder / path) for path in TARGETS[4:]]
    assert all(set(table.measure) == {"pearson"} and set(table.target) == {"en", "de"} for table in scores)
    assert (scores[1].score == 0).all()  # who always says the mean
    said = [" ".join(words) for words in pd.read_parquet(copy.folder / TARGETS[3]).words]
    assert said == ["das rote Haus", "eine Katze schläft"]
    assert "## corpora.NAME, kind: tmx" in copy.call("-c", "from isogloss.config import manual; print(manual.manual())")
    assert "share of words kept" in (copy.folder / TARGETS[1]).read_text(encoding="utf-8")


def test_what_the_pages_add_is_light_until_it_runs(copy):
    heavy = {"torch", "transformers", "sklearn", "scipy", "pandas", "numpy", "h5py", "altair", "datasets"}
    code = (
        f"import sys, isogloss.config.read, isogloss.plan.plug_ins as p; p.check(); print({heavy} & {{*sys.modules}})"
    )
    assert copy.call("-c", code).strip() == "set()"


def test_results_of_others_stay_as_they_are_and_its_own_follow_its_code(copy):
    code = f"from isogloss.plan.identity import identity; print(*map(identity, {STEPS}))"
    before = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=pages.ROOT / "workflow", check=True
    )
    assert copy.call("-c", code).split()[1] == before.stdout.split()[1]
    assert "Nothing to be done" in copy.snakemake("--dry-run", *TARGETS)
    method = copy.folder / "workflow/isogloss/concepts/methods/spherical.py"
    method.write_text(method.read_text(encoding="utf-8").replace("1e-12", "1e-9"), encoding="utf-8")
    planned = copy.snakemake("--dry-run", *TARGETS)
    assert "cluster_concepts" in planned
    assert "extract_activations" not in planned
    config = yaml.safe_load(CONFIG)
    config["activations"]["pooling"] = "last"
    copy.file.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert "extract_activations" in copy.snakemake("--dry-run", *TARGETS)
