from isogloss.figures import draw
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    draw(snakemake.wildcards.figure, table=snakemake.input.table, output=snakemake.output.figure)
