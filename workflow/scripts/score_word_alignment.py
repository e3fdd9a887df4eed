from isogloss.running.logs import log_to
from isogloss.text.word_alignment import score

with log_to(snakemake.log[0]):
    score(
        source=snakemake.input.source,
        target=snakemake.input.target,
        output=snakemake.output.scores,
        identity=snakemake.params.identity,
        **snakemake.params.spec,
    )
