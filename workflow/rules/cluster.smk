"""What jobs ask a cluster for, and which ones are too small to be sent there."""

import getpass

from snakemake.settings.types import MaxJobsPerTimespan

from isogloss.plan import needs as effort
from isogloss.running.failed_groups import explain
from isogloss.ownership import Ownership
from isogloss.running.restart import PREFIX, RUN

# With its limit of submissions a second, which no option turns off, Snakemake 9.27 wakes its scheduler once more every
# second for each job that has ended: after some hundreds it takes a whole core. A limit that is false is none.
MaxJobsPerTimespan.__bool__ = lambda limit: False

run_note = []


def adapt(plugin):
    """Make three amends to Snakemake's plugin for SLURM.

    It gives all jobs of a run the same name, and finds them in the queue by it. Here a name says what a job is; the plugin
    knows the jobs' numbers too, so it may as well ask for all of the user's jobs. In a group one member that fails does
    not hold up the others. And why a group failed is told, with the logs of the members that failed, not of all.
    """
    executor, submit = plugin.Executor, plugin.get_submit_command
    arguments, tell = executor.additional_general_args, executor.print_job_error

    def named(job, params, **more):
        what = (
            job.groupid
            if job.is_group()
            else f"{job.name}_{plugin.get_job_wildcards(job)}"
        )
        return submit(job, {**params, "run_uuid": f"{PREFIX}_{what}"}, **more)

    def of_the_user(query):
        return lambda run: query(run).replace(
            f"--name {run}", f"--user {getpass.getuser()}"
        )

    def told(self, job_info, msg=None, aux_logs=None, **more):
        if job_info.job.is_group():
            log = next(filter(None, aux_logs or []), None)
            self.logger.error(explain(job_info.job.groupid, msg, log))
        else:
            tell(self, job_info, msg, aux_logs=aux_logs, **more)

    plugin.get_submit_command = named
    plugin.query_job_status_squeue = of_the_user(plugin.query_job_status_squeue)
    plugin.query_job_status_sacct = of_the_user(plugin.query_job_status_sacct)
    executor.additional_general_args = lambda self: f"{arguments(self)} --keep-going"
    executor.print_job_error = told


# Every Snakemake imports its plugins before it reads this.
if slurm := sys.modules.get("snakemake_executor_plugin_slurm"):
    adapt(slurm)


def needs(estimate, name):
    """A resource (`mem_mb` or `runtime`) from the size of the work, doubled at each attempt."""

    def resource(wildcards, attempt):
        needed = getattr(effort, estimate)(settings, **wildcards)
        return getattr(needed, name) * 2 ** (attempt - 1)

    return resource


# Choices, collation, figures and the report take seconds. Links to models need no compute node, and downloads need a network,
# which compute nodes often lack.
localrules:
    choose_frozen_layers,
    collate_metric,
    compare_freezing,
    correlate,
    draw_figure,
    fetch_model,
    link_model,
    measure_distances,
    record_provenance,
    table_activations,
    write_report,


# Who runs here, for a second Snakemake that was told to --unlock and for `make resume`.
onstart:
    try:
        run_note.append(Ownership(RUN))
    except IsoglossError as error:
        print(
            f"Another Snakemake is running in this folder. {error}",
            file=sys.stderr,
        )
        sys.exit(2)


onsuccess:
    forget(RESULTS)
    run_note.pop().release()


onerror:
    run_note.pop().release()
