from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results
from isogloss.tasks.test_pass import run_items

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        run_items(
            checkpoint=snakemake.input.checkpoint,
            items={language: path for language, path in snakemake.input.items() if language != "checkpoint"},
            vectors=snakemake.output.vectors,
            predictions=snakemake.output.get("predictions"),
            attributes=snakemake.params.identity,
            **snakemake.params.spec,
        )
