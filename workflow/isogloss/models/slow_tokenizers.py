"""Which folders have a tokenizer that is Python code of its own, transformers' "slow" ones.

None of them tells which letters a subword is of. What a folder's files tell is read as plain JSON, because a config is
checked whenever Snakemake starts.
"""

import json
from pathlib import Path

# All of transformers' but those that are a SentencePiece model, which does tell.
SLOW = {
    "BertJapaneseTokenizer", "BertTokenizerLegacy", "BertweetTokenizer", "BioGptTokenizer",
    "BlenderbotSmallTokenizer", "ByT5Tokenizer", "CTRLTokenizer", "CanineTokenizer", "ClvpTokenizer",
    "CpmAntTokenizer", "DiaTokenizer", "EsmTokenizer", "FSMTTokenizer", "FastSpeech2ConformerTokenizer",
    "FlaubertTokenizer", "GPTNeoXJapaneseTokenizer", "MgpstrTokenizer", "MyT5Tokenizer", "PerceiverTokenizer",
    "PhobertTokenizer", "Pop2PianoTokenizer", "ProphetNetTokenizer", "RoCBertTokenizer", "TapasTokenizer",
    "VitsTokenizer", "Wav2Vec2CTCTokenizer", "Wav2Vec2PhonemeCTCTokenizer", "XLMTokenizer",
}  # fmt: skip


def names_a_slow_one(folder: str | Path) -> bool:
    """Tell whether a folder asks for a slow tokenizer; transformers may take another one all the same.

    What is wrong with its files is told when they are loaded.
    """
    named = None
    for name in ("config.json", "tokenizer_config.json"):
        try:
            named = json.loads((Path(folder) / name).read_text(encoding="utf-8")).get("tokenizer_class") or named
        except (OSError, ValueError, AttributeError):
            continue
    return named in SLOW
