import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from isogloss.errors import IsoglossError
from isogloss.measures.probes.compute import STRENGTHS, Probe, write_probes
from isogloss.states.sentence_vectors import new_vectors

N, D = 80, 6
LANGUAGES = ("de", "en", "sw")


def world(shift=0.0, seed=0, n=N, d=D, told=True):
    """The label is the sign of one direction, or has nothing to do with the vectors."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, d))
    labels = np.where(shared[:, 0] > 0, "yes", "no") if told else rng.choice(["yes", "no"], n)
    vectors = {name: shared + 0.1 * rng.normal(size=(n, d)) for name in LANGUAGES}
    for place, name in enumerate(LANGUAGES):
        vectors[name] = vectors[name] + shift * place
    return vectors, labels


def measure(folder, layers, columns, **options):
    folder.mkdir(exist_ok=True)
    items = {}
    with new_vectors(folder / "v.h5", {}) as writer:
        for name in LANGUAGES:
            writer.add(
                name, list(range(len(layers))), {"mean": np.stack([layer[name] for layer in layers]).astype("f2")}
            )
            items[name] = folder / f"{name}.parquet"
            count = len(layers[0][name])
            table = pd.DataFrame({"split": "test", "item": range(count), **columns})
            # The order of rows in the file is not that of the items, and other splits are of no account.
            table = pd.concat([table[::-1], table.assign(split="training")])
            table.to_parquet(items[name])
    settings = {"pooling": "mean", "null": 100, "bootstrap": 200, "seed": 1, "threads": 2, "labels": list(columns)}
    write_probes(
        vectors=folder / "v.h5",
        test=items,
        attributes={"model": "m"},
        output=folder / "out.csv",
        **{**settings, **options},
    )
    return pd.read_csv(folder / "out.csv", dtype={"reason": str}).fillna({"reason": ""})


def test_equals_ridge_regression_with_the_best_strength_left_one_out():
    vectors, _ = world()
    rng = np.random.default_rng(3)
    truth = rng.choice(["a", "b", "c"], 40, p=[0.5, 0.3, 0.2])
    x, held_out = vectors["en"][:40], vectors["de"][40:]
    centred = x - x.mean(0)
    variance = np.linalg.eigvalsh(centred.T @ centred).mean()
    targets = (truth[:, None] == ["a", "b", "c"]).astype(float)
    errors = []
    for strength in STRENGTHS * variance:
        left = []
        for i in range(40):
            kept = np.arange(40) != i
            # Every fit with the mean of all: leaving one out moves it by next to nothing in the closed form too.
            model = Ridge(alpha=strength).fit(x[kept], targets[kept])
            left.append(np.square(model.predict(x[i : i + 1])[0] - targets[i]).mean())
        errors.append(np.mean(left))
    model = Ridge(alpha=STRENGTHS[np.argmin(errors)] * variance).fit(x, targets)
    probe = Probe.fit(x, truth, 100, 1)
    expected = model.predict(held_out)
    assert (held_out - x.mean(0)) @ probe.weights[0] + probe.shares == pytest.approx(expected, abs=1e-9)


def test_a_shared_direction_is_found_in_every_language(tmp_path):
    vectors, labels = world(shift=5, n=400, d=24)
    table = measure(tmp_path, [vectors], {"label": labels})
    assert len(table) == 3 * 3 * 2
    assert (table.reason == "").all()
    assert (table.n == 200).all()
    centred = table[table.vectors == "centred"]
    assert (centred.value > 0.75).all()
    assert (centred.null_p < 0.02).all()
    apart = table[(table.vectors == "raw") & (table.source != table.target)]
    # Another language lies far on one side of what tells the labels apart.
    assert apart.value.mean() < 0.65
    same = table[table.source == table.target].set_index(["source", "vectors"]).value
    assert (same.xs("raw", level=1) == same.xs("centred", level=1)).all()
    assert (table.floor == (labels[200:] == pd.Series(labels[:200]).mode()[0]).mean()).all()


def test_the_same_bytes_each_time_with_any_number_of_threads(tmp_path):
    vectors, labels = world()
    for name, threads in (("one", 1), ("two", 3)):
        measure(tmp_path / name, [vectors, vectors], {"label": labels}, threads=threads)
    assert (tmp_path / "one" / "out.csv").read_bytes() == (tmp_path / "two" / "out.csv").read_bytes()


def test_several_labels(tmp_path):
    vectors, labels = world()
    noise = np.random.default_rng(1).integers(0, 3, N)
    table = measure(tmp_path, [vectors], {"label": labels, "topic": noise})
    assert table.groupby("label").classes.unique().map(list).to_dict() == {"label": [2], "topic": [3]}
    assert table[table.label == "label"].value.min() > table[table.label == "topic"].value.max()


def test_what_cannot_be_probed_has_a_reason(tmp_path):
    vectors, labels = world()
    dead = {**vectors, "en": np.ones((N, D))}
    table = measure(tmp_path, [vectors, dead], {"label": labels, "same": ["x"] * N})
    assert len(table) == 2 * 2 * 18
    assert (table.value.isna() == (table.reason != "")).all()
    one = table[table.label == "same"]
    assert one[one.layer == 0].reason.eq("the 40 items to learn from all have the label 'x'").all()
    touched = (table.layer == 1) & ((table.source == "en") | (table.target == "en")) & (table.label == "label")
    assert table[touched].reason.str.startswith("en is constant").all()
    assert (table[(table.label == "label") & ~touched].reason == "").all()


def test_items_that_are_not_those_of_the_vectors(tmp_path):
    vectors, labels = world()
    measure(tmp_path, [vectors], {"label": labels})
    pd.DataFrame({"split": "test", "item": [0], "label": "yes"}).to_parquet(tmp_path / "en.parquet")
    items = {name: tmp_path / f"{name}.parquet" for name in LANGUAGES}
    options = {"pooling": "mean", "null": 100, "bootstrap": 100, "seed": 1, "threads": 1, "labels": ["label"]}
    with pytest.raises(IsoglossError, match=r"80 items of en, but .*en.parquet has 1"):
        write_probes(vectors=tmp_path / "v.h5", test=items, attributes={}, output=tmp_path / "o.csv", **options)
    with pytest.raises(IsoglossError, match="no vectors of the pooling 'first'; it has mean"):
        write_probes(
            vectors=tmp_path / "v.h5",
            test=items,
            attributes={},
            output=tmp_path / "o.csv",
            **{**options, "pooling": "first"},
        )


@pytest.mark.slow
def test_where_nothing_is_there_p_is_small_as_often_as_it_says(tmp_path):
    layers, columns = [], {}
    for seed in range(40):
        vectors, columns[f"label{seed}"] = world(seed=seed, told=False, n=40)
        layers.append(vectors)
    table = measure(tmp_path, layers[:1], columns, null=199)
    # Where the strongest ridge is best, all draws say the most frequent label: p is 1 then.
    assert (table.null_p <= 0.05).mean() < 0.08
