import re

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from isogloss.concepts.cluster import cluster, cluster_halves, export, label, read_clusters
from isogloss.concepts.methods.ward import label as ward
from isogloss.errors import IsoglossError
from isogloss.measures.calign.compute import align_concepts
from isogloss.measures.colap.compute import overlap_concepts
from isogloss.states.store import StoreWriter
from isogloss.text.lexicons import read_lexicon

TYPES, TOKENS = 120, 4


def write_store(path, prefix, vectors):
    """A store with some occurrences of each word around its vector."""
    forms = [f"{prefix}{i}" for i in range(TYPES) for _ in range(TOKENS)]
    count = len(forms)
    words = pd.DataFrame(
        {
            "sentence": np.arange(count),
            "position": 0,
            "form": forms,
            "aligned": True,
            "frequent": np.arange(count) % 2 == 0,
        }
    )
    writer = StoreWriter(path, words, [0], vectors.shape[1], {})
    writer.write(0, vectors[None].astype(np.float16))
    writer.finish()


def spaces(tmp_path, identical, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(0, 10, (12, 24))

    def language():
        return np.repeat(centers[rng.permutation(TYPES) % 12], TOKENS, axis=0) + rng.normal(
            0, 0.3, (TYPES * TOKENS, 24)
        )

    source = language()
    target = source if identical else language()
    for name, prefix, vectors in (("source", "s", source), ("target", "t", target)):
        write_store(tmp_path / f"{name}.h5", prefix, vectors)
        run([tmp_path / f"{name}.h5"], [prefix], tmp_path / f"{name}.parquet")
    run([tmp_path / "source.h5", tmp_path / "target.h5"], ["s", "t"], tmp_path / "joint.parquet", selection="frequent")
    names = [f"{i}" for i in range(TYPES)]
    lexicon = pd.DataFrame(
        {"source": [f"s{n}" for n in names], "target": [f"t{n}" for n in names], "probability": 1.0, "count": 4}
    )
    return (*(read_clusters(tmp_path / f"{name}.parquet") for name in ("source", "target", "joint")), lexicon)


def run(stores, languages, output, **changes):
    options = {"clusters": 12, "method": "kmeans", "selection": "aligned", "seed": 212, "threads": 1}
    options |= {"device": "cpu", **changes}
    cluster(stores=stores, languages=languages, layer=0, output=output, **options)


def test_identical_spaces_score_one(tmp_path):
    source, target, joint, lexicon = spaces(tmp_path, True)
    result = align_concepts(source, target, lexicon)
    assert result.score == 1
    assert result.null["null_high"] < 0.5
    assert overlap_concepts(joint).score == 1


def test_independent_spaces_lie_inside_their_null(tmp_path):
    inside = 0
    for seed in range(8):
        (tmp_path / str(seed)).mkdir()
        source, target, _, lexicon = spaces(tmp_path / str(seed), False, seed)
        result = align_concepts(source, target, lexicon, match=0.2, null=199)
        inside += result.null["null_low"] <= result.score <= result.null["null_high"]
    assert inside >= 7


@pytest.mark.parametrize("method", ["kmeans", "ward"])
def test_planted_groups_are_found(tmp_path, method):
    rng = np.random.default_rng(1)
    groups = np.repeat(rng.permutation(TYPES) % 12, TOKENS)
    write_store(tmp_path / "x.h5", "w", rng.normal(0, 10, (12, 24))[groups] + rng.normal(0, 0.3, (len(groups), 24)))
    run([tmp_path / "x.h5"], ["en"], tmp_path / "x.parquet", method=method)
    table = read_clusters(tmp_path / "x.parquet")
    assert len(set(zip(groups, table.cluster, strict=True))) == 12
    assert set(table.language) == {"en"}


def test_the_same_bytes_twice(tmp_path):
    rng = np.random.default_rng(1)
    write_store(tmp_path / "x.h5", "w", rng.normal(0, 1, (TYPES * TOKENS, 24)))
    for name in ("a", "b"):
        run([tmp_path / "x.h5"], ["en"], tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_halves_of_a_language_are_clustered_as_two_languages(tmp_path):
    rng = np.random.default_rng(1)
    groups = np.repeat(rng.permutation(TYPES) % 12, TOKENS)
    # Words 0 to 9 occur once: their other occurrences are other words.
    forms = np.array([f"w{i}" for i in range(TYPES) for _ in range(TOKENS)], dtype=object)
    rare = np.arange(10 * TOKENS)
    forms[rare] = [f"rare{place}" for place in rare]
    words = pd.DataFrame({"sentence": np.arange(len(forms)), "position": 0, "form": forms, "aligned": True})
    vectors = rng.normal(0, 10, (12, 24))[groups] + rng.normal(0, 0.3, (len(groups), 24))
    writer = StoreWriter(tmp_path / "x.h5", words.assign(frequent=True), [0], 24, {})
    writer.write(0, vectors[None].astype(np.float16))
    writer.finish()
    options = {"clusters": 12, "method": "kmeans", "selection": "aligned", "seed": 2, "threads": 1, "device": "cpu"}
    cluster_halves(store=tmp_path / "x.h5", layer=0, output=tmp_path / "x.parquet", **options)
    table = read_clusters(tmp_path / "x.parquet")
    first, second = (table[table.language == half] for half in ("first", "second"))
    assert set(first.word) == set(second.word) == set(forms)
    both = first.merge(second, on=["sentence", "position"])
    # Only what occurs once stands in both.
    assert set(both.word_x) == {f"rare{place}" for place in rare}
    occurrences = table.drop_duplicates(["sentence", "position"]).groupby("word").size()
    assert occurrences.to_dict() == pd.Series(forms).value_counts().to_dict()
    assert overlap_concepts(table, mixings=0).score == 1


def test_halves_have_no_more_concepts_than_vectors(tmp_path):
    vectors = np.random.default_rng(1).normal(0, 1, (TYPES * TOKENS, 8))
    write_store(tmp_path / "x.h5", "w", vectors)
    options = {"clusters": 600, "method": "kmeans", "selection": "aligned", "seed": 2, "threads": 1, "device": "cpu"}
    cluster_halves(store=tmp_path / "x.h5", layer=0, output=tmp_path / "x.parquet", **options)
    table = read_clusters(tmp_path / "x.parquet")
    assert table.cluster.nunique() == TYPES * TOKENS


def test_ward_refuses_what_does_not_fit():
    with pytest.raises(IsoglossError, match=r"20,0 GB|20\.0 GB"):
        ward(np.broadcast_to(np.float32(0), (70_711, 2)), 5)


def test_ward_gives_the_number_that_was_asked_for():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 5)).astype(np.float32)
    expected = fcluster(linkage(vectors.astype(np.float64), "ward"), 7, "maxclust")
    assert len(set(zip(ward(vectors, 7), expected, strict=True))) == 7
    # Equally far from each other: a cut by distance would take all merges or none.
    for clusters in range(2, 9):
        assert set(ward(np.eye(8, dtype=np.float32), clusters)) == set(range(clusters))
    member = np.r_[np.arange(9), rng.integers(0, 9, 50)]
    labels = ward(vectors[member], 9)
    assert len(set(zip(labels, member, strict=True))) == 9
    with pytest.raises(IsoglossError, match="only 9 of 59 vectors are distinct"):
        ward(vectors[member], 10)


