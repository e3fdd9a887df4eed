from isogloss.activations import extract
from isogloss.group_results import group_results
from isogloss.logs import log_to

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
