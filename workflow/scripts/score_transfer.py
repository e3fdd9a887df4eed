from isogloss.logs import log_to
from isogloss.transfer import write_scores

with log_to(snakemake.log[0]):
    write_scores(
        predictions=snakemake.input.predictions,
        attributes=snakemake.params.identity,
        output=snakemake.output.scores,
        **snakemake.params.spec,
    )
