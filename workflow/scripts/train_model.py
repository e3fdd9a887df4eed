from isogloss.models.train import train
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    train(
        folder=snakemake.output.folder,
        training=dict(snakemake.input.items()),
        log_table=snakemake.output.curve,
        attributes=snakemake.params.identity,
        **snakemake.params.spec,
    )
