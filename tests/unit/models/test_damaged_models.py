"""Folders that are no whole model: each is refused in one line that names it, before anything of it is run."""

import contextlib
import json
import shutil

import numpy as np
import pytest
import tiny_families
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

from isogloss.errors import IsoglossError
from isogloss.models.bring import check_folder, files_of, link_files
from isogloss.models.families import FAMILIES
from isogloss.models.load import load_checkpoint
from isogloss.tasks.heads import load_with_head


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return tiny_families.make(tmp_path_factory.mktemp("bert"), "bert")


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "model")


def set_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def set_weights(folder, change):
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path, {"format": "pt"})


def index(folder, name):
    """Make it a model in several files, whose list names ``name``."""
    weights = folder / "model.safetensors"
    target = (folder / name) if isinstance(name, str) else folder / "x"
    listed = {key: name for key in load_file(weights)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": listed}))
    weights.rename(target.resolve())


def index_says(folder, more=None, **changes):
    """Change the list of a model in several files, made here if there is none; ``more`` is one more file."""
    if not (folder / "model.safetensors.index.json").is_file():
        index(folder, "a.safetensors")
    path = folder / "model.safetensors.index.json"
    content = {**json.loads(path.read_text()), **changes}
    if more:
        content["weight_map"]["one.more"] = more
    path.write_text(json.dumps(content))


def vocabulary(change):
    """Change the vocabulary of a tokenizer."""

    def damage(folder):
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text())
        content["model"]["vocab"] = change(content["model"]["vocab"])
        path.write_text(json.dumps(content))

    return damage


def cut(share):
    def damage(folder):
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    return damage


def fill_zeros(share):
    """What a download leaves that sets the file's size beforehand and is broken off."""

    def damage(folder):
        path = folder / "model.safetensors"
        whole = path.read_bytes()
        start = 8 + int.from_bytes(whole[:8], "little")
        kept = start + int(share * (len(whole) - start))
        path.write_bytes(whole[:kept] + bytes(len(whole) - kept))

    return damage


def overwrite(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def drop(part):
    return lambda folder: set_weights(folder, lambda w: [w.pop(name) for name in list(w) if part in name])


def tokenizer_gone(folder):
    for path in folder.glob("tok*"):
        path.unlink()


def tokenizer_with(words=(), **changes):
    """Add to the vocabulary, or to what tokenizer_config.json says."""

    def damage(folder):
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text())
        vocabulary = content["model"]["vocab"]
        vocabulary.update({word: len(vocabulary) + number for number, word in enumerate(words)})
        path.write_text(json.dumps(content))
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return damage


