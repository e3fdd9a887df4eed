import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.states.sentence_vectors import new_vectors
from isogloss.states.store import StoreWriter, open_store


def words(count=20):
    return pd.DataFrame(
        {
            "sentence": np.arange(count) // 4,
            "position": np.arange(count) % 4,
            "form": [f"wört|||{i}" for i in range(count)],
            "aligned": np.arange(count) % 2 == 0,
            "frequent": True,
        }
    )


def values(layers=2, count=20, hidden=8):
    return np.random.default_rng(0).normal(size=(layers, count, hidden)).astype(np.float16)


def write(path, vectors, batches=((0, 4), (4, 20)), **attributes):
    writer = StoreWriter(path, words(), [0, 3], 8, {"model": "m", **attributes})
    for number, (start, stop) in enumerate(batches):
        if number >= writer.done:
            writer.write(start, vectors[:, start:stop])
    writer.finish()


def test_round_trip(tmp_path):
    path, vectors = tmp_path / "deep" / "x.h5", values()
    write(path, vectors, dropped={"truncated": 2})
    with open_store(path) as store:
        assert store.layers == [0, 3]
        assert store.hidden == 8
        assert store.attributes["dropped"] == {"truncated": 2}
        np.testing.assert_array_equal(store.vectors(3), vectors[1].astype(np.float32))
        np.testing.assert_array_equal(store.vectors(0, np.array([5, 7])), vectors[0, [5, 7]].astype(np.float32))
        pd.testing.assert_frame_equal(store.words(), words(), check_dtype=False)
        with pytest.raises(IsoglossError, match="no layer 1; it has 0, 3"):
            store.vectors(1)
    assert sorted(p.name for p in path.parent.iterdir()) == ["x.h5", "x.layers.json"]


def test_two_readers_at_once(tmp_path):
    write(tmp_path / "x.h5", values())
    with open_store(tmp_path / "x.h5") as one, open_store(tmp_path / "x.h5") as other:
        assert (one.vectors(0) == other.vectors(0)).all()


def test_damaged_incomplete_and_foreign_files_are_named(tmp_path):
    path = tmp_path / "x.h5"
    with pytest.raises(IsoglossError, match="no activation store"), open_store(path):
        pass
    write(path, values())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IsoglossError, match=r"damaged, cut off.*run the same command again"), open_store(path):
        pass
    with new_vectors(path, {}) as vectors:
        vectors.add("en", [0], {"mean": values(1)})
    with pytest.raises(IsoglossError, match="no activation store: it is isogloss-sentence-vectors"), open_store(path):
        pass
    with h5py.File(path, "w") as file:
        file["a"] = 1
    with pytest.raises(IsoglossError, match="does not end as a finished one does"), open_store(path):
        pass
    writer = StoreWriter(tmp_path / "y.h5", words(), [0], 8, {})
    writer.flush()
    writer.file.close()
    (tmp_path / "y.h5.partial").rename(tmp_path / "y.h5")
    with pytest.raises(IsoglossError, match="unfinished"), open_store(tmp_path / "y.h5"):
        pass


def test_kill_9_and_again_gives_the_same_store(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys
        sys.path[:0] = sys.argv[2:]
        import numpy as np
        from test_store import values, words
        from isogloss.states.store import StoreWriter
        writer = StoreWriter(sys.argv[1], words(), [0, 3], 8, {"model": "m"})
        writer.write(0, values()[:, :4])
        writer.flush()
        writer.file["layers/0"][10] = 7  # half of the next batch
        writer.file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    here = Path(__file__).parent
    folders = [str(here), str(here.parents[2] / "workflow")]
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "x.h5"), *folders])
    assert done.returncode == -signal.SIGKILL
    writer = StoreWriter(tmp_path / "x.h5", words(), [0, 3], 8, {"model": "m"})
    assert writer.done == 1
    writer.write(4, values()[:, 4:])
    writer.finish()
    write(tmp_path / "y.h5", values())
    with open_store(tmp_path / "x.h5") as one, open_store(tmp_path / "y.h5") as other:
        for layer in (0, 3):
            assert (one.vectors(layer) == other.vectors(layer)).all()


def test_another_writers_leftover_is_not_gone_on_with(tmp_path):
    writer = StoreWriter(tmp_path / "x.h5", words(), [0, 3], 8, {"model": "old"})
    writer.write(0, values()[:, :4])
    writer.flush()
    writer.file.close()
    writer.lock.release()
    writer = StoreWriter(tmp_path / "x.h5", words(), [0, 3], 8, {"model": "new"})
    assert writer.done == 0


def test_a_second_writer_is_refused(tmp_path):
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from test_store import words\nfrom isogloss.states.store import StoreWriter\n"
        "try:\n    StoreWriter(sys.argv[1], words(), [0, 3], 8, {})\n"
        "except Exception as error:\n    print(error)\n"
    )
    writer = StoreWriter(tmp_path / "x.h5", words(), [0, 3], 8, {})
    here = Path(__file__).parent
    folders = [str(here), str(here.parents[2] / "workflow")]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.h5"), *folders], capture_output=True, text=True
    )
    assert "Another running job is writing" in done.stdout
    assert "x.h5" in done.stdout
    writer.finish()


def test_a_full_disk_is_told_and_the_earlier_store_stays(tmp_path):
    path = tmp_path / "x.h5"
    write(path, values())
    before = path.read_bytes()
    script = textwrap.dedent(
        """
        import resource, signal, sys
        sys.path[:0] = sys.argv[2:]
        import numpy as np
        from test_store import words
        from isogloss.errors import IsoglossError
        from isogloss.states.store import StoreWriter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        import pandas as pd
        many = pd.concat([words()] * 200, ignore_index=True)
        try:
            writer = StoreWriter(sys.argv[1], many, [0, 3], 64, {})
            for start in range(0, 4000, 100):
                writer.write(start, np.ones((2, 100, 64), np.float16))
            writer.finish()
        except IsoglossError as error:
            print(error, flush=True)
        """
    )
    here = Path(__file__).parent
    folders = [str(here), str(here.parents[2] / "workflow")]
    done = subprocess.run([sys.executable, "-c", script, str(path), *folders], capture_output=True, text=True)
    assert "No space left on the disk" in done.stdout, done.stderr
    assert path.read_bytes() == before


def test_a_store_that_was_cut_off_is_put_aside_and_made_again_with_its_time(tmp_path):
    path = tmp_path / "x.h5"
    write(path, values())
    made, whole = (tmp_path / "x.layers.json").stat().st_mtime_ns, path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IsoglossError, match=r"It is x\.h5\.damaged now"), open_store(path, put_aside=True):
        pass
    assert not path.exists()
    write(path, values())
    assert path.stat().st_mtime_ns == made
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.h5", "x.layers.json"]


def test_a_reader_without_a_claim_moves_nothing(tmp_path):
    path = tmp_path / "x.h5"
    path.write_bytes(b"nothing")
    with pytest.raises(IsoglossError, match="delete it"), open_store(path):
        pass
    assert path.exists()
