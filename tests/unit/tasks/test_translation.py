"""Translation by every family that has a head for it: loss and generated subwords against plain transformers."""

import json

import pandas as pd
import pytest
import tiny_families
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from isogloss.config.read import ConfigError, validate
from isogloss.errors import IsoglossError
from isogloss.models.load import load_checkpoint
from isogloss.models.words import read_sentences, set_language
from isogloss.states.forward import Reader, pool_sentences
from isogloss.tasks.finetune import encode, finetune
from isogloss.tasks.heads import load_with_head
from isogloss.tasks.kinds.kind import kind_named
from isogloss.tasks.test_pass import run_items

PAIRS = [
    ("The teacher loves a very important letter.", "Die Lehrerin liebt den unglaublich wichtigen Brief."),
    ("7,000 cats", "Brief"),
    ("Don't read (it), it's unbelievably strong", "Die Lehrerin"),
    ("very naïve, too!", "den wichtigen Brief liebt die Lehrerin."),
]
# Family, form of tokenizer, and what a tokenizer calls English and German; None where it is not told.
TOLD = {
    "t5": ("t5", "t5", None),
    "mt5": ("mt5", "t5", None),
    "bart": ("bart", "roberta", None),
    "mbart": ("mbart", "mbart", ("en_XX", "de_DE")),
    "mbart-50": ("mbart", "mbart-50", ("en_XX", "de_DE")),
    "nllb": ("m2m_100", "nllb", ("eng_Latn", "deu_Latn")),
    "m2m_100": ("m2m_100", "m2m_100", ("en", "de")),
    "marian": ("marian", "marian", None),
}


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    path = tmp_path_factory.mktemp("items") / "items.parquet"
    rows = [
        {"item": item, "words": text.split(), "text": text, "other_words": other.split(), "other_text": other}
        for item, (text, other) in enumerate(PAIRS)
    ]
    table = pd.DataFrame(rows)
    pd.concat([table.assign(split=split) for split in ("training", "validation", "test")]).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    made = {}

    def base(name):
        if name not in made:
            family, form, _ = TOLD[name]
            folder = tmp_path_factory.mktemp(name) / "base"
            made[name] = tiny_families.make(folder, family, AutoModelForSeq2SeqLM, form, dropout=0.0)
        return made[name]

    return base


def plain(folder, codes):
    """A model and a tokenizer that is told languages as its manual says."""
    told = {"src_lang": codes[0], "tgt_lang": codes[1]} if codes else {}
    tokenizer = AutoTokenizer.from_pretrained(folder, **told)
    return AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), tokenizer


@pytest.mark.parametrize("name", TOLD)
def test_the_loss_is_that_of_plain_transformers(name, items, bases):
    loaded = load_with_head(bases(name), "translation", None, tuned=False)
    task = kind_named("translation", into="de")
    set_language(loaded.tokenizer, "en")
    table = pd.read_parquet(items)
    rows = encode(table[table.split == "test"], loaded, task, 60, "x")
    batch = task.collator(loaded.tokenizer, loaded.model)(pd.DataFrame(rows).to_dict("records"))
    model, tokenizer = plain(bases(name), TOLD[name][2])
    encoded = tokenizer([text for text, _ in PAIRS], text_target=[other for _, other in PAIRS], padding=True,
                        return_tensors="pt")  # fmt: skip
    encoded["labels"][encoded["labels"] == tokenizer.pad_token_id] = -100
    with torch.no_grad():
        expected = model(**{key: encoded[key] for key in ("input_ids", "attention_mask", "labels")}).loss
        found = loaded.model.eval()(**batch).loss
    assert torch.equal(batch["labels"], encoded["labels"])
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", TOLD)
def test_a_tuned_model_writes_what_plain_transformers_writes(name, items, bases, tmp_path):
    tuned = tmp_path / "tuned"
    finetune(
        base=bases(name), training=items, folder=tuned, curve=tmp_path / "c.csv", notes=tmp_path / "n.json",
        kind="translation", labels=None,
        epochs=16, batch=4, learning_rate=1e-2, warmup=0, weight_decay=0, max_length=60, seed=1, freeze={},
        device="cpu", threads=1, attributes={"model": "m"}, language="en", into="de",
    )  # fmt: skip
    run_items(
        checkpoint=tuned, test={"en": items}, kind="translation", labels=None, vectors=tmp_path / "v.h5", layers=[0],
        max_length=60, token_budget=90, device="cpu", precision="float32", threads=1, attributes={}, into="de",
        predictions=tmp_path / "answers.parquet",
    )  # fmt: skip
    codes = TOLD[name][2]
    tokenizer, written = generated(tuned, name, 60)
    expected = [tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in written]
    found = pd.read_parquet(tmp_path / "answers.parquet").predicted.tolist()
    assert found == expected
    # Those that are told nothing end at once, being as small.
    assert len({*found}) > 1 or not codes
    # States are taken from it without its head, of the same weights.
    whole = dict(AutoModelForSeq2SeqLM.from_pretrained(tuned).base_model.named_parameters())
    for key, weights in load_checkpoint(tuned, "cpu", "float32").model.named_parameters():
        assert torch.equal(weights, whole[key])


