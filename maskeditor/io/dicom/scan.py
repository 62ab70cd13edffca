"""Which files of a folder are DICOM images, and what their headers say; no pixel is read."""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from maskeditor.core.plain_number import plain_number
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    Elements,
    Encoding,
    NotDicom,
    OutOfBytes,
    walk,
    written_encoding,
)
from maskeditor.io.dicom.files import ahead
from maskeditor.io.dicom.names import ENDINGS
from maskeditor.io.streams import reason

_DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN_SYNTAX = "1.2.840.10008.1.2.2"
RLE_SYNTAX = "1.2.840.10008.1.2.5"
_NATIVE = {
    "1.2.840.10008.1.2": IMPLICIT,
    "1.2.840.10008.1.2.1": EXPLICIT,
    _DEFLATED: EXPLICIT,
    BIG_ENDIAN_SYNTAX: BIG_ENDIAN,
    # GE's private syntax: implicit, but for the pixels, which are big endian.
    "1.2.840.113619.5.2": IMPLICIT,
}
GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2"
#: Packed pixels that there is a decoder for: RLE, JPEG, JPEG-LS, JPEG 2000 (high-throughput, too).
_DECODED = frozenset(
    f"1.2.840.10008.1.2.{kind}"
    for kind in ("5", "4.50", "4.51", "4.57", "4.70", "4.80", "4.81", "4.90", "4.91", "4.201", "4.202", "4.203")
)
#: How a file in an envelope of encryption (CMS, RFC 5652) names itself, near its begin.
_ENVELOPED = bytes.fromhex("06092a864886f70d010703")
#: The length of what stands in fragments.
_UNDEFINED = 0xFFFFFFFF
#: Bytes that are read first; most headers fit.
_FIRST = 1 << 16
#: The most bytes that may stand before the pixels, and how many are unpacked for each that is read of a deflated
#: file, so that no crafted file fills the memory.
_MOST_IN_HEADER, _UNPACKED = 1 << 28, 16
#: Deflated bytes grow to so many times as many at most (RFC 1951), those of packed pixels to no more than so many; and
#: a packed frame takes at least the head of its fragment.
_MOST_DEFLATED, _MOST_PACKED, _PACKED_HEAD = 1032, 100_000, 8
#: Headers for which more than this is read are taken one after the other: several at a time would fill the memory.
_LONG, _LONG_HEADERS = 1 << 19, threading.Lock()
#: Whose private elements are read, and where the last of them ends; mosaics are Siemens'.
_MAKERS = (("SIEMENS", 0x00520000), ("MOSAIC", 0x002A0000), ("GE MED", 0x00440000), ("PHILIPS", 0x20051012))
#: Behind what says what the numbers stand for in the world; and the modalities of which more matters.
_REAL_WORLD_END, _WHOLE = 0x00409097, ("PT", "NM", "RTDOSE")
_CREATORS = frozenset(range(0x00290010, 0x00290100))
_CSA_IMAGE = frozenset(block << 8 | 0x10 | 0x00290000 for block in range(0x10, 0x100))
_WANTED = tags.WANTED | _CREATORS | _CSA_IMAGE
#: The media class of a DICOMDIR.
_DIRECTORY = "1.2.840.10008.1.3.10"


#: Kinds of objects (SOP classes) that are nothing without pixels; others may have rows and columns, but no pixels.
_IMAGES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{kind}"
    for kind in ("1", "2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "6.1", "7", "20", "66.4", "128", "128.1", "130")
)


