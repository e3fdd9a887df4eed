import os
from itertools import pairwise

import pytest

from isogloss import files
from isogloss.errors import IsoglossError


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
