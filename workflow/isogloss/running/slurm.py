"""What is changed in Snakemake and in its plugin for SLURM, and for which versions.

Outside the versions that were tried, a warning is given and everything is left as it is.
"""

import getpass
import logging
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

from isogloss.running.failed_groups import explain
from isogloss.running.restart import PREFIX

log = logging.getLogger(__name__)

TRIED = {"snakemake": ("9.27.1",), "snakemake-executor-plugin-slurm": ("2.8.0",)}
PLUGIN = "snakemake_executor_plugin_slurm"


def amend() -> None:
    """Make all amends that fit the installed versions."""
    if tried("snakemake"):
        amend_scheduler()
        amend_masks()
    # Every Snakemake imports its plugins before it reads the Snakefile.
    plugin = sys.modules.get(PLUGIN)
    if plugin and tried("snakemake-executor-plugin-slurm"):
        amend_plugin(plugin)


def tried(package: str) -> bool:
    """Tell whether the installed version of a package is one that the amends were tried with."""
    found = version(package)
    if found not in TRIED[package]:
        log.warning(
            "%s %s is not among the versions this was tried with (%s): it is used as it is.",
            package,
            found,
            ", ".join(TRIED[package]),
        )
    return found in TRIED[package]


def amend_scheduler() -> None:
    """Let the scheduler sleep.

    With its limit of submissions a second, which no option turns off, it wakes once more every second for each job that
    has ended: after some hundreds it takes a whole core. A limit that is false is none.
    """
    from snakemake.settings.types import MaxJobsPerTimespan

    MaxJobsPerTimespan.__bool__ = lambda limit: False


def amend_masks() -> None:
    """Look at jobs behind an ``ancient`` input too.

    Jobs that follow one that has to run are not looked at themselves, because they run for that reason. But what only
    takes an ancient file from it does not, and may have a reason of its own, such as a missing output.
    """
    from snakemake.dag import DAG

    walk, update = DAG.bfs, DAG.update_needrun

    async def update_needrun(self: Any, *arguments: Any, **more: Any) -> Any:
        self.masking = True
        try:
            return await update(self, *arguments, **more)
        finally:
            self.masking = False

    def bfs(self: Any, direction: Any, *jobs: Any, **more: Any) -> Iterator[Any]:
        if direction is not self.depending or not getattr(self, "masking", False):
            yield from walk(self, direction, *jobs, **more)
            return
        seen, waiting = set(jobs), list(jobs)
        while waiting:
            job = waiting.pop(0)
            yield job
            for follower, files in direction[job].items():
                if follower not in seen and not all(file.is_ancient for file in files):
                    seen.add(follower)
                    waiting.append(follower)

    DAG.bfs, DAG.update_needrun = bfs, update_needrun


def amend_plugin(plugin: Any) -> None:
    """Make three amends to Snakemake's plugin for SLURM.

    It gives all jobs of a run the same name, and finds them in the queue by it. Here a name says what a job is; the
    plugin knows the jobs' numbers too, so it may as well ask for all of the user's jobs. In a group one member that
    fails does not hold up the others. And why a group failed is told, with the logs of the members that failed, not of
    all.
    """
    executor, submit = plugin.Executor, plugin.get_submit_command
    arguments, tell = executor.additional_general_args, executor.print_job_error

    def named(job: Any, params: dict[str, Any], **more: Any) -> Any:
        what = job.groupid if job.is_group() else f"{job.name}_{plugin.get_job_wildcards(job)}"
        return submit(job, {**params, "run_uuid": f"{PREFIX}_{what}"}, **more)

    def of_the_user(query: Callable[[str], str]) -> Callable[[str], str]:
        return lambda run: query(run).replace(f"--name {run}", f"--user {getpass.getuser()}")

    def told(self: Any, job_info: Any, msg: Any = None, aux_logs: Any = None, **more: Any) -> None:
        if job_info.job.is_group():
            log_file = next(filter(None, aux_logs or []), None)
            self.logger.error(explain(job_info.job.groupid, msg, log_file))
        else:
            tell(self, job_info, msg, aux_logs=aux_logs, **more)

    plugin.get_submit_command = named
    plugin.query_job_status_squeue = of_the_user(plugin.query_job_status_squeue)
    plugin.query_job_status_sacct = of_the_user(plugin.query_job_status_sacct)
    executor.additional_general_args = lambda self: f"{arguments(self)} --keep-going"
    executor.print_job_error = told
