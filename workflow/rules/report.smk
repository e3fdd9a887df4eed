"""Concept cards, figures of the tables, what the run was made with, and one report."""

# Only the page waits for these: they fill the cores beside the long jobs that others wait for.
LAST = -1


use rule step as describe_concepts with:
    input:
        stores=lambda wildcards: stores_of(wildcards, spaces_of_kind(wildcards.kind)),
        corpora=lambda wildcards: [
            places("corpus", corpus=wildcards.corpus, language=language)
            for language in (wildcards.source, wildcards.target)
        ],
        source_clusters=lambda wildcards: clusters_of(
            wildcards, spaces_of_kind(wildcards.kind)[0]
        ),
        target_clusters=lambda wildcards: clusters_of(
            wildcards, spaces_of_kind(wildcards.kind)[1]
        ),
        lexicon=places("lexicon"),
    output:
        output=places("cards"),
    log:
        places.log(places("cards")),
    priority: LAST
    resources:
        mem_mb=needs("cards", "mem_mb"),
        runtime=needs("cards", "runtime"),
    params:
        **step("isogloss.report.browser.cards:write_cards"),
        spec=lambda wildcards: specs.cards(study, cell(wildcards)),
        mappings={"stores": ["source", "target"], "corpora": ["source", "target"]},
    message:
        "Concept cards of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.kind}"


use rule step as draw_figure with:
    input:
        tables=lambda wildcards: [
            places("table", table=name) for name in FIGURES[wildcards.figure].tables
        ],
    output:
        output=report(places("figure"), **of_figure("SVG")),
        pdf=report(places("figure_pdf"), **of_figure("PDF")),
    log:
        places.log(places("figure")),
    wildcard_constraints:
        figure=one_of(FIGURES),
    priority: LAST
    params:
        **step("isogloss.report.figures.draw:draw"),
        spec=lambda wildcards: {"name": wildcards.figure},
        caption=lambda wildcards: FIGURES[wildcards.figure].caption,
    message:
        "Figure {wildcards.figure}"


use rule step as record_provenance with:
    output:
        output=places("provenance"),
    log:
        places.log(places("provenance")),
    params:
        **step("isogloss.report.provenance:collect"),
        spec={
            "config": plain(settings),
            "tables": sorted(Path(table).stem for table in TABLES),
            "cards": len(study.kind_cells),
        },
    message:
        "Versions, seeds and config of this run"


use rule step as write_report with:
    input:
        tables=TABLES,
        cards=[places("cards", **one) for one in study.kind_cells],
        provenance=places("provenance"),
    output:
        output=report(
            places("report"),
            caption="../report/report.rst",
            category="Report",
            labels={"page": "Findings, figures, concepts and tables in one file"},
        ),
    log:
        places.log(places("report")),
    params:
        **step("isogloss.report.page:write_report"),
        spec={"title": settings.title},
    message:
        "Report {output}"
