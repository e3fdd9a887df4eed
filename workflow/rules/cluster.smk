"""What jobs ask a cluster for, and which ones are too small to be sent there."""

import getpass

from snakemake.settings.types import MaxJobsPerTimespan

from isogloss import effort
from isogloss.ownership import Ownership
from isogloss.resume import PREFIX, RUN

# With its limit of submissions a second, which no option turns off, Snakemake 9.27 wakes its scheduler once more every
# second for each job that has ended: after some hundreds it takes a whole core. A limit that is false is none.
MaxJobsPerTimespan.__bool__ = lambda limit: False

run_note = []


def name_of(job):
    """What a job is, for the queue: its group, or its rule, with the model, task, language and layer."""
    parts = (
        [job.groupid]
        if job.is_group()
        else [job.name, *(value.replace("/", "_") for value in job.wildcards)]
    )
    return "_".join([PREFIX, *parts])


def adapt(plugin):
    """Make two amends to Snakemake's plugin for SLURM.

    It gives all jobs of a run the same name, and finds them in the queue by it. Here a name says what a job is; the plugin
    knows the jobs' numbers too, so it may as well ask for all of the user's jobs. And in a group one member that fails
    does not hold up the others.
    """
    submit, arguments = (
        plugin.get_submit_command,
        plugin.Executor.additional_general_args,
    )

    def named(job, params, **more):
        return submit(job, {**params, "run_uuid": name_of(job)}, **more)

    plugin.get_submit_command = named
    plugin.Executor.additional_general_args = lambda self: (
        f"{arguments(self)} --keep-going"
    )
    for query in ("query_job_status_squeue", "query_job_status_sacct"):
        ask = getattr(plugin, query)
        setattr(
            plugin,
            query,
            lambda run, ask=ask: ask(run).replace(
                f"--name {run}", f"--user {getpass.getuser()}"
            ),
        )


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
