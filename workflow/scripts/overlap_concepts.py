from isogloss.concept_overlap import score
from isogloss.group_results import group_results
from isogloss.logs import log_to

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        score(
            clusters=snakemake.input.clusters,
            output=snakemake.output.scores,
            settings=snakemake.params.spec,
            identity=snakemake.params.identity,
        )
