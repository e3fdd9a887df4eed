"""Settings of this room: corpora, how their words are linked, and which words are used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from isogloss.files import file_digest
from isogloss.section import Count, HubId, Language, NotHere, Revision, Section, Seed, placeholders
from isogloss.text import presets

EFLOMAL_WORDS = 1024  # MAX_SENT_LEN of eflomal's program
Segmentation = dict[Language, Literal["whitespace", "jieba", "icu"]]
SEGMENTATION = (
    "How text becomes words, by language: `icu` (Chinese, Japanese, Thai, Khmer, Lao, Burmese), `jieba` (Chinese), or "
    "`whitespace`. Where nothing is said, white space too, but text without spaces is refused."
)


NAMES = "Its own names of languages, such as `{zh: zh_CN}`; our name where nothing is said."
FOUND = (
    "Its own names of languages, such as `{zh: zh-cn}`; where nothing is said they are found among its files, or ours."
)

Pattern = Annotated[str, placeholders("language", "pair")]
PRESET = "A ready-made data set, see the list below: it gives the keys that are not said here."


def is_table(path: Path) -> bool:
    """Tell whether a file's name says that it is a table."""
    return Path(path.name.removesuffix(".gz")).suffix in (".csv", ".tsv", ".json", ".jsonl", ".parquet")


def same_text(key: str, places: Mapping[str, Any]) -> list[str]:
    """Tell of languages whose text is the same, by its place: all that is measured of them would be perfect."""
    first: dict[Any, str] = {}
    return [
        f"{key}: '{first[place]}' and '{language}' are the same text, {place}"
        for language, place in places.items()
        if first.setdefault(place, language) != language
    ]


def same_content(key: str, paths: Mapping[str, Path], what: str = "text") -> list[str]:
    """Tell of languages, or pairs of them, whose files hold the same: one file, a link to it, or a copy."""
    sizes = {name: path.stat().st_size for name, path in paths.items() if path.is_file()}
    first: dict[str, str] = {}
    wrong = []
    for name, path in paths.items():
        alike = name in sizes and list(sizes.values()).count(sizes[name]) > 1
        other = first.setdefault(file_digest(path) if alike else str(path), name)
        if other != name:
            copy = "" if paths[other] == path else f", with the content of {paths[other]}"
            wrong.append(f"{key}: '{other}' and '{name}' are the same {what}, {path}{copy}")
    return wrong


class Pairs(Section):
    """Which pairs of languages are compared."""

    source: Language = Field(description="The source language of every pair.")
    targets: list[Language] = Field(min_length=1, description="The target languages.")


class WordAlignment(Section):
    """How words of a sentence pair are linked."""

    method: Literal["eflomal", "gold", "given"] = Field(
        "eflomal", description="A statistical aligner, the microworld's own links, or links in Pharaoh files."
    )
    symmetrization: Literal["intersection", "grow-diag-final-and"] = Field(
        "intersection", description="How the aligner's two directions become one set of links."
    )
    seed: Seed = Field(212, description="Seed of the aligner.")
    files: dict[str, Path] = Field({}, description="For `given`: a Pharaoh file a pair, such as `en-de: links.txt`.")
    evaluate: bool = Field(False, description="Score eflomal against the gold links (microworld only).")


class Corpus(Section):
    """What every kind of corpus has, and what a source of text says of itself.

    Attributes
    ----------
    reader
        What reads one language, ``package.module:function``. It gets ``language``, ``part`` and what :meth:`reading`
        names by keyword, and gives a table with ``sentence`` (numbers that all languages share) and ``words``.
    gold
        Whether the right answers are known: gold links, lemmas.
    letters
        Whether each letter is a subword of its own, for models trained here.
    takes_links
        Whether an outside aligner's links may be given; then the reader gets their files as ``links``.
    """

    reader: ClassVar[str]
    gold: ClassVar[bool] = False
    letters: ClassVar[bool] = False
    takes_links: ClassVar[bool] = False

    languages: list[Language] = Field(min_length=2, description="The languages to make.")
    pairs: Pairs = Field(description="Which pairs of them are compared.")
    word_alignment: WordAlignment = Field(WordAlignment(), description="How words are linked.")
    max_sentence_words: Count = Field(
        300, description="Pairs with a side of this many words or more are dropped; at most 1,024 with eflomal."
    )

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name what the reader takes of this section, so that a further language is no matter of the others.

        Where that is a ``file`` and a ``column``, only this column's content counts for reruns.
        """
        return {}

    def user_files(self) -> dict[str, Path]:
        """Name the user's files by their keys."""
        return {}

    def files_of(self, language: str) -> list[Path]:
        """List the user's files that one language is read from."""
        return list(self.user_files().values())

    def mistakes(self) -> list[str]:
        """Tell what is wrong, each beginning with its key, beside what is of all corpora: languages, pairs, files."""
        return []


