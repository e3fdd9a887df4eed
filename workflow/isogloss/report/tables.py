"""The tables of a run as the page shows them, and what each of their columns means."""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from isogloss.report.blocks import block

# The most that one table may take of the page's 15 MB, compressed.
BUDGET = 700_000

# What a table holds, in the order in which the page lists them.
ABOUT = {
    "concept_alignment": "CALIGN: which concepts of one language have a counterpart in another, by cell and measure.",
    "concept_overlap": "COLAP: which concepts of a joint clustering hold enough of both languages, and translations.",
    "best_layer": "Whether a pair of languages shares concepts anywhere in a model: one test, of its best layer.",
    "sweep": "CALIGN and COLAP for other thresholds, N and K, without null and interval.",
    "space_similarity": "How alike the languages' spaces are: a row a pair (or language), layer and measure.",
    "word_retrieval": "Whether linked words in context are each other's nearest, by occurrence and by type.",
    "probes": "Linear probes learnt from the source language's items and tested on the target language's.",
    "crossed": "Two texts in two languages: scores of every combination, and what crossing costs.",
    "controls": "Scores with items that lack something, and what is reached above that.",
    "board_probe": "Othello: what states tell of the board across languages, and whether next moves are legal.",
    "edits": "What a checkpoint says in every language after it was made to say something else of one item in one.",
    "transfer": "Scores of checkpoints tuned on the source language and tested on the target language.",
    "baselines": "What a task can be done with by words alone.",
    "impact": "1 − CKA of sentence vectors before and after fine-tuning.",
    "correlations": "What goes with what over pairs of languages.",
    "distances": "How far apart languages are.",
    "subword_distances": "How few subwords two languages share, as each model's tokenizer splits the test items.",
    "variants": "Scores and retrieval, tuned in another way against tuned whole, for near and far languages.",
    "trajectories": "Impact, alignment and transfer along the fine-tunings, by step.",
    "word_alignment": "The statistical word aligner against gold links.",
    "activations": "Words wanted, kept, and dropped by reason.",
    "finetuning": "Learning curves of fine-tuning.",
    "training": "Learning curves of the models that were trained here.",
}
# What a column means wherever it stands.
COLUMNS = {
    "model": "a key of the config",
    "checkpoint": "the model as it is (pretrained); after fine-tuning: task, source language, seed, variant, or the "
    "config's name for one that was tuned elsewhere",
    "task": "what the checkpoint was tuned on; pretrained: nothing; of similarity of spaces and probes: whose test "
    "items",
    "variant": "whole; the config's name for another way of tuning; at0-3: after this fraction of the steps",
    "corpus": "the parallel text; of similarity of spaces empty where test items are measured",
    "source": "source language",
    "target": "target language",
    "language": "language",
    "kind": "which stacks of the model the two sides are from",
    "space": "side of the pair and stack of the model",
    "layer": "0: embeddings; mean: over layers",
    "seed": "seed of what is random in it",
    "convention": "paper: the paper's rules; released: its code's, where that differs",
    "clusters": "K: concepts a layer",
    "match": "least share of a concept's types that must be translated",
    "size_ratio": "least ratio of the smaller to the larger concept, in types",
    "min_types": "least types of a source concept",
    "top_n": "N: best translations of a word that count",
    "threshold": "least share of each language in a joint concept",
    "measure": "what value is of",
    "vectors": "raw, or centred: each language's mean taken off",
    "question": "organised alike: are relations among items the same? coinciding: do translations lie together?",
    "unit": "occurrence: the very word is asked for; type: any occurrence of its form",
    "types": "number of different words looked up",
    "label": "what is probed for; of crossed inputs: whose recall it is",
    "floor": "reached without the model: the most frequent label; what a square mostly holds by then; any empty square",
    "classes": "number of labels",
    "similarity": "which measure of similarity of spaces, or of word retrieval",
    "state": "pretrained: similarity before tuning; tuned: after",
    "value": "the score: numerator / denominator where there are these",
    "numerator": "what counts",
    "denominator": "what could count",
    "control_of": "the model whose shape and tokenizer this one has, with weights drawn anew; empty: no control",
    "seeds": "clusterings that differ in their seed alone; value pools them",
    "seeds_low": "the least value of one of them",
    "seeds_high": "the greatest value of one of them",
    "ceiling": "the same score of the source language with itself (CALIGN: another seed; COLAP: halves of its words)",
    "over_ceiling": "value divided by the ceiling",
    "full_mixing": "the same score with languages shuffled over the occurrences: an upper mark, not chance",
    "standardised": "how far the best layer lies above its null, in deviations of it",
    "adjusted_p": "null_p adjusted over the pairs of languages (Benjamini and Hochberg)",
    "null_mean": "mean of the null: the same score after what makes it meaningful was shuffled",
    "null_low": "lower end of the null's 95 % interval",
    "null_high": "upper end of the null's 95 % interval",
    "null_p": "one-sided p against the null; not below 1 / (draws + 1)",
    "null_draws": "draws of the null",
    "boot_low": "lower end of the 95 % bootstrap interval over concepts",
    "boot_high": "upper end of the 95 % bootstrap interval over concepts",
    "change": "value minus that of the model before it was tuned",
    "change_low": "lower end of its 95 % interval, concepts paired by their words, or items, before and after",
    "change_high": "upper end of its 95 % interval, concepts paired by their words, or items, before and after",
    "change_p": "two-sided p of a change: before and after exchanged in pairs of concepts, or by blocks of items",
    "n": "number of cases: items, or pairs of languages",
    "score": "score, 0 to 1",
    "low": "lower end of the 95 % interval",
    "high": "upper end of the 95 % interval",
    "first": "language of the first text",
    "second": "language of the second text",
    "slice": "all items, or the third with the least or the most overlap of the two texts in the source language",
    "same": "mean of the scores with both texts in the first language and with both in the second",
    "cost": "score minus same; below 0: crossing loses",
    "cost_low": "lower end of its 95 % interval, paired by item",
    "cost_high": "upper end of its 95 % interval, paired by item",
    "overlap": "mean share of the second text's words that stand in the first",
    "control": "what the items lack: order of runs of 1, 2 or 3 words, the right first text, one of two texts",
    "tuned_on": "plain: this checkpoint reads such items; control: one that was tuned on such items",
    "score_low": "lower end of score's 95 % interval",
    "score_high": "upper end of score's 95 % interval",
    "control_score": "score with items that lack something",
    "above": "score minus control_score",
    "above_low": "lower end of its 95 % interval, paired by item",
    "above_high": "upper end of its 95 % interval, paired by item",
    "best": "whether this control is the highest: transfer is what lies above it",
    "relative": "score divided by the source language's own",
    "relative_low": "lower end of its 95 % interval",
    "relative_high": "upper end of its 95 % interval",
    "baseline": "majority, shared_words, length, first_text or second_text: what knows only that",
    "pooling": "how a sentence became one vector: first (of a decoder last) subword, mean over those of the text, or, "
    "of a decoder, mean weighted by position",
    "impact": "1 − CKA; 0: nothing moved. In correlations: which impact is meant",
    "impact_debiased": "the same without the bias of few items",
    "debiased_low": "lower end of its 95 % interval",
    "debiased_high": "upper end of its 95 % interval",
    "reason": "why there is no value, or no interval of a change",
    "relation": "which two things are correlated",
    "distance": "which distance between languages",
    "alignment": "which measure of shared concepts",
    "transfer": "score or relative",
    "statistic": "pearson or spearman",
    "r": "correlation coefficient",
    "languages": "number of languages",
    "p_ordinary": "p if pairs were independent, which they are not",
    "p_ordinary_adjusted": "the same, adjusted over layers and distances (Benjamini and Hochberg)",
    "p_mantel": "p with languages permuted (Mantel)",
    "p_mantel_adjusted": "the same, adjusted over layers and distances (Benjamini and Hochberg)",
    "covariates": "what the regression and the mixed model take out of both sides",
    "partial_r": "correlation without effects of languages, covariates and common descent",
    "p_mrqap": "p of that regression (MRQAP on phylogenetic contrasts); claims go by it",
    "p_mrqap_least": "the least that it could have been: one over the permutations",
    "p_mrqap_adjusted": "p_mrqap, adjusted over layers and distances (Benjamini and Hochberg)",
    "beta_mixed": "standardised slope of the social-relations mixed model",
    "p_mixed": "its p, a second opinion; it does not know that languages are related",
    "p_mixed_adjusted": "the same, adjusted over layers and distances (Benjamini and Hochberg)",
    "random_links": "the variants by which words at random were realigned, beside a variant that realigns linked words",
    "group": "near or far targets, or the gap: far minus near",
    "weights": "which weights an edit may change: all, or those of the first, middle or last third of the layers",
    "edits": "edits that were made",
    "skipped": "items that had the wanted label already, so that there was nothing to edit",
    "steps": "optimiser steps of an edit, on average",
    "whole": "mean score, tuned whole",
    "varied": "mean score, tuned as the variant says",
    "difference": "varied minus whole",
    "runs": "runs paired by source and seed",
    "aligner": "word aligner",
    "precision": "share of its links that are right",
    "recall": "share of the right links that it found",
    "aer": "alignment error rate; 0 is perfect",
    "sentences": "sentence pairs that were compared",
    "links": "links that the aligner found",
    "gold": "links that are right",
    "wanted": "words that were selected",
    "kept": "words that have a vector",
    "dropped_no_subwords": "words that the tokenizer makes nothing of",
    "dropped_truncated": "words beyond the model's longest input",
    "fraction": "share of the fine-tuning's steps after which the checkpoint is taken; 0: before it",
    "step": "optimiser steps so far",
    "epoch": "passes over the training items so far",
    "loss": "loss on the training text",
    "batches": "batches that it is the mean of",
    "shared": "share of the test items' words that training has seen written alike",
    "script": "share of the test items' letters that are of the script of the training items",
    "layers": "layers in the store",
    "hidden": "width of a vector",
}


