from isogloss.logs import log_to
from isogloss.retrieval import evaluate

with log_to(snakemake.log[0]):
    evaluate(
        checkpoint=snakemake.input.checkpoint,
        corpora={key: path for key, path in snakemake.input.items() if key != "checkpoint"},
        output=snakemake.output.scores,
        attributes=snakemake.params.identity,
        **snakemake.params.spec,
    )