def test_text_form_round_trip(tmp_path):
    table = pd.DataFrame(
        {
            "word": ["a", "b|||c", "a", "|||"],
            "sentence": [0, 0, 5, 9],
            "position": [0, 1, 2, 3],
            "language": "en",
            "cluster": [3, 1, 3, 0],
        }
    )
    table.to_parquet(tmp_path / "x.parquet")
    export(tmp_path / "x.parquet", tmp_path / "x.txt")
    lines = (tmp_path / "x.txt").read_text().splitlines()
    assert lines == ["a|||0|||0|||0|||3", "b|||c|||0|||0|||1|||1", "a|||1|||5|||2|||3", "||||||0|||9|||3|||0"]
    read = read_clusters(tmp_path / "x.txt", language="en")
    assert read.to_dict("list") == table.to_dict("list")
    split = read_clusters(tmp_path / "x.txt", split=5)
    assert split.language.tolist() == ["source", "source", "target", "target"]


def test_joint_concepts_keep_their_languages_in_text(tmp_path):
    huge = 2**62
    table = pd.DataFrame(
        {
            "word": ["der", "Hund", "the", "dog", "cat"],
            "sentence": [7, huge, 7, huge, huge + 5],
            "position": [0, 1, 0, 1, 2],
            "language": ["de", "de", "en", "en", "en"],
            "cluster": [0, 1, 0, 1, 1],
        }
    )
    table.to_parquet(tmp_path / "x.parquet")
    assert export(tmp_path / "x.parquet", tmp_path / "x.txt") == {"de": 0, "en": 3}
    read = read_clusters(tmp_path / "x.txt", split=3)
    assert read.language.tolist() == ["source", "source", "target", "target", "target"]
    assert read.sentence.tolist() == [0, 1, 3, 4, 5]
    for name in ("word", "position", "cluster"):
        assert read[name].tolist() == table[name].tolist()


