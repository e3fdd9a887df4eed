"""Tiny multilingual models trained here: an encoder (BERT), an encoder-decoder (T5), or a decoder alone (GPT-2).

They exist so that a machine with no access to a model hub has a model whose sharing of concepts between
languages can be measured. The objective decides how much is shared:

``naive``
    Masked language modelling, one language a sentence (Devlin et al. 2019, section 3.1).
``tlm``
    In a share of the steps the two sentences of a translation pair stand side by side, the positions start
    again in the second (Conneau and Lample 2019, section 3.3).
``unified``
    A masked word's lemma, numbered the same in all languages, is predicted instead of its piece
    (Hua et al. 2024). The output has a dictionary built in.
``contrastive``
    In a share of the steps mean-pooled parallel sentences must find each other among those of the batch
    (InfoNCE, van den Oord et al. 2018, equation 4; temperature 0.1). For an encoder-decoder these steps train
    the encoder, and the others are those of ``translation``.
``translation``
    Encoder-decoder only: a share of the steps translates from or into the pivot language, teacher-forced; the
    others restore a sentence in which pieces were masked (Lewis et al. 2020, section 2). The target language
    is not announced, so what the encoder and the decoder read is what a sentence of the corpus looks like.

A decoder alone learns the next piece, one language a sentence (``naive``); or, after each word's last piece, the next
word as the pivot language says it, which there is one piece (``unified``; Hua et al. 2024, section 5).

``tlm``, ``contrastive`` and ``translation`` see parallel sentences and ``unified`` sees lemmas; ``naive``
sees neither. A comparison between them must say so.

Each step draws from a generator of its own, seeded with the seed and the step's number, so a run that was
interrupted goes on exactly where it stopped.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from isogloss.files import SavePace, published_folder, write_csv
from isogloss.models.load import folder_digest, load_tokenizer
from isogloss.models.subwords import letter_tokenizer, train_tokenizer
from isogloss.models.training.learner import Learner, fingerprint
from isogloss.models.training.networks import make_model, start_from
from isogloss.models.training.spec import Spec
from isogloss.models.training.text import check_known, encode, read_training
from isogloss.ownership import Ownership

logger = logging.getLogger(__name__)


def train(
    *,
    folder: str | Path,
    training: Mapping[str, str | Path],
    spec: Mapping,
    seed: int,
    threads: int,
    log_table: str | Path,
    attributes: Mapping[str, str],
    letters: bool = False,
    start: str | Path | None = None,
    save_seconds: float = 20.0,
    after_step: Callable[[int], None] | None = None,
) -> None:
    """Train a model and its tokenizer; write them to ``folder`` as ``save_pretrained`` does.

    Now and then the state is saved to ``folder`` + ``.partial``. A run that finds such a file made
    from the same text, spec, seed and number of threads goes on from it, and ends with the same weights as one
    that was never interrupted. ``folder`` appears complete or not at all.

    Parameters
    ----------
    folder
        Where the model shall stand; replaced if it exists.
    training
        For each language a Parquet file with ``sentence``, ``words`` and, for ``unified``, ``lemmas``. Equal
        ``sentence`` numbers mark translations of each other.
    spec
        See :class:`isogloss.models.training.spec.Spec`; keys that are left out have its defaults.
    seed
        Decides the first weights, the batches and the masks.
    threads
        Threads of the numerical library. Another number may change the last digits of the weights.
    log_table
        CSV with the learning curve: ``step``, ``kind`` (of batch), ``loss`` (mean since the row before) and
        ``batches`` (how many that mean is over).
    attributes
        Columns that name the model in the learning curve.
    letters
        Whether each letter is a piece; otherwise pieces are learnt from the text.
    start
        Folder of a model of the same shape that was trained here: its weights and tokenizer are the first.
    save_seconds
        Least seconds between two saves of the state, see :class:`isogloss.files.SavePace`.
    after_step
        Called with each finished step's number, 1 to ``steps``.

    Raises
    ------
    IsoglossError
        If the spec or the text does not allow the training, or the loss stops being finite.
    """
    settings = Spec.read(spec)
    folder = Path(folder)
    torch.set_num_threads(threads)
    tables = read_training(training, settings)
    texts = {language: table["words"] for language, table in tables.items()}
    if start:
        tokenizer = load_tokenizer(start)
    elif letters:
        tokenizer = letter_tokenizer(texts, settings.max_length)
    else:
        tokenizer = train_tokenizer(texts, settings.vocabulary, settings.architecture, settings.max_length)
    text = encode(tables, tokenizer, settings)
    if start:
        check_known(tables, tokenizer, start)
    del tables, texts
    model, head = make_model(settings, tokenizer, text.lemmas, seed)
    if start:
        start_from(model, start)
    learner = Learner(model, head, tokenizer, text, settings, seed)
    partial = folder.with_name(folder.name + ".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    ownership = Ownership(partial)
    mark = fingerprint(settings, tokenizer, text, seed, threads, folder_digest(start) if start else None)
    step = learner.resume(partial, mark)
    if step:
        logger.info("%s: going on after step %d of %d", folder.parent.name, step, settings.steps)
    started, pace = time.monotonic(), SavePace(save_seconds)
    first = step
    while step < settings.steps:
        step = learner.step(step)
        if after_step is not None:
            after_step(step)
        if step % max(1, settings.steps // 10) == 0:
            speed = (step - first) / (time.monotonic() - started)
            logger.info("%s: step %d of %d, %s, %.0f steps/s", folder.parent.name, step, settings.steps, learner, speed)
        if pace.due() and step < settings.steps:
            ownership.check()
            with pace.saving():
                learner.save(partial, mark, step)
    ownership.check()
    with published_folder(folder) as draft:
        # A model that was trained without the masked-piece head is saved without one.
        (model if head is None else model.bert).save_pretrained(draft)
        tokenizer.save_pretrained(draft)
    write_csv(learner.curve(), log_table, attributes)
    partial.unlink(missing_ok=True)
    ownership.release()