def embed_tables(
    data: dict[str, pd.DataFrame], paths: dict[str, str | Path]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Compress every table as its file holds it; one that is too large for the page is cut, and says so.

    Returns
    -------
    tables : list of dict
        ``name``, ``title``, ``about``, ``columns`` (name and meaning), ``numbers`` (columns that hold numbers),
        ``rows`` and how many of them are ``shown``.
    blocks : dict
        The compressed CSV by the table's name.
    """
    order = [name for name in ABOUT if name in data] + sorted(set(data) - set(ABOUT))
    tables, blocks = [], {}
    for name in order:
        rows, shown = data[name], len(data[name])
        content = Path(paths[name]).read_bytes()
        packed = block(content)
        while len(packed) > BUDGET:
            shown = int(shown * 0.9 * BUDGET / len(packed))
            packed = block(first_rows(content, shown))
        blocks[f"table-{name}"] = packed
        tables.append(
            {
                "name": name,
                "title": name.replace("_", " "),
                "about": ABOUT.get(name, ""),
                "columns": [[column, COLUMNS.get(column, "")] for column in rows.columns],
                "numbers": [column for column in rows if pd.api.types.is_numeric_dtype(rows[column])],
                "rows": len(rows),
                "shown": shown,
            }
        )
    return tables, blocks


def first_rows(content: bytes, number: int) -> bytes:
    """Cut a CSV file after so many rows; a quoted field may hold line ends."""
    cut = io.StringIO(newline="")
    writer = csv.writer(cut, lineterminator="\n")
    for place, row in enumerate(csv.reader(io.StringIO(content.decode("utf-8"), newline=""))):
        if place > number:
            break
        writer.writerow(row)
    return cut.getvalue().encode("utf-8")
