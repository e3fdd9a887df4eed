from isogloss.group_results import group_results
from isogloss.impact import write_impact
from isogloss.logs import log_to

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
