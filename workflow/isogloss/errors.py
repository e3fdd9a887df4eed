"""The one exception that means "the user can mend this"."""


class IsoglossError(Exception):
    """A mistake in the input, the config or the environment.

    The message says what was found, where (file, key, line), what was expected and what to do.
    It is shown to the user as it is, without a traceback.
    """
