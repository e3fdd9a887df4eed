from isogloss.models.random_weights import make_from_corpora
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    make_from_corpora(
        folder=snakemake.output.folder,
        texts=dict(snakemake.input.items()),
        **snakemake.params.spec,
    )
