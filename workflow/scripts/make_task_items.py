from isogloss.running.logs import log_to
from isogloss.tasks.items import write_items

with log_to(snakemake.log[0]):
    write_items(output=snakemake.output.table, **snakemake.params.spec)
