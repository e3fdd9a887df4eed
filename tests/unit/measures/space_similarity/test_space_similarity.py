import numpy as np
import pandas as pd
import pytest
import similar_worlds as worlds

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity.compute import (
    CANONICAL,
    CELLS,
    OF_ONE_LANGUAGE,
    QUESTIONS,
    write_space_similarity,
)
from isogloss.measures.space_similarity.pairs import similarity
from isogloss.states.sentence_vectors import new_vectors

KEY = ["source", "target", "layer", "vectors", "measure"]


def measure(folder, layers, before=None, **options):
    """Write what languages have in each layer, measure it, read the table."""
    with new_vectors(folder / "v.h5", {}) as writer:
        for language in sorted(layers[0]):
            numbers = list(range(len(layers)))
            states = [layer[language].astype(np.float16) for layer in layers]
            writer.add(language, numbers, {"mean": np.stack(states)})
    settings = {
        "pooling": "mean",
        "items": 1000,
        "neighbours": 5,
        "null": 100,
        "bootstrap": 200,
        "seed": 1,
        "threads": 2,
    }
    write_space_similarity(
        vectors=folder / "v.h5",
        before=before or [],
        attributes={"model": "m"},
        output=folder / "out.csv",
        replicates_output=folder / "replicates.parquet",
        **{**settings, **options},
    )
    return pd.read_csv(folder / "out.csv", dtype={"reason": str}).fillna({"target": "", "reason": ""})


def world(count=4, shift=0.2, **options):
    return dict(zip("abcdefgh", worlds.languages(count=count, shift=shift, **options), strict=False))


def rows(languages=4, cca=False):
    """Count the rows of a layer."""
    each = languages * (languages - 1)
    return sum(languages if name in OF_ONE_LANGUAGE else each for name, _ in CELLS if cca or name not in CANONICAL)


def test_every_cell_has_a_row_with_a_value(tmp_path):
    layers = [world(), world(noise=0.1)]
    table = measure(tmp_path, layers, cca=True)
    assert not table.duplicated(KEY).any()
    assert len(table) == 2 * rows(cca=True)
    assert set(table.measure) == set(QUESTIONS)
    assert (table.question == table.measure.map(QUESTIONS)).all()
    assert (table.model == "m").all()
    assert (table.reason == "").all()
    assert table.value.notna().all()
    assert (table.n == 60).all()
    assert ((table.target == "") == table.measure.isin(OF_ONE_LANGUAGE)).all()
    assert (table.null_p.notna() == (table.question != "one space")).all()
    assert (table.low <= table.value).all()
    assert (table.high >= table.value).all()


def test_values_are_those_of_the_pair(tmp_path):
    layers = [world(noise=0.7, shift=0.4)]
    table = measure(tmp_path, layers, neighbours=7).set_index(KEY)
    half = {language: vectors.astype(np.float16) for language, vectors in layers[0].items()}
    for (source, target, layer, vectors, name), row in table.iterrows():
        if target and name not in ("retrieval_csls", "retrieval_ratio"):
            value = similarity(half[source], half[target], name, centred=vectors == "centred", neighbours=7)
            assert row.value == pytest.approx(value, abs=1e-6), (source, target, layer, vectors, name)


def test_directions_are_told_apart(tmp_path):
    """All of b lies near one item of a, so that a finds nothing in b, and b's items all find that one."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(60, 8))
    b = a[:1] + 0.1 * a
    table = measure(tmp_path, [{"a": a, "b": b}]).set_index(KEY).value
    assert table["a", "b", 0, "raw", "strong_retrieval"] > table["b", "a", 0, "raw", "strong_retrieval"]


def test_same_bytes_each_time_and_with_any_number_of_threads(tmp_path):
    for name, threads in (("one", 1), ("two", 2), ("again", 2)):
        (tmp_path / name).mkdir()
        measure(tmp_path / name, [world()], threads=threads)
    bytes_of = [(tmp_path / name / "out.csv").read_bytes() for name in ("one", "two", "again")]
    assert bytes_of[0] == bytes_of[1] == bytes_of[2]


def before_and_after(tmp_path, before, after, **options):
    """Measure a model before and after tuning, each in a folder of its own."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    first = measure(tmp_path / "before", [before], **options)
    last = measure(tmp_path / "after", [after], [tmp_path / "before" / "replicates.parquet"], **options)
    return first, last


def test_a_change_is_of_the_same_items_before_and_after(tmp_path):
    old, new = world(n=90, noise=0.7), world(n=90, noise=0.3)
    first, last = before_and_after(tmp_path, old, new, cca=True)
    assert first[["change", "change_low", "change_high", "change_p"]].isna().all(axis=None)
    assert last.change.to_numpy() == pytest.approx((last.value - first.value).to_numpy(), abs=1e-9)
    assert (last.change_p.isna() == (last.reason != "")).all()
    found = last[last.change_p.notna()]
    assert set(found.measure) == set(QUESTIONS) - set(OF_ONE_LANGUAGE) - set(CANONICAL)
    assert ((found.change_low <= found.change) & (found.change <= found.change_high)).all()
    assert (found[found.measure == "cka_debiased"].change_low > 0).all()


