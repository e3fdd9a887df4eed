from isogloss.relations.correlations import write_correlations
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    write_correlations(
        impact=snakemake.input.impact,
        transfer=snakemake.input.transfer,
        distances=snakemake.input.distances,
        concepts=snakemake.input.concepts,
        output=snakemake.output.table,
        **snakemake.params.spec,
    )
