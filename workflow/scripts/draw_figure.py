from isogloss.report.figures.draw import draw
from isogloss.running.logs import log_to

with log_to(snakemake.log[0]):
    draw(snakemake.wildcards.figure, tables=snakemake.input.tables, output=snakemake.output.figure)
