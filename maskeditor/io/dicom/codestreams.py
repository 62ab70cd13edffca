"""What compressed pixels say of their own size, which the header may state otherwise."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

_ITEM = (0xFFFE, 0xE000)
#: Bytes of a fragment in which its size is looked for, and of one packed by runs.
_BEGIN, _MOST_RUNS = 1 << 14, 1 << 24
#: How streams begin: JPEG and JPEG-LS; JPEG 2000, whose size follows at once.
_JPEG, _JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
#: Of JPEG and JPEG-LS, what the rows follow where the size has none; markers that a size follows (the others of their
#: rows are tables).
_ROWS_AFTER = b"\xff\xdc\x00\x04"
_SIZES = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}


def size_of(stream: bytes) -> tuple[int, int] | None:
    """Return the columns and rows of a JPEG, JPEG-LS or JPEG 2000 stream; None if not known.

    Its first bytes do, unless it states no rows there: these follow after the pixels. Where they are not to be found
    they are 0, as decoders look for them without end.

    Examples
    --------
    >>> size_of(bytes.fromhex("ff4fff51 002f 0000 00000030 00000040 00000000 00000000"))
    (48, 64)
    """
    start = stream.find(_JPEG_2000)
    if start >= 0 and (start == 0 or not stream.startswith(_JPEG)):
        if len(stream) < start + 24:
            return None
        right, bottom, left, top = struct.unpack_from(">4I", stream, start + 8)
        return right - left, bottom - top
    position = 2 if stream.startswith(_JPEG) else len(stream)
    while position + 9 <= len(stream) and stream[position] == 0xFF:
        marker, length = stream[position + 1], int.from_bytes(stream[position + 2 : position + 4])
        if marker in _SIZES:
            rows, columns = struct.unpack_from(">2H", stream, position + 5)
            return columns, rows or _rows_after(stream)
        position += 1 if marker == 0xFF else 2 + length
    return None


def _rows_after(stream: bytes) -> int:
    """Return the rows that a stream states after its pixels, in which no such marker can be; 0 if it does not."""
    place = stream.find(_ROWS_AFTER)
    return int.from_bytes(stream[place + 4 : place + 6]) if place >= 0 else 0


def rows_end_at(packed: bytes, columns: int, rows: int) -> bool:
    """Whether a frame packed by runs (PS3.5, G) has rows of so many columns, as no run goes over the end of one.

    Examples
    --------
    >>> frame = struct.pack("<16I", 1, 64, *[0] * 14) + bytes([256 - 3, 7, 256 - 3, 9])
    >>> rows_end_at(frame, 4, 2), rows_end_at(frame, 3, 2)
    (True, False)
    """
    first, after = struct.unpack_from("<2I", packed, 4)
    runs = packed[first : after or len(packed)]
    position = done = 0
    while position < len(runs) and done < columns * rows:
        code = runs[position]
        count = code + 1 if code < 128 else 257 - code
        position += code + 2 if code < 128 else 1 if code == 128 else 2
        if code == 128:
            continue
        if done // columns != (done + count - 1) // columns:
            return False
        done += count
    return True


def other_size(stream: Any, start: int, columns: int, rows: int, *, by_runs: bool) -> tuple[int, int] | None:
    """Return the columns and rows of compressed pixels, if they are others than stated; else None.

    Runs tell no size, but none of them goes over the end of a row.

    Parameters
    ----------
    stream : binary file
    start : int
        Where the pixels begin.
    columns, rows : int
        As stated.
    by_runs : bool
        Whether they are packed by runs (RLE).
    """
    for position, length in _fragments(stream, start):
        stream.seek(position)
        if by_runs:
            packed = stream.read(min(length, _MOST_RUNS))
            swapped = (
                len(packed) >= 64
                and columns != rows
                and not rows_end_at(packed, columns, rows)
                and rows_end_at(packed, rows, columns)
            )
            return (rows, columns) if swapped else None
        size = size_of(stream.read(min(length, _BEGIN)))
        if size is not None and not size[1]:
            stream.seek(position)
            size = size_of(stream.read(length))
        if size not in (None, (columns, rows)):
            return size
    return None


def _fragments(stream: Any, start: int) -> Iterator[tuple[int, int]]:
    """Yield where the fragments of pixels begin, and their bytes; the first item is a table of them."""
    position, is_table = start, True
    while True:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            return
        *tag, length = struct.unpack("<2HI", head)
        if tuple(tag) != _ITEM:
            return
        if not is_table:
            yield position + 8, length
        position, is_table = position + 8 + length, False
