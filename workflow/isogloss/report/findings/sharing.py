"""Do languages share concepts, where, and more than a model with random weights?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from isogloss.report.findings.finding import (
    Finding,
    average,
    between,
    cannot_tell,
    counted,
    least_of,
    listed,
    one_sided,
    one_sided_of_two,
    p_value,
    standard_error,
    survivors,
)
from isogloss.statistics.mantel import benjamini_hochberg

PAIR = ["corpus", "source", "target"]


def pretrained(data: dict[str, pd.DataFrame], table: str, measure: str) -> pd.DataFrame:
    """Take one measure's rows of pretrained models that have a value."""
    if table not in data:
        return pd.DataFrame()
    rows = data[table]
    return rows[(rows.measure == measure) & (rows.task == "pretrained") & rows.value.notna()]


def subject(model: str, kind: str, kinds: int) -> str:
    """Name a model, and the kind of pair where it has several."""
    return model if kinds == 1 else f"{model} ({kind.replace('-', '–')})"


def profile(rows: pd.DataFrame) -> str:
    """Say in which layer a score's mean over pairs is highest."""
    means = rows.groupby("layer").value.mean()
    best, first, last = means.idxmax(), means.index[0], means.index[-1]
    told = {layer: average(rows[rows.layer == layer], "value", least=0, most=1) for layer in (best, first, last)}
    if len(means) == 1:
        return f"mean over pairs in layer {best}: {told[best]}"
    return (
        f"highest in layer {best}, {told[best]} on average over pairs (layer {first}: {told[first]}, "
        f"layer {last}: {told[last]})"
    )


def cell(row: pd.Series) -> str:
    """Write a cell with its interval."""
    return f"{row.source}–{row.target} in layer {int(row.layer)}, {row.value:.2f}{between(row.boot_low, row.boot_high)}"


