"""What a realigned step costs beside a plain one: fine-tuning with realignment during it, and realignment before it.

The same encoder, items and steps, each way in turn, three times on one thread; the ratio is of the least seconds of
computing, which a busy machine does not change. A realigned step
must cost at most three plain ones. It exits with 1 where it does not.
"""

import sys
import tempfile
import time
from pathlib import Path

from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.tasks import finetune as fine_tuning
from isogloss.tasks.items import write_items
from isogloss.text.word_alignment import align

LANGUAGES = ("en", "de", "es", "ru", "tr", "zh")
MOST, ROUNDS, STEPS = 3.0, 3, 40
BATCH = 32


def prepare(folder: Path, hidden: int) -> None:
    """Make a model, items and linked sentences."""
    texts = {}
    for language in LANGUAGES:
        table = generate(language, "parallel", 500, 1)
        table.to_parquet(folder / f"{language}.parquet")
        texts[language] = [list(words) for words in table.words]
        if language != "en":
            align(
                source=folder / "en.parquet", target=folder / f"{language}.parquet",
                output=folder / f"links-{language}.parquet", method="gold", max_words=300,
            )  # fmt: skip
    make_random_model(
        folder=folder / "base", family="bert", texts=texts, layers=3, hidden=hidden, heads=2, vocabulary=1500, seed=0
    )
    write_items(
        kind="microworld", task="sentiment", language="en", part="training", train=BATCH * STEPS, validation=32, test=8,
        seed=3, into=None, output=folder / "items.parquet",
    )  # fmt: skip


def seconds(folder: Path, when: str | None) -> float:
    """Time one fine-tuning; without what it takes to load and to write."""
    realign = when and {"when": when, "links": "alignment", "weight": 1.0, "half": None, "convention": "paper"}
    files = {
        "texts": {language: folder / f"{language}.parquet" for language in LANGUAGES},
        "links": {language: folder / f"links-{language}.parquet" for language in LANGUAGES[1:]},
    }
    spent = 0.0

    def timed(function):
        def inner(*given, **named):
            nonlocal spent
            begin = time.process_time()
            value = function(*given, **named)
            spent += time.process_time() - begin
            return value

        return inner

    kept = {}
    for owner, name in (
        (fine_tuning.Trainer, "train"),
        (fine_tuning.Realigner, "run"),
    ):
        kept[owner, name] = getattr(owner, name)
        setattr(owner, name, timed(kept[owner, name]))
    with tempfile.TemporaryDirectory() as out:
        fine_tuning.finetune(
            base=folder / "base", training=folder / "items.parquet", folder=Path(out) / "tuned",
            curve=Path(out) / "curve.csv",
            notes=Path(out) / "notes.json", kind="sequence-classification", labels=["negative", "positive"], epochs=1,
            batch=BATCH, learning_rate=1e-3, warmup=0.0, weight_decay=0.0, max_length=128, seed=0, freeze={},
            realign=realign, device="cpu", threads=1, attributes={}, save_seconds=1e9, **(files if realign else {}),
        )  # fmt: skip
    for (owner, name), function in kept.items():
        setattr(owner, name, function)
    return spent


def main() -> int:
    """Print the ratios."""
    worst = 0.0
    for hidden in (64, 256):
        with tempfile.TemporaryDirectory() as name:
            prepare(Path(name), hidden)
            ways = (None, "during", "before")
            rounds = [{way: seconds(Path(name), way) for way in ways} for _ in range(ROUNDS)]
            times = {way: min(one[way] for one in rounds) for way in ways}
        plain = times[None] / STEPS
        for way in ways[1:]:
            # Of `before`, which has as many steps of its own, both parts.
            ratio = times[way] / STEPS / plain
            worst = max(worst, ratio)
            print(
                f"width {hidden}: a plain step {1000 * plain:.1f} ms, realigned {way} {1000 * ratio * plain:.1f} ms: "
                f"{ratio:.2f} times (at most {MOST:g})"
            )
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
