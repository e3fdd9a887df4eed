"""Every family's states, words and sentences, against plain transformers on one plain sentence at a time."""

import contextlib
import gc

import numpy as np
import pandas as pd
import pytest
import tiny_families
import torch
from transformers import AutoModel, AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.models.families import FAMILIES, read_shape
from isogloss.models.load import load_checkpoint
from isogloss.models.words import locate, read_sentences
from isogloss.states import forward
from isogloss.states.extract import extract
from isogloss.states.forward import Arrival, Reader, pool_sentences, pool_words
from isogloss.states.pooling import last
from isogloss.states.store import open_store

# Sentences as words, and as they stand; the last is of a language without spaces.
TEXTS = {
    "source": [sentence.split() for sentence in tiny_families.SENTENCES[:6]]
    + [["我", "爱", "北京", "天安门", "，", "他", "用", "Linux", "系统"]],
    "target": [sentence.split() for sentence in tiny_families.SENTENCES[1:6]] + [["a", "letter"], ["The", "letter"]],
}
PLAIN = {
    "source": tiny_families.SENTENCES[:7],
    "target": [" ".join(words) for words in TEXTS["target"]],
}
SPACES = {
    ("encoder",): ("source-encoder", "target-encoder"),
    ("decoder",): ("source-decoder", "target-decoder"),
    ("encoder", "decoder"): ("source-encoder", "target-encoder", "target-decoder"),
}
# Family, form of tokenizer where it is not the family's own, and space.
ALL = [(name, None, space) for name, family in FAMILIES.items() for space in SPACES[family.stacks]]
ALL += [("m2m_100", "m2m_100", space) for space in SPACES["encoder", "decoder"]]
# What a family calls the number of the layers of the stack that is read.
DEPTH = {"bert": "num_hidden_layers", "llama": "num_hidden_layers", "t5": "num_decoder_layers"}
TURN = ["first", "last", "mean", "position_weighted"]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    for side in TEXTS:
        table = pd.DataFrame({"sentence": range(len(TEXTS[side])), "words": TEXTS[side], "text": PLAIN[side]})
        table.to_parquet(folder / f"{side}.parquet")
        rows = [(s, p, w, True, True) for s, words in enumerate(TEXTS[side]) for p, w in enumerate(words) if p != 1]
        columns = ["sentence", "position", "word", "aligned", "frequent"]
        pd.DataFrame(rows, columns=columns).to_parquet(folder / f"{side}-selection.parquet")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def folder(name, **changes):
        if (name, *changes) not in made:
            made[name, *changes] = tiny_families.make(tmp_path_factory.mktemp(name), name, **changes)
        return made[name, *changes]

    return folder


@torch.no_grad()
def plainly(folder, space):
    """Give, by sentence, where its subwords' letters are, and the states ``[layer, subword, hidden]``."""
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    side, stack = space.split("-")
    for number, text in enumerate(PLAIN[side]):
        encoded = tokenizer(text, return_tensors="pt")
        if stack != "encoder" and model.config.is_encoder_decoder:
            encoded = tokenizer(text_target=text, return_tensors="pt")
        if not model.config.is_encoder_decoder:
            states = model(**encoded, output_hidden_states=True).hidden_states
        elif stack == "encoder":
            states = model.get_encoder()(**encoded, output_hidden_states=True).hidden_states
        else:
            start = model.config.decoder_start_token_id
            if model.config.model_type == "mbart":  # starts with the sign of the language, which ends the text
                start = encoded.input_ids[0, -1]
            read = torch.cat([torch.tensor([[start]]), encoded.input_ids], 1)
            before = tokenizer(PLAIN["source"][number], return_tensors="pt")
            states = model(**before, decoder_input_ids=read, output_hidden_states=True).decoder_hidden_states
            states = [state[:, 1:] for state in states]
        # Texts are found by their letters again, apart from the code under test.
        letters = tiny_families.letters_of(tokenizer, text, written=stack == "decoder")
        yield letters, torch.stack(states)[:, 0].numpy()


