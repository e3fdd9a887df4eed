"""Word alignment: which word translates which, by a statistical aligner, from gold slots, or as given.

An alignment file has one row for each sentence pair that is used: ``sentence`` and ``links``, a flat list
``[i0, j0, i1, j1, ...]`` of source and target word positions, sorted.
"""

import logging
import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv, write_parquet
from isogloss.text.encoding import lines_of
from isogloss.text.segmentation import shortened
from isogloss.text.settings import EFLOMAL_WORDS

log = logging.getLogger(__name__)

Links = set[tuple[int, int]]
ROUNDS = 3
LONGEST_LINK = 20  # letters
LINKED = 20  # linked sentences of which the first words of some have a link


def retained_pairs(source: pd.DataFrame, target: pd.DataFrame, max_words: int) -> pd.DataFrame:
    """Join two corpora by sentence; pairs with a side of ``max_words`` or more are dropped.

    Returns
    -------
    DataFrame
        ``sentence`` and the columns of both with the endings ``_source`` and ``_target``, sorted by sentence.

    Raises
    ------
    IsoglossError
        If no pair is left.
    """
    pairs = source.merge(target, on="sentence", suffixes=("_source", "_target")).sort_values("sentence")
    short = (pairs.words_source.map(len) < max_words) & (pairs.words_target.map(len) < max_words)
    if not short.all():
        log.info("Left out %d sentence pairs with a side of %d words or more", (~short).sum(), max_words)
    if not short.any():
        raise IsoglossError(
            f"No sentence pair is left: of {len(source):,} and {len(target):,} sentences {len(pairs):,} are in both "
            f"languages, none of them with fewer than {max_words} words on each side."
        )
    return pairs[short].reset_index(drop=True)


def gold_links(source: Iterable[int], target: Iterable[int]) -> Links:
    """Link the words of a sentence pair that have the same slot."""
    where: dict[int, list[int]] = {}
    for position, slot in enumerate(target):
        where.setdefault(int(slot), []).append(position)
    return {(i, j) for i, slot in enumerate(source) if slot >= 0 for j in where.get(int(slot), ())}


def read_pharaoh(path: str | Path, lengths: dict[int, tuple[int, int]]) -> dict[int, Links]:
    """Read links in the Pharaoh format, a line a sentence: ``0-0 1-2``.

    Parameters
    ----------
    path
        The file; line n (from 0) is sentence n.
    lengths
        Number of source and target words of each sentence that is used.

    Raises
    ------
    IsoglossError
        With file and line, if a link is malformed or points beyond a sentence, or a line is missing.
    """
    lines = lines_of(path)
    found = {}
    for sentence, (rows, columns) in lengths.items():
        if sentence >= len(lines):
            raise IsoglossError(f"{path} has {len(lines):,} lines; sentence {sentence + 1:,} has no links.")
        links = set()
        for item in lines[sentence].split():
            i, dash, j = item.partition("-")
            if not (dash and i.isdecimal() and j.isdecimal() and len(item) <= LONGEST_LINK):
                raise IsoglossError(f"{path}:{sentence + 1}: expected links such as 0-0, found '{shortened(item)}'.")
            if int(i) >= rows or int(j) >= columns:
                raise IsoglossError(
                    f"{path}:{sentence + 1}: the link {item} points beyond the sentence pair, which has {rows} source "
                    f"and {columns} target words (positions count from 0).{swapped(lines, lengths)}"
                )
            links.add((int(i), int(j)))
        found[sentence] = links
    if sum(map(bool, found.values())) >= LINKED and not any(0 in link for links in found.values() for link in links):
        raise IsoglossError(
            f"{path}: no link has the position 0, so the positions seem to count from 1. Expected positions from 0: "
            "the first word of each side is 0."
        )
    return found


def swapped(lines: list[str], lengths: dict[int, tuple[int, int]]) -> str:
    """Advise where all links fit the other way round."""
    for sentence, (rows, columns) in lengths.items():
        for item in lines[sentence].split() if sentence < len(lines) else ():
            i, _, j = item.partition("-")
            if not (i.isdecimal() and j.isdecimal()) or int(i) >= columns or int(j) >= rows:
                return ""
    return " The other way round all links of the file would fit: put the source's positions first."


