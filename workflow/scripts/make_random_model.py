from isogloss.logs import log_to
from isogloss.scratch import make_from_corpora

with log_to(snakemake.log[0]):
    make_from_corpora(
        folder=snakemake.output.folder,
        texts=dict(snakemake.input.items()),
        **snakemake.params.spec,
    )