@pytest.mark.parametrize(("name", "form", "space"), ALL)
def test_states_are_those_of_the_plain_sentence(name, form, space, folders, text, tmp_path):
    side, stack = space.split("-")
    folder = folders(name, **({"form": form} if form else {}))
    depth = read_shape(folder).depths[stack]
    extract(
        checkpoint=folder, corpora={s: text / f"{s}.parquet" for s in TEXTS}, space=space,
        selection=text / f"{side}-selection.parquet", store=tmp_path / "out.h5", layers=list(range(depth + 1)),
        pooling="last", token_budget=90, max_length=90, device="cpu", precision="float32", threads=1,
        attributes={"model": name}, sentence_vectors=True,
    )  # fmt: skip
    with open_store(tmp_path / "out.h5") as store:
        words, (summary, mean, *others) = store.words(), sorted(store.attributes["sentence_poolings"], key=TURN.index)
        assert store.attributes["final_norm_in_last_layer"] == FAMILIES[name].final_norm
        assert summary == ("last" if stack == "decoder" or name == "xlnet" else "first")
        assert mean == "mean"
        assert others == ["position_weighted"] * (stack == "decoder")
        assert store.attributes["dropped"] == {"no_subwords": 0, "truncated": 0}
        rows = {int(key): row for row, key in enumerate(store.file["sentences/sentence"][:])}
        for number, (own, states) in enumerate(plainly(folder, space)):
            places = locate(TEXTS[side][number], PLAIN[side][number])
            for layer in store.layers:
                vectors = store.vectors(layer)
                for row in np.flatnonzero(words.sentence == number):
                    letters = places[words.position[row]]
                    # The last subword with a letter of the word: the last one that begins before the word ends.
                    last = max(i for i, (start, _) in own.items() if start < letters[1])
                    close(vectors[row], states[layer, last])
                close(store.sentence_vectors(layer, "mean")[rows[number]], states[layer, list(own)].mean(0))
                end = states[layer, 0 if summary == "first" else -1]
                close(store.sentence_vectors(layer, summary)[rows[number]], end)
                if others:
                    # Sum of t h_t over sum of t (MEXA).
                    turns = np.arange(1, len(states[layer]) + 1)[:, None]
                    weighted = (turns * states[layer]).sum(0) / turns.sum()
                    close(store.sentence_vectors(layer, "position_weighted")[rows[number]], weighted)


def close(found, expected):
    found = found.astype(np.float64)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=5e-3)
    assert found @ expected > 0.9999 * np.linalg.norm(found) * np.linalg.norm(expected)


@pytest.mark.parametrize("name", FAMILIES)
def test_states_of_other_subwords_are_not_kept(name, folders):
    reader = Reader(load_checkpoint(folders(name), "cpu", "float32"), FAMILIES[name].reader)
    assert reader.layer_by_layer == (name != "xlnet")  # whose blocks have the sentences in the second dimension


@pytest.mark.parametrize(("name", "stack"), [("bert", "encoder"), ("llama", "decoder"), ("t5", "decoder")])
@pytest.mark.parametrize("by_layer", [True, False])
def test_states_of_a_layer_are_gone_two_layers_later(name, stack, by_layer, folders):
    """Counted among all that the program holds; where the model lists its states itself, they are kept to the end."""
    reader = Reader(load_checkpoint(folders(name, **{DEPTH[name]: 6}), "cpu", "float32"), stack)
    assert reader.layer_by_layer
    reader.layer_by_layer = by_layer
    batch = read_sentences(reader.tokenizer, TEXTS["source"][:3], 90)
    rows = max(len(sentence.ids) for sentence in batch) + reader.after_encoder
    shape, alive = (3, rows, 16), []

    def count(*_):
        found = [one for one in gc.get_objects() if type(one) is torch.Tensor and one.shape == shape]
        alive.append(len({one.data_ptr() for one in found}))

    handles = [block.register_forward_pre_hook(count) for block in reader.blocks]
    pool = pool_sentences(batch, ["mean"], reader.device, int(reader.after_encoder))
    reader.read(batch, pool, list(range(7)), before=batch if reader.after_encoder else None)
    for handle in handles:
        handle.remove()
    assert len(alive) == 6
    if by_layer:
        assert 1 <= max(alive) <= 2
    else:
        assert alive == sorted(set(alive))
        assert alive[-1] >= 6


def test_blocks_that_are_not_all_of_a_layer_are_not_trusted(folders):
    # A convolution beside the first block, as the larger DeBERTa have it: the block's output is not the hidden state.
    changes = {"conv_kernel_size": 3, "conv_act": "gelu"}
    loaded = load_checkpoint(folders("deberta-v2", **changes), "cpu", "float32")
    reader = Reader(loaded, "encoder")
    assert not reader.layer_by_layer
    (sentence,) = read_sentences(loaded.tokenizer, [TEXTS["source"][0]], 90)
    arriving, _ = reader.read([sentence], pool_words([[(1, 2)]], last, reader.device), [0, 1, 2, 3])
    vectors = arriving.arrays()
    states = loaded.model(torch.tensor([sentence.ids]), output_hidden_states=True).hidden_states
    close(vectors["words"][1, 0], states[1][0, 1].detach().numpy())


