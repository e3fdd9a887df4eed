"""Data inside the page: compressed, so that a large grid stays small, and unpacked when it is looked at."""

import base64
import gzip


def block(content: bytes) -> str:
    """Compress bytes and write them as base64; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")
