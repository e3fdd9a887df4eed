from isogloss.concept_overlap import score
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    score(
        clusters=snakemake.input.clusters,
        output=snakemake.output.scores,
        settings=snakemake.params.spec,
        identity=snakemake.params.identity,
    )