# What is damaged, whether the folder alone tells (`isogloss check`), and what the user reads.
DAMAGES = {
    **{f"weights cut at {share}": (cut(share), True, "is cut off|is no safetensors file")
       for share in (0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.9999)},
    "weights longer": (lambda f: (f / "model.safetensors").open("ab").write(b"x" * 9), True, "is cut off: .* bytes of"),
    "weights empty": (overwrite("model.safetensors", b""), True, r"is no safetensors file \(0 bytes\)"),
    "weights a page of HTML": (overwrite("model.safetensors", b"<html>404</html>" * 9), True, "is no safetensors file"),
    "Git LFS": (overwrite("model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
                True, "is a Git-LFS pointer.*git lfs pull"),
    "Git LFS tokenizer": (overwrite("tokenizer.json", b"version https://git-lfs.github.com/spec/v1\n"), False,
                          "tokenizer in .* cannot be loaded"),
    "tokenizer broken": (overwrite("tokenizer.json", b"{"), False, "tokenizer in .* cannot be loaded"),
    "no tokenizer": (tokenizer_gone, True, "has no tokenizer"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), True, r"has no \*.safetensors weights"),
    "index outside": (lambda f: index(f, "../out.safetensors"), True, "only .*files in the same folder are read"),
    "index of a pickle": (lambda f: index(f, "pytorch_model.bin"), True, "only .*files in the same folder are read"),
    "index of a number": (lambda f: index(f, 7), True, "only .*files in the same folder are read"),
    "index with a hole": (lambda f: (index(f, "a.safetensors"), (f / "a.safetensors").unlink()), True, "is not there"),
    "index of nothing": (lambda f: index_says(f, weight_map={}), True, "no readable `weight_map` that names files"),
    "index without metadata": (lambda f: index_says(f, metadata=None), True, "and `metadata`"),
    "a weight in two files": (lambda f: (index_says(f, more="b.safetensors"),
                                         shutil.copy(f / "a.safetensors", f / "b.safetensors")), True,
                              "stands in two files of weights"),
    "index of a name with a line break": (lambda f: index_says(f, more="a\n.safetensors"), True,
                                          r"names 'a\\n\.safetensors', which is not there"),
    "no subwords": (vocabulary(lambda v: {}), False, "tokenizer in .* cannot be loaded: .*UNK"),
    "subwords that share a number": (vocabulary(lambda v: {**v, "zzz": 7}), False, "2 subwords the same number, 7"),
    "longest input a word": (tokenizer_with(model_max_length="x"), False, "tokenizer in .* cannot be loaded"),
    "subwords a fraction": (lambda f: set_config(f, vocab_size=1.5), True, "vocab_size is 1.5; expected"),
    "index broken": (lambda f: ((f / "model.safetensors").rename(f / "a"), (f / "model.safetensors.index.json")
                                .write_text("{")), True, "no readable `weight_map`"),
    "config broken": (overwrite("config.json", b"{"), True, "is not JSON"),
    "config a list": (overwrite("config.json", b"[]"), True, "no `model_type`"),
    "config not UTF-8": (overwrite("config.json", b"\xff\xfe{}"), True, "is not JSON"),
    "family unknown": (lambda f: set_config(f, model_type="brt"), True,
                       "'brt', which Isogloss does not know; did you mean 'bert'"),
    "own code": (lambda f: set_config(f, model_type="own", auto_map={"AutoModel": "evil.Evil"}), True, "is never run"),
    "layers beyond reason": (lambda f: set_config(f, num_hidden_layers=10**12), True, "is 1,000,000,000,000, which is"),
    "width beyond reason": (lambda f: set_config(f, hidden_size=10**12), True, "hidden_size is .* beyond reason"),
    **{f"file not filled from {share} on": (fill_zeros(share), False, "matrices of zeros, .* not filled")
       for share in (0.2, 0.5, 0.8)},
    "heads nonsense": (lambda f: set_config(f, num_attention_heads=-1), True, "num_attention_heads is -1"),
    "heads no number": (lambda f: set_config(f, num_attention_heads="two"), True, "num_attention_heads is 'two'"),
    "width of blocks nonsense": (lambda f: set_config(f, intermediate_size=0), True, "intermediate_size is 0"),
    "layers nonsense": (lambda f: set_config(f, num_hidden_layers=-1), True, "num_hidden_layers is -1"),
    "fewer layers said": (lambda f: set_config(f, num_hidden_layers=2), False, "does not tell of"),
    "more layers said": (lambda f: set_config(f, num_hidden_layers=4), False, "lack 16 of the model's parameters"),
    "wider": (lambda f: set_config(f, hidden_size=32), False, "have another shape than its config.json says"),
    "smaller vocabulary": (lambda f: set_config(f, vocab_size=9), False, "another shape .*word_embeddings"),
    "heads that do not divide": (lambda f: set_config(f, num_attention_heads=3), False, "cannot be loaded"),
    "no such activation": (lambda f: set_config(f, hidden_act="foo"), False, "cannot be loaded"),
    "quantised": (lambda f: set_weights(f, lambda w: w.update(
        {n: w[n].to(torch.int8) for n in w if n.endswith("dense.weight")})), True, "I8, .*quantised"),
    "architectures a word": (lambda f: set_config(f, architectures="BertModel"), True, "expected a list of names"),
    "outputs a list": (lambda f: set_config(f, id2label=["a"]), True, "expected names by number"),
    "outputs by name": (lambda f: set_config(f, id2label={"a": "b"}), True, "expected names by number"),
    "a decoder's attention": (lambda f: set_config(f, is_decoder=True), True, "is_decoder is true"),
    "subwords beyond": (tokenizer_with(words=["zzz", "yyy"]), False, "2 subwords that .* no embedding for.*'yyy'"),
    "padding beyond": (tokenizer_with(pad_token="<new>"), False, "1 subwords that .* no embedding for.*'<new>'"),
    **{f"without {part}": (drop(part), False, "of the model's parameters") for part in
       ("layer.0.attention.self.query", "layer.2.output", "word_embeddings", "embeddings.LayerNorm")},
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_it_is_refused_in_one_line(name, folder):
    damage, told, message = DAMAGES[name]
    damage(folder)
    for refuse in [check_folder] * told + [lambda f: load_checkpoint(f, "cpu", "float32")]:
        with pytest.raises(IsoglossError, match=message) as caught:
            refuse(folder)
        assert "\n" not in str(caught.value)
        assert str(folder) in str(caught.value)


def test_a_flipped_bit_in_the_header_of_weights_is_refused_or_does_no_harm(folder):
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for place in np.random.default_rng(0).integers(8 + int.from_bytes(whole[:8], "little"), size=400):
        bit = 1 << np.random.default_rng(place).integers(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        with contextlib.suppress(IsoglossError):
            check_folder(folder)


def test_a_sound_folder_is_taken(folder):
    check_folder(folder)
    load_checkpoint(folder, "cpu", "float32")


def test_settings_of_results_and_special_tokens_that_no_text_has_do_no_harm(folder):
    set_config(folder, return_dict=False)
    tokenizer_with(additional_special_tokens=["<image>"])(folder)
    checkpoint = load_checkpoint(folder, "cpu", "float32")
    read = checkpoint.model(**checkpoint.tokenizer(["The teacher"], return_tensors="pt"), output_hidden_states=True)
    assert len(read.hidden_states) == 4


def test_an_adapter_beside_a_whole_model_is_none_of_it(folder, tmp_path):
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / name).write_text("{}")
    link_files(files_of(folder), tmp_path / "linked")
    load_checkpoint(tmp_path / "linked", "cpu", "float32")


@pytest.mark.parametrize("padding", ["1", -1, True, 1.5])
def test_a_padding_token_that_is_no_number_is_refused(tmp_path, padding):
    folder = tiny_families.make(tmp_path / "roberta", "xlm-roberta")
    set_config(folder, pad_token_id=padding)
    with pytest.raises(IsoglossError, match=r"pad_token_id is .* expected the number of a subword"):
        check_folder(folder)


def test_code_of_a_folder_is_never_run(folder, monkeypatch):
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nraise SystemExit(7)\n")
    names = {"AutoConfig": "evil.E", "AutoModel": "evil.E", "AutoTokenizer": ["evil.E", "evil.E"]}
    set_config(folder, auto_map=names)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "auto_map": names}))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    load_checkpoint(folder, "cpu", "float32")
    load_with_head(folder, "sequence-classification", ["a", "b"], tuned=False)
    assert not (folder / "ran").exists()