class Microworld(Corpus):
    """Sentences of the embedded grammar, whose right answers are known."""

    reader: ClassVar[str] = "isogloss.microworld:generate"
    gold: ClassVar[bool] = True

    kind: Literal["microworld"]
    sentences: Count = Field(2000, description="Parallel sentences to analyse.")
    training_sentences: Count = Field(12000, description="Other sentences, for models trained here.")
    seed: Seed = Field(1, description="Seed of the sentences.")
    anchors: Annotated[int, Field(ge=0)] | None = Field(
        None,
        description="So many content words are said with the source language's form in every language, and no other "
        "form is shared; 0: none is. Where nothing is said, forms are shared as the languages share them.",
    )

    @property
    def anchored(self) -> dict[str, Any]:
        """The anchors and whose forms they have; nothing where forms are as the languages have them."""
        return {} if self.anchors is None else {"anchors": self.anchors, "source": self.pairs.source}

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name how many sentences, and which."""
        count = self.sentences if part == "parallel" else self.training_sentences
        return {"sentences": count, "seed": self.seed, **self.anchored}

    def mistakes(self) -> list[str]:
        """Tell of languages that the grammar does not have."""
        from isogloss.microworld import LANGUAGES
        from isogloss.microworld.anchors import content_lemmas

        unknown = [language for language in self.languages if language not in LANGUAGES]
        wrong = [f"languages: the microworld has no '{name}'; it has {', '.join(LANGUAGES)}" for name in unknown]
        most = len(content_lemmas())
        if (self.anchors or 0) > most:
            wrong.append(f"anchors: {self.anchors} is more than the {most} content words that there are")
        return wrong


class Gettext(Corpus):
    """Human translations of programs' messages, from this machine's gettext catalogues."""

    reader: ClassVar[str] = "isogloss.text.sources.gettext:read"

    kind: Literal["gettext"]
    folder: Path = Field(Path("/usr/share/locale"), description="Where the catalogues are.")
    names: dict[Language, str] = Field({}, description=NAMES)
    min_words: Count = Field(4, description="Shorter messages are left out.")
    max_words: Count = Field(40, description="Longer messages are left out.")
    max_sentences: Count | None = Field(None, description="At most this many messages of each language are analysed.")
    segmentation: Segmentation = Field({}, description=SEGMENTATION)

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name the catalogues, and which of their messages."""
        return {
            "folder": str(self.folder),
            "locale": self.names.get(language, language),
            "min_words": self.min_words,
            "max_words": self.max_words,
            "max_sentences": self.max_sentences if part == "parallel" else None,
            "segmentation": self.segmentation.get(language),
        }

    def mistakes(self) -> list[str]:
        """Tell of a range that holds nothing, and of a folder that is missing."""
        wrong = []
        if self.min_words > self.max_words:
            wrong.append(f"min_words: {self.min_words} is above max_words ({self.max_words})")
        if not self.folder.is_dir():
            wrong.append(NotHere(f"folder: there is no folder {self.folder}"))
        return wrong + same_text("names", {name: self.names.get(name, name) for name in self.languages})


