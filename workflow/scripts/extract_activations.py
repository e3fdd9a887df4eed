from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results
from isogloss.states.extract import extract

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        extract(
            checkpoint=snakemake.input.checkpoint,
            corpora={"source": snakemake.input.source, "target": snakemake.input.target},
            selection=snakemake.input.selection,
            space=snakemake.wildcards.space,
            store=snakemake.output.store,
            attributes=snakemake.params.identity,
            **snakemake.params.spec,
        )
