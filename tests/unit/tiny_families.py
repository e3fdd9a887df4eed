"""Tiny random models of every family, each with a tokenizer of the kind that its real ones have."""

import io
import json
import unicodedata
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AlbertTokenizer,
    AutoConfig,
    AutoModel,
    BertTokenizer,
    DebertaV2Tokenizer,
    GemmaTokenizer,
    GPT2Tokenizer,
    LlamaTokenizer,
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartTokenizer,
    NllbTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
    RobertaTokenizer,
    T5Tokenizer,
    XGLMTokenizer,
    XLMRobertaTokenizer,
    XLNetTokenizer,
)

SENTENCES = [
    "The teacher loves a very important letter.",
    "Don't read (it), it's unbelievably strong – naïve, too!",
    "Die Lehrerin liebt den unglaublich wichtigen Brief.",
    "اقرأ الرسالة المهمة جدا",
    "Учитель любит очень важное письмо.",
    "7,000 cats",
    "我爱北京天安门，他用Linux系统",
    "çok güzel ½ ﬁne",
]
SMALL = {"hidden": 16, "layers": 3, "heads": 2, "feed": 32, "positions": 96}
# What a family calls the numbers of SMALL, where it has names of its own.
NAMES = {"hidden_size": "hidden", "num_hidden_layers": "layers", "num_attention_heads": "heads", "intermediate_size":
         "feed", "max_position_embeddings": "positions"}  # fmt: skip
