from isogloss.hub import fetch
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    fetch(folder=snakemake.output.folder, **snakemake.params.spec)
