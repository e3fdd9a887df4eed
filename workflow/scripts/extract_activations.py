from isogloss.activations import extract
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    extract(
        checkpoint=snakemake.input.checkpoint,
        corpora={"source": snakemake.input.source, "target": snakemake.input.target},
        selection=snakemake.input.selection,
        space=snakemake.wildcards.space,
        store=snakemake.output.store,
        attributes=snakemake.params.identity,
        **snakemake.params.spec,
    )
