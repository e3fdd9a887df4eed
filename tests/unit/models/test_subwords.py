import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoTokenizer, BertConfig, T5Config

from isogloss.errors import IsoglossError
from isogloss.models.subwords import train_tokenizer

TEXTS = {
    "en": [["the", "old", "cats", "sleep"], ["the", "cat", "sleeps", "."]] * 20,
    "ru": [["старые", "коты", "спят"], ["кот", "спит", "."]] * 20,
    "ar": [["القطط", "نائمة"]] * 10,
}
TRAIN = """
import hashlib
from isogloss.models.subwords import train_tokenizer
texts = {"en": [["cats", "sleeping"], ["cat", "dogs", "sleeps"]] * 9, "ru": [["коты", "спят", "спит"]] * 7}
for family in ("bert", "t5"):
    print(hashlib.sha256(train_tokenizer(texts, 70, family).backend_tokenizer.to_str().encode()).hexdigest())
"""


@pytest.mark.parametrize("family", ["bert", "t5"])
def test_reloads_through_auto_tokenizer_and_gives_the_same_pieces(family, tmp_path):
    tokenizer = train_tokenizer(TEXTS, 120, family, max_length=64)
    tokenizer.save_pretrained(tmp_path)
    (BertConfig if family == "bert" else T5Config)(vocab_size=len(tokenizer)).save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for words in [sentence for sentences in TEXTS.values() for sentence in sentences[:2]]:
        ours, theirs = (t(words, is_split_into_words=True) for t in (tokenizer, again))
        assert ours["input_ids"] == theirs["input_ids"]
        assert sorted({i for i in theirs.word_ids() if i is not None}) == list(range(len(words)))
    assert again.model_max_length == 64
    assert again.pad_token_id == 0
    assert len(again) <= 120


@pytest.mark.parametrize("family", ["bert", "t5"])
def test_a_word_has_the_same_pieces_in_every_sentence(family):
    tokenizer = train_tokenizer(TEXTS, 120, family)
    words = ["the", "cats", "коты", "القطط", "x|||y", "☃"]
    together = tokenizer(words, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    single = [tokenizer([w], is_split_into_words=True, add_special_tokens=False)["input_ids"] for w in words]
    assert together == [piece for pieces in single for piece in pieces]
    assert all(single)


@pytest.mark.parametrize("family", ["bert", "t5"])
def test_decoding_gives_the_words_back(family):
    tokenizer = train_tokenizer(TEXTS, 120, family)
    ids = tokenizer(TEXTS["ru"][0], is_split_into_words=True)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == " ".join(TEXTS["ru"][0])


@pytest.mark.slow
def test_the_same_in_every_process():
    workflow = str(Path(__file__).parents[3] / "workflow")
    command = [sys.executable, "-c", TRAIN]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": workflow}).stdout
        for _ in range(3)
    ]
    assert len(set(runs)) == 1


@pytest.mark.parametrize(
    ("texts", "vocabulary", "family", "words"),
    [
        ({"en": []}, 100, "bert", "no words"),
        (TEXTS, 20, "bert", "too small"),
        (TEXTS, 100, "gru", "choose "),
    ],
)
def test_mistakes_are_explained(texts, vocabulary, family, words):
    with pytest.raises(IsoglossError, match=words):
        train_tokenizer(texts, vocabulary, family)
