"""From word vectors to the sentence: is strong alignment of words tied to transfer (Gaschi et al. 2023)?"""

import numpy as np
import pandas as pd
import pytest

from isogloss.measures.word_retrieval.compute import measure_layer
from isogloss.relations.correlations import write_correlations
from isogloss.report.findings.relations import correlations

LANGUAGES = ["ar", "de", "el", "en", "fi", "hi", "tr", "zh"]
TYPES, WIDTH = 60, 8


def strong_alignment(rng):
    """Measure it in a world where each language says the same types with more or less noise of its own."""
    meanings = rng.normal(size=(TYPES, WIDTH))
    noise = rng.permutation(np.linspace(0.1, 1.2, len(LANGUAGES)))
    said = [meanings + own * rng.normal(size=meanings.shape) for own in noise]
    rows = []
    for s, source in enumerate(LANGUAGES):
        for t, target in enumerate(LANGUAGES[:s]):
            forms = [np.array([f"{language}{number}" for number in range(TYPES)]) for language in (source, target)]
            for place, row in measure_layer([said[s], said[t]], forms, 20, 20, 1):
                pair = (target, source) if place else (source, target)
                rows.append({"model": "m", "corpus": "c", **dict(zip(("source", "target"), pair, strict=True)), **row})
    return pd.DataFrame(rows).assign(layer=0, checkpoint="pretrained")


@pytest.mark.parametrize("tied", [True, False])
def test_alignment_of_words_is_told_with_transfer_where_they_are_tied_and_only_there(tmp_path, tied):
    rng = np.random.default_rng(3)
    words = strong_alignment(rng)
    strong = words[(words.measure == "strong") & (words.unit == "type") & (words.vectors == "raw")]
    scores = strong.value.to_numpy() if tied else rng.permutation(strong.value.to_numpy())
    study = {"model": "m", "task": "nli", "variant": "whole", "pooling": "mean", "measure": "accuracy", "layer": 0}
    transfer = strong[["source", "target"]].assign(
        **study, score=0.3 + 0.5 * scores + 0.02 * rng.normal(size=len(scores))
    )
    transfer = transfer.assign(relative=transfer.score / 0.8, checkpoint="nli-" + transfer.source + "-seed0")
    tables = {
        "words": words,
        "transfer": transfer,
        "impact": transfer.assign(impact=0.1, impact_debiased=0.1)[:0],
        "distances": pd.DataFrame(columns=["source", "target", "distance", "value"]),
    }
    for name, table in tables.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    paths = {name: tmp_path / f"{name}.csv" for name in tables}
    write_correlations(**paths, draws=199, seed=1, controls={}, output=tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv")
    row = table[(table.relation == "words-transfer") & (table.similarity == "strong_type") & (table.layer == "mean")]
    row = row[(row.statistic == "pearson") & (row.transfer == "relative") & (row.state == "pretrained")].iloc[0]
    assert row.n == len(LANGUAGES) * (len(LANGUAGES) - 1)
    assert (row.p_mrqap < 0.05) == tied
    assert (row.p_mantel < 0.05) == tied
    assert (row.r > 0.8) == tied
    told = [one for one in correlations({"correlations": table}) if one.figure == "transfer_by_similarity"]
    strong = [one for one in told if "strong alignment of words on c before tuning" in one.sentence]
    assert [one.found for one in strong] == [tied]
