import errno
import json

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModel, AutoModelForSeq2SeqLM, AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.models.random_weights import make_random_model
from isogloss.models.words import read_sentences
from isogloss.states.drawn import draw_sentences
from isogloss.states.extract import collect, extract, plan_batches
from isogloss.states.forward import Reader
from isogloss.states.store import StoreWriter, open_store

WORDS = [
    "the",
    "teacher",
    "loves",
    "a",
    "very",
    "important",
    "letter",
    "unbelievably",
    "strong",
    "uncharacteristically",
    "in",
    "school",
    "7",
]
TEXT = {
    "source": [[WORDS[(3 * i + j) % 12] for j in range(3 + i % 5)] for i in range(14)],
    "target": [[WORDS[(5 * i + 2 * j) % 12].upper() for j in range(2 + i % 4)] for i in range(14)],
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    shape = {"layers": 2, "hidden": 16, "heads": 2, "vocabulary": 120, "seed": 0}
    for family in ("bert", "xlm-roberta", "mt5"):
        make_random_model(folder=folder / family, family=family, texts=TEXT, **shape)
    return folder


@pytest.fixture
def text(tmp_path):
    for side, sentences in TEXT.items():
        table = pd.DataFrame({"sentence": range(10, 10 + len(sentences)), "words": sentences})
        table.to_parquet(tmp_path / f"{side}.parquet")
        rows = [
            (s + 10, p, w, p % 2 == 0, True) for s, ws in enumerate(sentences) for p, w in enumerate(ws) if (s + p) % 3
        ]
        pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"]).to_parquet(
            tmp_path / f"{side}-selection.parquet"
        )
    return tmp_path


def run(models, text, family="bert", space="source-encoder", name="out.h5", **changes):
    options = {
        "checkpoint": models / family,
        "corpora": {side: text / f"{side}.parquet" for side in ("source", "target")},
        "selection": text / f"{space.split('-')[0]}-selection.parquet",
        "space": space,
        "store": text / name,
        "layers": [0, 1, 2],
        "pooling": "last",
        "token_budget": 60,
        "max_length": 64,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "attributes": {"model": family},
        **changes,
    }
    extract(**options)
    return options["store"]


def literal(folder, space, pooling):
    """One sentence at a time, without batches, masks or padding."""
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    found = {}
    side = space.split("-")[0]
    for number, words in enumerate(TEXT[side]):
        encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        owners, shift = encoded.word_ids(), 0
        with torch.no_grad():
            if space == "target-decoder":
                before = tokenizer(TEXT["source"][number], is_split_into_words=True, return_tensors="pt").input_ids
                start = torch.tensor([[model.config.decoder_start_token_id]])
                inputs, shift = torch.cat([start, encoded.input_ids], 1), 1
                states = model(input_ids=before, decoder_input_ids=inputs, output_hidden_states=True)
                states = states.decoder_hidden_states
            else:
                stack = model.encoder if model.config.is_encoder_decoder else model
                states = stack(input_ids=encoded.input_ids, output_hidden_states=True).hidden_states
        for position in range(len(words)):
            pieces = [i + shift for i, owner in enumerate(owners) if owner == position]
            pieces = {"first": pieces[:1], "last": pieces[-1:], "mean": pieces}[pooling]
            found[number + 10, position] = [state[0, pieces].mean(0).numpy() for state in states]
    return found


@pytest.mark.parametrize(
    ("family", "space"),
    [
        ("bert", "source-encoder"),
        ("bert", "target-encoder"),
        ("xlm-roberta", "target-encoder"),
        ("mt5", "source-encoder"),
        ("mt5", "target-encoder"),
        ("mt5", "target-decoder"),
    ],
)
@pytest.mark.parametrize("pooling", ["first", "last", "mean"])
def test_equals_one_sentence_at_a_time(models, text, family, space, pooling):
    expected = literal(models / family, space, pooling)
    with open_store(run(models, text, family, space, pooling=pooling)) as store:
        words = store.words()
        assert store.layers == [0, 1, 2]
        selected = pd.read_parquet(text / f"{space.split('-')[0]}-selection.parquet")
        assert set(zip(words.sentence, words.position, words.form, strict=True)) == set(
            zip(selected.sentence, selected.position, selected.word, strict=True)
        )
        for layer in store.layers:
            wanted = np.stack([expected[s, p][layer] for s, p in zip(words.sentence, words.position, strict=True)])
            np.testing.assert_allclose(store.vectors(layer), wanted, rtol=2e-3, atol=2e-3)


