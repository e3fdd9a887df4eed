"""A plug-in's function by its name, `package.module:function`.

Who names a function so, instead of importing it, does not hang on it: an edit of one plug-in, or a further one, makes
nothing again of the others. So a rule whose step looks a plug-in up by name has that plug-in's code in its params too.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def named(function: str) -> Callable[..., Any]:
    """Load a function.

    Parameters
    ----------
    function
        Its name, ``package.module:function``; the workflow looks at its start whether there is one.
    """
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)
