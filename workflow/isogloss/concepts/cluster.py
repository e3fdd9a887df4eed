"""Concepts: clusters of one layer's activations, and the files that hold them.

A cluster file has one row an occurrence: ``word, sentence, position, language, cluster``. The text form of ConceptX has
one line an occurrence, ``word|||count|||sentence|||position|||cluster``; words may hold ``|||``, so it is read from
the right.
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from isogloss.concepts.methods import function_of
from isogloss.errors import IsoglossError
from isogloss.files import check_file, published, read_parquet, write_parquet
from isogloss.named import named
from isogloss.statistics.cka import scaled
from isogloss.text.encoding import lines_of
from isogloss.text.word_tables import read_word, whole_numbers_in, words_in

LINE = re.compile(
    r"(?P<word>.+)\|\|\|\d+\|\|\|(?P<sentence>-?\d{1,18}|\d{19})\|\|\|(?P<position>-?\d{1,9})\|\|\|(?P<cluster>\d{1,9})",
    re.ASCII,
)
COLUMNS = ("word", "sentence", "position", "language", "cluster")
READ = 1 << 16  # no line of the text form is as long


def cluster(
    *,
    stores: list[str | Path],
    languages: list[str],
    layer: int,
    output: str | Path,
    clusters: int,
    method: str,
    selection: str,
    seed: int,
    threads: int,
    device: str,
) -> None:
    """Cluster one layer's vectors of one or several stores together, and write the cluster file.

    Parameters
    ----------
    stores
        Activation stores.
    languages
        The language of each store.
    layer
        Which layer.
    output
        The cluster file to write.
    clusters
        K; 600 in Mousi et al. 2024.
    method
        One of :mod:`isogloss.concepts.methods`.
    selection
        Which of a store's words: ``aligned`` (CALIGN) or ``frequent`` (COLAP).
    seed
        Seed of the clustering.
    threads
        Threads of the matrix products.
    device
        ``cpu``, ``cuda``, or ``auto``, which takes a GPU if there is one.

    Raises
    ------
    IsoglossError
        If the method refuses, such as more clusters than words, or there is no GPU.
    """
    parts = [read_store(path, selection, layer) for path in stores]
    words = [part.assign(language=language) for (part, _), language in zip(parts, languages, strict=True)]
    table, matrix = pd.concat(words, ignore_index=True), np.concatenate([vectors for _, vectors in parts])
    table["cluster"] = label(matrix, clusters, method, seed, threads, device)
    write_sorted(table, output)


def cluster_halves(
    *,
    store: str | Path,
    layer: int,
    output: str | Path,
    clusters: int,
    method: str,
    selection: str,
    seed: int,
    threads: int,
    device: str,
) -> None:
    """Cluster the two halves of one language's words together as if they were two languages; write the cluster file.

    The occurrences of each word are dealt to the halves in turn; a word that occurs once stands in both. So the halves
    mix as far as a language mixes with itself.

    Parameters
    ----------
    store
        Activation store.
    layer
        Which layer.
    output
        The cluster file to write; its languages are ``first`` and ``second``.
    clusters
        K; no more than there are distinct vectors to cluster.
    method, selection, seed, threads, device
        See :func:`cluster`.

    Raises
    ------
    IsoglossError
        As :func:`cluster` does.
    """
    table, matrix = read_store(store, selection, layer)
    occurrences = table.groupby("word", sort=False)
    number, once = occurrences.cumcount(), occurrences["word"].transform("size") == 1
    first, second = (np.flatnonzero((number % 2 == half) | once) for half in (0, 1))
    both = np.concatenate([first, second])
    # One language may have fewer words than the concepts that two are cut into.
    distinct = len({vector.tobytes() for vector in matrix[both]})
    halves = table.iloc[both].assign(language=np.repeat(["first", "second"], [len(first), len(second)]))
    halves["cluster"] = label(matrix[both], min(clusters, distinct), method, seed, threads, device)
    write_sorted(halves, output)


def read_store(path: str | Path, selection: str, layer: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Read one layer of a store's selected words: ``word, sentence, position`` and vectors ``[words, hidden]``."""
    from isogloss.states.store import open_store

    with open_store(path, put_aside=True) as store:
        table = store.words()
        rows = np.flatnonzero(table[selection])
        vectors = store.vectors(layer, rows)
    if not np.isfinite(vectors).all():
        raise IsoglossError(f"Layer {layer} of {path} holds values that are not finite (NaN or infinity).")
    return table.iloc[rows].rename(columns={"form": "word"}).reset_index(drop=True), vectors


