"""Signs of languages: the tokens by which mBART, NLLB and M2M-100 are told the language of a text.

What a tokenizer's files tell of them is read as plain JSON, because a config is checked whenever Snakemake starts.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.text.languages import names_of

FORM = re.compile("[a-z]{2,3}_[A-Za-z]{2,4}")


def signs_among(tokens: Iterable[str]) -> list[str]:
    """List the signs of languages among a tokenizer's added tokens."""
    return sorted(filter(FORM.fullmatch, tokens))


def signs_in(folder: str | Path) -> list[str] | None:
    """List the signs that the tokenizer in a folder has; None where it gives texts no sign, or its files do not tell.

    What is wrong with such files is told when they are loaded.
    """
    try:
        settings = json.loads((Path(folder) / "tokenizer_config.json").read_text(encoding="utf-8"))
        if settings["tokenizer_class"] == "M2M100Tokenizer":  # its signs stand in no file
            from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

            return list(FAIRSEQ_LANGUAGE_CODES[settings.get("language_codes", "m2m100")])
        text = (Path(folder) / "tokenizer.json").read_text(encoding="utf-8")
        # They stand before the vocabulary, which may be of tens of megabytes.
        added, _ = json.JSONDecoder().raw_decode(text, text.index("[", text.index('"added_tokens"')))
        signs = signs_among(token["content"] for token in added)
        marks = re.match("MBart|Nllb", settings["tokenizer_class"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return signs if marks and signs else None


def sign_of(language: str, signs: Iterable[str]) -> str:
    """Find the sign of a language.

    Parameters
    ----------
    language
        Its code, or its name as the tokenizer spells it.
    signs
        Those of the tokenizer.

    Raises
    ------
    IsoglossError
        If it has none for it, or several.
    """
    fitting = names_of(language, signs)
    if len(fitting) != 1:
        raise IsoglossError(
            f"The tokenizer marks each text with its language and has {len(fitting)} marks for '{language}'; it has "
            f"{', '.join(sorted(signs))}. Take another model, or leave the language out."
        )
    return fitting[0]
