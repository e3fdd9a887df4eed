from isogloss.report.provenance import collect
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    collect(config=snakemake.params.config, output=snakemake.output.record)
