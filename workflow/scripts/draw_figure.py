from isogloss.figures import draw
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    draw(snakemake.wildcards.figure, tables=snakemake.input.tables, output=snakemake.output.figure)
