"""Word alignment, lexicons and selection."""

import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.text.lexicons import build, read_lexicon
from isogloss.text.selection import select
from isogloss.text.word_alignment import (
    align,
    alignment_error_rate,
    eflomal_links,
    gold_links,
    read_pharaoh,
    retained_pairs,
    symmetrize,
    unflatten,
)


def literal_grow_diag_final_and(forward, backward):
    """The published pseudo-code, with its own loops."""
    alignment, union = forward & backward, forward | backward
    neighbours = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]
    while True:
        added = False
        for e, f in sorted(alignment):
            for de, df in neighbours:
                e_new, f_new = e + de, f + df
                e_free = all(x != e_new for x, _ in alignment)
                f_free = all(y != f_new for _, y in alignment)
                if (e_free or f_free) and (e_new, f_new) in union and (e_new, f_new) not in alignment:
                    alignment = alignment | {(e_new, f_new)}
                    added = True
        if not added:
            break
    for direction in (forward, backward):
        for e, f in sorted(direction):
            if all(x != e for x, _ in alignment) and all(y != f for _, y in alignment):
                alignment = alignment | {(e, f)}
    return alignment


def test_symmetrization_equals_the_pseudo_code():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        forward, backward = ({tuple(map(int, p)) for p in rng.integers(0, 7, (12, 2))} for _ in range(2))
        assert symmetrize(forward, backward, "intersection") == forward & backward
        grown = symmetrize(forward, backward, "grow-diag-final-and")
        assert grown == literal_grow_diag_final_and(forward, backward)
        assert forward & backward <= grown <= forward | backward


def test_error_rate_of_known_links():
    found, gold = [{(0, 0), (1, 1)}, {(0, 1)}], [{(0, 0), (1, 2)}, {(0, 1), (1, 0)}]
    rate = alignment_error_rate(found, gold)
    assert rate["precision"] == pytest.approx(2 / 3)
    assert rate["recall"] == pytest.approx(1 / 2)
    assert rate["aer"] == pytest.approx(1 - 4 / 7)
    assert alignment_error_rate(gold, gold)["aer"] == 0


def test_gold_links_join_equal_slots():
    assert gold_links([3, -1, 5, 5], [5, -1, 3]) == {(0, 2), (2, 0), (3, 0)}


def bitext(sentences=200):
    rng = np.random.default_rng(0)
    # Words with separators, brackets and no ASCII at all must come through the aligner whole.
    left = [f"a|||{i} -> كلمة" if i % 2 else f"w{i}" for i in range(30)]
    left = [word.replace(" ", "_") for word in left]
    rows = [rng.choice(30, rng.integers(3, 8), replace=False) for _ in range(sentences)]
    return [[left[i] for i in row] for row in rows], [[f"t{i}" for i in row[::-1]] for row in rows]


def test_eflomal_finds_a_planted_dictionary_twice_the_same():
    source, target = bitext()
    links = eflomal_links(source, target, "intersection", 1)
    gold = [{(i, len(row) - 1 - i) for i in range(len(row))} for row in source]
    assert alignment_error_rate(links, gold)["aer"] < 0.1
    assert eflomal_links(source, target, "intersection", 1) == links


def test_pharaoh_links_are_checked(tmp_path):
    path = tmp_path / "links.txt"
    path.write_text("0-0 1-1\n\n0-2\n")
    assert read_pharaoh(path, {0: (2, 2), 1: (1, 1)}) == {0: {(0, 0), (1, 1)}, 1: set()}
    with pytest.raises(IsoglossError, match=r"links\.txt:3: the link 0-2 points beyond"):
        read_pharaoh(path, {2: (1, 2)})
    path.write_text("0:0\n")
    with pytest.raises(IsoglossError, match=r"links\.txt:1: expected links such as 0-0, found '0:0'"):
        read_pharaoh(path, {0: (1, 1)})
    with pytest.raises(IsoglossError, match="has 1 lines; sentence 6 has no links"):
        read_pharaoh(path, {5: (1, 1)})


def test_long_and_lonely_sentences_are_left_out():
    source = pd.DataFrame({"sentence": [0, 1, 2], "words": [["a"] * 300, ["b"], ["c"]]})
    target = pd.DataFrame({"sentence": [2, 1, 0], "words": [["z"], ["y"], ["x"]]})
    assert retained_pairs(source, target, 300).sentence.tolist() == [1, 2]
    with pytest.raises(IsoglossError, match="No sentence pair is left"):
        retained_pairs(source, target.assign(sentence=[7, 8, 9]), 300)


