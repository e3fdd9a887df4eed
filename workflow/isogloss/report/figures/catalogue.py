"""The figures of a report by name. Snakemake reads this list at every start, so nothing heavy is imported here."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A figure of the report.

    Attributes
    ----------
    name
        Its file's name, without ending, and its anchor on the page.
    question
        The question that it belongs to, a key of :data:`QUESTIONS`.
    title, caption
        As they stand above and below it.
    tables
        The tables of the whole grid that it is drawn from.
    chart
        What describes it, ``package.module:function``: from the tables by name to a chart and its rows, or to None
        where there is no row to draw.
    arguments
        Keyword arguments of ``chart`` beside the tables.
    means_over
        The columns of :data:`IDENTIFYING` that its tables have and its rows have not, because they are means over them,
        of those that :data:`AVERAGED` allows; its caption says so.
    one_of
        Those of which its rows are of a single value, which its title, caption or axis names.
    """

    name: str
    question: str
    title: str
    caption: str
    tables: tuple[str, ...]
    chart: str
    arguments: dict[str, Any] = field(default_factory=dict)
    means_over: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


# In the order in which a researcher asks them.
QUESTIONS = {
    "sharing": "Do languages share concepts, and where?",
    "tuning": "What did fine-tuning change?",
    "transfer": "Does it transfer, beyond baselines?",
    "relations": "What goes with what?",
}

# What the page can leave out of all figures, and the columns of tables, and of figures' rows, that say it.
FILTERS = {
    "model": ("model",),
    "checkpoint": ("checkpoint",),
    "task": ("task",),
    "language": ("source", "target", "first", "second"),
    "layer": ("layer",),
}
# The columns of tables that tell what a row is of, and not how much. What differs in one of them is drawn apart.
IDENTIFYING = (
    "model",
    "checkpoint",
    "task",
    "variant",
    "corpus",
    "source",
    "target",
    "first",
    "second",
    "kind",
    "space",
    "layer",
    "seed",
    "convention",
    "pooling",
    "vectors",
    "measure",
    "question",
    "unit",
    "label",
    "slice",
    "weights",
    "control",
    "tuned_on",
    "fraction",
    "group",
    "relation",
    "distance",
    "impact",
    "alignment",
    "similarity",
    "state",
    "transfer",
    "statistic",
)
# What a figure may be a mean over, and the word by which its caption says so: never corpora, checkpoints (but for their
# seeds), settings or what is measured. Source and target go together: pairs of languages, where each language is both.
AVERAGED = {"checkpoint": "seeds", "seed": "seeds", "layer": "layers", "target": "mean over", "source": "mean over"}

CALIGN = {"table": "concept_alignment", "measure": "aligned", "axis": "share of source concepts aligned"}
COLAP = {"table": "concept_overlap", "measure": "overlapping_types", "axis": "share of concepts that overlap"}
TRANSLATED = {
    "table": "concept_overlap",
    "measure": "overlapping_translated",
    "axis": "share of concepts that overlap and hold translations",
}
# A checkpoint is a task, its source language, a variant, and a seed.
SEEDS = ("checkpoint", "seed")
PAIRS = ("source", "target")
# Of concepts a study has one seed and one convention.
OF_CONCEPTS = ("measure", "seed", "convention")
TUNED_WHOLE = ("variant", "pooling")
# Of relations that are not of impact.
OF_OTHERS = ("corpus", "kind", "alignment", "similarity", "vectors", "state")

