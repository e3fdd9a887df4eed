from isogloss.concepts.cluster import cluster
from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results

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