def test_the_same_vectors_did_not_change(tmp_path):
    _, last = before_and_after(tmp_path, world(), world())
    found = last[last.change_p.notna()]
    assert (found[["change", "change_low", "change_high"]] == 0).all(axis=None)
    assert (found.change_p == 1).all()


def test_a_change_without_interval_or_without_a_value_before_says_so(tmp_path):
    dead = world(n=30)
    dead["b"] = np.ones((30, 8))
    _, last = before_and_after(tmp_path, dead, world(n=30))
    known = last[last.value.notna()]
    assert known.change_p.isna().all()
    none = known.reason.str.contains("no value before tuning")
    touched = (known.source == "b") | (known.target == "b")
    assert none[touched].all()
    assert set(known[none & ~touched].measure) == {"interlingual_overlap"}
    assert known[~none].reason.str.contains("no interval").all()
    assert known[~none].change.notna().all()


def test_a_sample_of_the_items(tmp_path):
    table = measure(tmp_path, [world()], items=30)
    assert (table.n == 30).all()


def test_a_constant_layer_has_a_reason(tmp_path):
    dead = world()
    dead["b"] = np.full((60, 8), 0.1)
    table = measure(tmp_path, [dead])
    touched = (table.source == "b") | (table.target == "b")
    assert table[touched].value.isna().all()
    assert set(table[touched].reason) == {"b is constant: all its 60 items have the same vector."}
    # Three languages are left: too few to be near three others.
    rest = table[~touched]
    assert set(rest[rest.value.isna()].measure) == {"interlingual_overlap"}
    assert rest[rest.value.isna()].reason.str.contains("at least 4; here are 3").all()
    assert len(table) == rows()


@pytest.mark.parametrize("cca", [False, True])
@pytest.mark.parametrize("constant", [["a", "b", "c", "d"], ["a", "b", "c"]])
def test_hardly_any_language_is_left(tmp_path, constant, cca):
    dead = {name: np.ones((60, 8)) if name in constant else vectors for name, vectors in world().items()}
    table = measure(tmp_path, [dead], cca=cca)
    assert len(table) == rows(cca=cca)
    assert (table.value.isna() == (table.reason != "")).all()


def test_items_that_are_not_parallel_have_a_reason(tmp_path):
    uneven = world()
    uneven["b"] = uneven["b"][:-1]
    table = measure(tmp_path, [uneven])
    assert table.value.isna().all()
    assert table.reason.str.contains("not parallel: a has 60, b has 59").all()


def test_a_ratio_of_opposite_directions_has_a_reason(tmp_path):
    """Raw vectors of two languages that lie on either side of the origin."""
    a, b = worlds.languages(n=60, shift=0)
    table = measure(tmp_path, [{"a": a + 20, "b": b - 20}]).set_index(KEY)
    told = table.loc["a", "b", 0, "raw", "retrieval_ratio"]
    assert np.isnan(told.value)
    assert "ratio of cosines" in told.reason
    assert table.loc["a", "b", 0, "centred", "retrieval_ratio"].value > 0


@pytest.mark.parametrize(("items", "left"), [(3, 0), (5, 8)])
def test_few_items_have_a_reason(tmp_path, items, left):
    table = measure(tmp_path, [world(n=items)])
    assert (table.value.isna() == (table.reason != "")).all()
    told = table[table.value.isna()]
    if left:
        told = told[told.measure != "retrieval_ratio"]
        assert set(told.measure) == {"neighbour_overlap", "hubness"}
        assert told.reason.str.contains("5 items are too few for 5 neighbours").all()
    else:
        assert len(told) == len(table)
        assert told.reason.str.contains("3 test items are too few").all()


def test_a_pooling_that_is_not_there(tmp_path):
    with pytest.raises(IsoglossError, match="no vectors of the pooling 'first'; it has mean"):
        measure(tmp_path, [world()], pooling="first")


@pytest.mark.slow
def test_where_nothing_is_there_p_is_small_as_often_as_it_says(tmp_path):
    """Languages without relation at the same place: a share of 5 % of the p-values is below 5 %, for every measure."""
    rng = np.random.default_rng(0)
    layers = [{name: rng.normal(size=(40, 6)) for name in "abcd"} for _ in range(60)]
    table = measure(tmp_path, layers, null=199, cca=True)
    table = table[table.null_p.notna()]
    false = (table.null_p <= 0.05).groupby(table.measure).mean()
    # Shares of few hits are coarse: their p-values are above what they say, never below.
    assert (false < 0.08).all(), false
    fine = ["neuron_correlation", "neighbour_overlap", "cka", "cka_debiased", "svcca", "pwcca"]
    assert (false[fine] > 0.025).all(), false
    assert ((table.value >= table.null_low).mean()) > 0.95