FIGURES = (
    Figure(
        "concept_alignment_by_layer",
        "sharing",
        "Concept alignment (CALIGN) by layer",
        "Share of source concepts that have a counterpart among the target's concepts. Bars: 95 % bootstrap over "
        "concepts. Bands with a dashed edge: 95 % of the null, lexicons whose translations were shuffled among words "
        "that are as frequent; a point above its band is higher than 97.5 % of them.",
        ("concept_alignment",),
        "isogloss.report.figures.by_layer:chart",
        CALIGN,
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "concept_alignment_heatmap",
        "sharing",
        "Concept alignment (CALIGN), all pairs and layers",
        "The same values for all pairs and layers; × marks cells that are not above their null (one-sided p < 0.05, "
        "adjusted for all cells of models as they are, which the findings go by, or for all of tuned checkpoints).",
        ("concept_alignment",),
        "isogloss.report.figures.heatmap:chart",
        {**CALIGN, "crosses": True},
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "concept_alignment_by_model",
        "sharing",
        "Concept alignment (CALIGN), models side by side",
        "Bar: mean over the pairs of a corpus; dot: a pair; line: mean upper end of the null. Models that saw parallel "
        "sentences in training (contrastive, translation) had more supervision than those that did not (naive): a "
        "difference between them is no surprise.",
        ("concept_alignment",),
        "isogloss.report.figures.by_model:chart",
        CALIGN,
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "concept_overlap_by_layer",
        "sharing",
        "Concept overlap (COLAP) by layer",
        "Share of concepts, from clustering both languages together, in which each language has its share of the "
        "types: how mixed a space is, whatever the meaning; random weights score high too. Words that two languages "
        "write alike overlap by themselves. Dashed: full mixing, with languages shuffled over the occurrences, an "
        "upper mark. Bars: 95 % bootstrap over concepts.",
        ("concept_overlap",),
        "isogloss.report.figures.by_layer:chart",
        {**COLAP, "mark": "full_mixing"},
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "concept_overlap_heatmap",
        "sharing",
        "Concept overlap (COLAP), all pairs and layers",
        "The same values for all pairs and layers.",
        ("concept_overlap",),
        "isogloss.report.figures.heatmap:chart",
        {**COLAP, "crosses": False},
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "translated_overlap_by_layer",
        "sharing",
        "Overlapping concepts that hold translations, by layer",
        "Share of concepts that overlap (COLAP) and in which most types of the smaller side have a translation among "
        "the other side's. Bars: 95 % bootstrap over concepts. Bands with a dashed edge: 95 % of the null, lexicons "
        "whose translations were shuffled among words that are as frequent.",
        ("concept_overlap",),
        "isogloss.report.figures.by_layer:chart",
        TRANSLATED,
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "translated_overlap_heatmap",
        "sharing",
        "Overlapping concepts that hold translations, all pairs and layers",
        "The same values for all pairs and layers; × marks cells that are not above their null (one-sided p < 0.05, "
        "adjusted for all cells of models as they are, which the findings go by, or for all of tuned checkpoints).",
        ("concept_overlap",),
        "isogloss.report.figures.heatmap:chart",
        {**TRANSLATED, "crosses": True},
        one_of=OF_CONCEPTS,
    ),
    Figure(
        "space_similarity_by_layer",
        "sharing",
        "Similarity of spaces by layer",
        "Centred vectors of a task's test items, or of a corpus's sentences, every ordered pair of languages. A line "
        "a checkpoint (tuned whole, or as it was): the mean over pairs; rule, from the lowest to the highest pair; "
        "band, 95 % of the null, one language's items permuted (means of its ends). Retrieval and its like ask "
        "whether translations coincide, the others whether the spaces are organised alike. The findings do not tell "
        "retrieval by CSLS and by ratio, which ask what plain retrieval asks, nor plain CKA, SVCCA and PWCCA, which "
        "debiased CKA speaks for: with few items those are high by chance alone, so read them beside their band only.",
        ("space_similarity",),
        "isogloss.report.figures.spaces_by_layer:chart",
        {
            "table": "space_similarity",
            "panel": ["measure", "question"],
            "also": ["task", "corpus"],
            "axis": "similarity",
            "only": {"vectors": ["centred"]},
        },
        means_over=PAIRS,
        one_of=("pooling", "vectors"),
    ),
    Figure(
        "languages_in_one_space",
        "sharing",
        "Each language in the space of all, by layer",
        "A line a checkpoint (tuned whole, or as it was): the mean over languages; rule: from the lowest to the "
        "highest language. Interlingual overlap (ILO): how well a language mixes with the others; band: languages "
        "dealt anew, the perfect mixture. Language identity: share of items whose language a linear probe tells; "
        "band: chance. Anisotropy: mean cosine of different items. Hubness: skewness of how often an item is among "
        "others' nearest. Centred: each language's mean is taken off.",
        ("space_similarity",),
        "isogloss.report.figures.spaces_by_layer:chart",
        {
            "table": "space_similarity",
            "panel": ["measure", "vectors"],
            "also": ["task", "corpus"],
            "axis": "value",
            "only": {},
            "of_pairs": False,
        },
        means_over=("source",),
        # A language by itself has no target.
        one_of=("pooling", "question", "target"),
    ),
    Figure(
        "word_retrieval_by_layer",
        "sharing",
        "Weak and strong alignment of words in context, by layer",
        "Share of linked words that are nearest to each other, among the other language's words (weak) or those of "
        "both (strong), by occurrence and by type. A line a checkpoint (tuned whole, or as it was): the mean over "
        "pairs and directions; rule: from the lowest to the highest; band: 95 % of the null, links permuted (means of "
        "its ends).",
        ("word_retrieval",),
        "isogloss.report.figures.spaces_by_layer:chart",
        {
            "table": "word_retrieval",
            "panel": ["measure", "unit"],
            "also": ["corpus"],
            "axis": "share found",
            "only": {"vectors": ["raw"]},
        },
        means_over=PAIRS,
        one_of=("vectors",),
    ),
    Figure(
        "probes_by_layer",
        "sharing",
        "Linear probes across languages, by layer",
        "Share of test items of another language that a probe learnt in one language tells right; centred: each "
        "language's mean is taken off. A line a checkpoint (tuned whole, or as it was): the mean over pairs; rule: "
        "from the lowest to the highest pair; band: 95 % of probes that learnt from permuted labels (means of its "
        "ends).",
        ("probes",),
        "isogloss.report.figures.spaces_by_layer:chart",
        {"table": "probes", "panel": ["label", "vectors"], "also": ["task"], "axis": "share right", "only": {}},
        means_over=PAIRS,
        one_of=("pooling",),
    ),
    Figure(
        "board_probe",
        "sharing",
        "The board of Othello across languages",
        "Share of squares that a linear probe tells right (own disc, the other's, empty), learnt from the moves of one "
        "language and tested in the same or in another, there raw or with each language's mean taken off. Dashed: what "
        "each square mostly holds after so many moves. Line: mean over pairs of languages; dot: a pair.",
        ("board_probe",),
        "isogloss.report.figures.board_probe:chart",
        one_of=("measure",),
    ),
    Figure(
        "impact_by_layer",
        "tuning",
        "Impact of fine-tuning by layer",
        "How much of each language's space fine-tuning changed (1 − CKA; 0: nothing), mean vectors, a panel a language "
        "that was tuned on; means over seeds, with rules from the lowest to the highest. Languages are coloured from "
        "near to far, by their mean distance from those tuned on.",
        ("impact", "distances"),
        "isogloss.report.figures.impact_by_layer:chart",
        means_over=SEEDS,
        one_of=(*TUNED_WHOLE, "distance"),
    ),
    Figure(
        "impact_heatmap",
        "tuning",
        "Impact of fine-tuning, source × target",
        "1 − CKA, mean vectors, for every source language, means over layers and seeds. The diagonal is the language "
        "that was tuned on.",
        ("impact",),
        "isogloss.report.figures.impact_heatmap:chart",
        means_over=(*SEEDS, "layer"),
        one_of=TUNED_WHOLE,
    ),
    Figure(
        "learning_curves",
        "tuning",
        "Learning curves of fine-tuning",
        "Loss on the training items and on held-out items of the source language, a line a checkpoint: a colour a way "
        "of tuning, lines of a colour for its seeds.",
        ("finetuning",),
        "isogloss.report.figures.learning_curves:chart",
    ),
    Figure(
        "trajectories",
        "tuning",
        "The course of fine-tuning",
        "Impact (1 − CKA), alignment and zero-shot scores after so many steps, a panel a language that was tuned on; "
        "impact and alignment are means over layers, and all are means over seeds. Step 0 is the model before "
        "fine-tuning. Bars: of a single score its 95 % interval, of several seeds from the lowest to the highest.",
        ("trajectories",),
        "isogloss.report.figures.trajectories:chart",
        means_over=(*SEEDS, "layer"),
    ),
    Figure(
        "transfer_heatmap",
        "transfer",
        "Zero-shot transfer, source × target",
        "Scores of what was tuned whole, means over seeds. Those on the diagonal are the language's own; off it, the "
        "model never saw a labelled item of the target language. × marks scores that are not above both chance and the "
        "best baseline with every seed (p < 0.05, adjusted for all zero-shot scores, as the findings go by). "
        "Baselines: the most frequent label; words that both languages write alike (names, numbers, loanwords); how "
        "long texts are; one text of a pair.",
        ("transfer", "baselines"),
        "isogloss.report.figures.transfer_heatmap:chart",
        means_over=SEEDS,
        one_of=("variant",),
    ),
    Figure(
        "variants",
        "transfer",
        "Other ways of tuning against tuned whole",
        "Change of zero-shot scores, and of the retrieval of translations, when layers are frozen or words realigned, "
        "for target languages nearer to the source than the median and farther: the mean of runs that are paired by "
        "source and seed (95 % bootstrap over runs). A gap above 0 means that far languages gained on near ones.",
        ("variants",),
        "isogloss.report.figures.variants:chart",
    ),
    Figure(
        "edits",
        "transfer",
        "Edits in one language, asked in all",
        "Share of edited items (of a language model: facts) that have the wanted label or word afterwards, of those "
        "that had not, beside the share of other items that have it too (drift): where both are as high, all got it "
        "and no item was carried over. Colour: which weights an edit may change. Bars: 95 % bootstrap over edits.",
        ("edits",),
        "isogloss.report.figures.edits:chart",
    ),
    Figure(
        "controls",
        "transfer",
        "Scores above what items that lack something allow",
        "Dash: accuracy with the items as they are (95 % bootstrap). Points: the same with words shuffled in runs of "
        "one, two or three, with another item's first text, or with one text left out, as this checkpoint or one that "
        "was tuned on such items reads them. Transfer is what lies above the highest point. Scores and ends of "
        "intervals are means over seeds.",
        ("controls",),
        "isogloss.report.figures.controls:chart",
        means_over=SEEDS,
        one_of=("measure",),
    ),
    Figure(
        "crossed_heatmap",
        "transfer",
        "Two texts in two languages",
        "Accuracy with the first text in one language and the second in another, a panel a language that was tuned on, "
        "means over seeds; − marks where crossing costs with every seed, + where it gains, against both texts in one "
        "language (p < 0.05 by the bootstrap over items, adjusted for all combinations, as the findings go by).",
        ("crossed",),
        "isogloss.report.figures.crossed_heatmap:chart",
        means_over=SEEDS,
        one_of=("measure", "label", "slice"),
    ),
    Figure(
        "transfer_by_impact",
        "relations",
        "Transfer against impact",
        "Every point is a pair of languages, a mean over seeds, and of impact over layers; points that share a "
        "language are not independent, so trust the permutation p-values in the table, not the eye.",
        ("transfer", "impact"),
        "isogloss.report.figures.transfer_by_impact:chart",
        means_over=(*SEEDS, "layer"),
        one_of=TUNED_WHOLE,
    ),
    Figure(
        "correlation_by_layer",
        "relations",
        "What impact goes with, by layer",
        "Pearson's r with impact over pairs of languages, S = T left out. A filled point has a p-value below "
        "0.05, adjusted for layers and distances, once family, script and shared words are taken out (MRQAP).",
        ("correlations",),
        "isogloss.report.figures.correlation_by_layer:chart",
        one_of=(*TUNED_WHOLE, "statistic", "impact", "transfer", *OF_OTHERS),
    ),
    Figure(
        "transfer_by_similarity",
        "relations",
        "What transfer goes with, by layer",
        "Pearson's r of zero-shot scores with similarity of spaces (centred), of linked words (by type), and with "
        "concept alignment (CALIGN), over pairs of languages. A filled point has a p-value below 0.05, adjusted for "
        "layers, once family, script and shared words are taken out (MRQAP).",
        ("correlations",),
        "isogloss.report.figures.correlation_by_layer:of_transfer",
        one_of=(*TUNED_WHOLE, "statistic", "impact", "transfer", "vectors", "distance"),
    ),
)
BY_NAME = {figure.name: figure for figure in FIGURES}