def generated(folder, name, longest):
    """What plain transformers writes of one sentence after the other, as numbers of subwords."""
    codes = TOLD[name][2]
    model, tokenizer = plain(folder, codes)
    written, told = [], {}
    if codes:
        sign = tokenizer.get_lang_id("de") if name == "m2m_100" else tokenizer.convert_tokens_to_ids(codes[1])
        # As the manuals of the four say.
        told = {"forced_bos_token_id": sign}
        if name == "mbart":
            told = {"decoder_start_token_id": sign}
        elif name == "mbart-50":
            told |= {"decoder_start_token_id": tokenizer.eos_token_id}
    for text, _ in PAIRS:
        encoded = tokenizer(text, return_tensors="pt")
        inputs = {key: encoded[key] for key in ("input_ids", "attention_mask")}
        ids = model.generate(**inputs, do_sample=False, num_beams=1, max_new_tokens=longest, **told)
        written.append(ids[0].tolist())
    return tokenizer, written


@pytest.mark.parametrize("name", TOLD)
def test_the_subwords_written_in_a_batch_are_those_of_plain_transformers(name, bases, monkeypatch):
    loaded = load_with_head(bases(name), "translation", None, tuned=True)
    loaded.model.eval()
    set_language(loaded.tokenizer, "en")
    batch = read_sentences(loaded.tokenizer, [text.split() for text, _ in PAIRS], 60)
    reader, plain_generate, found = Reader(loaded, "encoder"), loaded.model.generate, []

    def generate(**options):
        found.extend(plain_generate(**options).tolist())
        return torch.tensor(found)

    monkeypatch.setattr(loaded.model, "generate", generate)
    _, output = reader.read(batch, pool_sentences(batch, reader.poolings, reader.device), [0])
    reader.translate(batch, output, 12, "de")
    tokenizer, expected = generated(bases(name), name, 12)
    # A sentence that ends before the others of its batch is padded.
    assert [unpadded(ids, tokenizer) for ids in found] == [unpadded(ids, tokenizer) for ids in expected]
    assert max(map(len, expected)) == 13
    assert len({tuple(ids) for ids in expected}) > 1


def unpadded(ids, tokenizer):
    ended = [*ids, tokenizer.pad_token_id]
    while ended and ended[-1] == tokenizer.pad_token_id:
        ended.pop()
    return ended


def test_a_language_that_the_model_cannot_be_told_is_refused(items, bases):
    loaded = load_with_head(bases("mbart"), "translation", None, tuned=False)
    with pytest.raises(IsoglossError, match=r"has 0 marks for 'pl'; it has ar_AR, cs_CZ, .*zh_CN\. Take another"):
        encode(pd.read_parquet(items), loaded, kind_named("translation", into="pl"), 60, "x")


@pytest.mark.parametrize("name", ["mbart", "mbart-50", "nllb", "m2m_100", "t5", "marian"])
@pytest.mark.parametrize("key", ["into", "sources", "pairs"])
def test_check_knows_which_languages_a_model_can_be_told(name, key, bases, tmp_path):
    def config(other):
        wanted = {"into": "de", "sources": "fr", "pairs": "fr", key: other}
        names = ["en", *dict.fromkeys(wanted.values())]
        files = {language: tmp_path / f"{language}.csv" for language in names}
        for language, path in files.items():
            path.write_text(f"text,{language}\na b,{language}\n")
            path.with_suffix(".txt").write_text(f"a b {language}\n")
        table = str(tmp_path / "{language}.csv")
        data = {"kind": "table", "languages": names, "train": table, "test": table, "other_text": "{language}"}
        pairs = {"source": "en", "targets": [wanted["pairs"]]}
        corpus = {"kind": "text", "languages": ["en", wanted["pairs"]], "pairs": pairs}
        corpus["files"] = {language: str(files[language].with_suffix(".txt")) for language in corpus["languages"]}
        task = {"kind": "translation", "models": ["m"], "sources": [wanted["sources"]], "into": wanted["into"],
                "targets": [wanted["sources"]], "data": data, "max_length": 64}  # fmt: skip
        return {"corpora": {"c": corpus}, "models": {"m": {"folder": str(bases(name))}}, "tasks": {"t": task}}

    validate(config("es"))
    if not TOLD[name][2]:
        validate(config("xx"))
        return
    with pytest.raises(ConfigError) as caught:
        validate(config("xx"))
    (message,) = caught.value.messages
    assert message.startswith("config: models.m: corpus 'c': " if key == "pairs" else "config: tasks.t.models: 'm': ")
    tokenizer = AutoTokenizer.from_pretrained(bases(name))
    signs = [token for token in tokenizer.get_added_vocab() if token[2:4].count("_")]
    if name == "m2m_100":
        signs = list(tokenizer.lang_code_to_id)
    assert len(signs) > 24
    assert f"0 marks for 'xx'; it has {', '.join(sorted(signs))}. Take" in message


def test_signs_are_not_looked_for_where_files_do_not_tell(bases, tmp_path):
    from isogloss.models.language_signs import signs_in

    assert signs_in(tmp_path) is None
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "NllbTokenizer"}))
    for text in ("", "{", '{"added_tokens": 5}', '{"added_tokens": [{"content": "</s>"}]}', '["added_tokens"]'):
        (tmp_path / "tokenizer.json").write_text(text)
        assert not signs_in(tmp_path)
