"""Text that is something else to those who made it: links, tables, subtitles, subwords, markup, letters that were lost.

Each line of such a file is text too, so only many of them tell.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.text.cells import check_not_lists, is_missing
from isogloss.text.segmentation import LOOKED_AT, clean, shortened

CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")  # of Latin-1; U+0085 ends a line
LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")  # in UTF-8
MOST_OF = 0.7  # of a line's bytes that are not ASCII; some programs drop some
NO_WORDS = re.compile(r"[\W_]+")


def matches(pattern: str) -> Callable[[str], Any]:
    """Tell whether a whole line is of a form."""
    return re.compile(pattern, re.DOTALL).fullmatch


def misread(line: str) -> bool:
    """Tell whether a line is UTF-8 that a program took for Windows-1252 and saved again, such as ``cafÃ©``."""
    try:
        # Bytes that Windows-1252 leaves open become the control characters of the same number.
        content = b"".join(letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252") for letter in line)
    except UnicodeError:
        return False
    high, within = sum(byte >= 0x80 for byte in content), sum(map(len, LETTER.findall(content)))
    return within > MOST_OF * high


@dataclass(frozen=True)
class Form:
    """What lines may be instead of sentences.

    Attributes
    ----------
    name
        What each of them is then.
    fits
        Whether a line is of this form.
    share
        Of how many lines it must be so that all are taken for it.
    advice
        What to do.
    """

    name: str
    fits: Callable[[str], Any]
    share: float
    advice: str


FORMS = [
    Form("links of words", matches(r"\d+-\d+( \d+-\d+)*"), 1, "Links are named under `word_alignment: files:`."),
    Form(
        "a sentence and its translation, with ||| between them",
        matches(r"(?:(?! \|\|\| ).)+ \|\|\| (?:(?! \|\|\| ).)+"),
        1,
        "Give each language a file of its own, or a table with a column a language.",
    ),
    Form("a subtitle's time", matches(r"(\d+:)?\d\d:\d\d[,.]\d+ *-->.*"), 0.1, "Take the times and numbers out."),
    Form(
        "text that is cut into subwords",
        matches(r"(?:.*\s)?\u2581\w.*|.*\w@@(?:\s.*)?"),
        0.5,
        "Join them to words again; the models' own tokenizers cut the words.",
    ),
    Form("text within tags", matches(r"<[A-Za-z!?/].*>"), 0.5, "Take the tags out."),
    Form(
        "text whose letters are written as numbers",
        matches(r".*(?:\\u[0-9a-fA-F]{4}|&#x?[0-9a-fA-F]+;).*(?:\\u[0-9a-fA-F]{4}|&#x?[0-9a-fA-F]+;).*"),
        0.25,
        "Write the letters themselves.",
    ),
    Form("text whose letters were lost", matches(r".*\ufffd.*|[\W\d_]*\?\?[\W\d_]*"), 0.25, "Bring the text again."),
    Form(
        "text in Windows-1252 that was taken for Latin-1",
        CONTROLS.search,
        0.25,
        "Convert it: iconv -f utf-8 -t latin1 | iconv -f cp1252 -t utf-8.",
    ),
]
MISREAD = Form(
    "UTF-8 that was taken for Windows-1252",
    misread,
    0.25,
    "Bring the text again, or convert it: iconv -f utf-8 -t cp1252.",
)


def check_is_text(cells: Sequence[Any], place: str) -> None:
    """Refuse cells of text which, all together, are something else.

    Parameters
    ----------
    cells
        Lines, or a column's cells. Lists of words are not looked at.
    place
        What to call them in messages.

    Raises
    ------
    IsoglossError
        Saying what they seem to be, with the first of them.
    """
    check_not_lists(cells, place)
    lines = [cell for cell in cells if isinstance(cell, str) and not is_missing(cell)]
    lines = list(filter(clean, lines[:: max(1, len(lines) // LOOKED_AT)]))
    tabs = {line.count("\t") for line in lines}
    if len(lines) > 1 and len(tabs) == 1 and (count := tabs.pop()):
        raise IsoglossError(
            f"{place}: every line has {count + 1} cells with tabs between them, as a table has: "
            f"{told(lines[0])}. Take the text's column (cut -f), or name it as a table, with a header."
        )
    if lines and all(map(NO_WORDS.fullmatch, lines)):
        raise IsoglossError(f"{place}: there is no letter and no digit in it, only signs such as {told(lines[0])}.")
    for form in FORMS:
        check_form(lines, form, place)
    check_form([line for line in lines if not line.isascii()], MISREAD, place)


def check_form(lines: Sequence[str], form: Form, place: str) -> None:
    """Refuse lines of which so many are of a form that all seem to be."""
    found = [line for line in lines if form.fits(line.strip())]
    if found and len(found) >= form.share * len(lines):
        raise IsoglossError(f"{place}: this seems to be {form.name}: {told(found[0])}. {form.advice}")


def told(line: str) -> str:
    """Show a line, in one."""
    return f"'{shortened(' '.join(line.split()))}'"
