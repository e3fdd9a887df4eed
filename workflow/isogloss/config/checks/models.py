"""Mistakes of models: origin, corpus, layers, what a training starts from, languages that they cannot be told."""

from collections.abc import Iterable
from pathlib import Path

from isogloss.config.checks.checkpoints import check_brought, check_times
from isogloss.config.root import Config
from isogloss.errors import IsoglossError, did_you_mean
from isogloss.models.families import Shape, family_of
from isogloss.models.language_signs import sign_of, signs_in
from isogloss.models.settings import OBJECTIVES, Model, Train
from isogloss.models.shape import cached, shape_of
from isogloss.models.slow_tokenizers import names_a_slow_one


def check_model(where: str, model: Model, config: Config) -> list[str]:
    """Find a model's mistakes: its origin, its corpus, its layers."""
    kinds = ("train", "random", "folder", "hub", "randomised")
    origins = [key for key in kinds if getattr(model, key) is not None]
    if len(origins) != 1:
        return [f"{where}: needs exactly one of {', '.join(kinds)}; found {', '.join(origins) or 'none'}"]
    wrong = []
    if "seed" in model.model_fields_set and not model.randomised:
        wrong.append(f"{where}.seed: only a control (`randomised`) has a seed here")
    original = model
    if model.randomised:
        if model.randomised not in config.models:
            close = did_you_mean(model.randomised, list(config.models))
            return [*wrong, f"{where}.randomised: there is no model '{model.randomised}'{close}"]
        original = config.models[model.randomised]
        if original.randomised:
            return [*wrong, f"{where}.randomised: '{model.randomised}' is a control itself; name the model it is of"]
    if model.hub and not model.revision:
        wrong.append(
            f"{where}.revision: a hub model needs the commit (40 hexadecimal digits), so that it stays the same"
        )
    if model.revision and not model.hub:
        wrong.append(f"{where}.revision: only a hub model has a revision")
    if model.convert and not model.hub:
        wrong.append(f"{where}.convert: only a hub model is converted")
    for name in model.corpora or []:
        if name not in config.corpora:
            wrong.append(f"{where}.corpora: there is no corpus '{name}'{did_you_mean(name, list(config.corpora))}")
    for name, corpus in config.corpora.items():
        if model.corpora is None or name in model.corpora:
            wrong += check_signs(f"{where}: corpus '{name}'", model, [corpus.pairs.source, *corpus.pairs.targets])
    made = model.train or model.random
    if made:
        key = origins[0]
        if made.corpus not in config.corpora:
            close = did_you_mean(made.corpus, list(config.corpora))
            wrong.append(f"{where}.{key}.corpus: there is no corpus '{made.corpus}'{close}")
        if made.hidden % made.heads:
            wrong.append(f"{where}.{key}.heads: {made.hidden} (hidden) is not a multiple of {made.heads}")
    if model.train:
        allowed = OBJECTIVES[model.train.architecture]
        if model.train.objective not in allowed:
            wrong.append(
                f"{where}.train.objective: architecture {model.train.architecture} goes with {', '.join(allowed)}; "
                f"found '{model.train.objective}'"
            )
        wrong += check_start(f"{where}.train", model.train, config)
        corpus = config.corpora.get(model.train.corpus)
        if model.train.objective == "unified" and corpus is not None and not corpus.gold:
            wrong.append(f"{where}.train.objective: `unified` needs lemmas, which only a microworld corpus has")
    if (model.depth or model.family) and not model.hub:
        wrong.append(f"{where}.{'depth' if model.depth else 'family'}: only a hub model needs it")
    try:
        if model.family:
            family_of(model.family, "this model")
    except IsoglossError as error:
        return [*wrong, f"{where}.family: {error}"]
    try:
        deepest = max(shape_of(original).depths.values())
    except IsoglossError as error:
        return [*wrong, f"{where}.{origins[0]}: {error}"]
    wrong += check_tokenizer(f"{where}.{origins[0]}", model)
    wrong += check_times(f"{where}.folder", model.folder)
    wrong += check_brought(where.removeprefix("models."), config)
    if model.layers != "all":
        beyond = [layer for layer in model.layers if layer > deepest]
        if beyond:
            wrong.append(f"{where}.layers: {', '.join(map(str, beyond))} is beyond this model's layers 0 to {deepest}")
        if not model.layers:
            wrong.append(f"{where}.layers: the list is empty")
    return wrong


def check_start(where: str, train: Train, config: Config) -> list[str]:
    """Find mistakes in what a training starts from, and in the languages that it reads."""
    wrong = []
    corpus = config.corpora.get(train.corpus)
    known = corpus.languages if corpus else train.languages or []
    for language in train.languages or []:
        if language not in known:
            wrong.append(f"{where}.languages: '{language}' is not among the corpus's languages ({', '.join(known)})")
    if train.languages == []:
        wrong.append(f"{where}.languages: the list is empty")
    unified = train.architecture == "gpt" and train.objective == "unified"
    if unified and corpus and corpus.pairs.source not in (train.languages or known):
        wrong.append(f"{where}.languages: `unified` answers in '{corpus.pairs.source}', which is not among them")
    if train.start is None:
        return wrong
    seen: list[str] = []
    start = train.start
    while start is not None:
        before = config.models.get(start)
        if before is None or before.train is None:
            hint = did_you_mean(start, [name for name, one in config.models.items() if one.train])
            return [*wrong, f"{where}.start: '{start}' is no model that is trained here{hint}"]
        if start in seen:
            return [*wrong, f"{where}.start: {' starts from '.join([*seen, start])}: a circle"]
        seen, start = [*seen, start], before.train.start
    first = config.models[train.start].train
    for key in ("architecture", "layers", "hidden", "heads", "intermediate"):
        mine, theirs = getattr(train, key), getattr(first, key)
        if mine != theirs:
            wrong.append(f"{where}.start: '{train.start}' has {key} {theirs}, this model {mine}; they must be the same")
    return wrong


def folder_of(model: Model) -> Path | None:
    """Find the folder of a model that was not made here; None where it is not on this machine yet."""
    return Path(model.folder) if model.folder else cached(model.hub, model.revision or "") if model.hub else None


def check_tokenizer(where: str, model: Model) -> list[str]:
    """Find a tokenizer that cannot tell which word a subword came from, if it is on this machine."""
    folder = folder_of(model)
    if folder is None or not names_a_slow_one(folder):
        return []
    from isogloss.models.load import load_tokenizer

    try:
        load_tokenizer(folder)
    except IsoglossError as error:
        return [f"{where}: {error}"]
    return []


def check_signs(where: str, model: Model, languages: Iterable[str]) -> list[str]:
    """Find languages that a model cannot be told, where it must be and its tokenizer is on this machine."""
    folder = folder_of(model)
    signs = signs_in(folder) if folder else None
    wrong = []
    for language in dict.fromkeys(languages) if signs else ():
        try:
            sign_of(language, signs or ())
        except IsoglossError as error:
            wrong.append(f"{where}: {error}")
    return wrong


def known_shape(config: Config, name: str) -> Shape | None:
    """Tell a model's shape; None where there is no such model, or a mistake in it."""
    model = config.models.get(name)
    original = config.models.get(model.randomised) if model and model.randomised else model
    try:
        return shape_of(original) if original else None
    except IsoglossError:
        return None