def symmetrize(forward: Links, backward: Links, method: str) -> Links:
    """Join the links of both directions (Koehn, Och & Marcu 2003).

    Parameters
    ----------
    forward, backward
        Links (source, target) as either direction found them.
    method
        ``intersection``; or ``grow-diag-final-and``: from the intersection, add neighbouring links of the union while
        one of the two words has no link yet, then links of either direction between two words that have none.
    """
    both = forward & backward
    if method == "intersection":
        return both
    union = forward | backward
    links = set(both)
    sources, targets = {i for i, _ in links}, {j for _, j in links}

    def add(i: int, j: int) -> None:
        links.add((i, j))
        sources.add(i)
        targets.add(j)

    grown = True
    while grown:
        grown = False
        for i, j in sorted(links):
            for di, dj in ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
                new = i + di, j + dj
                if new in union and new not in links and (new[0] not in sources or new[1] not in targets):
                    add(*new)
                    grown = True
    for direction in (forward, backward):
        for i, j in sorted(direction):
            if i not in sources and j not in targets:
                add(i, j)
    return links


def eflomal_links_of(pairs: pd.DataFrame, symmetrization: str, seed: int) -> list[Links]:
    """Align sentence pairs, see :func:`retained_pairs`, with :func:`eflomal_links`.

    Raises
    ------
    IsoglossError
        If a sentence is longer than eflomal takes.
    """
    for row in pairs.itertuples(index=False):
        longest = max(len(row.words_source), len(row.words_target))
        if longest > EFLOMAL_WORDS:
            raise IsoglossError(
                f"Sentence pair {row.sentence + 1:,} has a side of {longest:,} words; eflomal takes at most "
                f"{EFLOMAL_WORDS:,}. Lower `max_sentence_words` of the corpus."
            )
    return eflomal_links(list(map(list, pairs.words_source)), list(map(list, pairs.words_target)), symmetrization, seed)


