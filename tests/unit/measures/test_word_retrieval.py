import numpy as np
import pandas as pd
import pytest

from isogloss.measures.word_retrieval.compute import MEASURES, UNITS, linked, measure_layer, write_word_retrieval
from isogloss.states.store import StoreWriter

KEY = ["source", "target", "layer", "vectors", "measure", "unit"]


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def literal(x, y, asked, sought, measure, unit):
    """Word by word, as the definition says it."""
    hits = []
    for i, a in enumerate(x):
        candidates = [(cosine(a, b), j == i, sought[j] == sought[i]) for j, b in enumerate(y)]
        if measure == "strong":
            for j, b in enumerate(x):
                if j != i and not (unit == "type" and asked[j] == asked[i]):
                    candidates.append((cosine(a, b), False, False))
        _, very_word, right_form = max(candidates, key=lambda candidate: candidate[0])
        hits.append(very_word if unit == "occurrence" else right_form)
    if unit == "occurrence":
        return np.mean(hits)
    return pd.Series(hits).groupby(np.asarray(asked)).mean().mean()


def world(types=12, each=3, d=6, noise=0.3, related=True, seed=0):
    """Words in context: a vector of the type, moved a little each time."""
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(types, d))
    others = meanings if related else rng.normal(size=(types, d))
    which = np.repeat(np.arange(types), rng.integers(1, 2 * each, types))
    context = noise * rng.normal(size=(len(which), d))
    x = meanings[which] + context + noise * rng.normal(size=(len(which), d))
    y = others[which] + context * related + noise * rng.normal(size=(len(which), d))
    # Two source words share one translation.
    return [x, y], [np.array([f"s{i}" for i in which]), np.array([f"t{max(i, 1)}" for i in which])]


def rows(sides, forms, null=100, bootstrap=200):
    found = pd.DataFrame([{"place": place, **row} for place, row in measure_layer(sides, forms, null, bootstrap, 1)])
    return found.set_index(["place", "vectors", "measure", "unit"])


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_definition(seed):
    sides, forms = world(seed=seed, noise=0.6)
    table = rows(sides, forms)
    assert len(table) == 16
    for (place, vectors, measure, unit), row in table.iterrows():
        x, y = (side - side.mean(0) if vectors == "centred" else side for side in (sides[place], sides[1 - place]))
        expected = literal(x, y, forms[place], forms[1 - place], measure, unit)
        assert row.value == pytest.approx(expected), (place, vectors, measure, unit)
        assert row.low <= row.value <= row.high
        assert row.types == len(set(forms[place]))
        assert row.n == len(sides[0])


def test_truths():
    sides, forms = world(noise=0.01)
    same = rows([sides[0], sides[0]], forms)
    assert same.value.to_numpy() == pytest.approx(1)
    assert (same.null_p < 0.02).all()
    # The same words at another place: no word is nearest to one of the other language, until each is centred.
    apart = rows([sides[0] + 50, sides[0] - 50 * np.eye(6)[0]], forms).value
    assert (apart.xs("raw", level="vectors").xs("strong", level="measure") == 0).all()
    assert apart.xs("centred", level="vectors").to_numpy() == pytest.approx(1)


def test_repetition_lowers_occurrences_and_not_types():
    """Contexts that say nothing: which occurrence is the nearest is chance, which type is not."""
    rng = np.random.default_rng(0)
    which = np.repeat(np.arange(10), 8)
    meanings = 5 * rng.normal(size=(10, 6))
    sides = [meanings[which] + 0.1 * rng.normal(size=(80, 6)) for _ in range(2)]
    value = rows(sides, [which, which]).value
    assert (value.xs("type", level="unit") == 1).all()
    assert value.xs("occurrence", level="unit").max() < 0.4


@pytest.mark.slow
def test_where_nothing_is_there_p_is_small_as_often_as_it_says():
    """The words of a type lie together in both languages, but nowhere near its translation's."""
    found = pd.concat(rows(*world(types=20, noise=0.1, related=False, seed=seed), null=199) for seed in range(150))
    false = (found.null_p <= 0.05).groupby(level=["measure", "unit"]).mean()
    assert (false < 0.08).all(), false


