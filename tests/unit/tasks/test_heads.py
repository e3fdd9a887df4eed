"""Every family with a head: tuned, and its answers against plain transformers on one plain input at a time."""

import json

import numpy as np
import pandas as pd
import pytest
import tiny_families
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from isogloss.errors import IsoglossError
from isogloss.models.families import FAMILIES, read_shape
from isogloss.models.load import load_checkpoint
from isogloss.models.words import locate
from isogloss.states.sentence_vectors import open_vectors
from isogloss.tasks.finetune import finetune
from isogloss.tasks.heads import load_with_head
from isogloss.tasks.test_pass import run_items

TEXTS = tiny_families.SENTENCES[:6]
KINDS = ("sequence-classification", "token-classification")
QUICK = {
    KINDS[0]: ("distilbert", "gpt2", "llama", "modernbert", "deberta-v2", "xlnet", "mbart"),
    KINDS[1]: ("t5", "mbart"),
}
ALL = [
    pytest.param(name, kind, marks=[] if name in QUICK[kind] else [pytest.mark.slow])
    for name, family in FAMILIES.items()
    for kind in family.heads
    if kind in KINDS
]


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    path = tmp_path_factory.mktemp("items") / "items.parquet"
    rows = [
        {"item": item, "words": text.split(), "label": "ab"[item % 2], "tags": ["O", "B-X"] * 9}
        for item, text in enumerate(TEXTS)
    ]
    table = pd.DataFrame(rows)
    table["tags"] = [tags[: len(words)] for tags, words in zip(table.tags, table.words, strict=True)]
    pd.concat([table.assign(split=split) for split in ("training", "validation", "test")]).to_parquet(path)
    return path


def tune(base, folder, items, kind, **changes):
    settings = {
        "labels": ["a", "b"] if kind == KINDS[0] else ["O", "B-X"], "epochs": 1, "batch": 4, "learning_rate": 1e-2,
        "warmup": 0, "weight_decay": 0, "max_length": 90, "seed": 1, "freeze": {}, "device": "cpu", "threads": 1,
        "attributes": {"model": "m"}, **changes,
    }  # fmt: skip
    finetune(
        base=base,
        training=items,
        folder=folder,
        curve=folder.with_suffix(".csv"),
        notes=folder.with_suffix(".json"),
        kind=kind,
        **settings,
    )
    return settings["labels"]


def run(checkpoint, items, kind, labels, folder, **changes):
    settings = {"layers": [0, 3], "max_length": 90, "token_budget": 200, "device": "cpu", "precision": "float32",
                "threads": 1, "attributes": {}, "predictions": folder / "answers.parquet", **changes}  # fmt: skip
    run_items(checkpoint=checkpoint, test={"en": items}, kind=kind, labels=labels, vectors=folder / "v.h5", **settings)
    return pd.read_parquet(folder / "answers.parquet").predicted.tolist()


@torch.no_grad()
def plainly(checkpoint, kind, labels):
    """One plain input at a time: the answers, and the last states' mean over the text."""
    architecture = AutoModelForSequenceClassification if kind == KINDS[0] else AutoModelForTokenClassification
    bare = AutoModel.from_pretrained(checkpoint).eval()
    tokenizer, weights = AutoTokenizer.from_pretrained(checkpoint), load_file(checkpoint / "model.safetensors")
    by_hand = bare.config.is_encoder_decoder and kind == KINDS[1]
    known = not by_hand or "t5" in bare.config.model_type
    model = architecture.from_pretrained(checkpoint).eval() if known else None
    for text in TEXTS:
        encoded = tokenizer(text, return_tensors="pt")
        output = model(**encoded, output_hidden_states=True) if model else None
        if by_hand:
            states = bare.get_encoder()(**encoded, output_hidden_states=True).hidden_states
            logits = states[-1] @ weights["classifier.weight"].T + weights["classifier.bias"]
            if output:
                torch.testing.assert_close(output.logits, logits)
        else:
            states = output.encoder_hidden_states if model.config.is_encoder_decoder else output.hidden_states
            logits = output.logits
        letters = tiny_families.letters_of(tokenizer, text)
        mean = states[-1][0, list(letters)].mean(0).numpy()
        best = logits.argmax(-1)[0]
        if kind == KINDS[0]:
            yield labels[int(best)], mean
            continue
        words, tags = text.split(), []
        for start, stop in locate(words, text):
            # The first subword that has a letter of the word.
            places = [i for i, (a, b) in letters.items() if a < stop and max(b, a + 1) > start]
            before = places[0] - 1
            # SentencePiece's mark of a space may stand apart, in front.
            if before in letters and not text[slice(*letters[before])].strip():
                places = [before]
            tags.append(labels[int(best[places[0]])])
        yield " ".join(tags), mean


