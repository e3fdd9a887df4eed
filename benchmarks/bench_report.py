"""The report: what building the page costs, how large it is, and how soon it answers in Chromium.

Two made-up results: of the demo's size, and of a paper's (3 models, 4 checkpoints each, 14 pairs, 13 layers, 600
concepts a language). The page is built by `isogloss report` in a process of its own. It answers when what was asked of
it while it opened is there: the first figure, a table, the concept browser. Needs Debian's chromium.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "unit"), str(ROOT / "tests" / "browser")]

from chrome import Tab, chromium  # noqa: E402
from report_world import TARGETS, write_results  # noqa: E402

SIZES = {
    "demo": ({"layers": 4, "concepts": 50}, 10, 2),
    "paper": (
        {
            "models": ("one", "two", "three"),
            "tasks": ("sentiment", "entities", "inference"),
            "targets": TARGETS,
            "layers": 13,
            "concepts": 600,
        },
        60,
        5,
    ),
}
# What is asked of the page as it opens, and when it has answered.
ASKED = {
    "the first figure": ("null", "document.querySelector('.plot.drawn')"),
    "a table": (
        "document.getElementById('tables').scrollIntoView()",
        "document.querySelector('#table-scroll table')",
    ),
    "the concepts": (
        "document.getElementById('concepts').scrollIntoView()",
        "document.querySelectorAll('.card').length > 0",
    ),
}


def build(folder: Path) -> tuple[float, float]:
    """Make the page; give seconds and the most memory in gigabytes."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "isogloss.cli", "report", str(folder)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit("isogloss report failed")
    return time.perf_counter() - start, used.ru_maxrss / 2**20


def answers(tab: Tab, page: Path, ask: str, answered: str) -> float:
    """Open the page, ask at once; give the seconds from the start of opening until it has answered."""
    start = time.perf_counter()
    tab.call("Page.navigate", url=page.resolve().as_uri())
    tab.wait("document.readyState !== 'loading' && document.getElementById('tables')")
    tab.run(ask)
    tab.wait(answered)
    return time.perf_counter() - start


for name, (size, most, soonest) in SIZES.items():
    with tempfile.TemporaryDirectory() as folder:
        results = write_results(Path(folder) / "results", **size)
        seconds, memory = build(results)
        page = results / "report.html"
        print(
            f"{name}: built in {seconds:.1f} s (goal: below {most}) with {memory:.1f} GiB (goal: 2), "
            f"{page.stat().st_size / 1e6:.1f} MB (goal: 15)"
        )
        for what, (ask, answered) in ASKED.items():
            with chromium(Path(folder) / what) as tab:
                print(f"  {what} after {answers(tab, page, ask, answered):.2f} s (goal: below {soonest})")
