"""Files that were damaged after they were made: each is noticed, whatever was hit, or gives what was written."""

import h5py
import numpy as np
import pytest
from test_store import values, words, write

from isogloss.errors import IsoglossError
from isogloss.states.sentence_vectors import new_vectors, open_vectors
from isogloss.states.store import StoreWriter, open_store

DAMAGES = 240


def damaged(whole, seed):
    """Damage a file's bytes in one of six ways."""
    random = np.random.default_rng(seed)
    data = bytearray(whole)
    place = int(random.integers(len(data)))
    size = int(random.integers(1, 600))
    match seed % 6:
        case 0:
            data[place] ^= 1 << int(random.integers(8))
        case 1:
            data[place : place + size] = bytes(len(data[place : place + size]))
        case 2:
            data[place : place + size] = random.bytes(len(data[place : place + size]))
        case 3:
            del data[place:]
        case 4:  # a piece from elsewhere, as a file system may give
            other = int(random.integers(len(data)))
            piece = data[other : other + size]
            data[place : place + len(piece)] = piece
        case 5:
            del data[place : place + size]
    return bytes(data)


def everything(path):
    """Read all that a store gives."""
    with open_store(path, put_aside=True) as store:
        tables = [store.words().to_csv(), repr(sorted(store.attributes.items())), store.hidden, len(store)]
        arrays = [store.vectors(layer) for layer in store.layers]
        arrays += [store.sentence_vectors(layer, name) for layer in store.layers for name in ("first", "mean")]
        return [*tables, store.layers, *(array.tobytes() for array in arrays)]


def test_of_many_damaged_stores_none_gives_other_vectors(tmp_path):
    path = tmp_path / "x.h5"
    table, vectors = words(60), values(2, 60)
    writer = StoreWriter(path, table, [0, 3], 8, {"model": "m", "wanted": 60}, np.arange(20))
    writer.write_sentences(0, {name: values(2, 20) for name in ("first", "mean")})
    writer.write(0, vectors)
    writer.finish()
    whole, truth = path.read_bytes(), everything(path)
    refused = 0
    for seed in range(DAMAGES):
        path.write_bytes(damaged(whole, seed))
        found, message = attempt(lambda: everything(path))
        assert message or found == truth, f"damage {seed} gives something else"
        if message:
            refused += 1
            assert "\n" not in message
            assert str(path) in message
            assert not path.exists()
            path.with_name("x.h5.damaged").unlink()
    assert refused > DAMAGES / 2  # others put zeros where zeros were


def attempt(function):
    """Give what a function gives, or the error that the user sees."""
    try:
        return function(), ""
    except IsoglossError as error:
        return None, str(error)


def test_of_many_damaged_files_of_sentence_vectors_none_gives_others(tmp_path):
    path = tmp_path / "v.h5"

    def everything():
        with open_vectors(path, put_aside=True) as file:
            return {f"{a}/{b}/{c}": file[a][b][c][:].tobytes() for a in file for b in file[a] for c in file[a][b]}

    with new_vectors(path, {"task": "t"}) as writer:
        for language in ("de", "en"):
            writer.add(language, [0, 2], {"first": values(2, 30), "mean": values(2, 30)})
    whole, truth = path.read_bytes(), everything()
    assert len(truth) == 8
    for seed in range(DAMAGES // 2):
        path.write_bytes(damaged(whole, seed))
        found, message = attempt(everything)
        assert message or found == truth, f"damage {seed} gives something else"
        assert "\n" not in message
        assert path.exists() != bool(message)


def test_what_the_system_cannot_read_is_not_called_damaged(tmp_path, monkeypatch):
    path = tmp_path / "x.h5"
    write(path, values())

    def fails(*_, **__):
        raise OSError("Unable to synchronously open file (file read failed, errno = 5, error message = 'Input/output')")

    monkeypatch.setattr(h5py, "File", fails)
    with pytest.raises(IsoglossError, match="The system could not read"), open_store(path, put_aside=True):
        pass
    assert path.exists()