def test_malformed_cluster_files_are_placed(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("a|||0|||0|||0|||3\na|||0|||0|||x|||3\n")
    with pytest.raises(IsoglossError, match=r"x\.txt:2: expected word"):
        read_clusters(path)
    path.write_text("")
    with pytest.raises(IsoglossError, match="holds no words"):
        read_clusters(path)
    pd.DataFrame({"word": ["a"]}).to_parquet(tmp_path / "y.parquet")
    with pytest.raises(IsoglossError, match="lacks the columns sentence, position, language, cluster"):
        read_clusters(tmp_path / "y.parquet")


WORDS = {"word": ["a", "b", "c", "d"], "sentence": [5, 6, 7, 8], "position": [0] * 4, "language": "en"}
WORDS["cluster"] = [0, 1, 1, 0]


@pytest.mark.parametrize("row", [0, 2, 3])
@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("word", None, "expected a word, found nothing"),
        ("word", "", "expected a word, found ''"),
        ("word", 7, "expected a word, found the number 7"),
        ("word", ["a"], "expected a word, found "),
        ("word", b"\xff", "expected a word, found bytes"),
        ("cluster", None, "expected a whole number from 0, found nothing"),
        ("cluster", -1, "expected a whole number from 0, found the number -1"),
        ("cluster", 0.5, "expected a whole number from 0, found the number 0.5"),
        ("cluster", "c1", "expected a whole number from 0, found 'c1'"),
        ("sentence", None, "expected a whole number, found nothing"),
        ("position", "x", "expected a whole number, found 'x'"),
    ],
)
def test_a_cell_that_is_none_is_placed(tmp_path, column, cell, told, row):
    cells = list(WORDS[column])
    if isinstance(cell, str) and column != "word":
        cells = list(map(str, cells))
    if isinstance(cell, int | list | bytes) and column == "word":
        cells = [type(cell)()] * 4  # Parquet has one type a column
        row = 0
    cells[row] = cell
    if column != "word" and isinstance(cell, str):
        row = 0  # numbers as text are none
        told = told.replace(f"'{cell}'", f"'{cells[0]}'")
    pd.DataFrame({**WORDS, column: cells}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(IsoglossError, match=rf"x\.parquet, row {row + 1}, column '{column}': {re.escape(told)}"):
        read_clusters(tmp_path / "x.parquet")


def test_one_word_in_two_spellings_is_one_word(tmp_path):
    forms = ["\u00e9t\u00e9", "e\u0301te\u0301", "\u00e9t\u00e9\u200b", "b"]
    pd.DataFrame({**WORDS, "word": forms}).to_parquet(tmp_path / "x.parquet")
    lines = [f"{word}|||0|||{number}|||0|||1 \r\n" for number, word in enumerate(forms)]
    (tmp_path / "x.txt").write_bytes("\ufeff{}".format("\r\n".join(lines)).encode())
    lexicon = [f"{word} -> x: Probability = 1.0, Count = 2\n" for word in forms]
    (tmp_path / "l.txt").write_text("  ".join(lexicon))
    pd.DataFrame(
        {"source": [form.encode() for form in forms], "target": "x", "probability": 1, "count": [2.0] * 4}
    ).to_parquet(tmp_path / "l.parquet")
    for name in ("x.parquet", "x.txt"):
        assert read_clusters(tmp_path / name).word.tolist() == ["\u00e9t\u00e9"] * 3 + ["b"]
    for name in ("l.parquet", "l.txt"):
        assert read_lexicon(tmp_path / name).source.tolist() == ["\u00e9t\u00e9"] * 3 + ["b"]


@pytest.mark.parametrize(
    "line",
    ["a|||0|||1|||0|||-1", "|||0|||1|||0|||1", "a|||0|||1_0|||0|||1", "a|||0|||1|||0|||1.0"],
)
def test_a_line_that_is_none_is_placed(tmp_path, line):
    (tmp_path / "x.txt").write_text(f"a|||0|||0|||0|||3\n\n{line}\n")
    with pytest.raises(IsoglossError, match=r"x\.txt:3: expected word"):
        read_clusters(tmp_path / "x.txt")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["kmeans", "ward"])
def test_clusters_do_not_depend_on_the_scale(method):
    vectors = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    right = label(vectors, 5, method, 0, 1, "cpu")
    for power in (-120, -60, 60, 120):  # squares of these are 0, or infinite, in float32
        assert (label(np.ldexp(vectors, power), 5, method, 0, 1, "cpu") == right).all()
