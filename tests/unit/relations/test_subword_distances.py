from itertools import permutations

import pandas as pd
import pytest
from transformers import BertConfig, T5Config

from isogloss.models.subwords import train_tokenizer
from isogloss.relations.subwords import write_subword_distances

LEARNT = {
    "en": [["cats", "sleeping"], ["cat", "dogs", "sleeps", "Berlin"]] * 9,
    "de": [["katzen", "schlafen"], ["katze", "hund", "schlief", "Berlin"]] * 9,
}
# Two tasks of en; a word that nothing is known of in de; little that is known in el.
TEXTS = [
    ("en", [["cat", "sleeping"], ["dog"]]),
    ("en", [["Berlin", "dogs", "cat"]]),
    ("de", [["Berlin", "schläft", "κατ"], ["hund"]]),
    ("sv", [["hund", "dog"], ["gott"]]),
    ("el", [["γάτα"], ["σκύλος"], ["Berlin"]]),
]


def pieces(tokenizer, words):
    """Split word by word, as text."""
    return [piece for word in words for piece in tokenizer.tokenize(word) if piece not in ("[UNK]", "<unk>", "▁")]


@pytest.mark.parametrize(("family", "vocabulary"), [("bert", 110), ("t5", 80)])
def test_distances_by_subwords_are_those_counted_piece_by_piece(family, vocabulary, tmp_path):
    tokenizer = train_tokenizer(LEARNT, vocabulary, family)
    tokenizer.save_pretrained(tmp_path)
    (BertConfig if family == "bert" else T5Config)(vocab_size=len(tokenizer)).save_pretrained(tmp_path)
    paths = [tmp_path / f"{number}.parquet" for number in range(len(TEXTS))]
    for path, (_, words) in zip(paths, TEXTS, strict=True):
        pd.DataFrame({"words": words}).to_parquet(path)
    languages, output = [language for language, _ in TEXTS], tmp_path / "distances.csv"
    write_subword_distances(tokenizer=tmp_path, texts=paths, text_languages=languages, model="m", output=output)
    table = pd.read_csv(output, keep_default_na=False)
    assert list(table.columns) == ["model", "source", "target", "distance", "value", "reason"]
    assert list(zip(table.source, table.target, strict=True)) == list(permutations(["en", "de", "sv", "el"], 2))
    assert set(zip(table.model, table.distance, strict=True)) == {("m", "subword")}
    said = {}
    for language, sentences in TEXTS:
        for words in sentences:
            for piece in pieces(tokenizer, words):
                if piece not in said.setdefault(language, []):
                    said[language].append(piece)
    shared_by_both = []
    for row in table.itertuples():
        if "el" in (row.source, row.target):
            assert row.value == ""
            assert row.reason.startswith("The tokenizer of m knows too little of the test items in el: ")
            continue
        both = [piece for piece in said[row.source] if piece in said[row.target]]
        either = said[row.source] + [piece for piece in said[row.target] if piece not in said[row.source]]
        assert float(row.value) == pytest.approx(1 - len(both) / len(either))
        assert row.reason == ""
        shared_by_both += both
    # Pieces of words are shared, not whole words alone.
    assert {piece.strip("▁#") for piece in shared_by_both} - {"Berlin", "hund"}
