from isogloss.running.logs import log_to
from isogloss.states.extract import collect

with log_to(snakemake.log[0]):
    collect(
        stores=list(snakemake.input.stores),
        output=snakemake.output.table,
        layers=snakemake.params.layers,
    )
