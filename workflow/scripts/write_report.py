from isogloss.report.page import write_report
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    write_report(
        tables=list(snakemake.input.tables),
        figures=list(snakemake.input.figures),
        concept_pairs=list(snakemake.input.pairs),
        provenance=snakemake.input.provenance,
        title=snakemake.params.title,
        output=snakemake.output.report,
    )
