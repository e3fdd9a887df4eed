"""What runs beside the jobs, and what one run of Snakemake tells the next."""

from isogloss.ownership import Ownership
from isogloss.running import slurm
from isogloss.running.fork_server import ForkServer
from isogloss.running.restart import RUN

run_note, fork_server = [], []
slurm.amend()


# Choices, collation, figures and the report take seconds. Links to models need no compute node, and downloads need a network,
# which compute nodes often lack.
localrules:
    bring_checkpoint,
    choose_frozen_layers,
    collate_metric,
    compare_variants,
    correlate,
    draw_figure,
    fetch_items,
    fetch_model,
    fetch_text,
    follow_trajectories,
    link_model,
    measure_distances,
    record_provenance,
    resolve_branch,
    table_activations,
    test_best_layer,
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
    # Jobs elsewhere, or in environments of their own, load their libraries themselves.
    if (
        sys.platform == "linux"
        and workflow.local_exec
        and not workflow.deployment_settings.deployment_method
    ):
        fork_server.append(ForkServer(THREADS))


def end_of_run():
    """End what runs beside the jobs."""
    run_note.pop().release()
    if fork_server:
        fork_server.pop().stop()


onsuccess:
    forget(RESULTS)
    end_of_run()


onerror:
    end_of_run()
