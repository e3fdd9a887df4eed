from isogloss.running.logs import log_to
from isogloss.text.corpora import write_corpus

with log_to(snakemake.log[0]):
    write_corpus(**snakemake.params.spec, output=snakemake.output.corpus)
