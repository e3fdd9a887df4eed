"""Parallel text of three made-up languages: each word of a sentence is its lemma with the language's mark."""

import numpy as np
import pandas as pd

LANGUAGES = ("de", "en", "fr")


def sentences(language, count, seed=0, lemmas=24):
    """Each sentence has a topic, and words of the topic's lemmas; even topics are happy."""
    random = np.random.default_rng(seed)
    rows = []
    for sentence in range(count):
        topic = int(random.integers(4))
        chosen = random.integers(topic * lemmas // 4, (topic + 1) * lemmas // 4, size=int(random.integers(3, 6)))
        order = chosen[::-1] if language == "de" else chosen
        words = [f"{language}{chr(97 + lemma)}" for lemma in order]
        rows.append((sentence, words, [int(lemma) for lemma in order], topic % 2))
    table = pd.DataFrame(rows, columns=["sentence", "words", "lemmas", "sentiment"])
    return table.astype({"sentiment": "int8"})


def write(folder, count, seed=0, languages=LANGUAGES, columns=("sentence", "words", "lemmas", "sentiment")):
    """Write one Parquet file a language; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {language: folder / f"{language}.parquet" for language in languages}
    for language, path in paths.items():
        sentences(language, count, seed)[list(columns)].to_parquet(path, index=False)
    return paths
