import numpy as np
import pandas as pd
import pytest
import tiny_world

from isogloss.errors import IsoglossError
from isogloss.measures.retrieval.compute import COLUMNS, evaluate, found
from isogloss.models.train import train
from isogloss.states.forward import Reader

SPEC = {"layers": 2, "hidden": 16, "heads": 2, "intermediate": 32, "vocabulary": 120, "batch": 32}


def model(folder, training, **spec):
    train(
        folder=folder,
        training=training,
        spec={**SPEC, **spec},
        seed=1,
        threads=1,
        log_table=folder.with_suffix(".csv"),
        attributes={"model": "tiny"},
    )
    return folder


def measure(folder, corpora, output, **options):
    names = {"model": "tiny", "checkpoint": "base", "task": "pretrained", "corpus": "toy"}
    settings = {"source": "en", "seed": 0, "threads": 1, **options}
    evaluate(checkpoint=folder, corpora=corpora, output=output, attributes=names, **settings)
    table = pd.read_csv(output)
    assert (table[list(names)] == pd.Series(names)).all(axis=None)
    return table


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    return tiny_world.write(tmp_path_factory.mktemp("training"), 300)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    return tiny_world.write(tmp_path_factory.mktemp("corpus"), 80, seed=7)


@pytest.mark.parametrize("architecture", ["bert", "t5"])
def test_a_row_for_every_measure_target_and_layer(architecture, training, corpora, tmp_path):
    objective = "naive" if architecture == "bert" else "translation"
    folder = model(tmp_path / "m", training, steps=2, architecture=architecture, objective=objective)
    table = measure(folder, corpora, tmp_path / "out.csv", candidates=50, probe_sentences=60)
    assert tuple(table.columns) == COLUMNS
    assert set(table["layer"]) == {0, 1, 2}
    rows = table.groupby("measure").size()
    assert rows.to_dict() == {"probe_sentiment": 9, "sentence_retrieval": 6, "word_translation": 6}
    retrieval = table[table["measure"] == "sentence_retrieval"]
    assert (retrieval["n"] == 50).all()
    assert (retrieval["chance"] == 0.02).all()
    assert (table[table["measure"] == "probe_sentiment"]["n"] == 30).all()
    assert table["value"].between(0, 1).all()
    assert not table.duplicated(["target", "layer", "measure"]).any()


def test_the_same_bytes_each_time(training, corpora, tmp_path):
    folder = model(tmp_path / "m", training, steps=2)
    for name in ("a", "b"):
        measure(folder, corpora, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_language_against_its_own_copy_is_found(training, corpora, tmp_path):
    folder = model(tmp_path / "m", training, steps=2)
    table = measure(folder, {"en": corpora["en"], "copy": corpora["en"]}, tmp_path / "out.csv")
    values = table[table["measure"] != "probe_sentiment"]
    # The world is so small that a sentence can occur twice.
    assert (values["value"] > 0.9).all()


def test_only_words_are_needed(training, tmp_path):
    folder = model(tmp_path / "m", training, steps=2)
    bare = tiny_world.write(tmp_path / "bare", 40, columns=("sentence", "words"))
    table = measure(folder, bare, tmp_path / "out.csv")
    assert set(table["measure"]) == {"sentence_retrieval"}


def test_no_more_sentences_are_embedded_than_are_scored(training, tmp_path, monkeypatch):
    real, seen = Reader.read, []

    def counted(reader, batch, *arguments, **named):
        seen.append(len(batch))
        return real(reader, batch, *arguments, **named)

    monkeypatch.setattr(Reader, "read", counted)
    folder = model(tmp_path / "m", training, steps=2)
    bare = tiny_world.write(tmp_path / "bare", 60, columns=("sentence", "words"))
    measure(folder, bare, tmp_path / "out.csv", candidates=25, probe_sentences=50)
    assert sum(seen) == 3 * 25
    seen.clear()
    with_sentiment = tiny_world.write(tmp_path / "all", 60)
    measure(folder, with_sentiment, tmp_path / "out.csv", candidates=25, probe_sentences=50)
    assert sum(seen) == 3 * 50


def test_found_counts_only_exact_matches():
    vectors = np.eye(6, 4, dtype=np.float32) + np.arange(6)[:, None] * 0.01
    assert found(np.eye(6), np.eye(6)) == 1.0
    assert found(np.eye(6), np.eye(6) * 7 + 3) == 1.0
    assert found(np.eye(6), np.roll(np.eye(6), 1, axis=0)) == 0.0
    assert 0 <= found(vectors, vectors[::-1]) <= 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "ru"}, "Retrieval needs ru"),
        ({"folder": "nowhere"}, "There is no model folder"),
    ],
)
def test_mistakes_are_explained(change, words, training, corpora, tmp_path):
    folder = tmp_path / "nowhere" if "folder" in change else model(tmp_path / "m", training, steps=2)
    options = {key: value for key, value in change.items() if key != "folder"}
    with pytest.raises(IsoglossError, match=words):
        measure(folder, corpora, tmp_path / "out.csv", **options)
    assert not (tmp_path / "out.csv").exists()


def test_too_few_sentences_in_common(training, tmp_path):
    folder = model(tmp_path / "m", training, steps=2)
    few = tiny_world.write(tmp_path / "few", 12)
    with pytest.raises(IsoglossError, match="Only 12 sentences"):
        measure(folder, few, tmp_path / "out.csv")


@pytest.mark.slow
def test_contrastive_training_aligns_more_than_naive(training, corpora, tmp_path):
    share = {}
    for objective in ("naive", "contrastive"):
        folder = model(tmp_path / objective, training, steps=700, objective=objective, learning_rate=5e-3)
        table = measure(folder, corpora, tmp_path / f"{objective}.csv")
        last = table[(table["layer"] == 2) & (table["target"] != "en")]
        share[objective] = last.groupby("measure")["value"].mean()
    assert share["contrastive"]["sentence_retrieval"] > share["naive"]["sentence_retrieval"] + 0.2
    assert share["contrastive"]["probe_sentiment"] > 0.85
