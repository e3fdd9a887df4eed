"""Similarity of spaces on a corpus: the same numbers as of test items, on the sentences that a pair shares."""

import numpy as np
import pandas as pd
import pytest
import similar_worlds as worlds

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity.compute import (
    CANONICAL,
    CELLS,
    OF_ONE_LANGUAGE,
    write_corpus_similarity,
    write_space_similarity,
)
from isogloss.states.sentence_vectors import new_vectors
from isogloss.states.store import StoreWriter

KEY = ["source", "target", "layer", "vectors", "measure"]
SETTINGS = {"pooling": "mean", "items": 1000, "neighbours": 5, "null": 100, "bootstrap": 200, "seed": 1, "threads": 2}
NAMES = {"model": "m", "checkpoint": "pretrained", "task": "", "corpus": "c"}
WORDS = pd.DataFrame({"sentence": [0], "position": [0], "form": ["x"], "aligned": [True], "frequent": [True]})


def store(path, vectors, drawn):
    """Write a store that holds vectors of drawn sentences, in the order in which they were run: here by number."""
    turn = np.argsort(drawn)
    table = pd.DataFrame({"sentence": drawn[turn], "turn": turn})
    layers = range(len(vectors))
    writer = StoreWriter(path, WORDS, list(layers), vectors[0].shape[1], {}, None, ("first", "mean"), table)
    states = np.stack([layer[turn] for layer in vectors]).astype(np.float16)
    writer.write_rows("drawn/mean", 0, states)
    writer.write_rows("drawn/first", 0, -2 * states)
    writer.write(0, np.zeros((len(vectors), 1, vectors[0].shape[1]), dtype=np.float16))
    writer.finish()
    return path


def measure(folder, layers, drawn=None, source="a", **options):
    """Write the stores of every pair, measure them, read the table.

    Parameters
    ----------
    layers
        A mapping a layer, from languages to vectors.
    drawn
        By target the numbers of the pair's sentences, in the order of the draw: rows of the vectors.
    """
    folder.mkdir(exist_ok=True)
    targets = sorted({*layers[0]} - {source})
    every = np.random.default_rng(0).permutation(len(layers[0][source]))
    stores = {"source": {}, "target": {}}
    for target in targets:
        chosen = (drawn or {}).get(target, every)
        for side, language in (("source", source), ("target", target)):
            vectors = [layer[language][chosen] for layer in layers]
            stores[side][target] = store(folder / f"{target}-{side}.h5", vectors, chosen)
    settings = {**SETTINGS, "layers": list(range(len(layers))), **options}
    files = {"output": folder / "out.csv", "replicates_output": folder / "out.parquet"}
    given = {"before": [], **settings, **files, "attributes": NAMES}
    write_corpus_similarity(sources=stores["source"], targets=stores["target"], source=source, **given)
    return read(files["output"])


def read(path):
    table = pd.read_csv(path, dtype={"reason": str, "task": str}).fillna({"target": "", "reason": "", "task": ""})
    assert not table.duplicated(KEY).any()
    assert (table.reason[table.value.isna()] != "").all()
    return table


def world(n=60, **options):
    return dict(zip("abcd", worlds.languages(n=n, shift=0.2, **options), strict=False))


def test_numbers_are_those_of_the_same_vectors_as_test_items(tmp_path):
    layers = [world(count=4), world(count=4, noise=0.7)]
    table = measure(tmp_path / "corpus", layers)
    order = np.random.default_rng(0).permutation(60)
    with new_vectors(tmp_path / "v.h5", {}) as writer:
        for language in layers[0]:
            states = np.stack([layer[language][order] for layer in layers]).astype(np.float16)
            writer.add(language, [0, 1], {"mean": states})
    names = {**NAMES, "task": "t", "corpus": ""}
    files = {"output": tmp_path / "t.csv", "replicates_output": tmp_path / "t.parquet"}
    write_space_similarity(vectors=tmp_path / "v.h5", before=[], attributes=names, **files, **SETTINGS)
    of_items = read(files["output"])
    assert set(table.columns) == set(of_items.columns)
    assert (set(table.corpus), set(table.task)) == ({"c"}, {""})
    pd.testing.assert_frame_equal(table.drop(columns=["task", "corpus"]), of_items.drop(columns=["task", "corpus"]))


