"""What a failed job says."""

import pytest
import torch

from isogloss.running import logs


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Fail in a job; give what its log says."""

    def leave():
        raise SystemExit(1)

    monkeypatch.setattr(logs, "leave", leave)

    def said(error):
        with pytest.raises(SystemExit), logs.log_to(tmp_path / "job.log"):
            raise error
        return (tmp_path / "job.log").read_text()

    return said


def test_a_gpu_without_memory_left_is_one_line_with_the_ways_out(said):
    (line,) = said(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")).splitlines()
    assert "The GPU's memory is full. Lower `activations: token_budget`" in line
    assert "the task's `batch`" in line


def test_what_nobody_foresaw_keeps_its_traceback(said):
    assert "Traceback" in said(KeyError("x"))