class Unreadable(Exception):
    """A file that cannot be read as a DICOM image; the text gives the reason."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(slots=True, eq=False)
class DicomHeader:
    """What a DICOM file says before its pixels.

    Parameters
    ----------
    path : Path
    elements : Elements
    syntax : str
        UID of the transfer syntax.
    pixels : int or None
        Where the pixels begin; None if there are none.
    length : int
        Bytes of the pixels as stated; 0xFFFFFFFF if they stand in fragments.
    pixel_tag : int
        Whole numbers or floats.
    doubt : str
        What is odd about the pixels' length, to follow "In this file"; empty if nothing is.
    """

    path: Path
    elements: Elements
    syntax: str
    pixels: int | None
    length: int
    pixel_tag: int
    doubt: str = ""

    @property
    def is_native(self) -> bool:
        """Whether pixels stand in the file as they are."""
        return self.syntax in _NATIVE

    @property
    def is_deflated(self) -> bool:
        """Whether all after the file's preamble is packed."""
        return self.syntax == _DEFLATED

    @property
    def order(self) -> str:
        """The byte order of native pixels, `<` or `>`."""
        return ">" if self.syntax in (BIG_ENDIAN_SYNTAX, GE_BIG_ENDIAN_PIXELS) else "<"


@dataclass(frozen=True)
class _Start:
    """The first bytes of a file (as many as were asked for), and what they say so far.

    `size` is the file's, or that of the unpacked bytes as far as it is known; `whole` whether that is all.
    """

    path: Path
    data: bytes
    size: int
    asked: int
    problem: str = ""
    syntax: str = ""
    elements: Elements | None = None
    position: int = 0
    whole: bool = False
    more: bool = False


def read_headers(paths: Iterable[Path]) -> Iterator[DicomHeader | Unreadable | None]:
    """Read the headers of many files, in order.

    Threads wait for the disk; one alone does the parsing, which would only be slower with more.

    Yields
    ------
    DicomHeader, Unreadable or None
        What `read_header` returns or raises.
    """
    parsed = (_parsed(start) for start in ahead(_first_bytes, paths))
    yield from ahead(_finished, parsed)


def read_header(path: Path) -> DicomHeader | None:
    """Read the header of one file.

    Returns
    -------
    DicomHeader or None
        None if the file is not DICOM, or DICOM of a kind without image (a report, a directory …).

    Raises
    ------
    Unreadable
        If the file is a DICOM image that is damaged or cannot be read.
    """
    header = _finished(_parsed(_first_bytes(path)))
    if isinstance(header, Unreadable):
        raise header
    return header


def looks_like_dicom(data: bytes) -> bool:
    """Whether a file that begins so is DICOM, or an envelope that is like to hold it."""
    return data[128:132] == b"DICM" or _ENVELOPED in data[:32] or bool(_guessed_syntax(data))


def _first_bytes(path: Path, count: int = _FIRST) -> _Start:
    try:
        with path.open("rb", buffering=0) as file:
            return _Start(path, file.read(count), os.fstat(file.fileno()).st_size, count)
    except OSError as error:
        return _Start(path, b"", 0, count, problem=reason(error))


def _parsed(start: _Start) -> _Start:
    """Return what the elements before the pixels say; without any if the file is no DICOM image."""
    if start.problem:
        return start
    data, size, begin = start.data, start.size, 0
    whole = len(data) >= size
    has_mark = data[128:132] == b"DICM"
    try:
        if has_mark:
            meta, begin = walk(data, 132, len(data), EXPLICIT, None, 0x00030000)
            heading = Elements(meta)
            syntax = heading.text(tags.TRANSFER_SYNTAX) or "1.2.840.10008.1.2"
            if heading.text(tags.MEDIA_CLASS) == _DIRECTORY:
                return start
        else:
            if _ENVELOPED in data[:32]:
                return replace(start, problem="it is encrypted; decrypt it first")
            syntax = _guessed_syntax(data)
            if not syntax:
                return replace(start, problem=_missed(start))
        encoding = _NATIVE.get(syntax, EXPLICIT)
        if syntax == _DEFLATED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            data = unpacker.decompress(data[begin:], min(_MOST_IN_HEADER, _UNPACKED * start.asked))
            whole = whole and not unpacker.unconsumed_tail
            begin, size = 0, len(data) if whole else len(data) + 1
        encoding = written_encoding(data, begin, encoding)
        found, position = _elements(data, begin, len(data), size, encoding)
    except OutOfBytes:
        return replace(start, whole=whole, more=True)
    except zlib.error:
        return replace(start, problem="its packed bytes are not valid")
    except NotDicom as error:
        return replace(start, problem=str(error)) if has_mark else start
    elements = Elements(found, encoding)
    if tags.SOP_CLASS not in elements and tags.ROWS not in elements:
        return replace(start, problem="nothing in it says what it is") if has_mark else start
    return _Start(start.path, data, size, start.asked, "", syntax, elements, position, whole)