def alignment(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say in which pairs of languages CALIGN exceeds its null."""
    rows = pretrained(data, "concept_alignment", "aligned")
    return shared(data, rows, "CALIGN", "concepts are shared", "concept_alignment_by_layer")


def translated_overlap(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say in which pairs of languages overlapping concepts hold translations, more than their null."""
    rows = pretrained(data, "concept_overlap", "overlapping_translated")
    return shared(
        data,
        rows,
        "the share of overlapping concepts that hold translations",
        "clustered together, translations lie together",
        "translated_overlap_by_layer",
    )


def somewhere(data: dict[str, pd.DataFrame], part: pd.DataFrame) -> str:
    """Say for how many pairs the best layer of a model exceeds the best layers of its null."""
    if "best_layer" not in data:
        return ""
    tests = data["best_layer"].merge(part[["model", "checkpoint", "corpus", "kind", "measure"]].drop_duplicates())
    found = survivors(tests.null_p).sum()
    how = "(best layer against the best layers of the null, adjusted)"
    if not found and (untold := cannot_tell(tests.null_p, least_of(tests.null_draws))):
        return f"; whether somewhere in the model {how} {untold}"
    return f", and somewhere in the model in {found} {how}"


def parts(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give each model's rows of one corpus and one kind of pair, with its name: over these nothing is averaged."""
    if rows.empty:
        return
    for (model, corpus, kind), part in rows.groupby(["model", "corpus", "kind"], sort=True):
        name = subject(model, kind, rows[rows.model == model].kind.nunique())
        yield on_corpus(name, corpus, rows), part


def on_corpus(name: str, corpus: str, rows: pd.DataFrame) -> str:
    """Name a corpus where there are several."""
    return f"{name} on {corpus}" if rows.corpus.nunique() > 1 else name


def above_null(rows: pd.DataFrame) -> np.ndarray:
    """Tell which cells of one score lie above their null, adjusted for all those of pretrained models, or of tuned."""
    return rows.groupby(rows.task == "pretrained").null_p.transform(survivors).to_numpy(dtype=bool)


def shared(data: dict[str, pd.DataFrame], rows: pd.DataFrame, score: str, found: str, figure: str) -> list[Finding]:
    """Say in which pairs of languages a score exceeds its null, cell by cell and in the best layer."""
    if rows.empty:
        return []
    rows = rows.assign(above=above_null(rows), adjusted=benjamini_hochberg(rows.null_p))
    findings = []
    for name, part in parts(rows):
        one = part.iloc[0]
        asked = {"model": one.model, "asked": (score, one.corpus, one.kind)}
        by_pair = part.groupby(PAIR).above.any()
        highest = part.sort_values(["value", "layer"], ascending=[False, True], kind="stable").iloc[0]
        if not part.above.any():
            least = least_of(part.null_draws)
            untold = cannot_tell(rows.null_p, least, part.index)
            text = (
                f"whether {score} exceeds shuffled translations {untold}"
                if untold
                else f"{score} exceeds shuffled translations in none of {counted(len(by_pair), 'pair')} of languages "
                f"in any layer{somewhere(data, part)} (least adjusted p = {p_value(part.adjusted.min())} over "
                f"{counted(len(rows), 'cell')}; with {counted(int(part.null_draws.max()), 'draw')} no p is below "
                f"{p_value(least)})"
            ) + f"; at most {cell(highest)}, where the null reaches {highest.null_high:.2f}."
            brief = f"{'that it exceeds them cannot be told' if untold else 'above them in none'}, {profile(part)}"
            findings.append(Finding("sharing", name, text, figure, found=False, brief=brief, **asked))
            continue
        top = part[part.above].sort_values(["value", "layer"], ascending=[False, True], kind="stable").iloc[0]
        missing = sorted(target for (_, _, target), any_layer in by_pair.items() if not any_layer)
        text = (
            f"{found}: {score} exceeds shuffled translations in {by_pair.sum()} of "
            f"{counted(len(by_pair), 'pair')} of languages ({part.above.sum()} of {counted(len(part), 'cell')}, "
            f"adjusted p < 0.05)"
            + somewhere(data, part)
            + (f", not shown with {listed(missing)}" if missing else "")
            + f"; {profile(part)}; at most "
            f"{cell(top)}, where the null reaches {top.null_high:.2f}."
        )
        brief = f"above them in {by_pair.sum()} of {counted(len(by_pair), 'pair')}, {profile(part)}"
        strength = top.value - top.null_high
        findings.append(Finding("sharing", name, text, figure, strength=strength, brief=brief, **asked))
    return findings


def beside(rows: pd.DataFrame, controls: set[str]) -> pd.DataFrame:
    """Pair each model with its own controls, or with all other models with random weights where it has none.

    Returns
    -------
    DataFrame
        ``model, model_control``.
    """
    of = dict(zip(rows.model, rows.control_of, strict=True)) if "control_of" in rows else {}
    nobodys = [name for name in sorted(controls) if pd.isna(of.get(name))]
    pairs = []
    for model in sorted(set(rows.model) - controls):
        own = [name for name in sorted(controls) if of.get(name) == model]
        pairs += [(model, name) for name in own or nobodys]
    return pd.DataFrame(pairs, columns=["model", "model_control"])


def above_controls(data: dict[str, pd.DataFrame], controls: set[str]) -> list[Finding]:
    """Say whether CALIGN lies above that of a model with random weights, best layer against best layer."""
    rows = pretrained(data, "concept_alignment", "aligned")
    if rows.empty:
        return []
    if not controls & set(rows.model):
        text = "no model with random weights was run beside the others, so whether training made them was not tested."
        return [Finding("sharing", "Shared concepts", text, "concept_alignment_by_model", found=False)]
    best = rows.sort_values("value", kind="stable").groupby(["model", "kind", *PAIR]).tail(1)
    best = best.assign(error=standard_error(best.boot_low, best.boot_high))
    best = best[["kind", *PAIR, "model", "value", "error"]]
    both = best.merge(beside(rows, controls & set(rows.model)), on="model").merge(
        best.rename(columns={"model": "model_control"}), on=["kind", *PAIR, "model_control"], suffixes=("", "_control")
    )
    # Of several controls the highest counts.
    both = both.sort_values("value_control", kind="stable").groupby(["model", "kind", *PAIR]).tail(1)
    both["difference"] = both.value - both.value_control
    both["spread"] = np.hypot(both.error, both.error_control)
    both["above"] = survivors(one_sided(both.difference, both.spread))
    findings = []
    for name, part in parts(both):
        text = (
            f"CALIGN in its best layer lies above that of random weights ({listed(sorted(set(part.model_control)))}) "
            f"in {part.above.sum()} of {counted(len(part), 'pair')} (adjusted p < 0.05, bootstrap over concepts); "
            f"{average(part, 'difference', '+.2f')} on average."
        )
        found = bool(part.above.any())
        findings.append(
            Finding("sharing", name, text, "concept_alignment_by_model", found, max(float(part.difference.mean()), 0.0))
        )
    if lacking := sorted(set(rows.model) - controls - set(both.model)):
        text = "no control with random weights was run beside it on the same pairs, so it was not held against one."
        findings.append(Finding("sharing", listed(lacking), text, "concept_alignment_by_model", found=False))
    return findings


def overlap(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say how mixed the languages are (COLAP), beside full mixing."""
    rows = pretrained(data, "concept_overlap", "overlapping_types")
    findings = []
    for name, part in parts(rows):
        top = part.sort_values(["value", "layer"], ascending=[False, True], kind="stable").iloc[0]
        asked = {"model": top.model, "asked": ("overlap", top.corpus, top.kind)}
        text = (
            f"clustered together, languages mix (COLAP) most in {cell(top)}, where full mixing would give "
            f"{top.full_mixing:.2f}; {profile(part)}. By itself that says nothing of meaning."
        )
        if top.value == 0:
            text = (
                f"clustered together (COLAP), none of the concepts counted in {counted(len(part), 'cell')} holds "
                f"enough of both languages, where full mixing would give up to {part.full_mixing.max():.2f}."
            )
        found, strength = bool(top.boot_low > 0), top.value / 2
        brief = profile(part)
        findings.append(
            Finding("sharing", name, text, "concept_overlap_by_layer", found, strength, brief=brief, **asked)
        )
    return findings


def boards(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether what tells Othello's board in one language tells it in another, and how often moves are legal."""
    if "board_probe" not in data:
        return []
    every = data["board_probe"]
    tested = (every.measure == "probe_accuracy") & every.value.notna() & (every.source != every.target)
    # Above both floor and null: the larger of the two p-values (intersection and union).
    p = np.fmax(every.null_p, one_sided_of_two(every.value, every.floor, standard_error(every.low, every.high)))[tested]
    every = every.assign(above=pd.Series(survivors(p), index=p.index).reindex(every.index, fill_value=False))
    untold = cannot_tell(p, least_of(every.null_draws))
    findings = []
    for (model, checkpoint, corpus), table in every.groupby(["model", "checkpoint", "corpus"], sort=True):
        rows = table[(table.measure == "probe_accuracy") & table.value.notna()]
        across, own = rows[rows.source != rows.target], rows[rows.source == rows.target]
        if across.empty or own.empty:
            continue
        layer = own.groupby("layer").value.mean().idxmax()
        at = across[across.layer == layer]
        raw, centred = (at[at.vectors == name] for name in ("raw", "centred"))
        floor = float(at.floor.mean())
        legal = table[table.measure == "legality"]
        moves = ", ".join(f"{name} {value:.2f}" for name, value in zip(legal.target, legal.value, strict=True))
        same = own[own.layer == layer].value.mean()
        across_raw, across_centred = (average(part, "value", least=0, most=1) for part in (raw, centred))
        if untold:
            above = f"; whether that is above the boards of other games {untold}; with each language's mean taken off "
            above += f"{across_centred}."
        else:
            above = (
                f", above the floor of {floor:.2f} and the boards of other games in {raw.above.sum()} of "
                f"{counted(len(raw), 'ordered pair')} of languages; with each language's mean taken off "
                f"{across_centred}, in {centred.above.sum()} (adjusted p < 0.05 over "
                f"{counted(int(tested.sum()), 'cell')})."
            )
        text = (
            f"{corpus}: a probe for the board tells {same:.2f} of squares in its own language (layer {int(layer)}), "
            f"in another {across_raw} on average{above} Next moves are legal: {moves}."
        )
        strength = max(0.0, float(raw.value.mean() - floor))
        name = str(model) if checkpoint == "pretrained" else f"{model}, {checkpoint}"
        asked = {"model": model, "asked": ("board", checkpoint, corpus)}
        brief = f"{across_raw} of squares in another language, raw, in layer {int(layer)}"
        found = bool(raw.above.any())
        findings.append(Finding("sharing", name, text, "board_probe", found, strength, brief=brief, **asked))
    return findings