@pytest.mark.parametrize(("name", "kind"), ALL)
def test_a_tuned_model_answers_as_plain_transformers_does(name, kind, items, tmp_path):
    base = tiny_families.make(tmp_path / "base", name)
    labels = tune(base, tmp_path / "tuned", items, kind)
    answers = run(tmp_path / "tuned", items, kind, labels, tmp_path)
    expected = list(plainly(tmp_path / "tuned", kind, labels))
    assert answers == [answer for answer, _ in expected]
    with open_vectors(tmp_path / "v.h5") as file:
        found = file["en/mean/3"][:]
    np.testing.assert_allclose(found, np.stack([mean for _, mean in expected]), rtol=2e-3, atol=5e-3)
    # Concepts are looked for in it too, without the head.
    loaded = load_checkpoint(tmp_path / "tuned", "cpu", "float32")
    assert loaded.shape == read_shape(base)
    if kind == KINDS[1] and len(loaded.shape.depths) == 2:
        was, blocks = AutoModel.from_pretrained(base), loaded.shape.family.blocks
        for stack, tuned in (("get_encoder", True), ("get_decoder", False)):
            before, after = (getattr(each, stack)().get_submodule(blocks) for each in (was, loaded.model))
            same = [torch.equal(one, two) for one, two in zip(before.parameters(), after.parameters(), strict=True)]
            assert not any(same) if tuned else all(same)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if len(family.stacks) == 2])
def test_a_new_head_over_tags_is_drawn_by_the_seed(name, tmp_path):
    base = tiny_families.make(tmp_path / "base", name, AutoModelForSeq2SeqLM)  # as they are on the hub
    whole = dict(AutoModelForSeq2SeqLM.from_pretrained(base).base_model.named_parameters())
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        model = load_with_head(base, KINDS[1], ["O"] * 50, tuned=False).model
        assert all(torch.equal(weights, whole[key]) for key, weights in model.base_model.named_parameters())
        head = model.classifier
        drawn.append(head.weight)
        assert head.weight.shape == (50, 16)
        assert 0.018 < head.weight.std() < 0.022
        assert not head.bias.any()
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_a_head_that_a_family_does_not_have_is_refused(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "xglm")
    with pytest.raises(IsoglossError, match=r"\(xglm\) cannot be tuned for sequence-classification; it can be for not"):
        tune(base, tmp_path / "tuned", items, KINDS[0])


def test_a_longer_input_than_the_model_reads_is_refused_before_training(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "xlm-roberta")
    with pytest.raises(IsoglossError, match=r"at most 94 subwords.* max_length is 95"):
        tune(base, tmp_path / "tuned", items, KINDS[0], max_length=95)
    assert not (tmp_path / "tuned").exists()


def test_layers_that_share_their_weights_cannot_be_frozen(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "albert")
    with pytest.raises(IsoglossError, match="have the same weights, so none can be frozen"):
        tune(base, tmp_path / "tuned", items, KINDS[0], freeze={"layers": [1]})


def test_where_a_tokenizer_pads_changes_nothing(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "bert")
    for side in ("left", "right"):
        path = base / "tokenizer_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": side}))
        labels = tune(base, tmp_path / side, items, KINDS[1])
        (tmp_path / f"{side}-out").mkdir()
        run(tmp_path / side, items, KINDS[1], labels, tmp_path / f"{side}-out")
    left, right = ((tmp_path / f"{side}-out" / "answers.parquet").read_bytes() for side in ("left", "right"))
    assert left == right
    weights = [(tmp_path / side / "model.safetensors").read_bytes() for side in ("left", "right")]
    assert weights[0] == weights[1]


def test_a_checkpoint_answers_by_the_names_of_its_own_outputs(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "bert")
    tune(base, tmp_path / "tuned", items, KINDS[0])
    settings = json.loads((tmp_path / "tuned/config.json").read_text())
    settings["id2label"] = {"0": "b", "1": "a"}
    (tmp_path / "tuned/config.json").write_text(json.dumps(settings))
    answers = run(tmp_path / "tuned", items, KINDS[0], ["a", "b"], tmp_path)
    assert answers == [answer for answer, _ in plainly(tmp_path / "tuned", KINDS[0], ["b", "a"])]
    with pytest.raises(IsoglossError, match="has the labels b, a; the task's are a, c"):
        run(tmp_path / "tuned", items, KINDS[0], ["a", "c"], tmp_path)


def test_a_checkpoint_without_a_head_has_states_and_no_answers(items, tmp_path):
    base = tiny_families.make(tmp_path / "base", "bert")
    assert set(run(base, items, KINDS[0], ["a", "b"], tmp_path)) == {None}
    with open_vectors(tmp_path / "v.h5") as file:
        assert file["en/mean/3"].shape == (6, 16)


@pytest.mark.parametrize("name", ["modernbert", "qwen3", "xlnet"])
def test_in_half_precision_a_head_changes_no_state(name, items, tmp_path):
    """Else impact would be of rounding too: a pretrained model has no head, one that was tuned has."""
    base = tiny_families.make(tmp_path / "base", name)
    labels = tune(base, tmp_path / "tuned", items, KINDS[0])
    found = []
    for answers in (tmp_path / "answers.parquet", None):
        settings = {"layers": [0, 1, 2, 3], "max_length": 90, "token_budget": 200, "device": "cpu", "threads": 1}
        run_items(
            checkpoint=tmp_path / "tuned", test={"en": items}, kind=KINDS[0], labels=labels, predictions=answers,
            vectors=tmp_path / "v.h5", precision="bfloat16", attributes={}, **settings,
        )  # fmt: skip
        with open_vectors(tmp_path / "v.h5") as file:
            found.append([file[f"en/mean/{layer}"][:] for layer in settings["layers"]])
    np.testing.assert_array_equal(*found)
