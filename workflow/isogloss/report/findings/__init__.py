"""What a run found, in sentences made from its tables, and what it looked for and did not find.

Each module of this package answers one question. A sentence says something was found only where it survives
adjustment for everything that the same question tested (Benjamini and Hochberg 1995), and says with what interval and
against what.
"""

import pandas as pd

from isogloss.report.figures.catalogue import QUESTIONS
from isogloss.report.findings import neighbours, relations, sharing, transfer, tuning
from isogloss.report.findings.finding import Finding, beside_controls
from isogloss.tables import controls_in

FIRST = 7


def collect(data: dict[str, pd.DataFrame], controls: set[str]) -> list[Finding]:
    """Say what the tables show: questions in the order of the catalogue, within each the strongest first.

    Parameters
    ----------
    data
        Tables of the whole grid by name; a question whose tables are not there is passed over.
    controls
        Models with random weights.
    """
    found = [
        *sharing.alignment(data),
        *sharing.above_controls(data, controls),
        *sharing.overlap(data),
        *sharing.translated_overlap(data),
        *neighbours.spaces(data),
        *neighbours.one_space(data),
        *neighbours.words(data),
        *neighbours.probes(data),
        *sharing.boards(data),
        *tuning.concepts(data),
        *tuning.impact(data),
        *tuning.trajectories(data),
        *neighbours.changes(data),
        *transfer.zero_shot(data),
        *transfer.variants(data),
        *transfer.edits(data),
        *neighbours.controls(data),
        *neighbours.crossed(data),
        *relations.correlations(data),
    ]
    order = list(QUESTIONS)
    found = beside_controls(found, controls_in(data.values()))
    return sorted(found, key=lambda one: (order.index(one.question), -one.strength))


def first_screen(findings: list[Finding], most: int = FIRST) -> list[Finding]:
    """Choose what the first screen tells: every question in turn, its figures in turn, the strongest first."""
    by_question = []
    for question in QUESTIONS:
        told = [one for one in findings if one.found and one.question == question]
        seen = [one.figure for one in told]
        turns = sorted(range(len(told)), key=lambda place: seen[:place].count(seen[place]))
        by_question.append([told[place] for place in turns])
    chosen: list[Finding] = []
    for rank in range(max(map(len, by_question), default=0)):
        chosen += [group[rank] for group in by_question if rank < len(group)]
    kept = {id(one) for one in chosen[:most]}
    return [one for one in findings if id(one) in kept]
