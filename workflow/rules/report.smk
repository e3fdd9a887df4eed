"""Figures of the tables, what the run was made with, and one report."""


use rule step as draw_figure with:
    input:
        tables=lambda wildcards: [
            places("table", table=name) for name in FIGURES[wildcards.figure]
        ],
    output:
        output=report(
            places("figure"), category="Figures", labels={"figure": "{figure}"}
        ),
    log:
        places.log(places("figure")),
    wildcard_constraints:
        figure=one_of(FIGURES),
    params:
        **step("isogloss.report.figures.draw:draw"),
        spec=lambda wildcards: {"name": wildcards.figure},
    message:
        "Figure {wildcards.figure}"


use rule step as record_provenance with:
    output:
        output=places("provenance"),
    log:
        places.log(places("provenance")),
    params:
        **step("isogloss.report.provenance:collect"),
        spec={"config": plain(settings)},
    message:
        "Versions, seeds and config of this run"


use rule step as write_report with:
    input:
        tables=TABLES,
        figures=[places("figure", figure=name) for name in FIGURES],
        concept_pairs=[
            places.metric("concept_pairs", "pair-layer", "parquet", **one)
            for one in study.layer_cells
        ],
        provenance=places("provenance"),
    output:
        output=places("report"),
    log:
        places.log(places("report")),
    params:
        **step("isogloss.report.page:write_report"),
        spec={"title": settings.title},
    message:
        "Report {output}"
