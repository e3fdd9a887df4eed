"""How deep a configured model is, known before any of it is loaded."""

from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.models.settings import Model

# Layers and whether there is a decoder, for hub models whose config.json is not on this machine yet.
KNOWN_DEPTHS = {
    "google-bert/bert-base-multilingual-cased": (12, False),
    "bert-base-multilingual-cased": (12, False),
    "FacebookAI/xlm-roberta-base": (12, False),
    "xlm-roberta-base": (12, False),
    "google/mt5-small": (8, True),
    "google/mt5-base": (12, True),
}


def depth(model: Model) -> tuple[int, bool]:
    """Give a model's number of layers and whether it has a decoder.

    Raises
    ------
    IsoglossError
        If a local folder is no model, or a hub model is not known and the config does not say.
    """
    if model.train:
        return model.train.layers, model.train.architecture == "t5"
    if model.random:
        return model.random.layers, model.random.family == "mt5"
    if model.folder:
        from isogloss.models.bring import check_folder
        from isogloss.models.bring import depth as folder_depth

        check_folder(Path(model.folder))
        return folder_depth(model.folder)
    if model.depth:
        return model.depth, bool(model.encoder_decoder)
    if model.hub in KNOWN_DEPTHS:
        return KNOWN_DEPTHS[model.hub]
    raise IsoglossError(f"the number of layers of {model.hub} is not known here; say it with `depth:`")
