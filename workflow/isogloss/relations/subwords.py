"""How few subwords the texts of two languages share, as one model's tokenizer splits them."""

import logging
from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pandas as pd

from isogloss.files import read_parquet, write_csv
from isogloss.models.load import load_tokenizer
from isogloss.models.words import SLICE, known_among, running, unknown_among

log = logging.getLogger(__name__)


def write_subword_distances(
    *, tokenizer: str | Path, texts: Sequence[str | Path], text_languages: Sequence[str], model: str, output: str | Path
) -> None:
    """Write the distance ``subword`` of every ordered pair of different languages, for one model.

    It is 1 − shared subwords / subwords of either (Jaccard), as ``lexical`` is of word forms
    (:func:`isogloss.relations.distances.lexical`): each subword that a language's texts are split into counts once, of
    all texts together. Special tokens, the unknown one among them, are no subwords, nor is a mark of a space alone.

    Parameters
    ----------
    tokenizer
        A model's folder.
    texts, text_languages
        Parquet files with a column ``words``, and ``text`` where a segmenter made the words; and the language of each.
    model
        First column of the table.
    output
        The CSV file to write: model, source, target, distance, value (0: the same; 1: nothing in common), and reason: a
        sentence where there is no value, because most subwords of a language's texts are unknown ones.
    """
    reader = load_tokenizer(tokenizer)
    counts: dict[str, Counter[int]] = {language: Counter() for language in text_languages}
    for path, language in zip(texts, text_languages, strict=True):
        items = read_parquet(path, ("words",))
        said = running(reader, list(items["words"]), list(items["text"]) if "text" in items else None)
        for start in range(0, len(said), SLICE):
            for ids in reader(said[start : start + SLICE], add_special_tokens=False)["input_ids"]:
                counts[language].update(ids)
    known, reasons = {}, {}
    for language, count in counts.items():
        known[language] = known_among(reader, count)
        unknown, total = unknown_among(reader, count)
        if 2 * unknown > total or not known[language]:
            reasons[language] = (
                f"The tokenizer of {model} knows too little of the test items in {language}: {unknown:,} of {total:,} "
                "subwords are unknown."
            )
    rows: list[tuple[str, str, str, str, float | None, str]] = []
    for source, target in permutations(known, 2):
        reason = reasons.get(source) or reasons.get(target, "")
        pair = known[source], known[target]
        value = None if reason else 1 - len(set.intersection(*pair)) / len(set.union(*pair))
        rows.append((model, source, target, "subword", value, reason))
    table = pd.DataFrame(rows, columns=["model", "source", "target", "distance", "value", "reason"])
    write_csv(table, output)
    told = ", ".join(f"{language} {len(ids):,}" for language, ids in known.items())
    log.info("Different subwords of the test items: %s", told)
