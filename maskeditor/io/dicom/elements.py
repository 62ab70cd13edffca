"""DICOM data elements, found by walking over bytes (PS3.5, chapter 7).

pydicom reads every element of a file, private ones too, which takes most of the time that opening a long series
takes. Here only what is asked for is cut out; the tests hold it to be equal to pydicom.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from maskeditor.io.dicom import tags

#: Value representations whose length takes four bytes, after two of padding.
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_KNOWN = _LONG | _SHORT
_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d", b"UV": "Q", b"SV": "q"}
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
#: How deep sequences may be nested before a file is held to be broken.
_DEEPEST = 40
#: What implicit files do not say: the representation of the binary elements that are read here.
_IMPLICIT = {
    **dict.fromkeys(
        (
            tags.SAMPLES,
            tags.ROWS,
            tags.COLUMNS,
            tags.BITS_ALLOCATED,
            tags.BITS_STORED,
            tags.HIGH_BIT,
            tags.PIXEL_REPRESENTATION,
            tags.SEGMENT_NUMBER,
            tags.SIEMENS_MOSAIC_COUNT,
            tags.GE_COMPONENT,
            tags.GE_COLLAPSE,
            tags.FRACTIONAL_MOST,
            tags.ENERGY_VECTOR,
            tags.DETECTOR_VECTOR,
            tags.GATE_VECTOR,
            tags.SLICE_VECTOR,
            tags.TIME_VECTOR,
            tags.IMAGE_INDEX,
            tags.REAL_FIRST,
            tags.REAL_LAST,
        ),
        b"US",
    ),
    **dict.fromkeys((tags.DIMENSION_VALUES, tags.IN_STACK_POSITION, tags.TEMPORAL_INDEX), b"UL"),
    **dict.fromkeys(
        (
            tags.EFFECTIVE_ECHO_TIME,
            tags.B_VALUE,
            tags.GRADIENT,
            tags.INVERSION_TIMES,
            tags.REAL_SLOPE,
            tags.REAL_INTERCEPT,
        ),
        b"FD",
    ),
}


class OutOfBytes(Exception):
    """The bytes end before an element does."""


class NotDicom(Exception):
    """The bytes hold no elements."""


@dataclass(frozen=True)
class Encoding:
    """How elements are written: with or without their representation, in which byte order."""

    implicit: bool
    order: str  # "<" or ">"

    def tag(self, data: bytes, position: int) -> int:
        """Return the tag at a position."""
        group, element = struct.unpack_from(self.order + "HH", data, position)
        return int(group << 16 | element)


IMPLICIT = Encoding(implicit=True, order="<")
EXPLICIT = Encoding(implicit=False, order="<")
BIG_ENDIAN = Encoding(implicit=False, order=">")


def written_encoding(data: bytes, position: int, encoding: Encoding) -> Encoding:
    """Return how elements are written, by the first of them: some writers say explicit where it is implicit, or so.

    Parameters
    ----------
    data : bytes
    position : int
        Of the first element.
    encoding : Encoding
        How they are said to be written.
    """
    vr = data[position + 4 : position + 6]
    if encoding.order == ">" or len(vr) < 2:
        return encoding
    if not encoding.implicit and vr not in _KNOWN:
        # Implicit, these two bytes are a part of a length, which of the first element is small.
        (length,) = struct.unpack_from("<I", data.ljust(position + 8, b"\0"), position + 4)
        return IMPLICIT if length <= len(data) or length == _UNDEFINED else encoding
    if encoding.implicit and vr in _KNOWN:
        return EXPLICIT
    return encoding


def walk(
    data: bytes,
    position: int,
    end: int,
    encoding: Encoding,
    wanted: frozenset[int] | None,
    stop: int,
    depth: int = 0,
) -> tuple[dict[int, tuple[bytes, bytes]], int]:
    """Cut out elements up to a tag.

    Parameters
    ----------
    data : bytes
    position, end : int
        Where to begin; where the elements end at the latest.
    encoding : Encoding
    wanted : frozenset of int or None
        The tags to cut out; None for all.
    stop : int
        The first tag that is not looked at any more.

    Returns
    -------
    elements : dict
        Tag → representation (empty if implicit) and value.
    position : int
        Where the walk ended: at `stop`, after the end of an item, or at `end`.

    Raises
    ------
    OutOfBytes
        If an element reaches beyond the bytes.
    """
    found: dict[int, tuple[bytes, bytes]] = {}
    implicit, order = encoding.implicit, encoding.order
    head = struct.Struct(order + ("HHI" if implicit else "HH2sH")).unpack_from
    long = struct.Struct(order + "I").unpack_from
    vr = b""
    try:
        while position < end:
            if implicit:
                group, element, length = head(data, position)
            else:
                group, element, vr, length = head(data, position)
            tag = group << 16 | element
            if tag >= stop:
                if tag == _ITEM_END:
                    position += 8
                break
            start = position + 8
            if not implicit and vr not in _SHORT:
                if vr not in _LONG:
                    # Some writers slip into the implicit form inside private sequences.
                    if depth == 0:
                        raise NotDicom(f"the element {tag:08X} has the unknown representation {vr!r}")
                    return walk(data, position, end, IMPLICIT, wanted, stop, depth + 1)
                (length,) = long(data, start)
                start += 4
            if length == _UNDEFINED:
                # Unknown elements of undefined length are always implicit (PS3.5, 6.2.2).
                inner = IMPLICIT if vr == b"UN" else encoding
                value_end, position = _skip_items(data, start, end, inner, depth + 1)
            else:
                value_end = position = start + length
                if position > end:
                    raise OutOfBytes
            if wanted is None or tag in wanted:
                found[tag] = (vr, data[start:value_end])
    except struct.error:
        raise OutOfBytes from None
    return found, position


def _skip_items(data: bytes, position: int, end: int, encoding: Encoding, depth: int) -> tuple[int, int]:
    """Return where the items of a sequence of undefined length end, and where the next element begins."""
    if depth > _DEEPEST:
        raise NotDicom("its sequences are nested too deeply")
    while position < end:
        group, element, length = struct.unpack_from(encoding.order + "HHI", data, position)
        tag = group << 16 | element
        if tag == _SEQUENCE_END:
            return position, position + 8
        if tag != _ITEM:
            raise NotDicom("an item is missing in a sequence")
        position += 8
        if length == _UNDEFINED:
            _, position = walk(data, position, end, encoding, frozenset(), _ITEM_END, depth)
        else:
            position += length
    raise OutOfBytes


@dataclass(frozen=True)
class Elements:
    """Elements of a file or of an item of a sequence, decoded when asked for.

    Parameters
    ----------
    raw : dict
        Tag → representation and value, as `walk` gives them.
    encoding : Encoding
    """

    raw: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    encoding: Encoding = EXPLICIT

    def __contains__(self, tag: int) -> bool:
        """Whether the element is there and not empty."""
        return bool(self.raw.get(tag, (b"", b""))[1])

    def bytes(self, tag: int) -> bytes:
        """Return the value as it stands; empty if the element is missing."""
        return self.raw.get(tag, (b"", b""))[1]

    def text(self, tag: int) -> str:
        """Return a text without padding; empty if the element is missing."""
        value = self.bytes(tag).rstrip(b"\0 ").lstrip()
        if value.isascii():
            return value.decode("ascii")
        return _decoded(value, self.bytes(tags.CHARSET))

    def texts(self, tag: int) -> tuple[str, ...]:
        """Return the values of a text of several values."""
        return tuple(part.strip() for part in self.text(tag).split("\\")) if tag in self else ()

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return the values of a numeric element, written as text or binary; empty if missing or unreadable."""
        vr, value = self.raw.get(tag, (b"", b""))
        if not value:
            return ()
        if vr in (b"", b"UN"):
            vr = _IMPLICIT.get(tag, b"DS")
        if vr in _BINARY:
            code = _BINARY[vr]
            count = len(value) // struct.calcsize(code)
            return tuple(map(float, struct.unpack_from(f"{self.encoding.order}{count}{code}", value)))
        value = value.replace(b"\0", b" ")
        try:
            return tuple(map(float, value.split(b"\\")))
        except ValueError:
            pass
        # Some writers end with a backslash, or write decimals as their country does.
        try:
            return tuple(map(float, value.rstrip(b"\\ ").replace(b",", b".").split(b"\\")))
        except ValueError:
            return ()

    def number(self, tag: int, default: float) -> float:
        """Return the first value of a numeric element, or the default."""
        values = self.numbers(tag)
        return values[0] if values else default

    def integer(self, tag: int, default: int = 0) -> int:
        """Return the first value of a numeric element as a whole number, or the default."""
        value = self.number(tag, default)
        return int(value) if abs(value) < 2**62 else default

    def tags(self, tag: int) -> tuple[int, ...]:
        """Return the values of an element that holds tags."""
        value = self.bytes(tag)
        return tuple(self.encoding.tag(value, start) for start in range(0, len(value) - 3, 4))

    def items(self, tag: int) -> list[Elements]:
        """Return the items of a sequence; empty if it is missing."""
        vr, value = self.raw.get(tag, (b"", b""))
        encoding = IMPLICIT if vr == b"UN" else self.encoding
        position, found = 0, []
        while position + 8 <= len(value):
            group, element, length = struct.unpack_from(encoding.order + "HHI", value, position)
            if group << 16 | element != _ITEM:
                break
            position += 8
            end = len(value) if length == _UNDEFINED else position + length
            raw, after = walk(value, position, min(end, len(value)), encoding, None, _ITEM_END, 1)
            position = after if length == _UNDEFINED else end
            found.append(Elements(raw, encoding))
        return found

    def item(self, tag: int) -> Elements:
        """Return the first item of a sequence; without elements if it is missing."""
        items = self.items(tag)
        return items[0] if items else Elements({}, self.encoding)


def _decoded(value: bytes, charset: bytes) -> str:
    """Decode a text outside ASCII by SpecificCharacterSet, or else as it can be."""
    from pydicom.charset import python_encoding

    names = [part.decode("latin-1").strip("\0 ") for part in charset.split(b"\\")]
    for codec in [*(python_encoding[name] for name in names if name in python_encoding), "utf-8"]:
        try:
            return value.decode(codec).strip()
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")
