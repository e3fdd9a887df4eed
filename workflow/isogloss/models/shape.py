"""The shape of a configured model, known before any of it is loaded."""

import os
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.models.families import Shape, family_of, read_shape
from isogloss.models.settings import Model

# Family, layers of each stack, width, longest input and number of weights of hub models that are not here yet.
KNOWN = {
    "google-bert/bert-base-multilingual-cased": ("bert", 12, 768, 512, 178_566_653),
    "bert-base-multilingual-cased": ("bert", 12, 768, 512, 178_566_653),
    "FacebookAI/xlm-roberta-base": ("xlm-roberta", 12, 768, 512, 278_295_186),
    "xlm-roberta-base": ("xlm-roberta", 12, 768, 512, 278_295_186),
    "intfloat/multilingual-e5-small": ("bert", 12, 384, 512, 117_653_760),
    "google/mt5-small": ("mt5", 8, 512, None, 300_176_768),
    "google/mt5-base": ("mt5", 12, 768, None, 582_401_280),
}
HIDDEN = 1024  # of a model that nothing else is known of: rather too much is asked for than too little
# The longest inputs of models that are made here; t5 and mt5 have no limit.
TRAINED_POSITIONS = {"bert": 128, "gpt": 256}
TRAINED_FAMILIES = {"gpt": "gpt2"}
RANDOM_POSITIONS = {"bert": 514, "xlm-roberta": 513}


def made(family: str, layers: int, hidden: int, longest: int | None) -> Shape:
    """Give the shape of a model whose stacks are equally deep."""
    row = family_of(family, "This model")
    return Shape(family, dict.fromkeys(row.stacks, layers), hidden, longest, row)


def shape_of(model: Model) -> Shape:
    """Give a model's shape.

    Raises
    ------
    IsoglossError
        If a local folder is no model, its family has no row, nothing is known of a hub model, or the section does not
        say where the model comes from.
    """
    if model.train:
        longest = TRAINED_POSITIONS.get(model.train.architecture)
        family = TRAINED_FAMILIES.get(model.train.architecture, model.train.architecture)
        return made(family, model.train.layers, model.train.hidden, longest)
    if model.random:
        longest = RANDOM_POSITIONS.get(model.random.family)
        return made(model.random.family, model.random.layers, model.random.hidden, longest)
    if model.folder:
        from isogloss.models.bring import check_folder

        check_folder(Path(model.folder))
        return read_shape(model.folder)
    if model.hub is None:
        raise IsoglossError("it is not said where this model comes from")
    repository = model.hub
    here = cached(repository, model.revision or "")
    if here:
        return read_shape(here)
    if model.depth and model.family:
        return made(model.family, model.depth, HIDDEN, None)
    if repository in KNOWN:
        return made(*KNOWN[repository][:4])
    raise IsoglossError(
        f"the shape of {repository} is not known before it is fetched; say `depth:` (its number of layers) and "
        "`family:` (what its config.json calls model_type)"
    )


def known_weights(repository: str) -> int:
    """Give the number of weights of a hub model that was not fetched yet; 0 where Isogloss does not know."""
    return KNOWN[repository][4] if repository in KNOWN else 0


def cached(repository: str, revision: str) -> Path | None:
    """Find the folder of a hub model that was fetched before, in the cache that all runs share."""
    home = os.environ.get("HF_HOME", "~/.cache/huggingface")
    cache = os.environ.get("HF_HUB_CACHE", f"{home}/hub")
    name = "models--" + repository.replace("/", "--")
    folder = Path(cache).expanduser() / name / "snapshots" / revision
    return folder if (folder / "config.json").is_file() else None