def eflomal_links(source: list[list[str]], target: list[list[str]], symmetrization: str, seed: int) -> list[Links]:
    """Align with eflomal (Östling & Tiedemann 2016), the same way every time.

    Parameters
    ----------
    source, target
        Sentences as words. Words are numbered before the aligner sees them, so they may hold anything.
    symmetrization
        See :func:`symmetrize`.
    seed
        Seed of its sampler.
    """
    with tempfile.TemporaryDirectory(prefix="isogloss-eflomal-") as name:
        folder = Path(name)
        for side, sentences in (("source", source), ("target", target)):
            write_numbered(sentences, folder / side)
        binary = seeded_binary(folder, seed)
        rounds = max(2, round(5000 / np.sqrt(len(source))))
        # The three stages' rounds, as eflomal's own front end weighs them for its full model.
        command = [
            str(binary),
            "-m",
            "3",
            "-s",
            "source",
            "-t",
            "target",
            "-f",
            "forward",
            "-r",
            "backward",
            "-q",
        ]
        command += [
            "-n",
            str(ROUNDS),
            "-N",
            "0.2",
            "-1",
            str(max(1, rounds // 4)),
            "-2",
            str(max(1, rounds // 4)),
        ]
        command += ["-3", str(rounds)]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        if done.returncode:
            raise IsoglossError(f"eflomal failed with status {done.returncode}: {done.stderr.strip()[-500:]}")
        forward, backward = read_links(folder / "forward"), read_links(folder / "backward")
    return [symmetrize(one, other, symmetrization) for one, other in zip(forward, backward, strict=True)]


def write_numbered(sentences: list[list[str]], path: Path) -> None:
    """Write sentences in eflomal's own format: counts, then numbers of words."""
    numbers: dict[str, int] = {}
    lines = [[numbers.setdefault(word, len(numbers)) for word in sentence] for sentence in sentences]
    text = [f"{len(lines)} {len(numbers)}", *(" ".join(map(str, [len(line), *line])) for line in lines)]
    path.write_text("\n".join(text) + "\n", encoding="ascii")


def seeded_binary(folder: Path, seed: int) -> Path:
    """Copy eflomal's program so that it draws its seed from a file of ours.

    It has no option for a seed and reads ``/dev/urandom``; a name of the same length is put in that place.
    """
    import eflomal

    program = (Path(eflomal.__file__).parent / "bin" / "eflomal").read_bytes()
    device, file = b"/dev/urandom\0", b"./seed.bytes\0"
    if program.count(device) != 1:
        raise IsoglossError("This version of eflomal takes its random seed in an unknown way; install the locked one.")
    copy = folder / "eflomal"
    copy.write_bytes(program.replace(device, file))
    copy.chmod(0o755)
    (folder / "seed.bytes").write_bytes(np.random.default_rng(seed).bytes(4096))
    return copy


def read_links(path: Path) -> list[Links]:
    """Read eflomal's links: Pharaoh, a line a sentence."""
    return [
        {(int(source), int(target)) for source, target in (item.split("-") for item in line.split())}
        for line in path.read_text(encoding="ascii").splitlines()
    ]


def flatten(links: Links) -> list[int]:
    """Sort links and write them as one list."""
    return [position for link in sorted(links) for position in link]


def unflatten(flat: Iterable[int]) -> list[tuple[int, int]]:
    """Read links from one list."""
    values = [int(value) for value in flat]
    return list(zip(values[::2], values[1::2], strict=True))


def align(
    *,
    source: str | Path,
    target: str | Path,
    output: str | Path,
    method: str,
    max_words: int,
    symmetrization: str = "intersection",
    seed: int = 212,
    given: str | Path = "",
) -> None:
    """Align the words of two languages and write the alignment file.

    Parameters
    ----------
    source, target
        Corpus files.
    output
        The alignment file.
    method
        ``eflomal``, ``gold`` (the microworld's slots) or ``given`` (a Pharaoh file).
    max_words
        Pairs with a side of this many words or more are dropped (300 in Mousi et al. 2024).
    symmetrization, seed
        Of eflomal.
    given
        The Pharaoh file.

    Raises
    ------
    IsoglossError
        If no sentence pair or no link is left, or both languages have the same text.
    """
    pairs = retained_pairs(
        read_parquet(source, ("sentence", "words")), read_parquet(target, ("sentence", "words")), max_words
    )
    if all(list(row.words_source) == list(row.words_target) for row in pairs.itertuples(index=False)):
        raise IsoglossError(
            f"{source} and {target} hold the same text, word for word, in all {len(pairs):,} sentence pairs: all that "
            "is measured of them would be perfect. What a language shares with itself is in the tables, as the ceiling."
        )
    if method == "gold":
        links = [gold_links(*row) for row in zip(pairs.slots_source, pairs.slots_target, strict=True)]
    elif method == "given":
        lengths = {
            int(row.sentence): (len(row.words_source), len(row.words_target)) for row in pairs.itertuples(index=False)
        }
        links = list(read_pharaoh(given, lengths).values())
    else:
        links = eflomal_links_of(pairs, symmetrization, seed)
    if not any(links):
        raise IsoglossError(f"The alignment of {source} and {target} has no link at all.")
    log.info("%d sentence pairs, %d links", len(pairs), sum(map(len, links)))
    write_parquet(pd.DataFrame({"sentence": pairs.sentence, "links": list(map(flatten, links))}), output)


def alignment_error_rate(found: list[Links], gold: list[Links]) -> dict[str, float]:
    """Compare links with gold ones, all of them sure (Och & Ney 2003).

    Returns
    -------
    dict
        ``links``, ``gold`` (numbers), ``precision``, ``recall`` and ``aer`` = 1 − 2·both / (links + gold).
    """
    both = sum(len(one & other) for one, other in zip(found, gold, strict=True))
    links, golden = sum(map(len, found)), sum(map(len, gold))
    return {
        "links": links,
        "gold": golden,
        "precision": both / links if links else float("nan"),
        "recall": both / golden if golden else float("nan"),
        "aer": 1 - 2 * both / (links + golden),
    }


def score(
    *,
    source: str | Path,
    target: str | Path,
    output: str | Path,
    identity: dict[str, Any],
    symmetrization: str,
    seed: int,
    max_words: int,
) -> None:
    """Score eflomal against the microworld's gold links, and write one row."""
    pairs = retained_pairs(read_parquet(source, ("slots",)), read_parquet(target, ("slots",)), max_words)
    found = eflomal_links_of(pairs, symmetrization, seed)
    gold = [gold_links(*row) for row in zip(pairs.slots_source, pairs.slots_target, strict=True)]
    row = {**identity, "aligner": f"eflomal, {symmetrization}", "seed": seed, "sentences": len(pairs)}
    write_csv(pd.DataFrame([{**row, **alignment_error_rate(found, gold)}]), output)
