from isogloss.corpora import write_corpus
from isogloss.logs import log_to

with log_to(snakemake.log[0]):
    write_corpus(**snakemake.params.spec, output=snakemake.output.corpus)