def test_links_that_count():
    alignment = pd.DataFrame({"sentence": [0, 1], "links": [[0, 0, 1, 1, 2, 1, 3, 2], [0, 0, 1, 1]]})
    source = pd.DataFrame(
        [(0, 0, "one"), (0, 1, "two"), (0, 2, "too"), (0, 3, "same"), (1, 0, "three")],
        columns=["sentence", "position", "form"],
    )
    target = pd.DataFrame(
        [(1, 1, "vier"), (1, 0, "drei"), (0, 2, "same"), (0, 1, "zwei"), (0, 0, "eins")],
        columns=["sentence", "position", "form"],
    )
    # `two` and `too` share a translation, `same` is the same, and the second word of sentence 1 was not extracted.
    found = linked(alignment, source, target)
    assert found[["source_row", "target_row"]].to_numpy().tolist() == [[0, 4], [4, 1]]
    assert found.source_form.tolist() == ["one", "three"]
    assert found.target_form.tolist() == ["eins", "drei"]


def store(path, forms, vectors):
    words = pd.DataFrame(
        {"sentence": range(len(forms)), "position": 0, "form": forms, "aligned": True, "frequent": True}
    )
    writer = StoreWriter(path, words, list(range(len(vectors))), vectors.shape[2], {})
    writer.write(0, vectors.astype(np.float16))
    writer.finish()


def measure(folder, sides, forms, **options):
    folder.mkdir(exist_ok=True)
    for name, layers, text in zip(("s.h5", "t.h5"), sides, forms, strict=True):
        store(folder / name, list(text), layers)
    alignment = pd.DataFrame({"sentence": range(len(forms[0])), "links": [[0, 0]] * len(forms[0])})
    alignment.to_parquet(folder / "a.parquet")
    write_word_retrieval(
        alignment=folder / "a.parquet",
        source_store=folder / "s.h5",
        target_store=folder / "t.h5",
        source="en",
        target="de",
        attributes={"model": "m"},
        output=folder / "out.csv",
        **{"pairs": 1000, "null": 100, "bootstrap": 100, "seed": 1, "threads": 1, **options},
    )
    return pd.read_csv(folder / "out.csv", dtype={"reason": str}).fillna({"reason": ""})


def test_a_table_of_all_layers_and_directions(tmp_path):
    sides, forms = world()
    layers = [np.stack([side, side[::-1]]) for side in sides]
    table = measure(tmp_path / "one", layers, forms)
    assert len(table) == 2 * 2 * 2 * len(MEASURES) * len(UNITS)
    assert not table.duplicated(KEY).any()
    assert set(zip(table.source, table.target, strict=True)) == {("en", "de"), ("de", "en")}
    assert (table.reason == "").all()
    types = table.groupby("source").types.unique().to_dict()
    assert {name: list(found) for name, found in types.items()} == {"de": [11], "en": [12]}
    measure(tmp_path / "two", layers, forms)
    assert (tmp_path / "one" / "out.csv").read_bytes() == (tmp_path / "two" / "out.csv").read_bytes()
    assert (measure(tmp_path / "few", layers, forms, pairs=9).n == 9).all()


def test_no_links_and_constant_layers_have_reasons(tmp_path):
    sides, forms = world()
    dead = [np.stack([np.ones_like(side), side]) for side in sides]
    table = measure(tmp_path / "dead", dead, forms)
    assert len(table) == 32
    assert set(table[table.layer == 0].reason) == {
        f"en is constant: all its {len(sides[0])} items have the same vector."
    }
    assert (table[table.layer == 1].reason == "").all()
    table = measure(tmp_path / "same", dead, [forms[0], forms[0]])
    assert len(table) == 32
    assert table.reason.str.startswith("0 linked pairs of words are one to one").all()
    assert table.value.isna().all()