def test_released_a_decoder_s_state_is_the_one_that_predicts_the_subword(models, text):
    """As the released code of Mousi et al. 2024 calls the model: with the target's subwords as ``labels=``."""
    folder = models / "mt5"
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with open_store(run(models, text, "mt5", "target-decoder", convention="released")) as store:
        assert store.attributes["decoder_step"] == "predicts"
        words = store.words()
        vectors = [store.vectors(layer) for layer in store.layers]
    for row, (sentence, position) in enumerate(zip(words.sentence, words.position, strict=True)):
        source, target = (
            tokenizer(TEXT[side][sentence - 10], is_split_into_words=True, return_tensors="pt")
            for side in ("source", "target")
        )
        with torch.no_grad():
            output = model(input_ids=source.input_ids, labels=target.input_ids, output_hidden_states=True)
        last = [index for index, owner in enumerate(target.word_ids()) if owner == position][-1]
        for layer, states in enumerate(output.decoder_hidden_states):
            np.testing.assert_allclose(vectors[layer][row], states[0, last], rtol=2e-3, atol=2e-3)
    with open_store(run(models, text, "mt5", "target-decoder", name="reads.h5")) as store:
        assert store.attributes["decoder_step"] == "reads"
        assert not np.allclose(store.vectors(2), vectors[2], atol=1e-2)


def test_sentence_vectors_come_from_the_same_pass(models, text):
    model, tokenizer = AutoModel.from_pretrained(models / "bert").eval(), AutoTokenizer.from_pretrained(models / "bert")
    with open_store(run(models, text, sentence_vectors=True)) as store:
        keys = store.file["sentences/sentence"][:]
        for row, key in enumerate(keys):
            encoded = tokenizer(TEXT["source"][key - 10], is_split_into_words=True, return_tensors="pt")
            with torch.no_grad():
                states = model(**encoded, output_hidden_states=True).hidden_states
            np.testing.assert_allclose(store.sentence_vectors(1, "first")[row], states[1][0, 0], atol=2e-3)
            # [CLS] and [SEP] are no text.
            np.testing.assert_allclose(store.sentence_vectors(2, "mean")[row], states[2][0, 1:-1].mean(0), atol=2e-3)
    with (
        open_store(run(models, text, name="plain.h5")) as store,
        pytest.raises(IsoglossError, match="sentence_vectors"),
    ):
        store.sentence_vectors(1, "mean")


def test_interrupted_extraction_goes_on(models, text, monkeypatch):
    whole = run(models, text, name="whole.h5", token_budget=20)
    real, calls = Reader.read, []

    def broken(*arguments, **named):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(Reader, "read", broken)
    monkeypatch.setattr("isogloss.states.store.FLUSH_SECONDS", 0)
    with pytest.raises(KeyboardInterrupt):
        run(models, text, token_budget=20)
    calls.append(1)
    total = len(calls)
    path = run(models, text, token_budget=20)
    with open_store(path) as store, open_store(whole) as other:
        for layer in store.layers:
            assert (store.vectors(layer) == other.vectors(layer)).all()
    with open_store(whole) as other:
        assert len(calls) - total < len(TEXT["source"])


DRAW = {"seed": 3, "most": 9}


@pytest.fixture
def few_words(text):
    """Every third sentence alone has a selected word."""
    for side in TEXT:
        selection = pd.read_parquet(text / f"{side}-selection.parquet")
        selection[selection.sentence % 3 == 0].to_parquet(text / f"{side}-selection.parquet")
    return text


