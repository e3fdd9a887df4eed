"""From a text file's bytes to its lines: the one place where an encoding is decided."""

import gzip
import re
import zlib
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.files import check_file

# Characters that no text holds: control characters that are not white space (the shifts of ISO-2022 among them),
# halves of a surrogate pair, and what a byte-order mark is to those who read it the wrong way round.
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

GZIP = "compressed by gzip"
# What a file that is not UTF-8 text starts with, what it is, and how to make text of it.
STARTS = (
    (b"\xff\xfe\x00\x00", "UTF-32", "Convert it: iconv -f utf-32 -t utf-8"),
    (b"\x00\x00\xfe\xff", "UTF-32", "Convert it: iconv -f utf-32 -t utf-8"),
    (b"\xff\xfe", "UTF-16", "Convert it: iconv -f utf-16 -t utf-8"),
    (b"\xfe\xff", "UTF-16", "Convert it: iconv -f utf-16 -t utf-8"),
    (b"\x1f\x8b", GZIP, "Let its name end in .gz, or unpack it with gunzip"),
    (b"BZh", "compressed by bzip2", "Unpack it with bunzip2"),
    (b"\xfd7zXZ\x00", "compressed by xz", "Unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "Unpack it with unzstd"),
    (b"\x5d\x00\x00", "compressed by lzma", "Unpack it with unlzma"),
    (b"\x1f\x9d", "compressed by compress", "Unpack it with uncompress"),
    (b"\x04\x22\x4d\x18", "compressed by lz4", "Unpack it with unlz4"),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it"),
    (b"Rar!", "a RAR archive", "Unpack it"),
    (b"PK\x03\x04", "a zip archive (or an office document)", "Unpack it, or save it as plain text"),
    (b"PAR1", "a Parquet table", "Name it with the ending .parquet, as a table"),
    (b"\x93NUMPY", "a NumPy array", "Expected here is a text file"),
    (b"\x89HDF", "an HDF5 file", "Expected here is a text file"),
    (b"SQLite format 3", "an SQLite database", "Save its text as text or as a table"),
    (b"\x80\x04\x95", "a Python pickle, which is never read", "Save it as text or as a table"),
    (b"%PDF", "a PDF", "Save it as plain text"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Bring the file with git lfs pull"),
    (b"<!doctype html", "a web page", "Bring the file itself"),
    (b"<html", "a web page", "Bring the file itself"),
    (b"<?xml", "XML (TMX, XLIFF, a web page)", "Take its text out: a sentence a line"),
    (b"<tmx", "XML (TMX)", "Take its text out: a sentence a line"),
    (b"{\\rtf", "RTF", "Save it as plain text"),
)


def ending_of(path: str | Path) -> str:
    """Give the ending of a file's name by which its form is known; that it is compressed is no part of it."""
    return Path(Path(path).name.removesuffix(".gz")).suffix


def read_bytes(path: str | Path) -> bytes:
    """Read a file's bytes, unpacked where its name ends in ``.gz``.

    Raises
    ------
    IsoglossError
        If it is missing, or cannot be read or unpacked.
    """
    path = Path(path)
    check_file(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IsoglossError(f"{path} cannot be read: {error.strerror}.") from error
    if path.suffix != ".gz":
        return content
    if content and not content.startswith(b"\x1f\x8b"):
        found = next((name for start, name, _ in STARTS if content.startswith(start)), "not compressed by gzip")
        raise IsoglossError(f"{path} is {found}, but its name ends in .gz. Name it for what it is, or bring it again.")
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        told = str(error).rstrip(".")
        raise IsoglossError(f"{path} cannot be unpacked by gzip: {told}. Bring or make the file again.") from error


def read_text(path: str | Path) -> str:
    """Read a text file.

    Parameters
    ----------
    path
        UTF-8, with or without a byte-order mark; compressed where its name ends in ``.gz``.

    Raises
    ------
    IsoglossError
        If the file is missing, is something else (named, where it can be told), or holds a character that no text
        holds; then with the line.
    """
    path = Path(path)
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    begin = content[:100].lstrip(b" \t\r\n") or content[:100]
    for start, name, advice in STARTS:
        if begin[: len(start)].lower() == start.lower():
            if name == GZIP and path.suffix == ".gz":
                name, advice = "compressed by gzip twice", "Unpack it once"
            raise IsoglossError(f"{path} is {name}; expected text in UTF-8. {advice}.")
    if content[257:262] == b"ustar":
        raise IsoglossError(f"{path} is a tar archive; expected text in UTF-8. Unpack it with tar -x.")
    check_not_wide(content, path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise IsoglossError(
            f"{path}:{line}: byte {column} of the line (0x{content[error.start]:02x}) is not UTF-8. Convert the file "
            "from its encoding, for instance with iconv -f latin1 -t utf-8 if it is Western European."
        ) from error
    if match := NO_TEXT.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise IsoglossError(
            f"{path}:{line}: the line holds {name_of(match[0])}, which is no part of a text. Take it out, or convert "
            "the file if its encoding is not UTF-8."
        )
    return text


def check_not_wide(content: bytes, path: Path) -> None:
    """Refuse UTF-16 and UTF-32 without a byte-order mark: their line ends and ASCII letters are full of zeros."""
    zeros = content.count(0)
    if zeros < max(2, len(content) // 50):
        return
    even, odd = content[::2].count(0), content[1::2].count(0)
    if 0 < even < odd / 10 or (odd and not even):
        name = "utf-16le"
    elif 0 < odd < even / 10 or (even and not odd):
        name = "utf-16be"
    else:
        name = "utf-32" if zeros > len(content) / 2 else None
    if name:
        raise IsoglossError(
            f"{path} looks like {name.upper()} without a mark at its start: {zeros:,} of {len(content):,} bytes are 0. "
            f"Expected text in UTF-8. Convert it: iconv -f {name} -t utf-8."
        )


def lines_of(path: str | Path) -> list[str]:
    """Read a text file's lines, ended by LF or CRLF, without their ends.

    Only these end a line, as for ``wc`` and for word aligners: Python's own way of splitting has nine more.

    Raises
    ------
    IsoglossError
        As :func:`read_text`, and where a CR stands within a line.
    """
    text = read_text(path)
    lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    for number, line in enumerate(lines, start=1):
        if "\r" in line:
            raise IsoglossError(
                f"{path}:{number}: a carriage return stands within the line, so that it is one line to some programs "
                "and two to others. Take it out, or end the lines with tr '\\r' '\\n' if the file has no other ends."
            )
    return lines


def name_of(character: str) -> str:
    """Name a character that cannot be shown."""
    return "a zero byte (U+0000)" if character == "\0" else f"the control character U+{ord(character):04X}"
