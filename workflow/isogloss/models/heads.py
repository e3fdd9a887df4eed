"""Models with a head: transformers' own classes, and tagging by the encoder of an encoder-decoder.

For an encoder-decoder transformers has no head over tags, or one whose model loses its decoder (T5's), so that a tuned
checkpoint would have no decoder states. Here the whole model is kept; the decoder is neither run nor tuned.
"""

from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import (
    CONFIG_MAPPING,
    MODEL_MAPPING,
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
    initialization,
)
from transformers.modeling_outputs import TokenClassifierOutput

from isogloss.models.families import LABELS, TAGS, TRANSLATION, family_of

CLASSES = {
    LABELS: AutoModelForSequenceClassification,
    TAGS: AutoModelForTokenClassification,
    TRANSLATION: AutoModelForSeq2SeqLM,
}


def class_with(head: str, model_type: str) -> Any:
    """Give the class of a family's model with a head, see :class:`isogloss.models.families.Family`."""
    if head == TAGS and len(family_of(model_type, "This model").stacks) == 2:
        return tagger_of(model_type)
    return CLASSES[head]


class EncoderTagger(PreTrainedModel):
    """Tags over the states of an encoder-decoder's encoder: dropout and one linear layer, as BERT's.

    What it saves is loaded without its head as every model with a head is. Those of T5's kind are what transformers
    calls ``T5ForTokenClassification``, with the decoder.
    """

    def __init__(self, config: Any):
        super().__init__(config)
        setattr(self, self.base_model_prefix, AutoModel.from_config(config))
        self.dropout = nn.Dropout(getattr(config, "classifier_dropout", None) or 0.0)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if module is self.classifier:  # of which some families know nothing
            initialization.normal_(module.weight, std=0.02)
            initialization.zeros_(module.bias)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        output_hidden_states: bool = False,
    ) -> TokenClassifierOutput:
        """Run the encoder and the head; the loss is the mean cross-entropy of the labels that are not -100."""
        base: Any = self.base_model
        encoded = base.get_encoder()(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=output_hidden_states
        )
        logits = self.classifier(self.dropout(encoded.last_hidden_state))
        loss = None if labels is None else functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return TokenClassifierOutput(loss=loss, logits=logits, hidden_states=encoded.hidden_states)


@cache
def tagger_of(model_type: str) -> type[EncoderTagger]:
    """Give the class for a family; config.json names it, such as ``BartForTokenClassification``."""
    bare: Any = MODEL_MAPPING[CONFIG_MAPPING[model_type]]
    family = next(one for one in bare.__mro__ if one is not bare and issubclass(one, PreTrainedModel))
    return type(f"{bare.__name__.removesuffix('Model')}ForTokenClassification", (EncoderTagger, family), {})
