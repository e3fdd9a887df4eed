import errno
import json
import os
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from isogloss import files
from isogloss.errors import IsoglossError
from isogloss.files import read_arrow, read_json, read_parquet, write_csv, write_parquet
from isogloss.tables import read_table


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(files, "time", clock)
    return clock


@pytest.mark.parametrize("cost", [0.01, 1.0, 15.0, 400.0])
def test_saves_take_at_most_a_twentieth_of_the_time(clock, cost):
    pace, spent, moments = files.SavePace(30), 0.0, []
    while clock.now < 100_000:
        clock.now += 0.7
        if pace.due():
            moments.append(clock.now)
            with pace.saving():
                clock.now += cost
            spent += cost
    assert spent <= 0.05 * clock.now + cost
    assert len(moments) > 5
    assert min(later - one for one, later in pairwise(moments)) >= 30


def test_a_save_costs_what_it_took_last(clock):
    pace = files.SavePace(30)
    clock.now = 31
    with pace.saving():
        clock.now += 10
    clock.now += 199
    assert not pace.due()
    clock.now += 1
    assert pace.due()
    with pace.saving():
        clock.now += 0.1
    clock.now += 30
    assert pace.due()


def test_a_pipe_or_a_device_is_never_written_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(IsoglossError, match="no ordinary file"), files.published(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()


def refusal(read, path):
    """Give the line by which a damaged file is refused, or what is read."""
    try:
        return read(path)
    except IsoglossError as error:
        return str(error)


def test_a_damaged_parquet_file_is_refused_wherever_a_bit_of_its_values_is_another(tmp_path):
    rng = np.random.default_rng(0)
    words = [[f"w{number}" for number in rng.integers(99, size=5)] for _ in range(200)]
    write_parquet(pd.DataFrame({"words": words, "x": rng.normal(size=200), "n": range(200)}), tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    values = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    damaged = [whole[:place] for place in rng.integers(len(whole), size=50)] + [b""]
    for place in rng.integers(4, values, size=200):
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << rng.integers(8)]) + whole[place + 1 :])
    for content in damaged:
        (tmp_path / "d.parquet").write_bytes(content)
        for read in (read_parquet, read_arrow):
            found = refusal(read, tmp_path / "d.parquet")
            if not isinstance(found, str):  # a bit of what describes a page may not count
                pd.testing.assert_frame_equal(
                    read_parquet(tmp_path / "d.parquet"), read_parquet(tmp_path / "t.parquet")
                )
            else:
                assert "d.parquet is not a readable Parquet file" in found
                assert "\n" not in found


def test_a_table_that_is_cut_within_a_row_or_holds_zeros_is_refused(tmp_path):
    write_csv(pd.DataFrame({"language": ["na", "de"], "score": [0.125, 0.5]}), tmp_path / "t.csv")
    whole = (tmp_path / "t.csv").read_bytes()
    for place in range(1, len(whole)):
        for content in (whole[:place], whole[:place] + bytes(len(whole) - place)):
            (tmp_path / "d.csv").write_bytes(content)
            found = refusal(read_table, tmp_path / "d.csv")
            assert isinstance(found, str) == (content[-1:] != b"\n"), content
    assert "ends within a row, or holds zeros" in refusal(read_table, (tmp_path / "d.csv"))


def test_a_damaged_json_file_is_refused(tmp_path):
    whole = json.dumps({"steps": 3, "reason": "ä"}, ensure_ascii=False).encode()
    for content in [*(whole[:place] for place in range(len(whole))), b"[]", b"3", b"\xff", whole + whole]:
        (tmp_path / "d.json").write_bytes(content)
        assert "d.json is not a readable JSON file" in refusal(read_json, tmp_path / "d.json")
    assert "is a folder; name a file" in refusal(read_json, tmp_path)


def test_a_disk_that_cannot_be_written_is_told_by_the_name_of_the_file(tmp_path, monkeypatch):
    def read_only(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system", "a draft")

    monkeypatch.setattr("pathlib.Path.open", read_only)
    monkeypatch.setattr("pathlib.Path.unlink", read_only)
    with pytest.raises(IsoglossError, match=r"Cannot write .*t\.json: Read-only file system\. Check"):
        files.write_text("{}", tmp_path / "t.json")


def test_a_working_folder_that_cannot_be_written_or_is_gone_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda folder, mode: False)
    with pytest.raises(IsoglossError, match="cannot be written, where Snakemake keeps its notes"):
        files.check_writable(tmp_path)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(IsoglossError, match="The folder that this shell stands in is gone"):
        files.check_environment()
