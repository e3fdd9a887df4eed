import numpy as np
import pandas as pd
import pytest
import tiny_world
import torch

from isogloss.errors import IsoglossError
from isogloss.measures.retrieval.compute import COLUMNS, evaluate, found
from isogloss.models.load import load_checkpoint
from isogloss.models.train import train
from isogloss.models.words import read_sentences
from isogloss.states.extract import extract

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


def stores(folder, corpora, out, source, **options):
    """Extract both sides of every pair, one word of every second sentence."""
    found = {}
    for target in sorted(set(corpora) - {source}):
        for side, language in (("source", source), ("target", target)):
            table = pd.read_parquet(corpora[language])[::2]
            wanted = pd.DataFrame({"sentence": table.sentence, "position": 0, "word": table.words.str[0]})
            selection = out / f"{target}-{side}.parquet"
            wanted.assign(aligned=True, frequent=True).to_parquet(selection)
            found[side, target] = out / f"{target}-{side}.h5"
            extract(
                checkpoint=folder,
                corpora={"source": corpora[source], "target": corpora[target]},
                selection=selection,
                space=f"{side}-encoder",
                store=found[side, target],
                layers=[0, 1, 2],
                pooling="last",
                token_budget=200,
                max_length=64,
                device="cpu",
                precision="float32",
                threads=1,
                attributes={"source": source, "target": target},
                retrieval={"seed": 0, **options},
            )
    return {f"{side}s": {t: found[s, t] for s, t in found if s == side} for side in ("source", "target")}


def measure(folder, corpora, output, *, source="en", layers=(0, 1, 2), candidates=500, probe_sentences=2000):
    names = {"model": "tiny", "checkpoint": "base", "task": "pretrained", "corpus": "toy"}
    folder_of_stores = output.with_suffix(".stores")
    folder_of_stores.mkdir()
    limits = {"candidates": candidates, "probe_sentences": probe_sentences}
    made = stores(folder, corpora, folder_of_stores, source, **limits)
    settings = {"source": source, "layers": list(layers), "threads": 1, **limits}
    evaluate(**made, corpora=corpora, output=output, attributes=names, **settings)
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


def literal(folder, corpora, draw):
    """Mean vectors of sentences and of lemmas, one sentence at a time."""
    loaded = load_checkpoint(folder, "cpu", "float32")
    order = np.random.default_rng(0).permutation(len(pd.read_parquet(corpora["en"])))[:draw]
    found = {}
    for language, path in corpora.items():
        table = pd.read_parquet(path).iloc[order]
        sentences, lemmas = [], {}
        for words, named in zip(table.words, table.lemmas, strict=True):
            sentence = read_sentences(loaded.tokenizer, [list(words)], 64)[0]
            with torch.no_grad():
                output = loaded.model(torch.tensor([sentence.ids]), output_hidden_states=True)
            states = torch.stack(output.hidden_states)[:, 0].numpy()
            sentences.append(states[:, list(sentence.text)].mean(1))
            for word, (start, stop) in sentence.spans.items():
                lemmas.setdefault(named[word], []).extend(states[:, place] for place in range(start, stop))
        found[language] = (np.stack(sentences, 1), {lemma: np.mean(rows, 0) for lemma, rows in lemmas.items()})
    return found


def test_scores_equal_those_of_sentences_read_one_at_a_time(training, corpora, tmp_path):
    folder = model(tmp_path / "m", training, steps=60, objective="contrastive")
    table = measure(folder, corpora, tmp_path / "out.csv", candidates=50, probe_sentences=60)
    score = table.set_index(["measure", "target", "layer"]).value
    vectors = literal(folder, corpora, 60)
    for target in ("de", "fr"):
        for layer in (0, 1, 2):
            sides = [vectors[language][0][layer, :50] for language in ("en", target)]
            assert score["sentence_retrieval", target, layer] == pytest.approx(found(*sides), abs=0.021)
            lemmas = [vectors[language][1] for language in ("en", target)]
            assert lemmas[0].keys() == lemmas[1].keys()
            sides = [np.stack([side[lemma][layer] for lemma in sorted(side)]) for side in lemmas]
            assert score["word_translation", target, layer] == pytest.approx(found(*sides), abs=0.05)


def test_layers_that_were_asked_for(training, corpora, tmp_path):
    folder = model(tmp_path / "m", training, steps=2)
    table = measure(folder, corpora, tmp_path / "out.csv", layers=[1])
    assert set(table.layer) == {1}


def test_every_pair_has_sentences_of_its_own(training, corpora, tmp_path):
    """A language that lacks sentences takes none from the others."""
    folder = model(tmp_path / "m", training, steps=2)
    bare = {}
    for language, path in corpora.items():
        bare[language] = tmp_path / f"{language}.parquet"
        pd.read_parquet(path)[: 30 if language == "fr" else 80].to_parquet(bare[language])
    table = measure(folder, bare, tmp_path / "all.csv")
    without = measure(folder, {name: bare[name] for name in ("en", "de")}, tmp_path / "two.csv")
    rows = table[table.measure == "sentence_retrieval"]
    assert dict(rows.groupby("target").n.max()) == {"de": 80, "fr": 30}
    of_de = table[table.target == "de"].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_de, without[without.target == "de"].reset_index(drop=True))


def test_found_counts_only_exact_matches():
    vectors = np.eye(6, 4, dtype=np.float32) + np.arange(6)[:, None] * 0.01
    assert found(np.eye(6), np.eye(6)) == 1.0
    assert found(np.eye(6), np.eye(6) * 7 + 3) == 1.0
    assert found(np.eye(6), np.roll(np.eye(6), 1, axis=0)) == 0.0
    assert 0 <= found(vectors, vectors[::-1]) <= 1


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
