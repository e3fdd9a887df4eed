"""Concept cards: what the report shows of one pair's concepts in all layers, with their places on one map.

A card has the concept's words by count, the target concepts that it is aligned to (Mousi et al. 2024, section 3), which
translations carried the match, and two of its words in context.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from isogloss.concepts.cluster import read_clusters
from isogloss.files import read_parquet, write_parquet
from isogloss.measures.calign.compute import align_concepts
from isogloss.report.browser.map import project
from isogloss.states.store import open_store
from isogloss.text.lexicons import read_lexicon

SIDES = ("source", "target")
WORDS = 12
TARGETS = 4
MATCHES = 12
EXAMPLES = 2
WINDOW = 8
# Written without spaces between words.
UNSPACED = ("zh", "ja", "th", "lo", "km", "my")


def write_cards(
    *,
    stores: dict[str, str | Path],
    corpora: dict[str, str | Path],
    source_clusters: list[str | Path],
    target_clusters: list[str | Path],
    lexicon: str | Path,
    languages: dict[str, str],
    layers: list[int],
    settings: dict[str, Any],
    seed: int,
    identity: dict[str, str],
    output: str | Path,
) -> None:
    """Write the concept cards of one pair of languages in one checkpoint.

    Parameters
    ----------
    stores, corpora
        For ``source`` and ``target`` the activation store and the text.
    source_clusters, target_clusters
        The two sides' cluster files, one a layer.
    lexicon
        The lexicon file.
    languages
        Of ``source`` and ``target``.
    layers
        The layers, in the order of the cluster files.
    settings
        Arguments of :func:`isogloss.measures.calign.compute.align_concepts`, without draws.
    seed
        Seed of the map.
    identity
        First columns: ``model, checkpoint, corpus, source, target, kind``.
    output
        Parquet, one row a concept: these, ``layer``, ``side``, ``cluster``, how many ``types`` and ``tokens`` it has,
        its most frequent ``words`` with ``counts``; ``x``, ``y`` on the map of all layers; of a source concept its best
        ``targets`` (concepts it is aligned to or, if there is none, the one nearest to that), ``aligned``,
        ``coverage`` (share of its types translated in the first of them), ``matched_source`` and ``matched_target``
        (the translations between these two); ``before``, ``word``, ``after``: words of it in context.
    """
    whole = read_lexicon(lexicon)
    best = best_translations(whole, settings["top_n"])
    joint = {side: "" if languages[side].split("-")[0] in UNSPACED else " " for side in SIDES}
    texts = {side: read_parquet(corpora[side], ("sentence", "words")).set_index("sentence").words for side in SIDES}
    parts, centres = [], []
    for layer, *files in zip(layers, source_clusters, target_clusters, strict=True):
        tables = {side: read_clusters(file) for side, file in zip(SIDES, files, strict=True)}
        result = align_concepts(tables["source"], tables["target"], whole, **settings)
        for side in SIDES:
            cards = describe(tables[side]).assign(layer=layer, side=side)
            cards = cards.join(in_context(tables[side], cards.words, texts[side], joint[side]))
            centres.append(centroids(stores[side], layer, tables[side], cards.index))
            parts.append(cards.join(matches(result, tables, best)) if side == "source" else cards)
    table = pd.concat([part.reset_index() for part in parts], ignore_index=True)
    table[["x", "y"]] = project(np.concatenate(centres), table.layer.to_numpy(), seed)
    for name in ("targets", "matched_source", "matched_target"):
        table[name] = [value if isinstance(value, list) else [] for value in table[name]]
    table["aligned"] = table.aligned.eq(True)
    table["coverage"] = table.coverage.fillna(0.0)
    order = [
        "layer", "side", "cluster", "types", "tokens", "words", "counts", "x", "y", "targets", "aligned", "coverage",
        "matched_source", "matched_target", "before", "word", "after",
    ]  # fmt: skip
    write_parquet(table.assign(**identity)[[*identity, *order]], output)


def describe(table: pd.DataFrame) -> pd.DataFrame:
    """Count each concept's types and tokens, and list its most frequent words; indexed by cluster."""
    counts = table.groupby(["cluster", "word"], sort=True).size().reset_index(name="count")
    counts = counts.sort_values(["cluster", "count", "word"], ascending=[True, False, True], kind="stable")
    groups = counts.groupby("cluster")
    top = counts[groups.cumcount() < WORDS].groupby("cluster")
    return pd.DataFrame(
        {
            "types": groups.size(),
            "tokens": groups["count"].sum(),
            "words": top.word.agg(list),
            "counts": top["count"].agg(list),
        }
    )