class Text(Corpus):
    """Text: a file a language, one sentence a line, or one word a line (`.conll`, `.conllu`, `.wikiann`)."""

    reader: ClassVar[str] = "isogloss.text.sources.lines:read"
    takes_links: ClassVar[bool] = True

    kind: Literal["text"]
    files: dict[Language, Path] = Field(description="A file for every language.")
    segmentation: Segmentation = Field({}, description=SEGMENTATION)

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name the language's file, and the source language's, which it is held against."""
        return {
            "file": str(self.files[language]),
            "beside": str(self.files[self.pairs.source]),
            "segmentation": self.segmentation.get(language),
        }

    def user_files(self) -> dict[str, Path]:
        """Name the file of each language."""
        return {f"files.{language}": path for language, path in self.files.items()}

    def files_of(self, language: str) -> list[Path]:
        """List the language's file and the source language's."""
        return [self.files[language], self.files[self.pairs.source]]

    def mistakes(self) -> list[str]:
        """Tell of languages without a file."""
        wrong = [f"files: no file is given for '{name}'" for name in self.languages if name not in self.files]
        files = {name: self.files[name] for name in self.languages if name in self.files}
        tables = [
            f"files.{name}: {path} is a table; say `kind: table`" for name, path in files.items() if is_table(path)
        ]
        return wrong + tables + same_content("files", files)


class Table(Corpus):
    """A table with a column a language: Parquet, CSV, TSV or JSONL."""

    reader: ClassVar[str] = "isogloss.text.sources.tables:read"
    takes_links: ClassVar[bool] = True

    kind: Literal["table"]
    file: Path = Field(description="The table.")
    columns: dict[Language, str] = Field(
        {},
        description="A language's column, its name where nothing is said; after a dot the key of a dictionary, such as "
        "`translation.de`.",
    )
    segmentation: Segmentation = Field({}, description=f"{SEGMENTATION} Lists of words are taken as they are.")

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name the table, and the language's column."""
        return {
            "file": str(self.file),
            "column": self.columns.get(language, language),
            "segmentation": self.segmentation.get(language),
        }

    def user_files(self) -> dict[str, Path]:
        """Name the table."""
        return {"file": self.file}

    def mistakes(self) -> list[str]:
        """Tell of two languages of one column."""
        return same_text("columns", {name: self.columns.get(name, name) for name in self.languages})


class Hub(Corpus):
    """A data set of the hub, whose rows are parallel in all languages; a row may lack some."""

    model_config = ConfigDict(json_schema_extra=presets.without_required)
    reader: ClassVar[str] = "isogloss.text.sources.tables:read"

    kind: Literal["hub"]
    preset: Literal[tuple(presets.CORPORA)] | None = Field(  # type: ignore[valid-type]  # from the list
        None, description=PRESET
    )
    repository: HubId = Field(description="Its id, such as `facebook/xnli`.")
    revision: Revision = Field(description="The commit, 40 hexadecimal digits; a branch is warned about.")
    files: Pattern = Field(
        description="Which of its Parquet files: a pattern, with `{language}` where each language has its own, or "
        "`{pair}` where each has one with the pivot: the two names in the order of the alphabet, such as `de-en`."
    )
    text: Pattern = Field(
        description="The column. A dot goes into what is nested, as in `translation.{language}`; of dictionaries with "
        "the lists `language` and `translation` the language's own is taken."
    )
    names: dict[Language, str] = Field({}, description=FOUND)
    pivot: Language | None = Field(
        None,
        description="For files whose rows are not parallel with each other: the language that each of them is paired "
        "with. Rows with the same text in it are one sentence.",
    )
    pivot_text: Pattern | None = Field(
        None, description="The pivot's column; where nothing is said, `text` with its name as `{language}`."
    )
    max_sentences: Count | None = Field(None, description="At most this many rows, the first ones, are read.")
    segmentation: Segmentation = Field({}, description=SEGMENTATION)

    @model_validator(mode="before")
    @classmethod
    def fill_preset(cls, content: Any) -> Any:
        """Fill in what the preset stands for."""
        return presets.filled(content, presets.CORPORA)

    def reading(self, language: str, part: str) -> dict[str, Any]:
        """Name the columns of the table that the fetch makes."""
        return {"column": "text", "numbers": "sentence", "segmentation": self.segmentation.get(language)}

    def mistakes(self) -> list[str]:
        """Tell of another language's text where there is none."""
        used = [key for key in ("files", "text") if "{pair}" in getattr(self, key)]
        used += ["pivot_text"] if self.pivot_text else []
        lacking = [] if self.pivot else used
        wrong = [f"pivot: this key is missing; `{key}` names another language's text" for key in lacking]
        return wrong + same_text("names", {name: self.names.get(name, name) for name in self.languages})


class Selection(Section):
    """Which occurrences of linked words are used (Mousi et al. 2024)."""

    max_frequency: Count = Field(15, description="Most occurrences of one word pair (CALIGN) or word (COLAP).")
    min_frequency: Annotated[int, Field(ge=0)] = Field(0, description="Word pairs that occur less often are left out.")
    delete_frequency: Count = Field(10_000_000, description="Word pairs that occur more often are left out.")
