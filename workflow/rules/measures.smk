"""Every measure of the list, one job a cell; the tables that are put together from them."""

for measure in MEASURES:
    for rule_name, checkpoints in rules_of(measure):

        rule:
            name:
                rule_name
            input:
                unpack(taken(measure)),
            output:
                **given(measure),
            log:
                places.log(next(iter(given(measure).values()))),
            wildcard_constraints:
                checkpoint=checkpoints,
            conda:
                "../../envs/isogloss.yaml"
            threads: THREADS if measure.needs != "small" else 1
            resources:
                gpu=gpus(settings.activations) if measure.gpu else 0,
                mem_mb=needs(measure.needs, "mem_mb"),
                runtime=needs(measure.needs, "runtime"),
            params:
                step=measure.function,
                code=code_of(measure),
                spec=values(measure),
                mappings=keys_taken(measure),
            message:
                f"{measure.message} of {CELLS[measure.cell]}".replace(
                    "{", "{wildcards."
                )
            script:
                "../scripts/step.py"


use rule step as collate_metric with:
    input:
        inputs=lambda wildcards: COLLATED[wildcards.table],
    output:
        output=places("table"),
    log:
        places.log(places("table")),
    wildcard_constraints:
        table=one_of(COLLATED),
    params:
        **step("isogloss.tables:collate"),
        spec={"controls": study.controls},
    message:
        "Table {wildcards.table}"
