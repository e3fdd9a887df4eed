"""The door for `snakemake` typed in this folder; the workflow itself is workflow/Snakefile."""


include: "workflow/Snakefile"


# Snakemake forgets the default target of an included file.
workflow.default_target = "all"
