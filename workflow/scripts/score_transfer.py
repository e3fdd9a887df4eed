from isogloss.measures.transfer.compute import write_scores
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    write_scores(
        predictions=snakemake.input.predictions,
        attributes=snakemake.params.identity,
        output=snakemake.output.scores,
        **snakemake.params.spec,
    )
