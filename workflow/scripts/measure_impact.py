from isogloss.impact import write_impact
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    write_impact(
        pretrained=snakemake.input.pretrained,
        tuned=snakemake.input.tuned,
        source=snakemake.params.source,
        attributes=snakemake.params.identity,
        output=snakemake.output.scores,
    )
