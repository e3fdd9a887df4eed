from isogloss.relations.freezing import choose_layers
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    choose_layers(
        impacts=snakemake.input.impacts,
        distances=snakemake.input.distances,
        output=snakemake.output.choice,
        **snakemake.params.spec,
    )
