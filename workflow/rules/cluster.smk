"""What jobs ask a cluster for, and which ones are too small to be sent there."""

from snakemake.settings.types import MaxJobsPerTimespan

from isogloss import effort
from isogloss.ownership import Ownership
from isogloss.resume import RUN

# With its limit of submissions a second, which no option turns off, Snakemake 9.27 wakes its scheduler once more every
# second for each job that has ended: after some hundreds it takes a whole core. A limit that is false is none.
MaxJobsPerTimespan.__bool__ = lambda limit: False

run_note = []


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
    run_note.pop().release()


onerror:
    run_note.pop().release()
