from isogloss.models.bring import link_folder
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    link_folder(folder=snakemake.output.folder, **snakemake.params.spec)
