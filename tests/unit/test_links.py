"""Links from page to page lead somewhere, to the headings that they name too."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


def headings(page):
    """Give the anchors of a page's headings as GitHub makes them; of equal ones the first is linked to here."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", line.lower()) for line in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE))
    return {line.strip().replace(" ", "-") for line in words}


def dead_links(page):
    """Name the page's links to files that are not there, or to headings that their page does not have."""
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not link.startswith("http") and not (target.exists() and (not anchor or anchor in headings(target))):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    assert dead_links(page) == []


def test_a_link_to_no_file_and_one_to_no_heading_are_found(tmp_path):
    (tmp_path / "other.md").write_text("# One `thing`, and more\n\n```\n# no heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](none.md) [b](other.md#no-heading) [c](other.md#one-thing-and-more) [d](other.md)", encoding="utf-8"
    )
    assert dead_links(page) == ["none.md", "other.md#no-heading"]
