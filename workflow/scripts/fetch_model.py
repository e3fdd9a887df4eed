from isogloss.models.bring import fetch
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    fetch(folder=snakemake.output.folder, **snakemake.params.spec)
