from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results
from isogloss.text.word_alignment import align

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        align(
            source=snakemake.input.source,
            target=snakemake.input.target,
            given=snakemake.input.get("given") or None,
            output=snakemake.output.alignment,
            **snakemake.params.spec,
        )