@pytest.mark.parametrize(("family", "space"), [("bert", "target-encoder"), ("mt5", "source-encoder")])
def test_vectors_of_drawn_sentences_equal_one_sentence_at_a_time(models, few_words, family, space):
    side = space.split("-")[0]
    subwords = literal(models / family, space, "mean")
    tokenizer = AutoTokenizer.from_pretrained(models / family)
    corpora = {one: few_words / f"{one}.parquet" for one in TEXT}
    with open_store(run(models, few_words, family, space, draw=DRAW)) as store:
        drawn = store.drawn_sentences()
        assert list(drawn) == list(draw_sentences(corpora, **DRAW))
        assert len({*drawn}) == DRAW["most"]
        assert {*drawn} - {*store.words().sentence}
        for layer in (0, 1, 2):
            for row, key in enumerate(drawn):
                words = TEXT[side][key - 10]
                owners = tokenizer(words, is_split_into_words=True).word_ids()
                counts = [owners.count(position) for position in range(len(words))]
                vectors = [subwords[key, position][layer] for position in range(len(words))]
                whole = np.average(vectors, axis=0, weights=counts)
                np.testing.assert_allclose(store.drawn_vectors(layer, "mean")[row], whole, rtol=2e-3, atol=2e-3)


def test_vectors_of_drawn_sentences_leave_those_of_words_as_they_are(models, few_words):
    plain = run(models, few_words, name="plain.h5", sentence_vectors=True)
    both = run(models, few_words, name="both.h5", sentence_vectors=True, draw=DRAW)
    with open_store(plain) as one, open_store(both) as two:
        pd.testing.assert_frame_equal(one.words(), two.words())
        for layer in one.layers:
            assert (one.vectors(layer) == two.vectors(layer)).all()
            for pooling in ("first", "mean"):
                whole = two.sentence_vectors(layer, pooling)
                assert (one.sentence_vectors(layer, pooling) == whole).all()
                # Those that have words are read once, for both.
                own = dict(zip(two.file["sentences/sentence"][:], whole, strict=True))
                drawn = dict(zip(two.drawn_sentences(), two.drawn_vectors(layer, pooling), strict=True))
                assert own.keys() & drawn.keys()
                assert all((drawn[key] == own[key]).all() for key in own.keys() & drawn.keys())
        with pytest.raises(IsoglossError, match="holds no vectors of drawn sentences"):
            one.drawn_sentences()


def test_no_more_is_read_than_the_sentences_that_are_drawn(models, few_words, monkeypatch):
    real, seen = Reader.read, []

    def counted(reader, batch, *arguments, **named):
        seen.extend(tuple(sentence.ids) for sentence in batch)
        return real(reader, batch, *arguments, **named)

    monkeypatch.setattr(Reader, "read", counted)
    with open_store(run(models, few_words, draw=DRAW)) as store:
        assert len(seen) == len({*store.words().sentence, *store.drawn_sentences()}) < len(TEXT["source"])