def best_translations(lexicon: pd.DataFrame, top_n: int) -> pd.DataFrame:
    """Keep each source word's most probable translations, as CALIGN does: ties go by count, then by the word."""
    order = ["source", "probability", "count", "target"]
    lexicon = lexicon.sort_values(order, ascending=[True, False, False, True], kind="stable")
    lexicon = lexicon.drop_duplicates(["source", "target"])
    return lexicon.groupby("source").head(top_n)[["source", "target", "count"]]


def matches(result: Any, tables: dict[str, pd.DataFrame], best: pd.DataFrame) -> pd.DataFrame:
    """Say of each source concept which target concepts it goes with and which translations carry the first of them."""
    problem, matched = result.problem, result.matched.tocsr()
    aligned = set(result.pairs)
    rows = []
    for index, label in enumerate(problem.source_labels.tolist()):
        found = matched[index]
        options = sorted(
            (
                (label, int(problem.target_labels[column])) not in aligned,
                -int(count),
                int(problem.target_labels[column]),
            )
            for column, count in zip(found.indices, found.data, strict=True)
            if count
        )
        if not options:
            continue
        is_aligned = not options[0][0]
        kept = [target for misses, _, target in options if not misses][:TARGETS] or [options[0][2]]
        share = -options[0][1] / problem.source_sizes[index]
        rows.append({"cluster": label, "targets": kept, "aligned": is_aligned, "coverage": float(share)})
    columns = ["cluster", "targets", "aligned", "coverage"]
    goes = pd.DataFrame(rows, columns=columns).set_index("cluster")
    first = goes.targets.str[0].rename("first").reset_index()
    source, target = (tables[side][["cluster", "word"]].drop_duplicates() for side in SIDES)
    pairs = source.merge(first, on="cluster").merge(best, left_on="word", right_on="source")
    pairs = pairs.merge(target.rename(columns={"cluster": "first", "word": "target"}), on=["first", "target"])
    pairs = pairs.sort_values(["cluster", "count", "source", "target"], ascending=[True, False, True, True])
    pairs = pairs[pairs.groupby("cluster").cumcount() < MATCHES].groupby("cluster")
    return goes.assign(matched_source=pairs.source.agg(list), matched_target=pairs.target.agg(list))


def in_context(table: pd.DataFrame, words: pd.Series, texts: pd.Series, joint: str) -> pd.DataFrame:
    """Cut the first occurrences of each concept's most frequent words out of their sentences, with what is around."""
    first = table.sort_values(["sentence", "position"], kind="stable").drop_duplicates(["cluster", "word"])
    places = first.set_index(["cluster", "word"])[["sentence", "position"]]
    rows = []
    for label, known in words.items():
        parts = []
        for word in known[:EXAMPLES]:
            sentence, position = places.loc[(label, word)]
            text = texts[sentence]
            before, after = text[max(0, position - WINDOW) : position], text[position + 1 : position + 1 + WINDOW]
            parts.append((joint.join(before), word, joint.join(after)))
        rows.append([list(part) for part in zip(*parts, strict=True)])
    return pd.DataFrame(rows, columns=["before", "word", "after"], index=words.index)


def centroids(store: str | Path, layer: int, table: pd.DataFrame, labels: pd.Index) -> np.ndarray:
    """Give the mean vector of each concept's occurrences in a layer, ``[concept, hidden]``, in the order of labels."""
    with open_store(store, put_aside=True) as opened:
        words = opened.words()
        numbers = pd.Series(np.arange(len(words)), index=pd.MultiIndex.from_frame(words[["sentence", "position"]]))
        rows = numbers.loc[pd.MultiIndex.from_frame(table[["sentence", "position"]])].to_numpy()
        order = np.argsort(rows, kind="stable")
        vectors = opened.vectors(layer, rows[order])
    columns = labels.get_indexer(table.cluster.to_numpy()[order])
    member = sparse.csr_matrix((np.ones(len(columns)), (columns, np.arange(len(columns)))))
    return (member @ vectors) / np.asarray(member.sum(1))
