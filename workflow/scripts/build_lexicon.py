from isogloss.lexicons import build
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    build(
        alignment=snakemake.input.alignment,
        source=snakemake.input.source,
        target=snakemake.input.target,
        output=snakemake.output.lexicon,
    )
