"""Tables that hold the whole grid, figures of them, and one report."""

METRICS = {
    "concept_alignment": grid.metric_files(settings, "concept_alignment"),
    "concept_overlap": grid.metric_files(settings, "concept_overlap"),
    "word_alignment": grid.word_alignment_scores(settings),
    "retrieval": grid.retrieval_files(settings),
    "training": grid.training_curves(settings),
    "finetuning": grid.tuning_files(settings, "finetuning"),
    "transfer": grid.tuning_files(settings, "transfer"),
    "baselines": grid.baseline_files(settings),
    "impact": grid.tuning_files(settings, "impact"),
}
# A table stands in the report where the config gives it any row.
COLLATED = [name for name, files in METRICS.items() if files]
# These are made whole, not put together from one file a cell.
WHOLE_TABLES = ["activations"]
WHOLE_TABLES += ["distances", "correlations"] if settings.tasks else []
WHOLE_TABLES += ["freezing"] if grid.freezing_distances(settings) else []
TABLES = [f"{RESULTS}/tables/{name}.csv" for name in [*COLLATED, *WHOLE_TABLES]]
FIGURES = [f"{RESULTS}/figures/{name}.svg" for name in grid.figures(settings)]


rule collate_metric:
    input:
        files=lambda wildcards: METRICS[wildcards.name],
    output:
        table=f"{RESULTS}/tables/{{name}}.csv",
    log:
        f"{LOGS}/tables/{{name}}.log",
    wildcard_constraints:
        name=one_of(COLLATED),
    conda:
        "../../envs/isogloss.yaml"
    params:
        code=digest("isogloss.tables"),
    message:
        "Table {wildcards.name}"
    script:
        "../scripts/collate_metric.py"


rule draw_figure:
    input:
        tables=lambda wildcards: expand(
            f"{RESULTS}/tables/{{name}}.csv",
            name=grid.figures(settings)[wildcards.figure],
        ),
    output:
        figure=report(
            f"{RESULTS}/figures/{{figure}}.svg",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{LOGS}/figures/{{figure}}.log",
    wildcard_constraints:
        figure=one_of(grid.figures(settings)),
    conda:
        "../../envs/isogloss.yaml"
    params:
        code=digest("isogloss.report.figures.draw"),
    message:
        "Figure {wildcards.figure}"
    script:
        "../scripts/draw_figure.py"


rule record_provenance:
    output:
        record=f"{RESULTS}/provenance.json",
    log:
        f"{LOGS}/provenance.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        config=grid.plain(settings),
        code=digest("isogloss.report.provenance"),
    message:
        "Versions, seeds and config of this run"
    script:
        "../scripts/record_provenance.py"


rule write_report:
    input:
        tables=TABLES,
        figures=FIGURES,
        pairs=grid.concept_pairs(settings),
        provenance=rules.record_provenance.output.record,
    output:
        report=f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        title=settings.title,
        code=digest("isogloss.report.page"),
    message:
        "Report {output.report}"
    script:
        "../scripts/write_report.py"
