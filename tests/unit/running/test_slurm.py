"""What is amended in Snakemake and its plugin is still there to be amended, and other versions are left alone."""

import importlib
import inspect
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from isogloss.running import slurm


@pytest.mark.parametrize("package", slurm.TRIED)
def test_the_installed_version_is_one_that_was_tried(package):
    assert version(package) in slurm.TRIED[package]


def test_the_plugin_has_what_is_replaced():
    plugin = importlib.import_module(slurm.PLUGIN)
    for name in ("get_submit_command", "get_job_wildcards", "query_job_status_squeue", "query_job_status_sacct"):
        assert callable(getattr(plugin, name))
    for name in ("additional_general_args", "print_job_error"):
        assert callable(getattr(plugin.Executor, name))
    assert "--name x" in plugin.query_job_status_squeue("x")
    assert "--name x" in plugin.query_job_status_sacct("x")
    assert "run_uuid" in inspect.getsource(plugin.get_submit_command)


def test_the_scheduler_s_limit_is_what_is_switched_off():
    from snakemake.settings.types import MaxJobsPerTimespan

    assert MaxJobsPerTimespan.parse_choice("5/1s").max_jobs == 5


def test_jobs_behind_an_ancient_input_are_masked_by_the_walk_that_is_replaced():
    # Read, not imported: its modules import each other in a circle unless Snakemake starts them.
    code = Path(find_spec("snakemake").submodule_search_locations[0], "dag.py").read_text(encoding="utf-8")
    assert "masked.update(self.bfs(self.depending, job))" in code
    assert "def bfs(self, direction, *jobs" in code


def test_another_version_is_left_as_it_is(monkeypatch, caplog):
    monkeypatch.setattr(slurm, "version", lambda package: "99.0")
    for name in ("amend_scheduler", "amend_masks", "amend_plugin"):
        monkeypatch.setattr(slurm, name, lambda *_: pytest.fail("amended"))
    slurm.amend()
    assert "99.0 is not among the versions" in caplog.text
