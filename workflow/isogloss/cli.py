"""The ``isogloss`` command: the workflow's numbers on anybody's own files."""

import argparse
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from isogloss import __version__
from isogloss.errors import IsoglossError
from isogloss.files import check_environment, check_file

# Snakemake as its own command is, which calls itself so in its messages.
SNAKEMAKE = "import sys; from snakemake.cli import main; sys.argv[0] = 'snakemake'; main()"
# The package is imported by the command that needs it: others start at once.
GPUS = ("t4", "v100", "a100", "l40s", "h100", "h200")
SIMILARITIES = (
    "retrieval",
    "mutual_retrieval",
    "strong_retrieval",
    "neuron_correlation",
    "neighbour_overlap",
    "cka",
    "cka_debiased",
    "procrustes",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; a mistake of the user's is one line on standard error."""
    command = None
    try:
        check_environment()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # one that was closed is None
                stream.reconfigure(errors="backslashreplace")
        try:
            options = parser().parse_args(arguments)
            command = options.command
            options.run(options)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except IsoglossError as error:
        of_config = command in ("check", "run")
        print(str(error) if of_config else f"isogloss: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 2 if of_config else 1
    except KeyboardInterrupt:
        print("isogloss: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        drop_output()
        return 0
    except OSError as error:
        drop_output()
        of_file = f"{error.filename}: " if error.filename else ""
        print(f"isogloss: {of_file}{error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def drop_output() -> None:
    """Let what could not be written go, so that Python does not try once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="isogloss", description="Shared concepts in multilingual models.")
    top.add_argument("--version", action="version", version=f"isogloss {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("align", align, "Which concepts of one language have a counterpart in another (CALIGN).")
    sub.add_argument("source", help="source concepts: Parquet or word|||count|||sentence|||position|||cluster")
    sub.add_argument("target", help="target concepts")
    sub.add_argument("lexicon", help="Parquet, or lines `source -> target: Probability = 0.5, Count = 3`")
    sub.add_argument("--match", type=share, default=0.8, help="least share of types translated (default 0.8)")
    sub.add_argument("--size-ratio", type=share, default=0.6, help="least ratio of sizes (default 0.6)")
    sub.add_argument("--min-types", type=positive, default=5, help="least types of a source concept (default 5)")
    sub.add_argument("--top-n", type=positive, default=10, help="best translations that count (default 10)")
    sub.add_argument("--convention", choices=("paper", "released"), default="paper")
    add_null(sub)

    sub = command("overlap", overlap, "Which concepts of a joint clustering two languages share (COLAP).")
    sub.add_argument("clusters", help="joint concepts: Parquet, or text with --split")
    sub.add_argument("--threshold", type=share, default=0.3, help="least share of each language (default 0.3)")
    sub.add_argument("--count", choices=("types", "tokens"), default="types")
    sub.add_argument("--convention", choices=("paper", "released"), default="paper")
    sub.add_argument("--split", type=int, metavar="SENTENCE", help="sentences below this are the first language")
    sub.add_argument("--lexicon", help="count the overlapping concepts that hold its translations too")
    sub.add_argument(
        "--source", help="the lexicon's source language (default: the one of the first sentences, by --split)"
    )
    sub.add_argument("--match", type=share, default=0.8, help="least share of types translated (default 0.8)")
    sub.add_argument("--top-n", type=positive, default=10, help="best translations that count (default 10)")
    add_null(sub)

    sub = command("cka", cka, "Linear CKA of two representations of the same items.")
    sub.add_argument("base", help="a .npy matrix [item, feature], or a store")
    sub.add_argument("tuned", help="the same items")
    sub.add_argument("--layer", type=int, help="of the stores")
    sub.add_argument("--debiased", action="store_true")
    sub.add_argument("--json", action="store_true")

    sub = command("similarity", similarity, "How alike the spaces of two languages are, by one measure.")
    sub.add_argument("one", metavar="ONE.npy", help="a matrix [item, dimension]")
    sub.add_argument("two", metavar="TWO.npy", help="the same items in the other language, row by row")
    sub.add_argument("--measure", choices=SIMILARITIES, required=True, metavar="NAME", help=", ".join(SIMILARITIES))
    sub.add_argument("--centred", action="store_true", help="take each language's mean off first (some always do)")
    sub.add_argument("--neighbours", type=positive, default=10, metavar="K", help="of neighbour_overlap (default 10)")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("export", export, "Write a cluster file as word|||count|||sentence|||position|||cluster.")
    sub.add_argument("clusters")
    sub.add_argument("output")

    sub = command("info", info, "What a store, cluster file or table holds.")
    sub.add_argument("file")

    sub = command("report", report, "Make a run's report again from the tables that are there, also in mid-run.")
    sub.add_argument("results", help="the results folder")

    sub = command("check", check, "Validate a config: every mistake, one line each.")
    sub.add_argument("config")

    sub = command("run", run, "Check a config, then run the workflow with it; what follows goes to snakemake.")
    sub.add_argument("config")
    sub.add_argument("arguments", nargs=argparse.REMAINDER, help="for snakemake, such as -n or --profile slurm")

    sub = command("plan", plan, "Jobs, bytes, hours of a GPU and memory of a config, before anything runs.")
    sub.add_argument("config")
    sub.add_argument("--gpu", choices=GPUS, default="a100", help="whose hours are told (default a100)")
    sub.add_argument("--json", action="store_true")
    return top


def add_null(sub: argparse.ArgumentParser) -> None:
    """Add what all scores with a null have."""
    sub.add_argument(
        "--null", type=not_negative, default=0, metavar="DRAWS", help="draws of the null (default 0: none)"
    )
    sub.add_argument("--seed", type=not_negative, default=212, help="seed of the null (default 212)")
    sub.add_argument("--json", action="store_true", help="print one JSON object")


def share(text: str) -> float:
    """Read a share between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1 (percent are not meant: 30 % is 0.3)")
    return value


def positive(text: str) -> int:
    """Read a whole number above 0."""
    return whole(text, 1)


def not_negative(text: str) -> int:
    """Read a whole number, or 0."""
    return whole(text, 0)


def whole(text: str, least: int) -> int:
    """Read a whole number that is ``least`` or more."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < least:
        raise argparse.ArgumentTypeError(
            f"{text} is not a whole number above 0" if least else f"{text} is below 0 or no whole number"
        )
    return value


def align(options: argparse.Namespace) -> None:
    """Score concept alignment."""
    from isogloss.concepts.cluster import read_clusters
    from isogloss.measures.calign.compute import align_concepts
    from isogloss.text.lexicons import read_lexicon

    result = align_concepts(
        read_clusters(options.source),
        read_clusters(options.target),
        read_lexicon(options.lexicon),
        match=options.match,
        size_ratio=options.size_ratio,
        min_types=options.min_types,
        top_n=options.top_n,
        convention=options.convention,
        null=options.null,
        seed=options.seed,
    )
    if options.json:
        counts = {"aligned": result.aligned, "concepts": result.concepts, "eligible": result.eligible}
        print(json.dumps({**counts, "score": result.score, "pairs": result.pairs, "null": result.null}))
        return
    print(f"{result.aligned} of {result.concepts} source concepts are aligned: {result.score:.4f}")
    print(f"{result.eligible} are eligible, with enough types")
    say_null(result.null)


def overlap(options: argparse.Namespace) -> None:
    """Score concept overlap."""
    from isogloss.concepts.cluster import read_clusters
    from isogloss.measures.colap.compute import overlap_concepts, overlap_translations
    from isogloss.text.lexicons import read_lexicon

    if options.null and not options.lexicon:
        raise IsoglossError("--null needs --lexicon: the null is of the concepts that hold translations.")
    if options.lexicon and not (options.source or options.split):
        raise IsoglossError("--lexicon needs --source LANGUAGE: the language that it translates from.")
    table = read_clusters(options.clusters, split=options.split)
    rule = {"threshold": options.threshold, "convention": options.convention, "seed": options.seed}
    result = overlap_concepts(table, count=options.count, **rule)
    found: dict[str, Any] = {"overlapping": result.overlapping, "concepts": result.concepts, "score": result.score}
    found |= {"clusters": result.clusters, "full_mixing": result.full_mixing}
    if options.lexicon:
        held = overlap_translations(
            table,
            read_lexicon(options.lexicon),
            options.source or "source",
            match=options.match,
            top_n=options.top_n,
            null=options.null,
            **rule,
        )
        found["translated"] = {"concepts": held.translated, "score": held.score, "clusters": held.clusters}
        found["translated"]["null"] = held.null
    if options.json:
        print(json.dumps(found))
        return
    print(f"{result.overlapping} of {result.concepts} concepts overlap: {result.score:.4f}")
    print(f"were the languages mixed through and through: {result.full_mixing:.4f}")
    if options.lexicon:
        print(f"{held.translated} overlap and hold translations: {held.score:.4f}")
        say_null(held.null)


def say_null(null: dict[str, float]) -> None:
    """Print a null, if there is one."""
    if null:
        interval = f"{null['null_mean']:.4f} [{null['null_low']:.4f}, {null['null_high']:.4f}]"
        print(f"null: {interval}, p = {null['null_p']:.4f} ({null['null_draws']} draws)")


def cka(options: argparse.Namespace) -> None:
    """Compare two representations."""
    from isogloss.measures.space_similarity.pairs import similarity as compare

    paths = options.base, options.tuned
    if options.layer is not None and all(path.endswith(".npy") for path in paths):
        raise IsoglossError("--layer is of stores; a .npy file holds one matrix. Leave it out.")
    base, tuned = (matrix(path, options.layer) for path in paths)
    value = compare(base, tuned, "cka_debiased" if options.debiased else "cka", names=paths)
    print(json.dumps({"cka": value}) if options.json else f"{value:.6f}")


def matrix(path: str, layer: int | None) -> Any:
    """Read a matrix: a .npy file, or one layer of a store."""
    from isogloss.states.store import open_store

    if path.endswith(".npy"):
        return read_npy(path)
    check_file(path)
    with open_store(path) as store:
        if layer is None:
            raise IsoglossError(f"{path} has the layers {', '.join(map(str, store.layers))}: say one with --layer.")
        return store.vectors(layer)


def read_npy(path: str) -> Any:
    """Read an array of numbers as ``numpy.save`` writes it; nothing in the file is run."""
    import numpy as np

    check_file(path)
    with Path(path).open("rb") as file:
        try:
            array = np.lib.format.read_array(file, allow_pickle=False)
            if file.read(1):
                raise ValueError("there is more than one array")
            return array
        except Exception as error:  # foreign files can fail in any way
            raise IsoglossError(
                f"{path} holds no plain array of numbers, one alone, in NumPy's .npy format. Write it with numpy.save, "
                "as floats."
            ) from error


def similarity(options: argparse.Namespace) -> None:
    """Compare two spaces."""
    from isogloss.measures.space_similarity.pairs import similarity as compare

    one, two = read_npy(options.one), read_npy(options.two)
    value = compare(
        one,
        two,
        options.measure,
        centred=options.centred,
        neighbours=options.neighbours,
        names=(options.one, options.two),
    )
    if value != value:
        raise IsoglossError(f"{options.measure} of {options.one} and {options.two} is no number: see their values.")
    if options.json:
        print(json.dumps({"measure": options.measure, "value": value, "n": len(one)}))
    else:
        print(f"{options.measure}: {value:.6f} ({len(one):,} items)")


def export(options: argparse.Namespace) -> None:
    """Write the text form of a cluster file."""
    from isogloss.concepts.cluster import export as write
    from isogloss.concepts.cluster import is_text

    output = Path(options.output)
    if output.is_dir() or (output.exists() and output.samefile(options.clusters)):
        what = "a folder" if output.is_dir() else "the cluster file itself"
        raise IsoglossError(f"{output} is {what}; name another file to write to.")
    if not output.parent.is_dir():
        raise IsoglossError(f"There is no folder {output.parent} to write {output.name} to; make it first.")
    if output.is_file() and output.stat().st_size and not is_text(output):
        raise IsoglossError(f"{output} is there, and no export of concepts; delete it, or name another file.")
    first = write(options.clusters, options.output)
    if first:
        (one, _), (other, start) = list(first.items())[:2]
        print(f"sentences below {start:,} are of '{one}', the others of '{other}': read it with --split {start}")


def info(options: argparse.Namespace) -> None:
    """Print what a file holds."""
    path = Path(options.file)
    check_file(path)
    if path.suffix == ".h5":
        return describe_vectors(path)
    if path.suffix == ".parquet":
        from isogloss.files import read_parquet

        table = read_parquet(path)
    elif path.suffix == ".csv":
        from isogloss.tables import read_table

        table = read_table(path)
    else:
        from isogloss.concepts.cluster import read_clusters

        table = read_clusters(path)
    print(f"table: {len(table):,} rows")
    for name in table.columns:
        column = table[name].dropna()
        if column.empty:
            print(f"{name}: nothing")
        elif isinstance(column.iloc[0], str):
            print(f"{name}: {column.nunique():,} different, such as {column.iloc[0]}")
        elif column.dtype.kind in "iufbM":
            print(f"{name}: {column.min()} to {column.max()}")
        else:
            print(f"{name}: {'sections' if isinstance(column.iloc[0], dict) else 'lists'}")


def describe_vectors(path: Path) -> None:
    """Print what an activation store or a file of sentence vectors holds."""
    from isogloss.states.sentence_vectors import holds_vectors, open_vectors
    from isogloss.states.store import open_store

    if holds_vectors(path):
        with open_vectors(path) as file:
            for language, poolings in file.items():
                layers = next(iter(poolings.values()))
                items, hidden = next(iter(layers.values())).shape
                numbers = ", ".join(sorted(layers, key=int))
                print(
                    f"sentence vectors: {language}, {items:,} items, layers {numbers}, pooling {' and '.join(poolings)}"
                )
            print(f"hidden: {hidden}")
            attributes = dict(file.attrs)
    else:
        with open_store(path) as store:
            print(f"activation store: {len(store):,} words, layers {', '.join(map(str, store.layers))}")
            print(f"hidden: {store.hidden}")
            attributes = store.attributes
    for name, value in sorted(attributes.items()):
        print(f"{name}: {value}")


def report(options: argparse.Namespace) -> None:
    """Make a run's report again."""
    from isogloss.report.page import write_again

    print(write_again(options.results))


def check(options: argparse.Namespace) -> None:
    """Validate a config."""
    from isogloss.config.read import load
    from isogloss.plan import plug_ins
    from isogloss.plan.notes import notes
    from isogloss.plan.study import Study

    plug_ins.check()
    for note in notes(Study(load(options.config))):
        print(f"{options.config}: note: {note}")
    print(f"{options.config}: no mistakes found")


def run(options: argparse.Namespace) -> None:
    """Check a config and hand over to Snakemake, which takes this process's place."""
    from isogloss.config.read import load

    if any(argument.startswith("--configf") for argument in options.arguments):
        raise IsoglossError("isogloss run takes one config, its first argument; of several say snakemake --configfile.")
    load(options.config)
    workflow = Path(__file__).resolve().parents[1] / "Snakefile"
    if not workflow.is_file():
        raise IsoglossError(
            f"{workflow} is not there: the workflow runs from a checkout of Isogloss. In one, say isogloss run, or "
            f"snakemake --configfile {options.config}."
        )
    snakefile = workflow.parents[1] / "Snakefile"
    # By a sign of equality it is one file; targets that follow are no more of them.
    command = [sys.executable, "-c", SNAKEMAKE, "--snakefile", str(snakefile), f"--configfile={options.config}"]
    os.execv(sys.executable, [*command, *options.arguments])


def plan(options: argparse.Namespace) -> None:
    """Print the size of a run."""
    from isogloss.config.read import load
    from isogloss.plan.size import size
    from isogloss.plan.study import Study

    planned = size(Study(load(options.config, files=False)), options.gpu)
    if options.json:
        print(json.dumps(planned))
        return
    for rule, count in planned["jobs"].items():
        print(f"{count:8,}  {rule}")
    print(f"{sum(planned['jobs'].values()):8,}  jobs in all")
    for repository, count in planned["downloads"].items():
        print(f"download: about {gigabytes(count)} of {repository}")
    for name in ("activation", "sentence_vector", "checkpoint"):
        print(f"{name.replace('_', ' ')}s: about {gigabytes(planned[f'{name}_bytes'])}")
    print(f"GPU: about {planned['gpu_hours']:,.1f} hours of an {options.gpu.upper()}, were all passes to run on it")
    largest = planned["largest_job"]
    cell = ", ".join(map(str, largest["cell"].values()))
    print(f"memory: {largest['mem_mb']:,} MB for the largest job, {largest['rule']} ({cell})")
    for line in planned["assumptions"]:
        print(f"assumed: {line}")


def gigabytes(count: int) -> str:
    """Show a number of bytes."""
    return f"{count / 1e9:,.2f} GB" if count >= 1e8 else f"{count / 1e6:,.2f} MB"


if __name__ == "__main__":
    sys.exit(main())
