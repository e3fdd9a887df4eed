"""Many clusters keep no accounting: jobs are followed by squeue alone.

``ACCOUNTING=0 make test-slurm`` runs this file and no other.
"""

import subprocess

import pytest
from conftest import STORE, freeze_extraction

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("same_tables")
def test_a_cancelled_job_is_noticed_and_goes_on(cluster, run):
    asked = subprocess.run(["sacct"], capture_output=True, text=True)
    assert "accounting storage is disabled" in asked.stdout + asked.stderr
    run.forget(STORE, "results/concepts", "results/metrics/concept_alignment")
    process = run.start()
    freeze_extraction(run)
    subprocess.run(["scancel", *cluster.queued(run.folder)], check=True)
    run.finish(process)
    log = (run.folder / "results" / "logs" / STORE.removeprefix("results/")).with_suffix(".log")
    assert "Going on after batch" in log.read_text()
    assert run.plan() == {}
