"""What a cell of a table means: words, a label, tags; or a refusal.

Everything that is read from a user's table goes through here, so that a kind of value is understood, or refused, in one
way everywhere. A cell is what Arrow, JSON or CSV gives: None, text, bytes, a number, true or false, a list, a
dictionary.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.text.encoding import NO_TEXT, name_of
from isogloss.text.segmentation import as_one_word, clean, shortened, split_as_aligned, split_words

# How a list, a dictionary or bytes look where a program wrote their printed form into a cell. Text in brackets, such as
# [Music] or ("Amen."), is text.
QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
FIRST = rf"(?:[bu]?{QUOTED}|np\.\w+\([^()]*\)|None|nan|null)"
VALUE = r"(?:True|False|-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)"
TYPE = r"(?:[A-Za-z_][\w.]*\()?"  # array(, frozenset(, dict_values(
PRINTED = {
    "a list": re.compile(
        rf"{TYPE}\[\s*(?:\]\)?$|[\[{{(\s]*{FIRST}\s*(?:[,:\])}}]|\.\.\.)|{QUOTED}\s+['\"]).*[\])]?$"
        rf"|{TYPE}\[\s*{VALUE}(?:[\s,]+{VALUE})+\s*\](?:, \w+=.*)?\)?$|\(\s*{FIRST}\s*,.*\)$"
        r"|<[\w.]+ object at 0x\w+>$|.*\bdtype: \w+\)?$",
        re.DOTALL,
    ),
    "a dictionary": re.compile(rf"{TYPE}\{{\s*(?:\}}\)?$|{FIRST}\s*[:,\}}].*\}}\)?$)", re.DOTALL),
    "bytes": re.compile(rf"b{QUOTED}$", re.DOTALL),
    "a spreadsheet's error": re.compile(r"#(?:NAME\?|REF!|VALUE!|DIV/0!|N/A|NUM!|NULL!|ERROR!)$"),
}
# The same where a program quotes no words, as Java's, Spark's and PostgreSQL's; one such text may be just a text.
UNQUOTED = re.compile(r"\[.*\]|\{.*\}|(?:\w*Array|ArraySeq|\w*Buffer|List|Seq|Vector|Set)\(.*\)", re.DOTALL)
NUMBER = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
LINE_END = re.compile(r"\s*[\r\n]\s*")
TAG = re.compile(r"O|[BI]-\S+")


def is_missing(cell: Any) -> bool:
    """Tell whether a cell holds nothing: null, NaN, or text without a letter or mark."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def text_of(cell: Any, place: str) -> str:
    """Read a cell that must be text, and that was nothing else before it was saved as text.

    Raises
    ------
    IsoglossError
        As :func:`plain_text`, and if it is the printed form of something else.
    """
    text = plain_text(cell, place)
    for kind, printed in PRINTED.items():
        if printed.match(text.strip()):
            raise saved_as_text(place, kind, text)
    return text


def saved_as_text(place: str, kind: str, text: str) -> IsoglossError:
    """Say that a cell holds what a program printed, and how to save it."""
    return IsoglossError(
        f"{place}: expected text or a list of words, found {kind} that was saved as text: {shown(text)}. Save the "
        "table as Parquet or JSONL, or join the words with spaces."
    )


