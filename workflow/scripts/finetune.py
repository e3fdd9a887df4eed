import json
from pathlib import Path

from isogloss.running.logs import log_to
from isogloss.tasks.finetune import finetune

spec = dict(snakemake.params.spec)
if snakemake.input.frozen:
    chosen = json.loads(Path(snakemake.input.frozen).read_text(encoding="utf-8"))["layers"]
    spec["freeze"] = {**spec["freeze"], "layers": chosen}
with log_to(snakemake.log[0]):
    finetune(
        base=snakemake.input.base,
        items=snakemake.input.training,
        folder=snakemake.output.folder,
        curve=snakemake.output.curve,
        attributes=snakemake.params.identity,
        **spec,
    )
