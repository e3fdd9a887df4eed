"""Where parallel text comes from, and the list of its sources.

A source is the section of a corpus in the config, which names what reads it; see docs/extend/source.md. The list is
read whenever the Snakefile is, so nothing heavy is imported here.
"""

from typing import TYPE_CHECKING, Any

from isogloss.section import any_of
from isogloss.text.settings import Corpus, Gettext, Hub, Microworld, Table, Text
from isogloss.text.sources.othello import Othello

SOURCES: list[type[Corpus]] = [
    Microworld,
    Gettext,
    Text,
    Table,
    Hub,
    Othello,
]
if TYPE_CHECKING:
    AnyCorpus = Any
else:
    AnyCorpus = any_of(SOURCES)
