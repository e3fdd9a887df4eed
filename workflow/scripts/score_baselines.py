from isogloss.measures.baselines.compute import write_baselines
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    write_baselines(
        training=snakemake.input.training,
        test={language: path for language, path in snakemake.input.items() if language != "training"},
        source=snakemake.wildcards.source,
        attributes={"task": snakemake.wildcards.task},
        output=snakemake.output.scores,
        **snakemake.params.spec,
    )
