"""What the card of a data set (README.md) says of its columns: the names of the labels that numbers stand for.

``datasets`` leaves them in the Parquet files that it writes itself; other files have numbers alone.
"""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import yaml

NOTES = b"huggingface"


def label_names(card: str, file: str) -> dict[str, list[str]]:
    """List the names of labels by column, of the config that a file is of; of several that say the same, any.

    Parameters
    ----------
    card
        The text of README.md, which begins with YAML between two lines of dashes.
    file
        A file's path in the data set.
    """
    _, _, rest = card.partition("---\n")
    head, dashes, _ = rest.partition("\n---")
    try:
        # All values as text: among the names of labels, `no` is no truth value.
        facts = yaml.load(head, Loader=yaml.BaseLoader) if dashes and card.startswith("---") else None
        infos = facts["dataset_info"] if isinstance(facts, dict) else []
        infos = infos if isinstance(infos, list) else [infos]
        configs = facts.get("configs") or [] if isinstance(facts, dict) else []
        named = {
            one["config_name"]
            for one in configs
            if any(fnmatch(file, path) for path in paths_in(one.get("data_files", [])))
        }
        named = named or {PurePosixPath(file).parts[0]}
        own = [info for info in infos if info.get("config_name") in named] or infos
        found = [{one["name"]: names for one in info["features"] if (names := names_in(one))} for info in own]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}
    return {column: names for column, names in found[0].items() if all(one.get(column) == names for one in found)}


def paths_in(files: Any) -> list[str]:
    """List the patterns of a config's files: one, several, or grouped by split."""
    if isinstance(files, str):
        return [files]
    parts = [files["path"]] if "path" in files else files.values() if isinstance(files, dict) else files
    return [path for part in parts for path in paths_in(part)]


def names_in(feature: Any) -> list[str] | None:
    """Give the names of a column's labels, also of a column of lists of labels."""
    for key in ("dtype", "sequence", "list"):
        inner = feature.get(key)
        if isinstance(inner, dict) and "class_label" in inner:
            names = inner["class_label"]["names"]
            return list(names.values() if isinstance(names, dict) else names)
    return None


def as_notes(names: Mapping[str, Sequence[str]]) -> bytes:
    """Write names of labels as ``datasets`` leaves them in a file."""
    features = {column: {"names": list(one), "_type": "ClassLabel"} for column, one in names.items()}
    return json.dumps({"info": {"features": features}}).encode()