@pytest.mark.parametrize("stop", [2, 5, 8])
def test_interrupted_extraction_of_drawn_sentences_ends_with_the_same_file(models, few_words, monkeypatch, stop):
    whole = run(models, few_words, name="whole.h5", token_budget=20, draw=DRAW)
    real, calls = Reader.read, []

    def broken(*arguments, **named):
        calls.append(1)
        if len(calls) == stop:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr("isogloss.states.store.FLUSH_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(Reader, "read", broken)
        with pytest.raises(KeyboardInterrupt):
            run(models, few_words, token_budget=20, draw=DRAW)
    assert len(calls) == stop
    path = run(models, few_words, token_budget=20, draw=DRAW)
    with open_store(path) as one, open_store(whole) as two:
        for layer in one.layers:
            assert (one.vectors(layer) == two.vectors(layer)).all()
            for pooling in ("first", "mean"):
                assert (one.drawn_vectors(layer, pooling) == two.drawn_vectors(layer, pooling)).all()


def test_a_pair_s_draw_is_of_what_both_languages_have_said(few_words):
    corpora = {side: few_words / f"{side}.parquet" for side in TEXT}
    table = pd.read_parquet(corpora["source"])
    table.at[4, "words"] = []
    table[1:].to_parquet(corpora["source"])
    everything = {"seed": 1, "most": 100}
    assert sorted(draw_sentences(corpora, **everything)) == [11, 12, 13, *range(15, 24)]
    few = draw_sentences(corpora, seed=1, most=4)
    # A shorter draw is the start of a longer one.
    assert list(few) == list(draw_sentences(corpora, **everything))[:4]


def test_a_disk_that_fills_up_beside_the_passes_ends_the_extraction(models, text, monkeypatch):
    real, calls = StoreWriter.write, []

    def full(writer, start, vectors):
        calls.append(start)
        if len(calls) == 3:
            raise writer.failed(OSError(errno.ENOSPC, "No space left on device"))
        real(writer, start, vectors)

    monkeypatch.setattr(StoreWriter, "write", full)
    with pytest.raises(IsoglossError, match="disk"):
        run(models, text, token_budget=20)
    assert not (text / "out.h5").exists()
    assert calls == sorted(calls)  # one writer, in order


def test_cut_words_are_counted(models, text):
    with open_store(run(models, text, max_length=8)) as store:
        dropped = store.attributes["dropped"]
        assert dropped["truncated"] > 0
        assert store.attributes["wanted"] == len(store) + sum(dropped.values())
        reference = literal(models / "bert", "source-encoder", "last")
        words = store.words()
        short = [k for k in zip(words.sentence, words.position, strict=True) if len(TEXT["source"][k[0] - 10]) == 3]
        rows = [i for i, k in enumerate(zip(words.sentence, words.position, strict=True)) if k in short]
        assert len(reference) > len(rows)
    attributes = dict.fromkeys(("checkpoint", "task", "corpus", "source", "target"), "x") | {"model": "bert"}
    path = run(models, text, max_length=8, attributes=attributes, name="named.h5")
    collect(stores=[path], layers={"bert": {"encoder": 3}}, controls={"bert": "xlm"}, output=text / "table.csv")
    row = pd.read_csv(text / "table.csv").iloc[0]
    assert row.layers == 3
    assert row.control_of == "xlm"
    assert row.wanted == row.kept + row.dropped_truncated + row.dropped_no_subwords


def test_words_without_subwords_are_counted(models, text):
    table = pd.read_parquet(text / "source.parquet")
    table.at[0, "words"] = ["the", "\u00ad", "letter"]
    table.to_parquet(text / "source.parquet")
    rows = [(10, 0, "the", True, True), (10, 1, "\u00ad", True, True)]
    pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"]).to_parquet(
        text / "source-selection.parquet"
    )
    with open_store(run(models, text)) as store:
        assert store.attributes["wanted"] == 2
        assert len(store) + store.attributes["dropped"]["no_subwords"] == 2


def test_batches_keep_the_budget_and_start_with_the_longest(models):
    tokenizer = AutoTokenizer.from_pretrained(models / "bert")
    sentences = {"source": dict(enumerate(read_sentences(tokenizer, TEXT["source"], 64)))}
    batches = plan_batches(sentences, list(sentences["source"]), 40)
    lengths = [[len(sentences["source"][key].ids) for key in batch] for batch in batches]
    assert all(len(row) * max(row) <= 40 or len(row) == 1 for row in lengths)
    flat = [value for row in lengths for value in row]
    assert flat == sorted(flat, reverse=True)
    assert sorted(key for batch in batches for key in batch) == list(range(14))


def test_bad_models_are_told(models, text, tmp_path):
    with pytest.raises(IsoglossError, match="There is no model folder"):
        run(models, text, checkpoint=tmp_path / "nothing")
    with pytest.raises(IsoglossError, match=r"Layer 3 is beyond the encoder of the model .* layers 0 to 2"):
        run(models, text, layers=[1, 3])
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in (models / "bert").iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    from safetensors.torch import load_file, save_file

    weights = load_file(broken / "model.safetensors")
    weights.pop(next(name for name in weights if "layer.1.attention" in name))
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(IsoglossError, match="lack 1 of the model's parameters"):
        run(models, text, checkpoint=broken)
    weights = load_file(models / "bert" / "model.safetensors")
    weights["encoder.layer.0.output.dense.bias"][:] = float("nan")
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(IsoglossError, match="NaN or infinity"):
        run(models, text, checkpoint=broken)
    settings = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps({**settings, "model_type": "no-such-thing"}))
    with pytest.raises(IsoglossError, match="which Isogloss does not know"):
        run(models, text, checkpoint=broken)
    assert not (text / "out.h5").exists()