def check_not_lists(cells: Sequence[Any], place: str) -> None:
    """Refuse text of which every line is a list in brackets, words unquoted: ``[the, old, man]``.

    Raises
    ------
    IsoglossError
        With the first of them.
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell)]
    if len(texts) > 1 and all(map(UNQUOTED.fullmatch, texts)) and 2 * sum("," in text for text in texts) > len(texts):
        raise saved_as_text(f"{place}: in every row", "a list", texts[0])


def plain_text(cell: Any, place: str) -> str:
    """Read a cell that must be text: as it is, or as bytes in UTF-8.

    Raises
    ------
    IsoglossError
        If it is something else, or holds what no text does.
    """
    if isinstance(cell, bytes):
        try:
            cell = cell.decode("utf-8")
        except UnicodeDecodeError as error:
            raise IsoglossError(
                f"{place}: expected text, found bytes that are not UTF-8 (byte {error.start + 1} is "
                f"0x{cell[error.start]:02x})."
            ) from error
    if not isinstance(cell, str):
        raise IsoglossError(f"{place}: expected text or a list of words, found {shown(cell)}.")
    if match := NO_TEXT.search(cell):
        named = "half a surrogate pair" if match[0] >= "\ud800" else name_of(match[0])
        raise IsoglossError(f"{place}: the text holds {named}, which is no part of a text.")
    return cell


def words_of(cell: Any, place: str, segmentation: str | None = None, as_aligned: bool = False) -> list[str]:
    """Read a cell of text as words; a list of words is taken as it is.

    Parameters
    ----------
    cell
        The value.
    place
        What to call the cell in messages: file, row, column.
    segmentation
        See :func:`isogloss.text.segmentation.split_words`; of text alone.
    as_aligned
        Split text into the words that an outside aligner numbered instead.

    Returns
    -------
    list of str
        Empty where the cell holds nothing. A word of a list is one word still if it holds a space.

    Raises
    ------
    IsoglossError
        If the cell is neither text nor a list of words, or a word of a list is missing or empty.
    """
    if is_missing(cell):
        return []
    if isinstance(cell, list | tuple):
        return [as_one_word(word) for word in items_of(cell, place, "word")]
    text = text_of(cell, place)
    if as_aligned:
        return split_as_aligned(text, place)
    return split_words(text, segmentation)


def items_of(cell: Sequence[Any], place: str, name: str) -> list[str]:
    """Read a list of text."""
    items = []
    for number, item in enumerate(cell, start=1):
        if not isinstance(item, str | bytes):
            raise IsoglossError(f"{place}: {name} {number} of the list should be text, found {shown(item)}.")
        # A word may be [1,2] or {}.
        text = plain_text(item, f"{place}, {name} {number} of the list")
        if not text.strip():
            raise IsoglossError(f"{place}: {name} {number} of the list is empty.")
        items.append(text)
    return items


def label_of(cell: Any, place: str, labels: Sequence[str], names: Sequence[str] | None = None) -> str:
    """Read a label: one of the declared ones, or a number that means one.

    Parameters
    ----------
    cell
        The value. Where the declared labels are no numbers, a whole number n is the nth of them, from 0, as in the
        hub's class labels.
    place
        What to call the cell in messages.
    labels
        The declared labels.
    names
        The labels that numbers mean, where the file says so itself.

    Raises
    ------
    IsoglossError
        If there is no label, or it is not among the declared ones.
    """
    if is_missing(cell):
        raise IsoglossError(f"{place}: there is no label.")
    numeric = any(map(NUMBER.fullmatch, labels))
    if isinstance(cell, bool):
        said = next((label for label in labels if label.lower() == str(cell).lower()), str(cell).lower())
    elif isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer()):
        said = numbered(int(cell), place, labels if names is None else names, numeric and names is None)
    elif isinstance(cell, str | bytes):
        said = unicodedata.normalize("NFC", text_of(cell, place))
        if said not in labels and (match := NUMBER.fullmatch(said)):
            said = numbered(int(match[1]), place, labels if names is None else names, numeric and names is None)
    else:
        raise IsoglossError(f"{place}: expected a label, found {shown(cell)}.")
    if said not in labels:
        raise IsoglossError(f"{place}: {shown(said)} is not among the declared labels ({', '.join(labels)}).")
    return said


def numbered(number: int, place: str, names: Sequence[str], is_name: bool) -> str:
    """Name the label that a number means."""
    if is_name:
        return str(number)
    if not 0 <= number < len(names):
        raise IsoglossError(
            f"{place}: the number {number} means no label; there are {len(names)}, numbered from 0 in their order "
            f"({', '.join(names)})."
        )
    return names[number]


def tags_of(cell: Any, place: str, labels: Sequence[str], names: Sequence[str] | None = None) -> list[str]:
    """Read a word's tags: a list of labels, or text with spaces between them.

    Raises
    ------
    IsoglossError
        As :func:`label_of`, of each tag.
    """
    if is_missing(cell):
        raise IsoglossError(f"{place}: there are no tags.")
    tags = list(cell) if isinstance(cell, list | tuple) else text_of(cell, place).split()
    return [label_of(tag, f"{place}, tag {number}", labels, names) for number, tag in enumerate(tags, start=1)]


def check_one_spelling(cells: Sequence[Any], labels: Sequence[str], place: str, tags: bool) -> None:
    """Refuse labels that are names in some cells and numbers in others: one of the two means something else.

    Parameters
    ----------
    cells
        What stands in the column.
    labels
        The declared ones.
    place
        What to call the column in messages.
    tags
        Whether a cell is a list of labels, or text with spaces between them.
    """
    lists = (one if isinstance(one, list) else str(one).split() if tags else [one] for one in cells)
    said = {str(one) for each in lists for one in each}
    names, numbers = said & {*labels}, {one for one in said if NUMBER.fullmatch(one)}
    if names and numbers and not any(map(NUMBER.fullmatch, labels)):
        raise IsoglossError(
            f"{place}: some labels are names ('{min(names)}') and some are numbers ('{min(numbers)}'). Write all of "
            "them in one way."
        )


def check_labels(labels: Sequence[str], place: str) -> None:
    """Refuse declared labels that are empty, or of which two are the same to a reader."""
    seen = [clean(label) for label in labels]
    if "" in seen:
        raise IsoglossError(f"{place}: label {seen.index('') + 1} is empty; an empty cell is no label.")
    twice = [label for label in seen if seen.count(label) > 1]
    if twice:
        raise IsoglossError(f"{place}: '{twice[0]}' stands twice.")


def check_tags(labels: Sequence[str], place: str, tag_measure: str) -> None:
    """Refuse tags with spaces, and tags whose entities cannot be told: their F1 needs O, B-X and I-X (CoNLL-2002).

    Raises
    ------
    IsoglossError
        Naming the first that is none of these.
    """
    spaced = [label for label in labels if label.split() != [label]]
    if spaced:
        raise IsoglossError(f"{place}: '{spaced[0]}' holds a space, which stands between tags.")
    other = [label for label in labels if not TAG.fullmatch(label)]
    if other and tag_measure == "entity_f1":
        raise IsoglossError(
            f"{place}: '{other[0]}' is none of O, B-X and I-X, so that there are no entities to score. List the tags "
            "so, in the order of their numbers if the table has numbers, or say `tag_measure: accuracy`."
        )


def shown(value: Any) -> str:
    """Show a value of a table to its user, in a few words."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a truth value)"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"'{shortened(LINE_END.sub(' ', value))}'"
    names: dict[type, str] = {list: "a list", tuple: "a list", dict: "a dictionary", bytes: "bytes"}
    return f"{names.get(type(value), type(value).__name__)} ({shortened(str(value))})"
