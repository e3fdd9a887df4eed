"""Tiny checkpoints as people save them who tuned a model: whole ones, and adapters of PEFT."""

import json

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

ID = "google-bert/bert-base-multilingual-cased"
LABELS = ["entailment", "neutral", "contradiction"]
OTHER_ORDER = ["contradiction", "entailment", "neutral"]


def classifier(base, folder, labels=LABELS, build=AutoModelForSequenceClassification, tokenizer=True):
    """Save a model with a new head as someone who tuned it would."""
    torch.manual_seed(1)
    names = dict(enumerate(labels))
    build.from_pretrained(base, num_labels=len(labels), id2label=names).save_pretrained(folder)
    if tokenizer:
        AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def adapter(base, folder, named=ID, build=AutoModelForSequenceClassification, labels=3, **changes):
    """Save an adapter whose products are not zero, as PEFT does."""
    torch.manual_seed(2)
    model = build.from_pretrained(base, **({} if build is AutoModel else {"num_labels": labels}))
    settings = {"r": 2, "lora_alpha": 6, "target_modules": ["query", "value"], "task_type": "SEQ_CLS", **changes}
    tuned = get_peft_model(model, LoraConfig(**settings))
    for name, parameter in tuned.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter)
    tuned.save_pretrained(folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": named}))
    return folder
