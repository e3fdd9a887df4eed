from isogloss.evaluation import run_items
from isogloss.group_results import group_results
from isogloss.logs import log_to

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
