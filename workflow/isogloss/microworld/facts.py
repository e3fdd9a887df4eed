"""Facts: what a sentence says of an object, asked of a language model that reads the words before it."""

from collections.abc import Mapping

import pandas as pd

from isogloss.microworld.realise import (
    ADVERB,
    OBJECT,
    OBJECT_ADJECTIVE,
    PLACE,
    PLACE_FUNCTION,
    SUBJECT_ADJECTIVE,
    YEAR,
)

LEFT_OUT = {SUBJECT_ADJECTIVE, ADVERB, OBJECT_ADJECTIVE, PLACE, PLACE_FUNCTION, YEAR}


def facts(texts: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Make the facts of a parallel corpus of the microworld.

    A sentence's fact is its object; it is asked by the words that stand before it, which are others in each language.
    Of sentences that begin alike in one of the languages only the first is kept, so that no question has two answers.

    Parameters
    ----------
    texts
        For each language its side of the corpus, see :func:`isogloss.microworld.generate`; the same sentences.

    Returns
    -------
    dict of DataFrame
        For each language the same facts in the same order: ``item`` (the sentence's number), ``words`` (the question),
        ``answer`` (one word), ``lemma`` (the answer's number, the same in every language) and ``paraphrase``: the
        question without its optional parts, empty where there is none to leave out.
    """
    tables = {language: asked(text.sort_values("sentence", ignore_index=True)) for language, text in texts.items()}
    begun = [table.words.map(tuple).duplicated() for table in tables.values()]
    kept = ~pd.concat(begun, axis=1).any(axis=1)
    return {language: table[kept].reset_index(drop=True) for language, table in tables.items()}


def asked(text: pd.DataFrame) -> pd.DataFrame:
    """Ask for the object of every sentence of one language."""
    rows = []
    for number, words, slots, lemmas in zip(text.sentence, text.words, text.slots, text.lemmas, strict=True):
        place = list(slots).index(OBJECT)
        question = list(words[:place])
        less = [word for word, slot in zip(question, slots, strict=False) if slot not in LEFT_OUT]
        rows.append((number, question, words[place], lemmas[place], less if less != question else []))
    return pd.DataFrame(rows, columns=["item", "words", "answer", "lemma", "paraphrase"])
