"""Mistakes of corpora: languages, pairs, links, words, files."""

import re
from pathlib import Path

from isogloss.files import from_the_future, not_a_file
from isogloss.section import NotHere
from isogloss.text.settings import EFLOMAL_WORDS, Corpus, Segmentation, Selection, same_content

CHINESE = ("zh", "zho", "cmn", "yue", "wuu", "lzh")
CODE = re.compile(r"[a-z]{2,3}(-.*)?")  # any other name tells nothing of the language


def check_corpus(where: str, corpus: Corpus) -> list[str]:
    """Find a corpus's mistakes: languages, pairs, files."""
    wrong = []
    pairs, languages = corpus.pairs, corpus.languages
    for key, values in (("pairs.source", [pairs.source]), ("pairs.targets", pairs.targets)):
        for value in values:
            if value not in languages:
                wrong.append(f"{where}.{key}: '{value}' is not among this corpus's languages ({', '.join(languages)})")
    if pairs.source in pairs.targets:
        wrong.append(f"{where}.pairs.targets: '{pairs.source}' is the source language")
    alignment = corpus.word_alignment
    if not corpus.gold:
        if alignment.method == "gold":
            wrong.append(f"{where}.word_alignment.method: only a microworld corpus has gold links")
        if alignment.evaluate:
            wrong.append(f"{where}.word_alignment.evaluate: only a microworld corpus has gold links to compare with")
    if (alignment.method == "eflomal" or alignment.evaluate) and corpus.max_sentence_words > EFLOMAL_WORDS:
        wrong.append(
            f"{where}.max_sentence_words: eflomal takes sentences of at most {EFLOMAL_WORDS:,} words; "
            f"found {corpus.max_sentence_words:,}"
        )
    if alignment.files and alignment.method != "given":
        wrong.append(
            f"{where}.word_alignment.files: links are read with `method: given` only; found '{alignment.method}'"
        )
    segmentation = getattr(corpus, "segmentation", {})
    wrong += check_segmentation(f"{where}.segmentation", segmentation, languages)
    if alignment.method == "given":
        if not corpus.takes_links:
            wrong.append(f"{where}.word_alignment.method: only text and tables of yours have given links")
        elif {"jieba", "icu"} & {*segmentation.values()}:
            wrong.append(
                f"{where}.segmentation: given links count the words that the aligner saw; give the text as it was split"
            )
        for target in pairs.targets:
            pair = f"{pairs.source}-{target}"
            if pair not in alignment.files:
                wrong.append(f"{where}.word_alignment.files: no Pharaoh file is given for {pair}")
    wrong += [type(mistake)(f"{where}.{mistake}") for mistake in corpus.mistakes()]
    files = {f"word_alignment.files.{pair}": path for pair, path in alignment.files.items()} | corpus.user_files()
    wrong += [f"{where}.{told}" for told in same_content("word_alignment.files", alignment.files, "links")]
    lacking = [(key, path) for key, path in files.items() if not Path(path).is_file()]
    wrong += [NotHere(f"{where}.{key}: {not_a_file(path)}") for key, path in lacking]
    late = {key: from_the_future(path) for key, path in files.items() if (key, path) not in lacking}
    wrong += [NotHere(f"{where}.{key}: {told}") for key, told in late.items() if told]
    return wrong


def check_segmentation(where: str, segmentation: Segmentation, languages: list[str]) -> list[str]:
    """Find a language that is not there, and Chinese words for another language."""
    wrong = [
        f"{where}: '{language}' is not among the languages ({', '.join(languages)})"
        for language in segmentation
        if language not in languages
    ]
    return wrong + [
        f"{where}.{language}: jieba splits Chinese; take icu"
        for language, how in segmentation.items()
        if how == "jieba" and CODE.fullmatch(language) and language.partition("-")[0] not in CHINESE
    ]


def check_selection(selection: Selection) -> list[str]:
    """Find a range of frequencies that holds nothing."""
    if selection.min_frequency > selection.delete_frequency:
        return [
            f"selection.min_frequency: {selection.min_frequency} is above delete_frequency "
            f"({selection.delete_frequency}), so no word would be left"
        ]
    return []
