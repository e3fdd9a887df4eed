import numpy as np
import pytest

from isogloss.states.sentence_vectors import new_vectors, open_vectors

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("items", [1, 50, 3000])
def test_a_file_takes_little_more_than_its_vectors(tmp_path, items):
    path = tmp_path / "v.h5"
    states = {name: RNG.normal(size=(3, items, 16)).astype(np.float16) for name in ("first", "mean")}
    with new_vectors(path, {"model": "m"}) as writer:
        for language in ("ar", "de", "en", "ru", "zh"):
            writer.add(language, [0, 1, 4], states)
    held = 5 * sum(values.nbytes for values in states.values())
    assert path.stat().st_size < held + 50_000
    with open_vectors(path) as file:
        for language in file:
            for pooling, values in states.items():
                for layer, rows in zip((0, 1, 4), values, strict=True):
                    np.testing.assert_array_equal(file[language][pooling][str(layer)][:], rows)
