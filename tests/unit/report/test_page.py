"""Tables, figures and the report, from small made-up results."""

import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.report.figures.draw import MEASURES, draw
from isogloss.report.page import write_report
from isogloss.report.provenance import collect
from isogloss.tables import collate

HOSTILE = "<script>alert('x')</script>"


def rows(metric, models=("aligned", "naive"), targets=("de", "ar"), layers=(0, 1, 2), share=0.5):
    measure = MEASURES[metric][0]
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "model": model,
            "checkpoint": "pretrained",
            "task": "pretrained",
            "corpus": "c",
            "source": "en",
            "target": target,
            "kind": "encoder-encoder",
            "layer": layer,
            "seed": 212,
            "convention": "paper",
            "measure": measure,
            "value": share * rng.random(),
            "numerator": 1,
            "denominator": 2,
            "null_mean": 0.01,
            "null_low": 0.0,
            "null_high": 0.05 if model == "aligned" else 0.9,
            "null_p": 0.01,
            "null_draws": 100,
            "boot_low": 0.0,
            "boot_high": share,
        }
        for model in models
        for target in targets
        for layer in layers
    )


@pytest.fixture
def tables(tmp_path):
    for metric in MEASURES:
        rows(metric).to_csv(tmp_path / f"{metric}.csv", index=False)
    return tmp_path


@pytest.mark.parametrize("name", [f"{m}_{k}" for m in MEASURES for k in ("by_layer", "heatmap", "by_model")])
def test_figures_are_the_same_twice_and_well_formed(tables, name):
    table = tables / f"{next(m for m in MEASURES if name.startswith(m))}.csv"
    for copy in ("a", "b"):
        draw(name, tables=[table], output=tables / f"{copy}.svg")
    assert (tables / "a.svg").read_bytes() == (tables / "b.svg").read_bytes()
    assert ElementTree.parse(tables / "a.svg").getroot().tag.endswith("svg")


def test_a_single_cell_is_drawn(tables):
    rows("concept_alignment", ("m",), ("de",), (3,)).to_csv(tables / "concept_alignment.csv", index=False)
    for kind in ("by_layer", "heatmap", "by_model"):
        draw(f"concept_alignment_{kind}", tables=[tables / "concept_alignment.csv"], output=tables / "one.svg")


def test_nothing_to_draw_is_told(tables):
    rows("concept_alignment").assign(value=np.nan).to_csv(tables / "concept_alignment.csv", index=False)
    with pytest.raises(IsoglossError, match="no value of aligned"):
        draw("concept_alignment_heatmap", tables=[tables / "concept_alignment.csv"], output=tables / "x.svg")


def test_collated_tables_do_not_depend_on_the_order(tmp_path):
    whole = rows("concept_alignment", targets=("de", "na"))
    paths = []
    for index in range(len(whole)):
        paths.append(tmp_path / f"{index}.csv")
        whole.iloc[[index]].to_csv(paths[-1], index=False)
    collate(inputs=paths, output=tmp_path / "a.csv")
    collate(inputs=paths[::-1], output=tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    read = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert set(read.target) == {"de", "na"}
    whole.drop(columns="value").to_csv(paths[0], index=False)
    with pytest.raises(IsoglossError, match=r"1\.csv has the columns"):
        collate(inputs=paths, output=tmp_path / "c.csv")


def write(folder):
    for name in ("concept_alignment_heatmap", "concept_alignment_by_layer"):
        draw(name, tables=[folder / "concept_alignment.csv"], output=folder / f"{name}.svg")
    pairs = []
    for model in ("aligned", "naive"):
        for target in ("de", "ar"):
            for layer in (0, 1, 2):
                path = folder / f"concept_pairs/{model}/pretrained/c/en-{target}/encoder-encoder/layer{layer}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                pd.DataFrame(
                    {
                        "source_cluster": [0, 1],
                        "target_cluster": [5, -1],
                        "source_words": [["good", HOSTILE], ["bad"]],
                        "target_words": [["جيد", "x"], []],
                        "coverage": [0.9, 0.0],
                        "aligned": [True, False],
                    }
                ).to_parquet(path)
                pairs.append(path)
    collect(config={"title": HOSTILE, "models": {}}, output=folder / "provenance.json")
    write_report(
        tables=[folder / f"{metric}.csv" for metric in MEASURES],
        figures=[folder / "concept_alignment_heatmap.svg", folder / "concept_alignment_by_layer.svg"],
        concept_pairs=pairs,
        provenance=folder / "provenance.json",
        title=f"Run {HOSTILE}",
        output=folder / "report.html",
    )
    return (folder / "report.html").read_text(encoding="utf-8")


def test_report_escapes_text_and_needs_nothing_else(tables):
    page = write(tables)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert not re.search(r'(src|href)="https?://', page)
    assert page.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_report_says_what_the_numbers_show(tables):
    page = write(tables)
    aligned = page[page.index("<b>aligned</b>") :]
    assert "for 2 of 2 pairs" in aligned[:300]
    naive = page[page.index("<b>naive</b>") :]
    assert "for 0 of 2 pairs" in naive[:300]
    assert "no sign of shared concepts" in naive[:400]


def test_words_are_set_in_their_direction(tables):
    rows("concept_alignment", targets=("ar",)).to_csv(tables / "concept_alignment.csv", index=False)
    assert "<bdi class='word' lang='ar' dir='rtl'>جيد</bdi>" in write(tables)


def test_provenance_is_the_same_twice(tmp_path):
    for name in ("a", "b"):
        collect(config={"models": {}}, output=tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text())["versions"]["torch"].startswith("2.13.0")
