"""The report's page from small made-up results: what is in it, and that text stays text."""

import base64
import gzip
import html
import json
import re

import pandas as pd
import pytest
from report_world import HOSTILE, write_results

from isogloss.cli import main
from isogloss.errors import IsoglossError
from isogloss.report.figures.catalogue import FIGURES
from isogloss.report.page import nothing, overview, write_again
from isogloss.report.provenance import collect
from isogloss.report.tables import ABOUT, COLUMNS, embed_tables
from isogloss.tables import collate, read_table


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = write_results(tmp_path_factory.mktemp("results"), hostile=True)
    write_again(folder)
    return folder


@pytest.fixture
def page(results):
    return (results / "report.html").read_text(encoding="utf-8")


def unpacked(page, name):
    [content] = re.findall(rf'data-block="{re.escape(name)}">([^<]*)<', page)
    return gzip.decompress(base64.b64decode(content)).decode("utf-8")


def test_text_stays_text_and_nothing_is_fetched(page):
    assert HOSTILE not in page
    assert "Run &lt;script&gt;alert(1)&lt;/script&gt;" in page
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="(?!#)', outside)
    [policy] = re.findall(r'Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;;")
    assert "unsafe-inline" not in policy.split(";")[1]


def test_every_figure_is_there_with_its_data_and_a_text_for_who_cannot_see_it(page):
    for figure in FIGURES:
        assert f'<figure id="{figure.name}">' in page
        spec = json.loads(unpacked(page, f"figure-{figure.name}"))
        assert spec["data"]["name"] == "rows"
        assert re.search(rf'aria-label="[^"]* values, from [^"]*" tabindex="0" data-figure="{figure.name}"', page)


def test_a_table_is_held_as_its_file_is(page, results):
    for path in (results / "tables").glob("*.csv"):
        assert unpacked(page, f"table-{path.stem}").encode() == path.read_bytes()


def test_the_same_results_give_the_same_page(page, results):
    assert write_again(results).read_text(encoding="utf-8") == page


def test_every_column_of_every_table_is_explained(results):
    for path in (results / "tables").glob("*.csv"):
        assert path.stem in ABOUT
        assert [name for name in read_table(path).columns if not COLUMNS.get(name)] == [], path.stem


def test_a_table_that_is_too_large_is_cut_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("isogloss.report.tables.BUDGET", 2000)
    table = pd.DataFrame({"reason": [f'a "quoted", field {n}\nof two lines' for n in range(2000)]})
    table.to_csv(tmp_path / "impact.csv", index=False)
    [about], blocks = embed_tables({"impact": table}, {"impact": tmp_path / "impact.csv"})
    assert len(blocks["table-impact"]) <= 2000
    (tmp_path / "cut.csv").write_bytes(gzip.decompress(base64.b64decode(blocks["table-impact"])))
    pd.testing.assert_frame_equal(read_table(tmp_path / "cut.csv"), table.head(about["shown"]))
    assert 0 < about["shown"] < about["rows"] == 2000


def not_there_yet(page):
    return re.findall(r"Not there yet: ([^<]*)\.<", page)


def test_a_run_that_is_not_finished_says_what_is_missing(tmp_path):
    folder = write_results(tmp_path, layers=1, targets=("de",))
    for name in ("transfer", "concept_overlap"):
        (folder / f"tables/{name}.csv").unlink()
    cards = sorted((folder / "metrics").rglob("*.parquet"))
    cards[0].unlink()
    page = write_again(folder).read_text(encoding="utf-8")
    lacking = f"1 of {len(cards)} files of concept cards"
    assert not_there_yet(page) == [f"the table concept_overlap, the table transfer, {lacking}"]
    assert '<figure id="concept_alignment_by_layer">' in page
    assert '<figure id="transfer_heatmap">' not in page
    assert 'href="#transfer_heatmap"' not in page


def test_a_finished_run_lacks_nothing_whatever_its_config_does_not_ask_for(tmp_path):
    folder = write_results(tmp_path, layers=1, targets=("de",), models=("m",))
    record = json.loads((folder / "provenance.json").read_text())
    for name in ("transfer", "concept_overlap"):
        (folder / f"tables/{name}.csv").unlink()
        record["ends_in"]["tables"].remove(name)
    (folder / "provenance.json").write_text(json.dumps(record))
    assert not_there_yet(write_again(folder).read_text(encoding="utf-8")) == []


def test_without_its_provenance_a_run_is_not_finished(tmp_path):
    folder = write_results(tmp_path, layers=1, targets=("de",), models=("m",))
    (folder / "provenance.json").unlink()
    page = write_again(folder).read_text(encoding="utf-8")
    assert not_there_yet(page) == ["provenance.json, which says what else there will be"]


def test_the_command_makes_the_page_again(tmp_path, capsys):
    folder = write_results(tmp_path / "results", layers=1, targets=("de",), models=("m",))
    assert main(["report", str(folder)]) == 0
    assert (folder / "report.html").is_file()
    assert str(folder / "report.html") in capsys.readouterr().out
    assert main(["report", str(tmp_path)]) == 1
    assert f"{tmp_path} holds no table" in capsys.readouterr().err


def test_no_results_are_told(tmp_path):
    with pytest.raises(IsoglossError, match="holds no table"):
        write_again(tmp_path)


@pytest.mark.parametrize(("table", "column"), [("space_similarity", "corpus"), ("impact", "pooling")])
def test_tables_of_another_version_are_told(tmp_path, table, column):
    folder = write_results(tmp_path)
    path = folder / "tables" / f"{table}.csv"
    read_table(path).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(IsoglossError, match=rf"are not as this version of Isogloss makes them .*{column}"):
        write_again(folder)


def test_collated_tables_do_not_depend_on_the_order(tmp_path, results):
    whole = read_table(results / "tables" / "concept_alignment.csv").head(6)
    whole["target"] = ["de", "na"] * 3
    paths = []
    for index in range(len(whole)):
        paths.append(tmp_path / f"{index}.csv")
        whole.iloc[[index]].to_csv(paths[-1], index=False)
    collate(inputs=paths, controls={}, output=tmp_path / "a.csv")
    collate(inputs=paths[::-1], controls={}, output=tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert set(read_table(tmp_path / "a.csv").target) == {"de", "na"}
    whole.drop(columns="value").to_csv(paths[0], index=False)
    with pytest.raises(IsoglossError, match=r"1\.csv has the columns"):
        collate(inputs=paths, controls={}, output=tmp_path / "c.csv")


def test_a_table_of_models_names_the_model_that_each_is_the_control_of(tmp_path):
    for name in ("m", "m-random"):
        pd.DataFrame({"model": [name], "layer": 1, "value": 0.5}).to_csv(tmp_path / f"{name}.csv", index=False)
    collate(inputs=sorted(tmp_path.glob("m*.csv")), controls={"m-random": "m"}, output=tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "model,layer,control_of,value\nm,1,,0.5\nm-random,1,m,0.5\n"
    # A table of languages alone has none.
    pd.DataFrame({"source": ["en"], "value": 0.5}).to_csv(tmp_path / "d.csv", index=False)
    collate(inputs=[tmp_path / "d.csv"], controls={"m-random": "m"}, output=tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "source,value\nen,0.5\n"


def test_provenance_is_the_same_twice(tmp_path):
    for name in ("a", "b"):
        collect(config={"models": {}}, tables=["impact"], cards=2, output=tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text())["versions"]["torch"].startswith("2.13.0")


def test_a_figure_that_has_nothing_to_draw_is_a_sentence(tmp_path):
    """A table without rows is a result: too few languages to correlate anything, for instance."""
    folder = write_results(tmp_path)
    table = folder / "tables" / "correlations.csv"
    table.write_text(table.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    write_again(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    empty = [figure.name for figure in FIGURES if figure.tables == ("correlations",)]
    assert empty
    for name in empty:
        assert f'<figure id="{name}">' in page
        assert f'data-block="figure-{name}"' not in page


def test_the_head_names_every_model_whatever_was_measured_of_it():
    impact = pd.DataFrame({"model": ["m", "n"], "corpus": [None, None], "layer": [0, 12]})
    spaces = pd.DataFrame({"model": ["o"], "corpus": ["c"], "layer": [3]})
    config = {"models": {"m": {"folder": "here"}, "n": {"randomised": "m"}}}
    assert overview({"impact": impact, "space_similarity": spaces}, config) == [
        ("Models", "m (here); n (control of m, weights drawn anew); o"),
        ("Corpora", "c"),
        ("Layers", "0 to 12"),
    ]


def test_a_page_of_empty_tables_is_a_page(tmp_path):
    folder = write_results(tmp_path)
    for path in (folder / "tables").glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    write_again(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    for figure in FIGURES:
        assert html.escape(nothing(figure)) in page
        assert f'data-block="figure-{figure.name}"' not in page
