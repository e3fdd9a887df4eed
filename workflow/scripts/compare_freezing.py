from isogloss.relations.freezing import compare_freezing
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    compare_freezing(
        transfer=snakemake.input.transfer,
        distances=snakemake.input.distances,
        distance=snakemake.params.distance,
        draws=snakemake.params.draws,
        seed=snakemake.params.seed,
        output=snakemake.output.table,
    )
