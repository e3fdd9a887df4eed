from isogloss.measures.impact.compute import write_impact
from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        write_impact(
            pretrained=snakemake.input.pretrained,
            tuned=snakemake.input.tuned,
            source=snakemake.params.source,
            attributes=snakemake.params.identity,
            output=snakemake.output.scores,
        )
