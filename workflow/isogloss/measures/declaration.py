"""What a measure tells of itself: from this follow its rule, its table and its place.

Declarations are read whenever the Snakefile is, so they import nothing heavy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# The wildcards of one file.
Cell = dict[str, Any]


@dataclass(frozen=True)
class Measure:
    """A measure of cells of the grid.

    Attributes
    ----------
    name
        Of its table, unless ``table`` names another one's.
    rule
        The Snakemake rule's name: a verb and what it makes.
    cell
        What one file is about: a key of :data:`isogloss.plan.places.CELLS`.
    function
        What computes it, ``package.module:function``. It gets the files of ``takes`` and ``gives`` and the values of
        ``spec`` by keyword.
    cells
        From the study, the cells to measure: the wildcards of each.
    takes
        From study, places and one cell, the files that it reads, by keyword: a path, or a mapping of paths.
    spec
        From study and one cell, the values that it depends on beside its files, by keyword.
    gives
        Keyword -> (folder below ``metrics``, ending) of the files that it writes; the first is collated into the table.
    table
        The measure into whose table its files go, where a measure has two kinds of cell.
    variant_rule
        A second rule's name, for checkpoints that are not tuned whole, where a cluster must group them apart.
    plug_ins
        From study and one cell, the functions that it looks up by name, whose code counts too.
    needs
        The function of :mod:`isogloss.plan.needs` that tells memory and time; ``small`` for seconds.
    gpu
        Whether a model runs in it, so that it asks for a GPU where ``activations.device`` says so.
    message
        What Snakemake says of a job.
    """

    name: str
    rule: str
    cell: str
    function: str
    cells: Callable[[Any], list[Cell]]
    takes: Callable[[Any, Any, Cell], dict[str, Any]]
    spec: Callable[[Any, Cell], dict[str, Any]]
    message: str
    gives: dict[str, tuple[str, str]] = field(default_factory=dict)
    table: str = ""
    variant_rule: str = ""
    plug_ins: Callable[[Any, Cell], list[str]] = lambda study, cell: []
    needs: str = "small"
    gpu: bool = False
