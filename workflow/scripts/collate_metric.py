from isogloss.running.logs import log_to
from isogloss.tables import collate

with log_to(snakemake.log[0]):
    collate(inputs=list(snakemake.input.files), output=snakemake.output.table)