def label(vectors: np.ndarray, clusters: int, method: str, seed: int, threads: int, device: str) -> np.ndarray:
    """Give each of ``vectors [n, d]`` the number of its cluster, int32 ``[n]``; see :func:`cluster`."""
    if device != "cpu":
        # Torch takes seconds to import, as long as most clusterings here.
        from isogloss.models.devices import choose_device

        device = choose_device(device)
    # Clusters do not depend on the scale, but squares of very large or small numbers are infinite or 0.
    vectors = scaled(vectors) if vectors.size else vectors
    labels = named(function_of(method))(vectors, clusters, seed=seed, threads=threads, device=device)
    if labels.shape != vectors.shape[:1] or labels.dtype.kind not in "iu":
        raise IsoglossError(
            f"The clustering '{method}' gave {labels.dtype} {list(labels.shape)} for {len(vectors):,} words; expected "
            "a whole number for each word."
        )
    return labels.astype(np.int32)


def write_sorted(table: pd.DataFrame, output: str | Path) -> None:
    """Write a cluster file, its rows in the order of the text."""
    write_parquet(table.sort_values(["language", "sentence", "position"], kind="stable")[list(COLUMNS)], output)


def read_clusters(path: str | Path, language: str | None = None, split: int | None = None) -> pd.DataFrame:
    """Read a cluster file: Parquet, or the text form of ConceptX.

    Parameters
    ----------
    path
        The file.
    language
        The language of a text file that holds just one.
    split
        For a text file of two languages: its sentences below this number are ``source``, the others ``target``.

    Returns
    -------
    DataFrame
        With the columns ``word, sentence, position, language, cluster``.

    Raises
    ------
    IsoglossError
        If the file is missing, empty or malformed: a word that is none, a number that is not whole, a cluster below 0
        (some programs give -1 to what lies in no cluster). The message names the row, of a text file the line.
    """
    path = Path(path)
    check_file(path)
    with path.open("rb") as handle:
        parquet = handle.read(4) == b"PAR1"
    table = read_parquet(path, COLUMNS)[list(COLUMNS)] if parquet else read_text(path, language)
    if table.empty:
        raise IsoglossError(f"{path} holds no words.")
    if parquet:

        def place(row: int) -> str:
            return f"{path}, row {row + 1}"

        table["word"] = words_in(table.word, place)
        for name, least in (("sentence", None), ("position", None), ("cluster", 0)):
            table[name] = whole_numbers_in(table[name], place, least)
    if split is not None:
        table["language"] = np.where(table.sentence < split, "source", "target")
    return table


def is_text(path: Path) -> bool:
    """Tell whether a file is of the text form, by its first line."""
    with path.open("rb") as handle:
        first = handle.readline(READ).decode("utf-8", "replace")
    return LINE.fullmatch(first.rstrip()) is not None


def read_text(path: Path, language: str | None) -> pd.DataFrame:
    """Read ``word|||count|||sentence|||position|||cluster`` lines."""
    rows = []
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.rstrip())
        word = read_word(match["word"]) if match else None
        if not match or word is None:
            raise IsoglossError(
                f"{path}:{number}: expected word|||count|||sentence|||position|||cluster, whole numbers after the "
                f"word, found {line[:80]!r}."
            )
        rows.append((word, int(match["sentence"]), int(match["position"]), language, int(match["cluster"])))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def export(clusters: str | Path, output: str | Path) -> dict[str, int]:
    """Write a cluster file in the text form of ConceptX.

    The second field counts the occurrences of the word so far, from 0, as ConceptX's tools do. The form has no place
    for the language. So sentences of concepts of two languages are numbered anew: those of the second follow those of
    the first, in the same order.

    Returns
    -------
    dict
        Of concepts of two languages, the number of each one's first sentence; empty for concepts of one.
    """
    table, seen = read_clusters(clusters), Counter[str]()
    languages = list(table.language.dropna().unique())
    first: dict[str, int] = {}
    if len(languages) > 1:
        numbers = np.unique(table.sentence)
        first = {language: place * len(numbers) for place, language in enumerate(languages)}
        table["sentence"] = np.searchsorted(numbers, table.sentence) + table.language.map(first)
    with published(output) as draft, draft.open("w", encoding="utf-8", newline="\n") as handle:
        for row in table.itertuples(index=False):
            handle.write(f"{row.word}|||{seen[row.word]}|||{row.sentence}|||{row.position}|||{row.cluster}\n")
            seen[row.word] += 1
    return first
