from isogloss.measures.retrieval.compute import evaluate
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    evaluate(
        checkpoint=snakemake.input.checkpoint,
        corpora={key: path for key, path in snakemake.input.items() if key != "checkpoint"},
        output=snakemake.output.scores,
        attributes=snakemake.params.identity,
        **snakemake.params.spec,
    )
