"""Tasks: their items, models tuned on them in one language, and what those do with the test items in all languages."""


rule make_task_items:
    input:
        files=lambda wildcards: grid.items_files(
            settings, wildcards.task, wildcards.language, wildcards.part
        ),
    output:
        table=f"{RESULTS}/tasks/{{task}}/{{language}}/{{part}}.parquet",
    log:
        f"{LOGS}/tasks/{{task}}/{{language}}/{{part}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.items_spec(
            settings, wildcards.task, wildcards.language, wildcards.part
        ),
        code=digest("isogloss.tasks.items"),
    message:
        "Items of {wildcards.task}, {wildcards.part}: {wildcards.language}"
    script:
        "../scripts/make_task_items.py"


rule finetune:
    input:
        base=f"{RESULTS}/checkpoints/{{model}}/{grid.PRETRAINED}",
        training=training_items,
        frozen=frozen_layers,
    output:
        folder=directory(CHECKPOINT),
        curve=f"{RESULTS}/metrics/finetuning/{{model}}/{{checkpoint}}.csv",
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    benchmark:
        f"{BENCHMARKS}/checkpoints/{{model}}/{{checkpoint}}.tsv"
    wildcard_constraints:
        checkpoint=TUNED,
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.activations),
        mem_mb=needs("finetuning", "mem_mb"),
        runtime=needs("finetuning", "runtime"),
    params:
        spec=lambda wildcards: grid.finetuning_spec(settings, tuning_of(wildcards)),
        identity=tuning_identity,
        code=digest("isogloss.tasks.finetune"),
    message:
        "Fine-tuning {wildcards.model}: {wildcards.checkpoint}"
    script:
        "../scripts/finetune.py"


rule embed_test_items:
    input:
        unpack(test_items),
        checkpoint=f"{RESULTS}/checkpoints/{{model}}/{grid.PRETRAINED}",
    output:
        vectors=f"{RESULTS}/sentences/{{model}}/{grid.PRETRAINED}/{{task}}.h5",
    log:
        f"{LOGS}/sentences/{{model}}/{grid.PRETRAINED}/{{task}}.log",
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.activations),
        mem_mb=needs("test_pass", "mem_mb"),
        runtime=needs("test_pass", "runtime"),
    params:
        spec=lambda wildcards: grid.evaluation_spec(
            settings, wildcards.model, wildcards.task
        ),
        identity=lambda wildcards: {
            "model": wildcards.model,
            "checkpoint": grid.PRETRAINED,
            "task": wildcards.task,
        },
        code=digest("isogloss.tasks.test_pass"),
    message:
        "Test items of {wildcards.task} through {wildcards.model}, as it was pretrained"
    script:
        "../scripts/run_test_items.py"


rule run_test_items:
    input:
        unpack(test_items),
        checkpoint=CHECKPOINT,
    output:
        vectors=f"{RESULTS}/sentences/{{model}}/{{checkpoint}}/{{task}}.h5",
        predictions=f"{RESULTS}/predictions/{{model}}/{{checkpoint}}/{{task}}.parquet",
    log:
        f"{LOGS}/sentences/{{model}}/{{checkpoint}}/{{task}}.log",
    wildcard_constraints:
        checkpoint=TUNED_WHOLE,
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.activations),
        mem_mb=needs("test_pass", "mem_mb"),
        runtime=needs("test_pass", "runtime"),
    params:
        spec=lambda wildcards: grid.evaluation_spec(
            settings, wildcards.model, wildcards.task
        ),
        identity=lambda wildcards: {
            "model": wildcards.model,
            "checkpoint": wildcards.checkpoint,
            "task": wildcards.task,
        },
        code=digest("isogloss.tasks.test_pass"),
    message:
        "Test items of {wildcards.task} through {wildcards.model}/{wildcards.checkpoint}"
    script:
        "../scripts/run_test_items.py"


# A rule of its own, so that a cluster can group it apart: which layers are frozen may follow from the passes above.
use rule run_test_items as run_variant_test_items with:
    wildcard_constraints:
        checkpoint=TUNED_FROZEN,