def test_a_new_head_hides_no_missing_weights(folder):
    load_with_head(folder, "sequence-classification", ["a", "b"], tuned=False)
    set_config(folder, id2label={"0": "a", "1": "b"}, label2id={"a": 0, "b": 1})
    with pytest.raises(IsoglossError, match=r"lack 2 of the model's parameters, classifier\.bias"):
        load_with_head(folder, "sequence-classification", ["a", "b"], tuned=True)
    drop("layer.1.intermediate")(folder)
    with pytest.raises(IsoglossError, match="lack 2 of the model's parameters"):
        load_with_head(folder, "sequence-classification", ["a", "b"], tuned=False)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if len(family.stacks) == 2])
def test_an_encoder_whose_decoder_is_gone_is_refused(name, tmp_path):
    folder = tiny_families.make(tmp_path / "model", name)
    check_folder(folder)
    drop("decoder.")(folder)
    for tokenizer in (True, False):
        with pytest.raises(IsoglossError, match=f"hold no decoder, with which every {name} is read. Get all"):
            check_folder(folder, tokenizer)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if len(family.stacks) == 2])
def test_a_decoder_that_has_no_start_is_refused_before_it_is_loaded(name, tmp_path):
    folder = tiny_families.make(tmp_path / "model", name)
    usual = getattr(AutoConfig.for_model(name), "decoder_start_token_id", None)
    config = json.loads((folder / "config.json").read_text())
    for said in ({}, {"decoder_start_token_id": None}):
        (folder / "config.json").write_text(json.dumps({**without(config, "decoder_start_token_id"), **said}))
        if name == "mbart" or (not said and usual is not None):  # the first starts with the language's sign
            check_folder(folder)
            continue
        with pytest.raises(IsoglossError, match=f"config.json has no decoder_start_token_id, .* of a {name} starts"):
            check_folder(folder)


def without(settings, name):
    return {key: value for key, value in settings.items() if key != name}


@pytest.mark.parametrize("told", ["nothing", "pad_token", "eos_token", "pad_token_id", "family", "class"])
def test_a_model_that_cannot_be_padded_is_refused_before_it_is_loaded(told, tmp_path):
    family = "bert" if told == "family" else "gpt_neox"  # of which the first has a number of its own
    folder = tiny_families.make(tmp_path / "model", family, form="general byte-level")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    config = json.loads((folder / "config.json").read_text())
    del settings["pad_token"], settings["eos_token"], config["pad_token_id"]
    if told in ("pad_token", "eos_token"):
        settings[told] = "[CLS]"
    elif told == "pad_token_id":
        config[told] = 2
    elif told == "class":
        settings["tokenizer_class"] = "GPT2Tokenizer"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "config.json").write_text(json.dumps(config))
    if told == "nothing":
        with pytest.raises(IsoglossError, match="no padding token and no end-of-text token") as refused:
            check_folder(folder)
        assert "\n" not in str(refused.value)
        return
    check_folder(folder)
    assert load_checkpoint(folder, "cpu", "float32").tokenizer.pad_token
