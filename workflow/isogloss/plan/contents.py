"""What the user's own files hold: digests in params, so that a file is known by its content and not by its time.

A digest is kept with the file's size, times and number, and made again only when one of these has changed: a start of
Snakemake reads no gigabytes. A copy with an older time stamp (``cp -p``, ``tar``, ``rsync -t``) has another number or
another time of change, and is read.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from isogloss.files import file_digest
from isogloss.plan.memory import keep, recall


class Contents:
    """Digests of files, remembered in a file.

    Parameters
    ----------
    memory
        Where they are kept; it need not exist.
    """

    def __init__(self, memory: str | Path):
        self.memory = Path(memory)
        self.known = recall(self.memory)

    def of(self, files: list[str]) -> str:
        """Digest files by name and content.

        Parameters
        ----------
        files
            Their paths. One that is missing counts as missing: the job that reads it says so.

        Returns
        -------
        str
            16 hexadecimal digits.
        """
        total = hashlib.sha256()
        for file in files:
            total.update(f"{Path(file).name} {self.look_up(file, file, file_digest)}\n".encode())
        return total.hexdigest()[:16]

    def of_column(self, file: str, column: str, read: Callable[[str, str], str]) -> str:
        """Digest one column of a table, so that a further column is no matter of the others.

        Parameters
        ----------
        file, column
            The table and its column.
        read
            Digests the column; called only when the file has changed.
        """
        return self.look_up(f"{file}#{column}", file, lambda path: read(path, column))

    def look_up(self, key: str, file: str, digest: Callable[[str], str]) -> str:
        """Give a digest that is known, or make and remember it."""
        try:
            about = Path(file).stat()
        except OSError:
            return "missing"
        stamp = [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
        known = self.known.get(key)
        if known and known[0] == stamp:
            return known[1]
        found = digest(file)
        self.known[key] = [stamp, found]
        keep(self.memory, self.known)
        return found
