"""Catalogues of programs' messages for tests."""

import struct


def catalogue(path, messages):
    """Write a .mo file by the format's description."""
    path.parent.mkdir(parents=True, exist_ok=True)
    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", **messages}
    keys = sorted(messages, key=str.encode)
    count, blob, tables = len(keys), b"", [[], []]
    start = 28 + 16 * count
    for table, texts in zip(tables, (keys, [messages[key] for key in keys]), strict=True):
        for text in texts:
            raw = text.encode()
            table += [len(raw), start + len(blob)]
            blob += raw + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    path.write_bytes(head + struct.pack(f"<{4 * count}I", *tables[0], *tables[1]) + blob)
