"""Checkpoints that were tuned elsewhere: each kind against plain arithmetic, each fault in one line."""

import json
import shutil

import pytest
import tiny_families
import torch
from peft import PeftModel, PrefixTuningConfig, get_peft_model
from safetensors.torch import load_file, save_file
from tiny_tuned import ID, LABELS, OTHER_ORDER, adapter, classifier
from transformers import AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification

from isogloss.errors import IsoglossError
from isogloss.models.load import load_checkpoint
from isogloss.models.ready_made import bring

KIND = "sequence-classification"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_families.make(tmp_path_factory.mktemp("base") / "bert", "bert")


def settle(base, source, folder, **changes):
    """Bring a folder; gives where it stands."""
    settings = {"base_name": ID, "kind": KIND, "labels": LABELS, "outputs": None, **changes}
    bring(folder=folder, base=base, source=source, **settings)
    return folder


def test_a_whole_model_is_linked_and_keeps_its_own_order_of_labels(base, tmp_path):
    source = classifier(base, tmp_path / "theirs", OTHER_ORDER)
    brought = settle(base, source, tmp_path / "ours")
    assert (brought / "model.safetensors").resolve() == source / "model.safetensors"
    assert list(json.loads((brought / "config.json").read_text())["id2label"].values()) == OTHER_ORDER


def test_outputs_without_names_get_the_tasks_and_the_users_folder_stays_as_it_was(base, tmp_path):
    source = classifier(base, tmp_path / "theirs", ["LABEL_0", "LABEL_1", "LABEL_2"])
    before = (source / "config.json").read_bytes()
    with pytest.raises(IsoglossError, match=r"LABEL_0, LABEL_1, LABEL_2; the task's are .* say as its `labels`"):
        settle(base, source, tmp_path / "refused")
    brought = settle(base, source, tmp_path / "ours", outputs=OTHER_ORDER)
    assert AutoModelForSequenceClassification.from_pretrained(brought).config.id2label == dict(enumerate(OTHER_ORDER))
    assert (source / "config.json").read_bytes() == before


def test_a_bare_encoder_needs_no_labels_and_takes_the_models_tokenizer(base, tmp_path):
    AutoModel.from_pretrained(base).save_pretrained(tmp_path / "theirs")
    brought = settle(base, tmp_path / "theirs", tmp_path / "ours")
    assert load_checkpoint(brought, "cpu", "float32").tokenizer.get_vocab()


@pytest.mark.parametrize("changes", [{}, {"use_rslora": True}, {"alpha_pattern": {"value": 2}}])
def test_a_merged_adapter_is_the_published_formula(base, tmp_path, changes):
    """W + scale · B A (Hu et al. 2021, section 4.1); scale = alpha / r, or alpha / sqrt(r) (Kalajdzievski 2023)."""
    source = adapter(base, tmp_path / "theirs", **changes)
    brought = settle(base, source, tmp_path / "ours", outputs=OTHER_ORDER)
    plain, saved = load_file(base / "model.safetensors"), load_file(source / "adapter_model.safetensors")
    merged = load_file(brought / "model.safetensors")
    changed = 0
    for name, weights in plain.items():
        start = f"base_model.model.bert.{name.removesuffix('.weight')}.lora_"
        if f"{start}A.weight" in saved:
            alpha = 2 if "alpha_pattern" in changes and ".value" in name else 6
            scale = alpha / 2**0.5 if changes.get("use_rslora") else alpha / 2
            weights = weights + scale * saved[f"{start}B.weight"] @ saved[f"{start}A.weight"]
            changed += 1
        torch.testing.assert_close(merged[f"bert.{name}"], weights)
    assert changed == 6
    torch.testing.assert_close(merged["classifier.weight"], saved["base_model.model.classifier.weight"])
    assert AutoModelForSequenceClassification.from_pretrained(brought).config.id2label == dict(enumerate(OTHER_ORDER))
    assert load_checkpoint(brought, "cpu", "float32").tokenizer.get_vocab()


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_an_adapter_for_tags_of_an_encoder_decoder_tags_as_it_did_and_leaves_the_decoder(tmp_path, family):
    tags = ["O", "B-X", "I-X"]
    base = tiny_families.make(tmp_path / "base", family)
    build = {"build": AutoModelForTokenClassification, "task_type": "TOKEN_CLS", "target_modules": ["q", "v"]}
    source = adapter(base, tmp_path / "theirs", **build)
    brought = settle(base, source, tmp_path / "ours", kind="token-classification", labels=tags, outputs=tags)
    theirs = PeftModel.from_pretrained(AutoModelForTokenClassification.from_pretrained(base, num_labels=3), source)
    ours = AutoModelForTokenClassification.from_pretrained(brought)
    assert ours.config.id2label == dict(enumerate(tags))
    inputs = {"input_ids": torch.tensor([[5, 6, 7, 1]])}
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(**inputs).logits, theirs.eval()(**inputs).logits)
    plain, merged = load_file(base / "model.safetensors"), load_file(brought / "model.safetensors")
    decoder = [name for name in plain if name.startswith("decoder.block.")]
    assert len(decoder) > 20
    assert all(torch.equal(merged[f"transformer.{name}"], plain[name]) for name in decoder)
    assert not torch.equal(
        merged["transformer.encoder.block.0.layer.0.SelfAttention.q.weight"],
        plain["encoder.block.0.layer.0.SelfAttention.q.weight"],
    )


