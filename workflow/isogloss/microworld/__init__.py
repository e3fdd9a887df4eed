"""The microworld: parallel sentences in fifteen real languages, from a small grammar, with all answers known.

One YAML file a language (``microworld/data``) holds its words and its grammar; ``world.py`` decides what
is said, ``realise.py`` says it.
"""

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.microworld.anchors import Anchors, say
from isogloss.microworld.tasks import generate_task
from isogloss.microworld.world import LANGUAGES, MICROWORLD_FAMILIES, meanings

__all__ = ["LANGUAGES", "MICROWORLD_FAMILIES", "generate", "generate_task"]


def generate(
    language: str, part: str, sentences: int, seed: int, anchors: int | None = None, source: str = "en"
) -> pd.DataFrame:
    """Generate one language's side of a parallel corpus.

    Parameters
    ----------
    language
        One of :data:`LANGUAGES`.
    part
        ``parallel``, ``training`` or ``test``: no meaning occurs in two of them, whatever the seeds.
    sentences
        How many. All of them have different meanings.
    seed
        Which meanings. The same seed gives the same meanings in every language.
    anchors, source
        So many lemmas are said with this language's form in every language, and no other form is shared, see
        :mod:`isogloss.microworld.anchors`; None: forms are as the grammars have them.

    Returns
    -------
    DataFrame
        ``sentence`` (number, the same in every language), ``words``, ``slots`` (words of two languages with the same
        slot are each other's translation; -1: of none), ``lemmas`` (language-neutral word numbers; -1: none),
        ``entities`` (BIO labels, PER and LOC), ``sentiment`` (1 positive, 0 negative).

    Raises
    ------
    IsoglossError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise IsoglossError(f"The microworld has no language '{language}'; it has {', '.join(LANGUAGES)}.")
    anchored = None if anchors is None else Anchors(anchors, seed, source)
    said = meanings(part, sentences, seed)
    rows = [say(meaning, language, anchored) for meaning in said]
    return pd.DataFrame(
        {
            "sentence": range(len(rows)),
            "words": [[token.form for token in row] for row in rows],
            "slots": [[token.slot for token in row] for row in rows],
            "lemmas": [[token.lemma for token in row] for row in rows],
            "entities": [[token.entity for token in row] for row in rows],
            "sentiment": pd.array([meaning.polarity for meaning in said], dtype="int8"),
        }
    )
