from isogloss.concepts import cluster
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    cluster(
        stores=list(snakemake.input.stores),
        languages=list(snakemake.params.languages),
        layer=int(snakemake.wildcards.layer),
        output=snakemake.output.clusters,
        **snakemake.params.spec,
    )
