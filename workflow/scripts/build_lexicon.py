from isogloss.running.logs import log_to
from isogloss.text.lexicons import build

with log_to(snakemake.log[0]):
    build(
        alignment=snakemake.input.alignment,
        source=snakemake.input.source,
        target=snakemake.input.target,
        output=snakemake.output.lexicon,
    )
