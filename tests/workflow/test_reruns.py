"""After an edit exactly the jobs run that the edit touches: a table of edits and the jobs that each may plan."""

import copy
import hashlib
import http.server
import json
import os
import shutil
import threading
import urllib.parse
from pathlib import Path

import pytest
from checkout import ROOT, Workflow

from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model

pytestmark = pytest.mark.slow

FIRST, SECOND = "1" * 40, "2" * 40
TRAIN = {"objective": "contrastive", "layers": 1, "hidden": 16, "intermediate": 32, "vocabulary": 400}
TRAIN |= {"corpus": "lessons", "steps": 6, "batch": 8}
CONFIG = {
    "results": "results",
    "corpora": {
        "microworld": {
            "kind": "microworld",
            "languages": ["en", "de", "ar"],
            "pairs": {"source": "en", "targets": ["de", "ar"]},
            "sentences": 80,
            "word_alignment": {"method": "eflomal", "evaluate": True},
        },
        # What the model is trained on stands apart, so that another language to measure on trains nothing.
        "lessons": {
            "kind": "microworld",
            "languages": ["en", "de", "ar"],
            "pairs": {"source": "en", "targets": ["de"]},
            "training_sentences": 200,
        },
    },
    "models": {
        "trained": {"train": TRAIN, "corpora": ["microworld"]},
        "fetched": {"hub": "someone/small", "revision": FIRST, "depth": 1, "family": "bert", "corpora": ["microworld"]},
    },
    "concepts": {"clusters": 6},
    "activations": {"device": "cpu", "precision": "float32"},
}
# One model's part of the grid: two pairs, two layers.
OF_ONE_MODEL = {
    "extract_activations": 4,
    "cluster_concepts": 12,
    "cluster_joint_concepts": 4,
    "cluster_halves": 4,
    "align_concepts": 4,
    "overlap_concepts": 4,
    "test_best_layer": 1,
    "describe_concepts": 2,
}
ALIGNMENT = {"align_concepts": 8, "test_best_layer": 2, "collate_metric": 2, "draw_figure": 3}
OVERLAP = {"overlap_concepts": 8, "test_best_layer": 2, "collate_metric": 2, "draw_figure": 4}
# The source languages have been clustered from the next seed already, to be held against themselves.
SEEDS = {
    "cluster_concepts": 8,
    "cluster_joint_concepts": 8,
    "align_concepts": 8,
    "overlap_concepts": 8,
    "test_best_layer": 2,
    "collate_metric": 3,
    "draw_figure": 7,
}
CLUSTERING = {**SEEDS, "cluster_concepts": 24, "cluster_halves": 8, "describe_concepts": 4}
# The config stands in the provenance, and the provenance in the report.
OF_ANY_CHANGE = {"record_provenance": 1, "write_report": 1, "all": 1}


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a model hub as a download of one revision needs."""

    folder: Path

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        if path.startswith("/api/models/someone/small/tree/"):
            files = sorted(self.folder.iterdir())
            return self.answer(
                json.dumps(
                    [
                        {"type": "file", "path": file.name, "oid": "0" * 40, "size": file.stat().st_size}
                        for file in files
                    ]
                ).encode()
            )
        if path.startswith("/api/models/someone/small/"):
            return self.answer(json.dumps({"id": "someone/small", "sha": path.split("/")[-1]}).encode())
        if "/resolve/" not in path:
            return self.send_error(404)
        revision, name = path.split("/")[-2:]
        return self.answer((self.folder / name).read_bytes(), **{"X-Repo-Commit": revision})

    do_HEAD = do_GET  # noqa: N815

    def answer(self, content: bytes, **headers: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub on this machine."""
    folder = tmp_path_factory.mktemp("hub") / "small"
    texts = {language: list(map(list, generate(language, "training", 100, 1).words)) for language in ("en", "de", "ar")}
    make_random_model(folder=folder, family="bert", texts=texts, layers=1, hidden=16, heads=2, vocabulary=400, seed=0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("SmallHub", (Hub,), {"folder": folder}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("HF_HUB_DISABLE_XET", "1")
        # The shared cache may know another model by this name, of an earlier test.
        patch.setenv("HF_HOME", str(folder.parent / "home"))
        yield server
    server.shutdown()


@pytest.fixture(scope="module")
def run(tmp_path_factory, hub) -> Workflow:
    """A finished run."""
    workflow = Workflow(tmp_path_factory.mktemp("reruns"), copy.deepcopy(CONFIG))
    workflow.run()
    assert workflow.plan() == {}
    return workflow


@pytest.fixture
def finished(run):
    """The finished run, whose config and place of the code are put back afterwards."""
    yield run
    run.config, run.checkout = copy.deepcopy(CONFIG), ROOT
    run.write()


def change(path: str, value):
    """An edit of one key of the config."""

    def edit(config):
        *sections, key = path.split(".")
        for name in sections:
            config = config.setdefault(name, {})
        config[key] = value

    return edit


def remove(path: str):
    def edit(config):
        *sections, key = path.split(".")
        for name in sections:
            config = config[name]
        del config[key]

    return edit


def add_language(config):
    config["corpora"]["microworld"]["languages"].append("fr")
    config["corpora"]["microworld"]["pairs"]["targets"].append("fr")


def remove_language(config):
    config["corpora"]["microworld"]["languages"].remove("ar")
    config["corpora"]["microworld"]["pairs"]["targets"].remove("ar")


CONFIG_EDITS = {
    "another revision of one model": (
        change("models.fetched.revision", SECOND),
        {"fetch_model": 1, **OF_ONE_MODEL, "table_activations": 1, "collate_metric": 3, "draw_figure": 7},
    ),
    "a model added": (
        change("models.second", {"train": {**TRAIN, "seed": 5}, "corpora": ["microworld"]}),
        {"train_model": 1, **OF_ONE_MODEL, "table_activations": 1, "collate_metric": 4, "draw_figure": 7},
    ),
    "a model removed": (
        remove("models.fetched"),
        {"table_activations": 1, "collate_metric": 3, "draw_figure": 7},
    ),
    "a language added": (
        add_language,
        {
            "make_corpus": 1,
            "align_words": 1,
            "build_lexicon": 1,
            "select_words": 1,
            "score_word_alignment": 1,
            "extract_activations": 4,
            "cluster_concepts": 12,
            "cluster_joint_concepts": 4,
            "cluster_halves": 4,
            "align_concepts": 4,
            "overlap_concepts": 4,
            "describe_concepts": 2,
            "test_best_layer": 2,
            "table_activations": 1,
            "collate_metric": 4,
            "draw_figure": 7,
        },
    ),
    "a language removed": (
        remove_language,
        {"test_best_layer": 2, "table_activations": 1, "collate_metric": 4, "draw_figure": 7},
    ),
    "K": (change("concepts.clusters", 5), CLUSTERING),
    "a further seed of the clustering": (change("concepts.seeds", [212, 213]), SEEDS),
    "clustering on a GPU": (change("concepts.device", "cuda"), CLUSTERING),
    # The cards tell which translations carried a match.
    "a threshold of CALIGN": (change("concept_alignment.match", 0.7), {**ALIGNMENT, "describe_concepts": 4}),
    "the null's draws of CALIGN": (change("concept_alignment.null", 1999), ALIGNMENT),
    "the null's draws of COLAP": (change("concept_overlap.null", 1999), OVERLAP),
    "a threshold of COLAP": (change("concept_overlap.threshold", 0.2), OVERLAP),
    "a learning rate": (
        change("models.trained.train.learning_rate", 0.001),
        {"train_model": 1, **OF_ONE_MODEL, "table_activations": 1, "collate_metric": 4, "draw_figure": 7},
    ),
    "a layer list cut": (
        change("models.fetched.layers", [1]),
        {"describe_concepts": 2, "test_best_layer": 1, "table_activations": 1, "collate_metric": 3, "draw_figure": 7},
    ),
    # The stores are read once more, for what else is kept of them; what was clustered from them is as it was.
    "a corpus among those of the similarity of spaces": (
        change("space_similarity", {"corpora": ["microworld"]}),
        {
            "extract_activations": 8,
            "compare_spaces_on_corpora": 2,
            "table_activations": 1,
            "collate_metric": 1,
            "draw_figure": 2,
        },
    ),
    "the title": (change("title", "Another"), {}),
}


@pytest.mark.parametrize("name", CONFIG_EDITS)
def test_an_edit_of_the_config(finished, name):
    edit, expected = CONFIG_EDITS[name]
    edit(finished.config)
    finished.write()
    assert finished.plan() == {**expected, **OF_ANY_CHANGE}


def test_keys_in_another_order(finished):
    def reverse(value):
        return {key: reverse(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    finished.config = reverse(finished.config)
    finished.write()
    assert finished.plan() == {}


@pytest.fixture
def clone(finished, tmp_path) -> Path:
    """Another checkout of the same code, over the same results."""
    parts = ("Snakefile", "workflow", "config", "profiles", "slurm", "envs")
    for part in parts:
        source = ROOT / part
        if source.is_symlink():
            (tmp_path / part).symlink_to(source.readlink())
        elif source.is_dir():
            shutil.copytree(source, tmp_path / part, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, tmp_path / part)
    finished.checkout = tmp_path
    return tmp_path


REPORT = {"write_report": 1, "all": 1}
# File, what stands there, what shall stand there instead, and the jobs that this plans.
CODE_EDITS = {
    "the clustering": ("concepts/methods/kmeans.py", "TOLERANCE = 1e-4", "TOLERANCE = 2e-4", {**CLUSTERING, **REPORT}),
    "how the table of words is written": (
        "states/extract.py",
        "    write_csv(with_controls(pd.DataFrame(rows), controls), output)",
        "    write_csv(with_controls(pd.DataFrame(rows).copy(), controls), output)",
        {"table_activations": 1, **REPORT},
    ),
    "what only the command line uses": ("cli.py", "def main(", "def unused():\n    return 1\n\n\ndef main(", {}),
    "a new helper among the files": (
        "files.py",
        "\n@contextmanager\ndef published(",
        "\ndef helper():\n    return 1\n\n\n@contextmanager\ndef published(",
        {},
    ),
    "a new class among the errors": ("errors.py", "\nclass ", "\nclass Other(Exception):\n    pass\n\n\nclass ", {}),
    "the text of an error": ("concepts/cluster.py", 'IsoglossError(f"', 'IsoglossError(f"Well: ', {}),
    "the text of a log line": ("states/extract.py", 'log.info("Going', 'log.info("Well: going', {}),
    "a comment": ("concepts/cluster.py", "\nimport ", "\n# Words that change nothing.\nimport ", {}),
    "a docstring": ("concepts/cluster.py", '"""Concepts: clusters', '"""Concepts, that is: clusters', {}),
    "the report's style": ("report/assets/page.css", "{", "{ /* */ ", REPORT),
    "what is asked of a cluster": (
        "plan/needs.py",
        "THREAD_SPEED, GPU_SPEED = 1e10",
        "THREAD_SPEED, GPU_SPEED = 3e9",
        {},
    ),
}


def edited(clone: Path, file: str, old: str, new: str) -> None:
    path = clone / "workflow" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", CODE_EDITS)
def test_an_edit_of_the_code(finished, clone, name):
    file, old, new, expected = CODE_EDITS[name]
    edited(clone, f"isogloss/{file}", old, new)
    assert finished.plan() == expected
    edited(clone, f"isogloss/{file}", new, old)
    assert finished.plan() == {}


def test_the_script_makes_everything_again(finished, clone):
    edited(clone, "scripts/step.py", "run(snakemake)", "snakemake.params.spec.update(layer=0)\nrun(snakemake)")
    planned = finished.plan()
    assert planned["train_model"] == planned["fetch_model"] == 1
    assert planned["make_corpus"] == 3
    assert planned["align_concepts"] == 8


def test_the_words_of_the_microworld_make_everything_again_that_is_made_from_them(finished, clone):
    words = clone / "workflow" / "isogloss" / "microworld" / "data" / "de.yaml"
    words.write_text(words.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    planned = finished.plan()
    assert planned["make_corpus"] == 3
    assert planned["train_model"] == 1
    assert "fetch_model" not in planned


def test_a_fresh_clone(finished, clone):
    assert finished.plan() == {}


def test_a_comment_in_every_script(finished, clone):
    for script in (clone / "workflow" / "scripts").glob("*.py"):
        script.write_text(f"# Words that change nothing.\n{script.read_text()}")
    assert finished.plan() == {}


def test_a_comment_in_every_rule_file(finished, clone):
    for rules in (clone / "workflow" / "rules").glob("*.smk"):
        rules.write_text(f"{rules.read_text()}\n# Words that change nothing.\n")
    assert finished.plan() == {}


def test_touch_of_everything(finished, clone):
    for path in clone.rglob("*"):
        os.utime(path)
    assert finished.plan() == {}


def test_another_profile(finished):
    assert finished.plan("--profile", "slurm") == {}


def test_more_memory_and_time(finished):
    more = ["--set-resources", "extract_activations:mem_mb=64000", "cluster_concepts:runtime=600"]
    assert finished.plan(*more) == {}


def test_another_number_of_cores(finished):
    assert finished.plan("--cores", "1") == {}


def test_activations_may_be_dropped_after_their_tables_exist(finished, tmp_path):
    stores = sorted((finished.folder / "results" / "activations").rglob("*.h5"))
    moved = {store: tmp_path / str(number) for number, store in enumerate(stores)}
    for store, place in moved.items():
        shutil.move(store, place)
    try:
        assert finished.plan() == {}
        finished.config["concept_overlap"] = {"threshold": 0.2}
        finished.write()
        assert finished.plan() == {**OVERLAP, **OF_ANY_CHANGE}
    finally:
        for store, place in moved.items():
            shutil.move(place, store)


def test_a_lost_table_is_collated_again_and_nothing_else(finished):
    table = finished.folder / "results" / "tables" / "concept_overlap.csv"
    place = table.rename(table.with_suffix(".lost"))
    try:
        planned = finished.plan()
    finally:
        place.rename(table)
    assert planned == {"collate_metric": 1, "draw_figure": 4, "write_report": 1, "all": 1}
