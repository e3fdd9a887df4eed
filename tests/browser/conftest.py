"""A report of made-up results with hostile text, open in Chromium."""

import subprocess
from pathlib import Path

import pytest
from chrome import PROGRAM, chromium
from report_world import write_results

from isogloss.report.page import write_again

AXE = "axe-core@4.14.1"
BUILD = Path(__file__).resolve().parents[2] / "build" / "axe-core"


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    assert PROGRAM, "These tests need Debian's chromium: apt-get install chromium"
    folder = write_results(tmp_path_factory.mktemp("results"), hostile=True)
    write_again(folder)
    return folder


@pytest.fixture(scope="session")
def chrome(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("chrome")) as tab:
        yield tab


@pytest.fixture
def tab(chrome, results):
    """The page just opened, at the width of a desk; whatever a test does, the console stays without a complaint."""
    chrome.problems.clear()
    chrome.requests.clear()
    chrome.looks(1400)
    chrome.open(results / "report.html")
    yield chrome
    assert chrome.problems == []
    # No request leaves the page, and no second file is read.
    page = (results / "report.html").as_uri()
    assert [url for url in chrome.requests if not url.startswith((page, "blob:"))] == []


@pytest.fixture(scope="session")
def axe():
    """The accessibility checker, from the npm registry the first time."""
    script = BUILD / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        command = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            str(BUILD),
            AXE,
        ]
        subprocess.run(command, check=True, timeout=300)
    return script.read_text(encoding="utf-8")
