from isogloss.measures.colap.compute import score
from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results

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