def test_an_adapter_without_a_head_becomes_a_bare_model(base, tmp_path):
    source = adapter(base, tmp_path / "theirs", build=AutoModel, task_type="FEATURE_EXTRACTION")
    settle(base, source, tmp_path / "ours")
    assert json.loads((tmp_path / "ours/config.json").read_text())["architectures"] == ["BertModel"]


def lfs_pointer(base, folder):
    source = classifier(base, folder)
    (source / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    return source


def other_vocabulary(base, folder):
    """The same shape, but two subwords have each other's numbers, as in a tokenizer trained on other text."""
    source = classifier(base, folder)
    content = json.loads((source / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    first, second = list(vocabulary)[-2:]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (source / "tokenizer.json").write_text(json.dumps(content))
    return source


def pickled_adapter(base, folder):
    source = adapter(base, folder)
    (source / "adapter_model.safetensors").rename(source / "adapter_model.bin")
    return source


def prompt(base, folder):
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=3)
    get_peft_model(model, PrefixTuningConfig(num_virtual_tokens=2, task_type="SEQ_CLS")).save_pretrained(folder)
    return folder


def stray_weights(base, folder):
    source = adapter(base, folder)
    weights = load_file(source / "adapter_model.safetensors")
    name = next(iter(weights))
    weights[name.replace("layer.0", "layer.7")] = weights[name].clone()
    save_file(weights, source / "adapter_model.safetensors")
    return source


def of_another(family, **changes):
    def make(base, folder):
        other = tiny_families.make(folder.with_name("another"), family, **changes)
        return classifier(other, folder)

    return make


def adapter_of_another(base, folder):
    return adapter(tiny_families.make(folder.with_name("another"), "bert", hidden_size=32), folder)


FAULTS = {
    "another family": (of_another("xlm-roberta"), {}, "not tuned from this model: its family is xlm-roberta"),
    "another depth": (of_another("bert", num_hidden_layers=2), {}, "its number of layers is 2, the model's 3"),
    "another width": (of_another("bert", hidden_size=32), {}, "its width is 32, the model's 16"),
    "more subwords": (of_another("bert", vocab_size=999), {}, "its number of subwords is 999"),
    "other subwords": (other_vocabulary, {}, "its tokenizer has other subwords"),
    "other labels": (lambda b, f: classifier(b, f, ["yes", "no"]), {}, "has the labels yes, no; the task's are"),
    "too few labels": (classifier, {"outputs": LABELS[:2]}, "has 3 outputs; `labels` names 2"),
    "another kind of head": (
        lambda b, f: classifier(b, f, build=AutoModelForTokenClassification),
        {},
        "tuned for token-classification .*; its task is sequence-classification",
    ),
    "weights that are not there": (lfs_pointer, {}, "Git-LFS pointer"),
    "no model": (lambda b, f: f, {}, "There is no model folder"),
    "an adapter that says another model": (
        lambda b, f: adapter(b, f, "FacebookAI/xlm-roberta-base"),
        {"outputs": LABELS},
        "is for the model FacebookAI/xlm-roberta-base, not for google-bert/",
    ),
    "an adapter of another shape": (
        adapter_of_another,
        {"outputs": LABELS},
        "it changes .* of 32 × 32; this model has",
    ),
    "an adapter with pickled weights": (pickled_adapter, {"outputs": LABELS}, "has no adapter_model.safetensors"),
    "an adapter without names of outputs": (adapter, {}, "does not name its 3 outputs. Say as its `labels`"),
    "an adapter with other outputs": (adapter, {"outputs": LABELS[:2]}, "has 3 outputs; `labels` names 2"),
    "an adapter that adds to the input": (prompt, {"outputs": LABELS}, "PREFIX_TUNING, which cannot be merged"),
    "an adapter with weights that have no place": (stray_weights, {"outputs": LABELS}, r"stand alone, .*layer\.7"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_one_line(base, tmp_path, name):
    make, changes, expected = FAULTS[name]
    source = make(base, tmp_path / "theirs")
    with pytest.raises(IsoglossError, match=expected) as refused:
        settle(base, source, tmp_path / "ours", **changes)
    assert "\n" not in str(refused.value)


def test_an_adapter_of_the_same_model_under_its_old_name_is_taken(base, tmp_path):
    source = adapter(base, tmp_path / "theirs", named="bert-base-multilingual-cased")
    settle(base, source, tmp_path / "ours", outputs=LABELS)


def test_a_whole_model_beside_an_adapters_settings_is_a_whole_model(base, tmp_path):
    source = classifier(base, tmp_path / "theirs")
    shutil.copy(adapter(base, tmp_path / "adapter") / "adapter_config.json", source)
    settle(base, source, tmp_path / "ours")
    assert (tmp_path / "ours/model.safetensors").is_symlink()
