from isogloss.measures.calign.compute import score
from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results

with (
    log_to(snakemake.log[0]),
    group_results(snakemake.output, snakemake.input, snakemake.params) as done,
):
    if not done:
        score(
            source=snakemake.input.source,
            target=snakemake.input.target,
            lexicon=snakemake.input.lexicon,
            output=snakemake.output.scores,
            pairs_output=snakemake.output.pairs,
            settings=snakemake.params.spec,
            identity=snakemake.params.identity,
        )
