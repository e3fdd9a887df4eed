from isogloss.logs import log_to
from isogloss.provenance import collect

with log_to(snakemake.log[0]):
    collect(config=snakemake.params.config, output=snakemake.output.record)