@pytest.fixture
def corpus(tmp_path):
    """Twenty sentences: word 0 is always the same pair, word 1 differs."""
    source = pd.DataFrame({"sentence": range(20), "words": [["der", f"w{i % 4}", "!"] for i in range(20)]})
    target = pd.DataFrame({"sentence": range(20), "words": [["the", f"v{i % 4}", "extra"] for i in range(20)]})
    source.to_parquet(tmp_path / "source.parquet")
    target.to_parquet(tmp_path / "target.parquet")
    (tmp_path / "links").write_text("0-0 1-1\n" * 20)
    files = {side: tmp_path / f"{side}.parquet" for side in ("source", "target")}
    align(**files, output=tmp_path / "alignment.parquet", method="given", given=tmp_path / "links", max_words=300)
    return tmp_path, files


def test_lexicon_holds_shares_and_counts(corpus):
    folder, files = corpus
    build(alignment=folder / "alignment.parquet", **files, output=folder / "lexicon.parquet")
    table = read_lexicon(folder / "lexicon.parquet").set_index(["source", "target"])
    assert table.loc[("der", "the")].tolist() == [1.0, 20]
    assert table.loc[("w0", "v0")].tolist() == [1.0, 5]
    assert len(table) == 5


def test_lexicon_as_text(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("a -> b -> c: Probability = 0.25, Count = 3\n\nx: y -> z: Probability = 1e-3, Count = 1\n")
    table = read_lexicon(path)
    assert table.values.tolist() == [["a", "b -> c", 0.25, 3], ["x: y", "z", 0.001, 1]]
    path.write_text("a -> b: Probability = 0.25, Count = 3\nnonsense\n")
    with pytest.raises(IsoglossError, match=r"lexicon\.txt:2: expected"):
        read_lexicon(path)
    path.write_text("")
    with pytest.raises(IsoglossError, match="empty"):
        read_lexicon(path)


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("source", None, "expected a word, found nothing"),
        ("target", " ", "expected a word"),
        ("probability", 1.5, "between 0 and 1, found the number 1.5"),
        ("probability", -0.5, "between 0 and 1, found the number -0.5"),
        ("probability", None, "between 0 and 1, found nothing"),
        ("probability", "0.5", "between 0 and 1, found '0.5'"),
        ("count", None, "expected a whole number from 0, found nothing"),
        ("count", -3, "expected a whole number from 0, found the number -3"),
        ("count", "3", "expected a whole number from 0, found '3'"),
    ],
)
def test_an_entry_that_is_none_is_placed(tmp_path, column, cell, told):
    entries = {"source": ["a"] * 3, "target": ["b"] * 3, "probability": [0.5] * 3, "count": [1] * 3}
    entries[column][:] = [cell] * 3 if isinstance(cell, str) else [*entries[column][:2], cell]
    row = 1 if isinstance(cell, str) else 3
    pd.DataFrame(entries).to_parquet(tmp_path / "l.parquet")
    with pytest.raises(IsoglossError, match=rf"l\.parquet, row {row}, column '{column}': .*{told}"):
        read_lexicon(tmp_path / "l.parquet")
    if column == "probability" and cell is not None and not isinstance(cell, str):
        (tmp_path / "l.txt").write_text(
            f"a -> b: Probability = 1, Count = 1\na -> b: Probability = {cell}, Count = 1\n"
        )
        with pytest.raises(IsoglossError, match=r"l\.txt:2: .*between 0 and 1"):
            read_lexicon(tmp_path / "l.txt")


def chosen(corpus, **bounds):
    folder, files = corpus
    outputs = {side: folder / f"{side}-selection.parquet" for side in ("source", "target")}
    bounds = {"max_frequency": 15, "min_frequency": 0, "delete_frequency": 10_000_000, **bounds}
    select(alignment=folder / "alignment.parquet", **files, outputs=outputs, **bounds)
    return {side: pd.read_parquet(path) for side, path in outputs.items()}


def test_selection_bounds_each_pair_and_each_word(corpus):
    tables = chosen(corpus)
    source = tables["source"]
    assert source[source.aligned].groupby("word").size().to_dict() == {"der": 15, "w0": 5, "w1": 5, "w2": 5, "w3": 5}
    # The unlinked word is used for concept overlap alone.
    assert source[source.frequent].groupby("word").size()["!"] == 15
    assert not source[source.word == "!"].aligned.any()
    assert tables["target"][tables["target"].aligned].groupby("word").size()["the"] == 15
    assert source[["sentence", "position"]].apply(tuple, axis=1).is_monotonic_increasing
    assert source[source.word == "der"].sentence.tolist() == list(range(15))


def test_selection_by_frequency(corpus):
    source = chosen(corpus, min_frequency=10)["source"]
    assert set(source[source.aligned].word) == {"der"}
    source = chosen(corpus, delete_frequency=10)["source"]
    assert set(source[source.aligned].word) == {"w0", "w1", "w2", "w3"}
    with pytest.raises(IsoglossError, match="No linked word is left"):
        chosen(corpus, min_frequency=100)


def test_links_are_stored_flat(corpus):
    folder, _ = corpus
    table = pd.read_parquet(folder / "alignment.parquet")
    assert unflatten(table.links[0]) == [(0, 0), (1, 1)]
