"""COLAP: which concepts two languages share when their words are clustered together (Mousi et al. 2024, section 3).

COLAP says how mixed a space is, not that it is mixed by meaning: a model with random weights scores high. Beside it
stands the share of concepts that overlap and hold translations.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.concepts.cluster import read_clusters
from isogloss.concepts.pairing import pair_concepts
from isogloss.errors import IsoglossError
from isogloss.files import write_csv, write_parquet
from isogloss.statistics.changes import paired_change
from isogloss.statistics.nulls import null_summary, permute_words, pooled_share
from isogloss.text.lexicons import best_translations, read_lexicon

EPSILON = 1e-9
# Draws of the mark of full mixing, which is a mean.
MIXINGS = 100
# Words looked up at a time.
HELD = 4_000_000


@dataclass(frozen=True)
class ConceptOverlap:
    """The result of :func:`overlap_concepts`.

    Attributes
    ----------
    concepts, overlapping
        Concepts: all, and those in which each language has its share.
    clusters
        The overlapping concepts' numbers, sorted.
    full_mixing
        The mean share of concepts that overlap when languages are permuted over the occurrences: words and concepts
        stay, and nothing keeps the languages apart. An upper mark, not a chance level. NaN if it was not asked for.
    """

    concepts: int
    overlapping: int
    clusters: list[int]
    full_mixing: float

    @property
    def score(self) -> float:
        """The share of concepts that overlap."""
        return self.overlapping / self.concepts


@dataclass(frozen=True)
class TranslatedOverlap:
    """The result of :func:`overlap_translations`.

    Attributes
    ----------
    concepts, overlapping, translated
        Concepts: all, those in which each language has its share of the types, and those of them that hold
        translations.
    clusters
        The numbers of the latter, sorted.
    draws
        int ``[draws]``: ``translated`` in each draw of the null.
    """

    concepts: int
    overlapping: int
    translated: int
    clusters: list[int]
    draws: np.ndarray

    @property
    def score(self) -> float:
        """The share of all concepts that overlap and hold translations."""
        return self.translated / self.concepts

    @property
    def null(self) -> dict[str, float]:
        """The null of the score, see :func:`isogloss.statistics.nulls.null_summary`; empty without draws."""
        return null_summary(self.score, self.draws / self.concepts) if len(self.draws) else {}


class Members:
    """The words of joint concepts, as numbers.

    Attributes
    ----------
    labels
        The concepts' numbers in the cluster file.
    concept, word
        int ``[token]``: place among ``labels``, and number of the word's form.
    """

    def __init__(self, clusters: pd.DataFrame):
        self.languages = sorted(set(clusters.language.dropna()))
        if len(self.languages) != 2:
            raise IsoglossError(
                f"Concept overlap compares two languages; the cluster file holds "
                f"{', '.join(self.languages) or 'none'}. A text file of two languages needs `--split SENTENCE`."
            )
        self.labels, self.concept = np.unique(clusters.cluster.to_numpy(), return_inverse=True)
        self.word, self.forms = pd.factorize(clusters.word)

    def types(self, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """List the types of every concept: concept, word, and language (whether it is the second) of each."""
        width = len(self.forms)
        unique = np.unique((self.concept.astype(np.int64) * width + self.word) * 2 + second)
        return unique // (2 * width), unique // 2 % width, unique % 2

    def overlap(self, second: np.ndarray, threshold: float, count: str, convention: str) -> np.ndarray:
        """Say which concepts hold enough of each language; ``second`` ``[token]``: whether of the second language."""
        concept, owner = self.concept, second
        if count == "types":
            concept, _, owner = self.types(second)
        both = np.bincount(concept, minlength=len(self.labels))
        least = np.bincount(concept, owner, len(self.labels))
        least = np.minimum(least, both - least)
        if convention == "released":
            return least > threshold * both + EPSILON
        return least >= threshold * both - EPSILON


def overlap_concepts(
    clusters: pd.DataFrame,
    *,
    threshold: float = 0.3,
    count: str = "types",
    convention: str = "paper",
    mixings: int = MIXINGS,
    seed: int = 212,
) -> ConceptOverlap:
    """Find the concepts that two languages share (COLAP; Mousi et al. 2024, section 3).

    Parameters
    ----------
    clusters
        A cluster table with the columns ``word, language, cluster`` and exactly two languages.
    threshold
        Least share of each language in a concept, between 0 and 0.5.
    count
        Shares of a concept's ``types`` (the paper; a word that both languages write alike counts once for each) or
        of its ``tokens`` (the released code).
    convention
        ``paper``: at least the threshold; ``released``: more than it.
    mixings
        Permutations behind ``full_mixing``; 0 for none.
    seed
        Seed of them.

    Raises
    ------
    IsoglossError
        If the table does not hold exactly two languages.
    """
    members = Members(clusters)
    second = (clusters.language == members.languages[1]).to_numpy()
    found = members.overlap(second, threshold, count, convention)
    rng = np.random.default_rng(seed)
    mixed = [members.overlap(rng.permutation(second), threshold, count, convention).mean() for _ in range(mixings)]
    return ConceptOverlap(
        concepts=len(found),
        overlapping=int(found.sum()),
        clusters=members.labels[found].tolist(),
        full_mixing=float(np.mean(mixed)) if mixed else np.nan,
    )


@dataclass(frozen=True)
class Types:
    """Types of the smaller sides of overlapping concepts, sorted by concept, with the words that would translate them.

    Attributes
    ----------
    concept
        int ``[types]``.
    starts
        int ``[types]``: where the type's words begin in ``words``.
    words, home
        int ``[…]``: lexicon targets, at least one a type, and the type's concept.
    """

    concept: np.ndarray
    starts: np.ndarray
    words: np.ndarray
    home: np.ndarray

    def count(self, permutations: np.ndarray, table: np.ndarray) -> np.ndarray:
        """Count the translated types of each concept, int ``[draws, concepts]``.

        Parameters
        ----------
        permutations
            ``[draws, lexicon targets]``: the word that stands in each word's place.
        table
            bool ``[lexicon targets, concepts]``: whether a word in the concept translates the type.
        """
        counts = np.zeros((len(permutations), table.shape[1]), dtype=np.int64)
        if len(self.concept):
            found = np.logical_or.reduceat(table[permutations[:, self.words], self.home], self.starts, axis=1)
            firsts = np.flatnonzero(np.r_[True, self.concept[1:] != self.concept[:-1]])
            counts[:, self.concept[firsts]] = np.add.reduceat(found, firsts, axis=1, dtype=np.int64)
        return counts


class Translations:
    """Joint concepts and a lexicon, ready to be permuted; see :func:`overlap_translations`.

    Attributes
    ----------
    overlapping
        bool ``[concepts]``.
    targets
        The lexicon's targets.
    occurs
        bool ``[lexicon targets, concepts]``: where each target word occurs.
    awaited
        bool ``[lexicon targets, concepts]``: where a source word occurs that each target word translates.
    sources, others
        Types of the overlapping concepts whose smaller side is the source, and of those whose smaller side is not.
    sizes
        int ``[concepts]``: types of the smaller side.
    """

    def __init__(
        self, members: Members, target: np.ndarray, overlapping: np.ndarray, lexicon: pd.DataFrame, top_n: int
    ):
        self.overlapping, count = overlapping, len(overlapping)
        concept, word, side = members.types(target)
        sizes = np.stack([np.bincount(concept[side == which], minlength=count) for which in (0, 1)])
        self.sizes, by_source = sizes.min(0), sizes[0] <= sizes[1]
        forms = pd.Index(members.forms)
        words, source = np.unique(word[side == 0], return_inverse=True)
        matrix, self.targets = best_translations(lexicon, forms[words], top_n)
        place = self.targets.get_indexer(forms)[word]
        known = (side == 1) & (place >= 0)
        if not known.any():
            raise IsoglossError(
                "The lexicon has no overlap with the words: none of its entries has both its words among the concepts. "
                "Is it for these two languages, in this direction?"
            )
        self.occurs = np.zeros((len(self.targets), count), dtype=bool)
        self.occurs[place[known], concept[known]] = True
        here = np.zeros((len(words), count), dtype=np.int32)
        here[source, concept[side == 0]] = 1
        self.awaited = (matrix.T @ here) > 0

        lengths = np.diff(matrix.indptr)[source]
        home = concept[side == 0]
        kept = (overlapping & by_source)[home] & (lengths > 0)
        lengths, home = lengths[kept], home[kept]
        starts = (np.cumsum(lengths) - lengths).astype(np.intp)
        entries = np.repeat(matrix.indptr[source[kept]] - starts, lengths) + np.arange(lengths.sum())
        self.sources = Types(home, starts, matrix.indices[entries], np.repeat(home, lengths))
        kept = known & (overlapping & ~by_source)[concept]
        self.others = Types(concept[kept], np.arange(kept.sum()), place[kept], concept[kept])

    def hold(self, permutations: np.ndarray, match: float, convention: str) -> np.ndarray:
        """Say which concepts overlap and hold translations, bool ``[draws, concepts]``, in each permutation."""
        # A source word is translated by what now stands in its translation's place; a target word now stands in the
        # place of another.
        matched = self.sources.count(permutations, self.occurs)
        matched += self.others.count(np.argsort(permutations, axis=1), self.awaited)
        enough = (
            matched > match * self.sizes + EPSILON
            if convention == "released"
            else (matched >= match * self.sizes - EPSILON)
        )
        return self.overlapping & enough & (matched > 0)


def overlap_translations(
    clusters: pd.DataFrame,
    lexicon: pd.DataFrame,
    source: str,
    *,
    threshold: float = 0.3,
    convention: str = "paper",
    match: float = 0.8,
    top_n: int = 10,
    null: int = 999,
    seed: int = 212,
) -> TranslatedOverlap:
    """Find the joint concepts that overlap and hold translations.

    Of the smaller side's types at least ``match`` must have a translation among the other side's types of the concept.
    A source word and a target word translate each other if the target word is one of the source word's best
    translations. If both sides are of the same size, the source counts as the smaller one.

    The null permutes the lexicon's target words among those that occur in as many joint concepts, see
    :func:`isogloss.statistics.nulls.strata`. Which concepts overlap stays as it is.

    Parameters
    ----------
    clusters
        A cluster table with the columns ``word, language, cluster`` and exactly two languages.
    lexicon
        With the columns ``source, target, probability, count``.
    source
        The lexicon's source language.
    threshold, convention
        See :func:`overlap_concepts`; shares are of types.
    match
        Least share of the smaller side's types that must be translated; ``released``: more than it.
    top_n
        Best translations of a word that count.
    null
        Draws of the null. 0 for none.
    seed
        Seed of the draws.

    Raises
    ------
    IsoglossError
        If the table does not hold exactly two languages, ``source`` among them, or no lexicon entry joins two of its
        words.
    """
    members = Members(clusters)
    if source not in members.languages:
        raise IsoglossError(f"The cluster file holds {' and '.join(members.languages)}; the lexicon is from {source}.")
    target = (clusters.language != source).to_numpy()
    overlapping = members.overlap(target, threshold, "types", convention)
    problem = Translations(members, target, overlapping, lexicon, top_n)
    words = list(problem.targets)
    held = problem.hold(np.arange(len(words))[None], match, convention)[0]
    step = max(1, HELD // max(len(words), len(problem.sources.words), len(problem.others.words)))
    draws = [
        problem.hold(orders, match, convention).sum(1)
        for orders in permute_words(words, problem.occurs.sum(1), null, seed, step)
    ]
    return TranslatedOverlap(
        concepts=len(overlapping),
        overlapping=int(overlapping.sum()),
        translated=int(held.sum()),
        clusters=members.labels[held].tolist(),
        draws=np.concatenate([np.empty(0, dtype=np.int64), *draws]),
    )


def score(
    *,
    clusters: list[str | Path],
    halves: str | Path,
    lexicon: str | Path,
    clusters_before: list[str | Path],
    source: str,
    output: str | Path,
    draws_output: str | Path,
    settings: dict[str, Any],
    identity: dict[str, Any],
) -> None:
    """Score one cell and write its metric table and the draws of its null.

    Parameters
    ----------
    clusters
        Files of joint clusterings, one for each seed.
    halves
        The source language's two halves, clustered together, see :func:`isogloss.concepts.cluster.cluster_halves`.
    lexicon
        The lexicon file.
    clusters_before
        Files of the same words before the model was tuned, one for each seed; none where it was not.
    source
        The source language.
    output
        CSV: a row each for ``overlapping_types``, ``overlapping_tokens`` and ``overlapping_translated``. Only the last
        has a null, only the first two ``full_mixing``. ``ceiling`` is the same share of the source language with
        itself, ``over_ceiling`` the value divided by it. ``change`` and what belongs to it, see
        :func:`isogloss.statistics.changes.paired_change`, are empty where there is nothing before.
    draws_output
        Parquet: ``overlapping_translated``, the numerators in each draw of the null.
    settings
        Arguments of :func:`overlap_translations`, and ``bootstrap``: resamples of the interval over concepts.
    identity
        The columns that name the cell.
    """
    settings = dict(settings)
    bootstrap = settings.pop("bootstrap")
    rule = {name: settings[name] for name in ("threshold", "convention", "seed")}
    entries, tables, itself = read_lexicon(lexicon), [read_clusters(path) for path in clusters], read_clusters(halves)
    before = [read_clusters(path) for path in clusters_before]
    # Where there is nothing before, there are no pairs.
    paired = [pair_concepts(*both) for both in zip(before, tables, strict=False)]
    results = [overlap_translations(table, entries, source, **settings) for table in tables]
    concepts, draws = [result.concepts for result in results], np.stack([result.draws for result in results])
    forms = itself.word.unique()
    identity_lexicon = pd.DataFrame({"source": forms, "target": forms, "probability": 1.0, "count": 1})
    without = {**settings, "null": 0}
    found: list[dict[str, Any]] = [
        {
            "measure": "overlapping_translated",
            "hits": [result.clusters for result in results],
            "hits_before": [overlap_translations(table, entries, source, **without).clusters for table in before],
            "draws": draws,
            "full_mixing": np.nan,
            "ceiling": overlap_translations(itself, identity_lexicon, "first", **without).score,
        }
    ]
    for count in ("types", "tokens"):
        plain = [overlap_concepts(table, count=count, **rule) for table in tables]
        found.append(
            {
                "measure": f"overlapping_{count}",
                "hits": [result.clusters for result in plain],
                "hits_before": [overlap_concepts(one, count=count, mixings=0, **rule).clusters for one in before],
                "draws": draws[:, :0],
                "full_mixing": float(np.mean([result.full_mixing for result in plain])),
                "ceiling": overlap_concepts(itself, count=count, mixings=0, **rule).score,
            }
        )
    (rng, rng_of_changes), rows = (np.random.default_rng(settings["seed"]) for _ in range(2)), []
    for one in found:
        hits, ceiling = one["hits"], one["ceiling"]
        share = pooled_share([len(labels) for labels in hits], concepts, one["draws"], bootstrap, rng)
        pairs = [
            np.column_stack([np.isin(ones, old), ones >= 0, np.isin(others, new), others >= 0])
            for old, new, (ones, others) in zip(one["hits_before"], hits, paired, strict=False)
        ]
        rows.append(
            {
                **identity,
                "seed": settings["seed"],
                "convention": settings["convention"],
                "measure": one["measure"],
                **share,
                "full_mixing": one["full_mixing"],
                "ceiling": ceiling,
                "over_ceiling": share["value"] / ceiling if ceiling else np.nan,
                **paired_change(pairs, bootstrap, rng_of_changes),
            }
        )
    write_csv(pd.DataFrame(rows).astype({"null_draws": "Int64"}), output)
    write_parquet(pd.DataFrame({"overlapping_translated": draws.sum(0)}), draws_output)
