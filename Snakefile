"""Isogloss: shared concepts in multilingual models, over (model, task, language, layer)."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from isogloss.plan import study as grid
from isogloss.config.root import validate
from isogloss.plan.identity import digest
from isogloss.errors import IsoglossError
from isogloss.running.lost_groups import IN_GROUP, forget

# The embedded default is read only when no other file is named: merging the two would add its models to yours.
if not workflow.overwrite_configfiles:

    configfile: str(Path(workflow.basedir) / "config" / "config.yaml")


try:
    settings = validate(
        config, name=", ".join(map(str, workflow.configfiles)) or "config"
    )
except IsoglossError as error:
    # The same lines as `isogloss check`, and no traceback.
    print(error, file=sys.stderr)
    sys.exit(2)


include: "workflow/rules/common.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/words.smk"
include: "workflow/rules/checkpoints.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/concepts.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/impact.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    tables,


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",
        tables=TABLES,
        figures=FIGURES,
    message:
        "Report and tables are complete: {input[0]}"


rule tables:
    input:
        TABLES,
    message:
        "All tables are complete"


# A group of small jobs is one job of a cluster, in which a Snakemake of its own runs the members. As local ones they
# start their scripts; otherwise it would start one more Snakemake for each. What they have finished is kept for the
# group's next start.
if "--local-groupid" in sys.argv:
    workflow.localrules(*(rule.name for rule in workflow.rules))
    os.environ[IN_GROUP] = "yes"