def test_a_sentence_without_text_has_a_mean_of_zeros(folders):
    loaded = load_checkpoint(folders("bert"), "cpu", "float32")
    reader = Reader(loaded, "encoder")
    batch = read_sentences(loaded.tokenizer, [["\u200b"], ["letter"]], 90)
    arriving, _ = reader.read(batch, pool_sentences(batch, reader.poolings, reader.device), [1])
    vectors = arriving.arrays()
    assert not vectors["mean"][0, 0].any()
    assert vectors["mean"][0, 1].any()


@pytest.mark.parametrize("name", ["bert", "llama", "t5"])
def test_a_space_that_a_model_does_not_have_is_refused(name, folders, text, tmp_path):
    space = "source-encoder" if name == "llama" else "source-decoder"
    options = {
        "corpora": {s: text / f"{s}.parquet" for s in TEXTS}, "selection": text / "source-selection.parquet",
        "store": tmp_path / "out.h5", "layers": [0], "pooling": "last", "token_budget": 90, "max_length": 90,
        "device": "cpu", "precision": "float32", "threads": 1, "attributes": {"model": name},
    }  # fmt: skip
    with pytest.raises(IsoglossError, match=f"has no space {space}"):
        extract(checkpoint=folders(name), space=space, **options)


def test_states_of_several_widths_are_refused(tmp_path):
    """As of OPT with 350 M parameters, whose embeddings are narrower than its layers."""
    tiny_families.make(tmp_path, "opt", word_embed_proj_dim=8)
    with pytest.raises(IsoglossError, match=r"states of 8 values \(word_embed_proj_dim\) beside those of 16"):
        load_checkpoint(tmp_path, "cpu", "float32")


def test_what_comes_from_a_gpu_is_not_looked_at_before_it_is_there(monkeypatch):
    """A stream that copies when it is waited for, and no sooner, as a busy GPU's may."""
    order, copies = [], []

    class Stream:
        def wait_stream(self, other):
            order.append("the pass is waited for")

        def record_event(self):
            return self

        def synchronize(self):
            order.append("the copies are waited for")
            for memory, rows in copies:
                memory.copy_(rows)

    def pinned(rows, stream):
        order.append("a copy starts")
        memory = torch.zeros_like(rows)
        copies.append((memory, rows))
        return memory

    monkeypatch.setattr(forward, "pinned", pinned)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: None)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    vectors = {name: torch.randn(2, 3, 4).half() for name in ("words", "mean")}
    arrival = Arrival(vectors, torch.tensor([True, True]), Stream(), torch.float32)
    found = arrival.arrays()
    assert order == ["the pass is waited for", *["a copy starts"] * 3, "the copies are waited for"]
    for name, rows in vectors.items():
        np.testing.assert_array_equal(found[name], rows.numpy())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["bert", "modernbert", "qwen3", "mt5", "xlnet"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_on_a_gpu_vectors_are_those_of_the_cpu(name, precision, folders, text, tmp_path):
    space = SPACES[FAMILIES[name].stacks][-1]
    depth = read_shape(folders(name)).depths[space.split("-")[1]]
    found = []
    for device, computed in (("cpu", "float32"), ("cuda", precision)):
        extract(
            checkpoint=folders(name), corpora={s: text / f"{s}.parquet" for s in TEXTS}, space=space,
            selection=text / "target-selection.parquet", store=tmp_path / f"{device}.h5", pooling="mean",
            layers=list(range(depth + 1)), token_budget=30, max_length=90, device=device, precision=computed,
            threads=1, attributes={"model": name}, sentence_vectors=True,
        )  # fmt: skip
        with open_store(tmp_path / f"{device}.h5") as store:
            vectors = [store.vectors(layer) for layer in store.layers]
            vectors += [store.sentence_vectors(layer, "mean") for layer in store.layers]
            found.append(np.concatenate(vectors).astype(np.float64))
    one, other = found
    cosines = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosines.min() > (0.999 if precision == "float32" else 0.95)


@pytest.mark.parametrize("name", FAMILIES)
def test_in_half_precision_as_gpus_compute_a_model_runs_with_the_same_states(name, folders):
    found = []
    for precision in ("float32", "bfloat16"):
        loaded = load_checkpoint(folders(name), "cpu", precision)
        reader = Reader(loaded, FAMILIES[name].reader)
        batch = read_sentences(loaded.tokenizer, TEXTS["target"], 90)
        pool = pool_sentences(batch, ("mean",), reader.device)
        found.append(reader.read(batch, pool, [0, 1, 2, 3])[0].arrays()["mean"].astype(np.float64))
    one, other = found
    cosines = (one * other).sum(2) / np.linalg.norm(one, axis=2) / np.linalg.norm(other, axis=2)
    assert cosines.min() > 0.95