def test_pairs_that_share_other_sentences_are_measured_apart(tmp_path):
    """d lacks sentences: what it has is compared with the source alone, what all others have among them."""
    few = np.arange(40)
    whole, apart = world(count=4), world(count=4)
    table = measure(tmp_path / "all", [whole], {"d": few})
    assert dict(table.groupby("target").n.max()) == {"": 60, "a": 60, "b": 60, "c": 60, "d": 40}
    pairs = {tuple(pair) for pair in table[table.target != ""][["source", "target"]].to_numpy()}
    assert pairs == {(x, y) for x in "abc" for y in "abc" if x != y} | {("a", "d"), ("d", "a")}
    # The source stands in both groups; its own rows are of the larger one.
    assert set(table[(table.source == "a") & (table.target == "")].n) == {60}
    assert set(table[table.source == "d"].n) == {40}
    del apart["d"]
    without = measure(tmp_path / "three", [apart])
    rest = table[(table.source != "d") & (table.target != "d")].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, without)


def test_changes_are_of_the_same_sentences_of_each_pair(tmp_path):
    """Pairs with other sentences have blocks of other lengths."""
    drawn = {"d": np.arange(45)}
    was, now = world(count=4), world(count=4)
    now["d"] = now["d"][::-1]
    before = measure(tmp_path / "before", [was], drawn)
    after = measure(tmp_path / "after", [now], drawn, before=[tmp_path / "before" / "out.parquet"])
    assert before.change.isna().all()
    changed = after[after.value.notna()].merge(before, on=KEY, suffixes=("", "_before"))
    np.testing.assert_allclose(changed.change, changed.value - changed.value_before, atol=1e-9)
    with_d = (changed.source == "d") | (changed.target == "d")
    assert (changed[~with_d].change == 0).all()
    turned = changed[with_d & (changed.measure == "retrieval") & (changed.vectors == "centred")]
    assert set(turned.n) == {45}
    assert (turned.change < -0.5).all()
    assert (turned.change_p < 0.05).all()


def test_the_first_of_the_draw_are_taken(tmp_path):
    layers = [world(count=2)]
    table = measure(tmp_path / "some", layers, items=30)
    assert set(table.n) == {30}
    first = np.random.default_rng(0).permutation(60)[:30]
    pd.testing.assert_frame_equal(table, measure(tmp_path / "those", layers, {"b": first}))


def test_a_pooling_of_its_own(tmp_path):
    mean, first = (measure(tmp_path / name, [world(count=2)], pooling=name) for name in ("mean", "first"))
    assert set(first.pooling) == {"first"}
    np.testing.assert_allclose(first.value, mean.value, atol=2e-3)
    with pytest.raises(
        IsoglossError, match=r"has no vectors of drawn sentences of the pooling 'last'; it has first, mean"
    ):
        measure(tmp_path / "last", [world(count=2)], pooling="last")


@pytest.mark.parametrize(
    ("count", "told"), [(3, "3 sentences of both languages are too few"), (5, "5 items are too few")]
)
def test_too_few_sentences_have_a_reason(tmp_path, count, told):
    """Fewer than halves need, or than neighbours."""
    table = measure(tmp_path / "few", [world(count=2)], {"b": np.arange(count)})
    each = sum(2 for name, _ in CELLS if name not in CANONICAL)
    assert len(table) == each
    assert set(table.n) == {count}
    lost = table[table.reason.str.contains(told)]
    assert set(table.measure) - set(lost.measure) == (
        set() if count == 3 else {name for name, _ in CELLS} - {"neighbour_overlap", "hubness", *CANONICAL}
    )
    assert set(OF_ONE_LANGUAGE) <= set(table.measure)
