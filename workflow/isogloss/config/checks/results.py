"""Mistakes of the results folder."""

from pathlib import Path


def check_results(results: str) -> list[str]:
    """Refuse a results folder that holds something else, or a name that Snakemake reads as a pattern."""
    if results != results.strip() or results[0] in "~$%" or "\\" in results or "://" in results:
        return [
            f"results: write the path itself, with `/` between folders and no space at its ends; `~name`, `$NAME` and "
            f"addresses are not spelled out; found {results!r}"
        ]
    strange = sorted(
        letter for letter in set(results) if letter in "{}*?[]" or not (letter == " " or letter.isprintable())
    )
    if strange:
        return [f"results: the name has {', '.join(map(repr, strange))}, which a path here cannot; found {results!r}"]
    place, code, here = Path(results).resolve(), Path(__file__).resolve().parents[3], Path.cwd()
    if place in (Path("/"), Path.home(), here, *here.parents) or {".git", ".snakemake"} & {*place.parts}:
        return [f"results: {results} holds other things; name a folder of their own, such as results"]
    if place == code or code in place.parents:
        return [f"results: {results} lies inside the code ({code}); name a folder outside it"]
    if above := next((folder for folder in (place, *place.parents) if folder.is_file()), None):
        return [f"results: {above if above != place else results} is a file; name a folder"]
    return []