def _finished(start: _Start) -> DicomHeader | Unreadable | None:
    """Return the header, once more was read of files whose first bytes were too few."""
    try:
        while True:
            if not start.more:
                try:
                    return _header(start)
                except OutOfBytes:
                    pass
            if start.whole or start.asked >= _MOST_IN_HEADER:
                return Unreadable("it ends before its pixels begin", start.path)
            with _LONG_HEADERS if start.asked >= _LONG else nullcontext():
                start = _parsed(_first_bytes(start.path, start.asked * 8))
    except NotDicom as error:
        return Unreadable(str(error), start.path)
    except OSError as error:
        return Unreadable(reason(error), start.path)


def _missed(start: _Start) -> str:
    """Return why a file is missed among the images that is none; empty if nothing says that it should be one."""
    ending = start.path.suffix.lower()
    if start.size == 0 and ending in ("", *ENDINGS):
        return "it is empty"
    return "it is no DICOM file, though it is named as one" if ending in ENDINGS else ""


def _guessed_syntax(data: bytes) -> str:
    """Return the syntax of old files that begin with their first element; empty if it is no DICOM at all."""
    if len(data) < 64:
        return ""
    for syntax, order in (("1.2.840.10008.1.2.1", "<"), ("1.2.840.10008.1.2.2", ">")):
        group, element, vr = struct.unpack_from(order + "HH2s", data)
        if group == 8 and element <= 0x20 and vr in (b"UL", b"CS", b"UI", b"DA"):
            return syntax
    group, element, length = struct.unpack_from("<HHI", data)
    return "1.2.840.10008.1.2" if group == 8 and element <= 0x20 and 0 < length <= 256 else ""


def _elements(
    data: bytes, start: int, end: int, size: int, encoding: Encoding
) -> tuple[dict[int, tuple[bytes, bytes]], int]:
    """Return the elements before the pixels, and where the walk ended.

    The private elements after group 0028 are by far the most in some files; where nothing in them can matter and
    the pixels are found at the end of the file, they are not walked over.
    """
    found: dict[int, tuple[bytes, bytes]] = {}
    elements, position = Elements(found, encoding), start

    def read_on(stop: int) -> int:
        more, there = walk(data, position, end, encoding, _WANTED, stop)
        if there >= end < size:
            raise OutOfBytes
        found.update(more)
        return there

    position = read_on(0x00290000)
    if tags.ROWS not in elements:
        # Not an image: presentation states and reports have no Rows.
        return found, position
    maker = elements.text(tags.MANUFACTURER).upper()
    simple = elements.integer(tags.FRAMES, 1) <= 1 and "UIH" not in maker and "UNITED" not in maker
    if not (simple and tags.POSITION in elements) or elements.text(tags.MODALITY) in _WHOLE:
        return found, read_on(tags.FLOAT_PIXELS)
    stops = [stop for name, stop in _MAKERS if name in maker or name in elements.texts(tags.IMAGE_TYPE)]
    position = read_on(max([_REAL_WORLD_END, *stops]))
    # Philips counts its directions so far back, behind much else, that this is looked for only where there is one;
    # without it, images without weighting come first, as they do by their numbers.
    if "PHILIPS" in maker and elements.number(tags.B_VALUE, 0) > 0:
        position = read_on(0x20060000)
    return found, position


