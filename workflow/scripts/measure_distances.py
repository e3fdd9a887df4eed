from isogloss.distances import write_distances
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    write_distances(output=snakemake.output.table, **snakemake.params.spec)
