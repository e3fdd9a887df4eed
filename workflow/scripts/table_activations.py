from isogloss.activations import collect
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    collect(
        stores=list(snakemake.input.stores),
        output=snakemake.output.table,
        layers=snakemake.params.layers,
    )