def _header(start: _Start) -> DicomHeader | Unreadable | None:
    if start.problem:
        return Unreadable(start.problem, start.path)
    elements, path, data, size, syntax = start.elements, start.path, start.data, start.size, start.syntax
    if elements is None:
        return None
    without_pixels = Unreadable("it holds no pixels", path) if elements.text(tags.SOP_CLASS) in _IMAGES else None
    if tags.ROWS not in elements or tags.COLUMNS not in elements:
        return without_pixels
    if elements.integer(tags.ROWS) < 1 or elements.integer(tags.COLUMNS) < 1:
        return Unreadable("its header states no rows or no columns of pixels", path)
    encoding, position = elements.encoding, start.position
    expected = expected_bytes(elements)
    # Native pixels usually are the last element: that is sure if the element's own head stands where it should.
    if syntax in _NATIVE and syntax != _DEFLATED and expected:
        padded = expected + expected % 2
        head = size - padded - (8 if encoding.implicit else 12)
        if head >= position:
            element = data[head : head + 12]
            if len(element) < 12:
                with path.open("rb", buffering=0) as file:
                    file.seek(head)
                    element = file.read(12)
            stated = struct.unpack_from(encoding.order + "I", element, 4 if encoding.implicit else 8)[0]
            if stated in (padded, expected) and encoding.tag(element, 0) == tags.PIXELS:
                return DicomHeader(path, elements, syntax, size - padded, padded, tags.PIXELS)
    _, position = walk(data, position, len(data), encoding, frozenset(), tags.FLOAT_PIXELS)
    if position >= len(data):
        if len(data) < size:
            raise OutOfBytes
        return without_pixels
    if position + 12 > len(data):
        raise OutOfBytes
    tag = encoding.tag(data, position)
    if tag not in (tags.PIXELS, tags.FLOAT_PIXELS, tags.DOUBLE_PIXELS):
        return without_pixels
    if syntax not in _NATIVE and syntax not in _DECODED:
        return Unreadable(
            f"its pixels are packed as video or otherwise such that they are not read (transfer syntax {syntax})", path
        )
    pixels = position + (8 if encoding.implicit else 12)
    if problem := _impossible(start, elements, pixels):
        return Unreadable(problem, path)
    length = struct.unpack_from(encoding.order + "I", data, pixels - 4)[0]
    doubt = ""
    # Of colours, which are refused, some makers keep only a part of the samples (YBR_FULL_422).
    if syntax in _NATIVE and tag == tags.PIXELS and length != _UNDEFINED and elements.integer(tags.SAMPLES, 1) == 1:
        # Of a deflated file, the size is not known before all of it is unpacked.
        if syntax != _DEFLATED and size < pixels + expected:
            doubt = "the pixels are cut short, so the image cannot be read; copy or export it again"
        elif length != expected + expected % 2 and length != expected:
            doubt = f"the pixels are said to take {plain_number(length, 'byte')} where {expected} are wanted"
    return DicomHeader(path, elements, syntax, pixels, length, tag, doubt)


def _impossible(start: _Start, elements: Elements, pixels: int) -> str:
    """Return why a file cannot hold as many frames as it says; empty if it can."""
    frames = max(1, elements.integer(tags.FRAMES, 1))
    native = start.syntax in _NATIVE
    if native and frames == 1:
        return ""  # a single one that is cut short is shown, and said
    # Of a deflated file, no more is known of its size than how far it can be unpacked; of colours, some makers keep
    # only a part of the samples; packed, frames shrink to so much at most, and each has a head.
    room = start.path.stat().st_size * _MOST_DEFLATED if start.syntax == _DEFLATED else start.size - pixels
    least = expected_bytes(elements) // max(1, elements.integer(tags.SAMPLES, 1))
    if not native:
        least = max(frames * _PACKED_HEAD, least // _MOST_PACKED)
    if least <= room:
        return ""
    return (
        f"its header promises {plain_number(frames, 'frame')} of {elements.integer(tags.COLUMNS)} × "
        f"{elements.integer(tags.ROWS)} pixels, for which at least {least} bytes are wanted where {max(0, room)} are "
        "there; copy or export it again"
    )


def expected_bytes(elements: Elements) -> int:
    """Return how many bytes native pixels take by the header."""
    bits = elements.integer(tags.BITS_ALLOCATED, 16) * elements.integer(tags.SAMPLES, 1)
    frames = max(1, elements.integer(tags.FRAMES, 1))
    return -(-elements.integer(tags.ROWS) * elements.integer(tags.COLUMNS) * frames * bits // 8)
