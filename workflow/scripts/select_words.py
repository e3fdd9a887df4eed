from isogloss.running.logs import log_to
from isogloss.text.selection import select

with log_to(snakemake.log[0]):
    select(
        alignment=snakemake.input.alignment,
        source=snakemake.input.source,
        target=snakemake.input.target,
        outputs={"source": snakemake.output.source_words, "target": snakemake.output.target_words},
        **snakemake.params.spec,
    )
