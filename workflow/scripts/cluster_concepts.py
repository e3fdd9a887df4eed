from isogloss.concepts import cluster
from isogloss.group_results import group_results
from isogloss.logs import log_to

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        cluster(
            stores=list(snakemake.input.stores),
            languages=list(snakemake.params.languages),
            layer=int(snakemake.wildcards.layer),
            output=snakemake.output.clusters,
            **snakemake.params.spec,
        )
