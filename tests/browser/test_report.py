"""The report in a real browser: every control does what it says, and text from corpora stays text."""

import csv
import io
import json

import pandas as pd
import pytest
from report_world import HOSTILE, LONG, vocabulary

from isogloss.report.figures.catalogue import FIGURES
from isogloss.tables import read_table

ALL_DRAWN = "document.querySelectorAll('.plot.drawn').length === document.querySelectorAll('.plot').length"
SEARCHED = {"en": 3, "ar": 3, "hi": 3, "zh": 3, "th": 3}


def shown_rows(tab):
    return tab.run(
        "[...document.querySelectorAll('#table-scroll tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    )


def open_concepts(tab, pair="corpus en ar"):
    tab.run("document.getElementById('concepts').scrollIntoView()")
    tab.wait("document.querySelectorAll('.card').length > 0")
    tab.choose("#pair", pair)
    tab.wait(f"browse.pair === '{pair}' && document.querySelectorAll('.card').length > 0")


def search(tab, word):
    tab.type("#word", word)
    tab.wait("!document.getElementById('followed').hidden && document.querySelector('#followed table')")


def open_tables(tab, name):
    tab.run("document.getElementById('tables').scrollIntoView()")
    tab.wait("document.querySelector('#table-scroll table')")
    tab.choose("#table-name", name)
    tab.wait(f"document.querySelector('#table-scroll caption').textContent === '{name.replace('_', ' ')}'")


def fields(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def test_every_figure_is_drawn_without_a_script_of_the_text_running(tab):
    tab.wait(ALL_DRAWN)
    assert tab.count(".plot svg") == len(FIGURES)
    assert tab.text("h1") == f"Run {HOSTILE}"
    assert tab.run("document.querySelectorAll('main script').length") == 0


def test_each_finding_leads_to_its_figure(tab):
    assert 1 <= tab.count(".findings li") <= 7
    for target in tab.run("[...document.querySelectorAll('#findings li a')].map(a => a.getAttribute('href'))"):
        assert tab.count(f"figure{target}") == 1


def test_filters_act_on_all_figures_at_once(tab):
    tab.wait(ALL_DRAWN)
    before = tab.run("[...plots].map(([, plot]) => plot.rows.length)")
    tab.click("#filters details:first-of-type summary")
    tab.click("input[name='model'][value='naive']")
    tab.wait("[...plots].every(([, plot]) => !plot.stale && plot.rows.every(row => row.model !== 'naive'))")
    assert tab.run("[...plots].map(([, plot]) => plot.rows.length)") == [number // 2 for number in before]
    assert tab.text("[data-state='model']") == "1 of 2"
    tab.click("button[data-none='model']")
    tab.wait("[...plots].every(([, plot]) => !plot.stale && plot.rows.length === 0)")
    assert "leave nothing" in tab.text(".plot")
    tab.click("#filters button[type='reset']")
    tab.wait(
        f"[...plots].map(([, plot]) => plot.stale ? -1 : plot.rows.length).join() === '{','.join(map(str, before))}'"
    )


@pytest.mark.parametrize(("field", "value"), [("checkpoint", "pretrained"), ("task", "sentiment"), ("language", "de"),
                                              ("layer", "1")])  # fmt: skip
def test_a_filter_leaves_out_what_it_names(tab, field, value):
    tab.run(f"document.querySelector(\"input[name='{field}'][value='{value}']\").click()")
    tab.wait("[...plots].every(([, plot]) => !plot.stale)")
    columns = ["source", "target"] if field == "language" else [field]
    rows = tab.run("[...plots].flatMap(([, plot]) => plot.rows)")
    assert rows
    assert not [row for row in rows for column in columns if str(row.get(column)) == value]


def test_a_figures_data_is_downloaded(tab):
    tab.wait(ALL_DRAWN)
    tab.click("[data-csv='impact_heatmap']")
    header, *rows = fields(tab.downloaded("impact_heatmap.csv"))
    spec = tab.run("json('figure-impact_heatmap')")["data"]["values"]
    assert [dict(zip(header, row, strict=True)) for row in rows] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in spec
    ]


@pytest.mark.parametrize("language", SEARCHED)
def test_a_word_of_any_script_is_found_and_followed(tab, language):
    target = "ar" if language == "en" else language
    open_concepts(tab, f"corpus en {target}")
    word = vocabulary(language, SEARCHED[language])[0]
    search(tab, word)
    tab.wait("[...document.querySelectorAll('.column > .note')].every(note => note.innerText.includes('hold it'))")
    assert tab.count("#followed tbody tr") == 4  # two models, pretrained and tuned
    assert tab.count("#followed .cell") == 4 * 3
    for number in range(tab.count(".column")):
        cards = tab.run(
            f"[...document.querySelectorAll('.column')[{number}].querySelectorAll('.card')].map(c => c.innerText)"
        )
        assert cards
        assert all(word in card for card in cards)


def test_a_word_of_another_pair_leads_there(tab):
    open_concepts(tab, "corpus en ar")
    word = vocabulary("th", 5)[0]
    search(tab, word)
    tab.wait("document.querySelector('#elsewhere button')")
    assert tab.text("#elsewhere").startswith("Not in this pair; found in en–th")
    tab.click("#elsewhere button")
    tab.wait("browse.pair === 'corpus en th' && document.querySelector('#followed .cell')")
    tab.type("#word", "nowhere-at-all")
    tab.wait("document.getElementById('elsewhere').innerText.startsWith('No concept that is shown')")


def test_hostile_long_and_right_to_left_words_change_nothing_but_text(tab):
    open_concepts(tab)
    search(tab, HOSTILE)
    tab.wait("document.querySelector('.card')?.innerText.includes('<script>alert(1)</script>')")
    tab.type("#word", LONG[:500])
    tab.wait("document.querySelector('.card')?.innerText.includes('xxxx…')")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.count(".words.target[dir='rtl'][lang='ar'] button bdi") > 0
    assert tab.count(".words.source[dir='ltr'][lang='en'] button bdi") > 0
    assert tab.run("typeof window.alerted") == "undefined"


def test_concepts_stand_side_by_side_and_every_control_acts(tab):
    open_concepts(tab)
    chosen = tab.run("browse.columns.map(column => column.select.selectedOptions[0].textContent)")
    assert chosen == ["aligned, pretrained", "aligned, sentiment-en-seed0", "naive, pretrained"]
    assert tab.count(".card mark") > 0
    assert tab.run("document.querySelectorAll('#pair option').length") == 5
    tab.choose("#which", "aligned")
    tab.wait("[...document.querySelectorAll('.card h3')].every(h => !h.innerText.includes('not aligned'))")
    tab.choose("#which", "apart")
    tab.wait("[...document.querySelectorAll('.card h3')].every(h => h.innerText.includes('not aligned'))")
    tab.choose("#layer", "2")
    tab.wait("document.getElementById('map-layer').value === '2' && browse.layer === 2")
    first = "document.querySelector('.column select')"
    tab.choose(".column select", tab.run(f"{first}.options[3].value"))
    assert tab.run(f"{first}.selectedOptions[0].textContent") == "naive, sentiment-en-seed0"
    tab.choose("#which", "")
    tab.wait("document.querySelectorAll('.column .card').length > 3")
    word = tab.run("document.querySelector('.column .words button bdi').innerText")
    tab.run("document.querySelector('.column .words button').click()")
    tab.wait("document.querySelector('#followed .cell')")
    assert tab.run("document.getElementById('word').value") == word
    tab.run("document.querySelector('#followed .cell').click()")
    tab.wait("browse.layer === 0")


def test_the_map_shows_layers_labels_and_cards(tab):
    open_concepts(tab)
    tab.run("document.getElementById('map').scrollIntoView()")
    tab.wait("view.drawn.length === 24")
    assert "12 concepts of en (circles), 12 of ar (squares)" in tab.text("#map-said")
    pixels = "byId('canvas').getContext('2d').getImageData(0, 0, byId('canvas').width, byId('canvas').height).data"
    assert tab.run(f"{pixels}.some(value => value > 0)")
    places = "JSON.stringify(view.points.map(point => [point.x, point.y]))"
    before = tab.run(places)
    tab.choose("#map-layer", "0")
    tab.wait(f"{places} !== {json.dumps(before)}")
    assert tab.text("#map-said").startswith("Layer 0:")
    for button, zoom in (("#zoom-in", 1.5), ("#zoom-in", 2.25), ("#zoom-out", 1.5), ("#zoom-reset", 1)):
        tab.click(button)
        assert tab.run("view.zoom") == pytest.approx(zoom)
    tab.run("document.getElementById('canvas').focus()")
    tab.key("ArrowLeft", 37)
    assert tab.run("view.x") < 0
    tab.key("0", 48)
    tab.click("#lines")
    tab.wait("view.drawn.length === 24 && !view.waiting")
    point = "view.drawn.find(one => one.y > 40)"
    box = "byId('canvas').getBoundingClientRect()"
    x, y = tab.run(f"[{box}.x + {point}.x, {box}.y + {point}.y]")
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    tab.wait("!document.getElementById('map-tip').hidden")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    tab.wait("document.getElementById('word').value !== ''")


def test_a_table_is_sorted_filtered_paged_copied_and_downloaded(tab, results):
    open_tables(tab, "transfer")
    table = read_table(results / "tables" / "transfer.csv")
    assert tab.text("#table-status") == f"{len(table)} of {len(table)} rows"
    tab.click("#table-csv")
    assert tab.downloaded("transfer.csv") == (results / "tables" / "transfer.csv").read_bytes()
    column = list(table.columns).index("score")
    button = f"#table-scroll th:nth-child({column + 1}) button"
    for order, ascending in (("ascending", True), ("descending", False)):
        tab.click(button)
        tab.wait(f"document.querySelectorAll('#table-scroll th')[{column}].ariaSort === '{order}'")
        wanted = table.score.sort_values(ascending=ascending, kind="stable").head(50)
        assert [float(row[column]) for row in shown_rows(tab)] == pytest.approx(list(wanted), rel=1e-3)
    tab.click("#page-next")
    assert tab.text("#page-now").startswith("Page 2 of")
    tab.click("#page-back")
    tab.type("#table-filter", "macro_f1")
    tab.wait("document.getElementById('table-status').innerText.startsWith('36 of')")
    assert all("macro_f1" in row for row in shown_rows(tab))
    tab.click("#table-copy")
    tab.wait("document.getElementById('table-status').innerText.includes('copied')")
    (tab.downloads / "transfer.csv").unlink()
    tab.click("#table-csv")
    found = pd.read_csv(io.BytesIO(tab.downloaded("transfer.csv")))
    wanted = table[table.measure == "macro_f1"].sort_values("score", ascending=False, kind="stable")
    pd.testing.assert_frame_equal(found, wanted.reset_index(drop=True), check_dtype=False)


def test_all_tables_open_and_explain_their_columns(tab, results):
    for path in sorted((results / "tables").glob("*.csv")):
        open_tables(tab, path.stem)
        header = read_table(path).columns
        said = tab.run(
            "[...document.querySelectorAll('#table-columns dl div')].map(d => [...d.children].map(c => c.textContent))"
        )
        assert [name for name, _ in said] == list(header)
        assert all(meaning for _, meaning in said)


def test_the_page_is_used_with_the_keyboard(tab):
    tab.key("Tab", 9)
    assert tab.run("document.activeElement.className") == "skip"
    tab.run("document.querySelector('#filters summary').focus()")
    tab.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    tab.wait("document.querySelector('#filters details').open")
    tab.key("Escape", 27)
    tab.wait("!document.querySelector('#filters details').open")
    assert tab.run("document.activeElement === document.querySelector('#filters summary')")
    loose = (
        "[...document.querySelectorAll('button, select, input, a[href], summary')].filter(e => e.tabIndex < 0).length"
    )
    assert tab.run(loose) == 0


def test_light_and_dark_follow_the_system_and_the_button(tab):
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(paper)
    tab.looks(1400, dark=True)
    dark = tab.run(paper)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(15, 19, 24)")
    tab.click("#theme")
    assert tab.run(paper) == light
    tab.click("#theme")
    assert tab.run(paper) == dark


def test_a_phone_scrolls_one_way_only(tab):
    tab.looks(400)
    tab.run("dispatchEvent(new Event('resize'))")
    tab.wait(ALL_DRAWN)
    for section in ("findings", "figures", "concepts", "map", "tables", "provenance"):
        tab.run(f"document.getElementById('{section}').scrollIntoView()")
        assert tab.run("document.documentElement.scrollWidth") <= 400
    open_concepts(tab)
    assert tab.run("document.documentElement.scrollWidth") <= 400


def test_printed_it_is_dark_on_light_with_every_figure(tab):
    tab.wait(ALL_DRAWN)
    tab.looks(800, dark=True, media="print")
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.querySelector('.plot svg text')).color") == "rgb(27, 31, 36)"
    shown = "[...document.querySelectorAll('.plot svg')].filter(svg => svg.getBoundingClientRect().width > 0).length"
    assert tab.run(shown) == len(FIGURES)
    assert tab.run("document.querySelector('#filters').offsetParent") is None
    tab.looks(1400)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_no_accessibility_rule_is_broken(tab, axe, width, dark):
    tab.looks(width, dark=dark)
    tab.wait(ALL_DRAWN)
    open_concepts(tab)
    search(tab, vocabulary("en", 3)[0])
    open_tables(tab, "correlations")
    tab.run("document.querySelectorAll('main section > details').forEach(each => { each.open = true; })")
    tab.run(f"(() => {{ {axe} \n}}).call(window)")
    told = "each => [each.id, each.help, each.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]"
    assert tab.run(f"axe.run(document).then(found => found.violations.map({told}))") == []
