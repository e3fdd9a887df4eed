"""The content of one column of a table, so that a further column in the file makes nothing of the others again."""

import hashlib


def column_digest(file: str, column: str) -> str:
    """Digest a column as it is read.

    Parameters
    ----------
    file, column
        The table and its column. A table that cannot be read, or lacks the column, is known by its bytes: the job that
        reads it says what is wrong.
    """
    from isogloss.errors import IsoglossError
    from isogloss.files import file_digest
    from isogloss.text.sources.tables import read_columns

    try:
        found = read_columns(file, [column])[0]
    except IsoglossError:
        return file_digest(file)
    total = hashlib.sha256(f"{found.names}\n".encode())
    for cell in found.cells:
        total.update(f"{type(cell).__name__} {cell!r}\n".encode())
    return total.hexdigest()
