from isogloss.relations.distances import write_distances
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    write_distances(output=snakemake.output.table, **snakemake.params.spec)