OWN = {
    "distilbert": {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 32},
    "electra": {"embedding_size": 8},
    "rembert": {"input_embedding_size": 8},
    "albert": {"embedding_size": 8, "num_hidden_groups": 1},
    "xlnet": {"d_model": 16, "n_layer": 3, "n_head": 2, "d_inner": 32},
    "modernbert": {"local_attention": 16},
    "deberta-v2": {"position_biased_input": False, "relative_attention": True, "pos_att_type": ["p2c", "c2p"],
                   "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_buckets": 8},
    "eurobert": {"num_key_value_heads": 2},
    "gpt2": {"n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 96},
    "bloom": {"hidden_size": 16, "n_layer": 3, "n_head": 2},
    "xglm": {"d_model": 16, "num_layers": 3, "attention_heads": 2, "ffn_dim": 32},
    **{name: {"head_dim": 8, "num_key_value_heads": 1} for name in
       ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "olmo2", "phi3", "smollm3", "apertus")},
    **{name: {"d_model": 16, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 2, "d_kv": 8, "d_ff": 32}
       for name in ("t5", "mt5", "umt5")},
    **{name: {"d_model": 16, "encoder_layers": 3, "decoder_layers": 2, "encoder_attention_heads": 2,
              "encoder_ffn_dim": 32, "decoder_attention_heads": 2, "decoder_ffn_dim": 32}
       for name in ("bart", "marian", "mbart", "m2m_100")},
    "opt": {"ffn_dim": 32, "word_embed_proj_dim": 16},
}  # fmt: skip
FORMS = {
    "wordpiece": ("bert", "distilbert", "electra", "ernie", "megatron-bert"),
    "xlm-roberta": ("xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "rembert"),
    "roberta": ("roberta", "bart", "deberta", "opt"),
    "general byte-level": ("modernbert", "bloom", "gpt_neox", "olmo2", "falcon", "eurobert", "smollm3", "apertus"),
    "gpt2": ("gpt2",),
    "qwen2": ("qwen2", "qwen3"),
    "llama": ("llama", "mistral", "phi3"),
    "gemma": ("gemma", "gemma2", "gemma3_text"),
    "xlnet": ("xlnet",),
    "albert": ("albert",),
    "deberta-v2": ("deberta-v2",),
    "t5": ("t5", "mt5", "umt5"),
    "mbart": ("mbart",),
    "nllb": ("m2m_100",),
    "marian": ("marian",),
    "xglm": ("xglm",),
}
FORM_OF = {family: form for form, families in FORMS.items() for family in families}


def trained(model, pre, special, trainer, normalizer=None, **options):
    """Train a backend tokenizer on the sentences."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(SENTENCES * 4, trainer(special_tokens=special, show_progress=False, **options))
    return tokenizer


def parts(tokenizer):
    """Give vocabulary and merges of byte-pair encoding."""
    state = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in state["merges"]] if "merges" in state else None
    return state["vocab"], merges


def byte_level(special):
    return trained(models.BPE(), pre_tokenizers.ByteLevel(add_prefix_space=False), special, trainers.BpeTrainer,
                   vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip


def pieces(special, unknown="<unk>"):
    """Unigram pieces with SentencePiece's mark of a space, special ones first."""
    backend = trained(models.Unigram(), pre_tokenizers.Metaspace(), special, trainers.UnigramTrainer, vocab_size=320,
                      normalizer=normalizers.NFKC(), unk_token=unknown)  # fmt: skip
    # The trainer gives pieces that are as probable in an order of its own each time.
    found = [(piece, round(score, 3)) for piece, score in parts(backend)[0] if piece not in special]
    return [*((piece, 0.0) for piece in special), *sorted(found, key=lambda piece: (-piece[1], piece[0]))]


def spaced_bpe(special):
    """Byte-pair encoding over letters and SentencePiece's mark, with bytes to fall back on."""
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    backend = trained(
        models.BPE(), pre_tokenizers.Metaspace(), [*special, *fallback], trainers.BpeTrainer, vocab_size=520
    )
    return parts(backend)


def sentencepiece_model(path, kind, sentences):
    """Train a model of the SentencePiece library, and list its pieces."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences * 4), model_writer=written, model_type=kind, vocab_size=280,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=2,
    )  # fmt: skip
    path.write_bytes(written.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    return [model.id_to_piece(number) for number in range(model.get_piece_size())]


def pieces_alone(form):
    """Make a tokenizer that is a SentencePiece model and a list of numbers; of Marian's there are two models."""
    with TemporaryDirectory() as folder:
        numbers, files = Path(folder) / "vocab.json", [Path(folder) / "one", Path(folder) / "two"]
        if form == "marian":
            found = [*sentencepiece_model(files[0], "unigram", SENTENCES[:5])]
            found += sentencepiece_model(files[1], "unigram", SENTENCES[2:])
            listed = ["</s>", "<unk>", *found, "<pad>"]
        else:
            listed = ["<s>", "<pad>", "</s>", "<unk>", *sentencepiece_model(files[0], "bpe", SENTENCES)]
        numbers.write_text(json.dumps({piece: number for number, piece in enumerate(dict.fromkeys(listed))}))
        if form == "marian":
            return MarianTokenizer(*map(str, files), str(numbers))
        return M2M100Tokenizer(str(numbers), str(files[0]), src_lang="en", tgt_lang="en")


@cache
def tokenizer_of(form):
    """Make a tokenizer; its vocabulary comes from the sentences."""
    if form == "wordpiece":
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        kind, trainer = models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer
        normalizer = normalizers.BertNormalizer(lowercase=False)
        backend = trained(kind, pre_tokenizers.BertPreTokenizer(), special, trainer, normalizer, vocab_size=300)
        return BertTokenizer(vocab=backend.get_vocab(), do_lower_case=False)
    if form in ("roberta", "gpt2", "qwen2", "general byte-level"):
        special = {"roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]}.get(form, ["<|endoftext|>"])
        if form == "general byte-level":
            special = ["[CLS]", "[SEP]", "[PAD]", "<|endoftext|>"]
        backend = byte_level(special)
        vocabulary, merges = parts(backend)
        if form == "general byte-level":
            # As ModernBERT, Llama 3 and BLOOM are saved: nothing in the class knows of a space before the first word.
            backend.post_processor = processors.Sequence([
                processors.ByteLevel(trim_offsets=False),
                processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[
                    (token, backend.token_to_id(token)) for token in ("[CLS]", "[SEP]")])])  # fmt: skip
            backend.decoder = decoders.ByteLevel()
            names = {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "eos": "<|endoftext|>"}
            names = {f"{role}_token": token for role, token in names.items()}
            return PreTrainedTokenizerFast(tokenizer_object=backend, padding_side="left", **names)
        kind = {"roberta": RobertaTokenizer, "gpt2": GPT2Tokenizer, "qwen2": Qwen2Tokenizer}[form]
        return kind(vocab=vocabulary, merges=merges)
    if form in ("llama", "gemma"):
        special = ["<unk>", "<s>", "</s>"] if form == "llama" else ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
        vocabulary, merges = spaced_bpe(special)
        kind = LlamaTokenizer if form == "llama" else GemmaTokenizer
        return kind(vocab=vocabulary, merges=merges)
    if form in ("marian", "m2m_100"):
        return pieces_alone(form)
    if form == "nllb":
        vocabulary, merges = spaced_bpe(["<s>", "<pad>", "</s>", "<unk>"])
        return NllbTokenizer(vocab=vocabulary, merges=merges, src_lang="eng_Latn", tgt_lang="eng_Latn")
    if form == "mbart-50":
        vocabulary = pieces(["<s>", "<pad>", "</s>", "<unk>"])
        return MBart50Tokenizer(vocab=vocabulary, src_lang="en_XX", tgt_lang="en_XX")
    special, kind, more = {
        "xlm-roberta": (["<s>", "<pad>", "</s>", "<unk>", "<mask>"], XLMRobertaTokenizer, {}),
        "xglm": (["<s>", "<pad>", "</s>", "<unk>"], XGLMTokenizer, {}),
        "xlnet": (["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"], XLNetTokenizer, {}),
        "albert": (["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], AlbertTokenizer, {"do_lower_case": False}),
        "deberta-v2": (["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"], DebertaV2Tokenizer, {}),
        "t5": (["<pad>", "</s>", "<unk>"], T5Tokenizer, {"extra_ids": 0}),
        "mbart": (["<s>", "<pad>", "</s>", "<unk>"], MBartTokenizer, {"src_lang": "en_XX", "tgt_lang": "en_XX"}),
    }[form]  # fmt: skip
    return kind(vocab=pieces(special, "[UNK]" if form == "deberta-v2" else "<unk>"), **more)


def make(folder, family, architecture=AutoModel, form=None, **changes):
    """Save a tiny random model of a family, whose states differ from one another, and its tokenizer."""
    tokenizer = tokenizer_of(form or FORM_OF[family])
    plain = AutoConfig.for_model(family)
    named = set(vars(plain)) - set(plain.attribute_map)
    sizes = {name: SMALL[ours] for name, ours in NAMES.items() if name in named}
    ids = {f"{role}_token_id": getattr(tokenizer, f"{role}_token_id") for role in ("pad", "bos", "eos")}
    if "decoder" in "".join(OWN.get(family, {})):
        ids["decoder_start_token_id"] = tokenizer.eos_token_id if ids["bos_token_id"] is None else ids["bos_token_id"]
    # M2M-100's signs of languages are not counted.
    subwords = len(tokenizer) + len(getattr(tokenizer, "lang_code_to_id", ()))
    settings = {**sizes, "vocab_size": subwords, **ids, **OWN.get(family, {}), **changes}
    torch.manual_seed(0)
    model = architecture.from_config(AutoConfig.for_model(family, **settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def letters_of(tokenizer, text, written=False):
    """Tell by subword of a text, special tokens left out, where its letters are."""
    if tokenizer.is_fast:
        encoded = tokenizer(text, return_offsets_mapping=True)
        sides = enumerate(encoded.encodings[0].sequence_ids)
        return {index: encoded.offset_mapping[index] for index, side in sides if side is not None}
    if written and hasattr(tokenizer, "spm_target"):
        tokenizer._switch_to_target_mode()
    places = spelled(tokenizer.tokenize(text), text)
    return dict(enumerate(places, start=1 if hasattr(tokenizer, "src_lang") else 0))


def spelled(pieces, text):
    """Spell SentencePiece's pieces out along a text of single spaces, as long as what it is turned into."""
    text, places, at = unicodedata.normalize("NFKC", text), [], 0
    for number, piece in enumerate(pieces):
        piece = piece.removeprefix("▁") if number == 0 else piece.replace("▁", " ")
        assert text.startswith(piece, at)
        places.append((at, at + len(piece)))
        at += len(piece)
    assert at == len(text)
    return places
