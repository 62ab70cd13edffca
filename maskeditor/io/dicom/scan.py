"""Which files of a folder are DICOM images, and what their headers say; no pixel is read."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maskeditor.core.errors import FileError
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
)
from maskeditor.io.streams import Report, reason

_DEFLATED = "1.2.840.10008.1.2.1.99"
_NATIVE = {
    "1.2.840.10008.1.2": IMPLICIT,
    "1.2.840.10008.1.2.1": EXPLICIT,
    _DEFLATED: EXPLICIT,
    "1.2.840.10008.1.2.2": BIG_ENDIAN,
    # GE's private syntax: implicit, but for the pixels, which are big endian.
    "1.2.840.113619.5.2": IMPLICIT,
}
GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2"
#: Bytes that are read first; most headers fit.
_FIRST = 1 << 16
#: The most that a deflated file may unpack to (bytes), so that no crafted file fills the memory.
_MOST_INFLATED = 1 << 31
#: Values of more bytes than this are hardly ever the same in two files.
_LARGE = 128
#: Whose private elements are read, and where the last of them ends; mosaics are Siemens'.
_MAKERS = (("SIEMENS", 0x002A0000), ("MOSAIC", 0x002A0000), ("GE MED", 0x00440000), ("PHILIPS", 0x20020000))
_CREATORS = frozenset(range(0x00290010, 0x00290100))
_CSA_IMAGE = frozenset(block << 8 | 0x10 | 0x00290000 for block in range(0x10, 0x100))
_WANTED = tags.WANTED | _CREATORS | _CSA_IMAGE
#: The media class of a DICOMDIR.
_DIRECTORY = "1.2.840.10008.1.3.10"


class Unreadable(Exception):
    """A file that cannot be read as a DICOM image; the text gives the reason."""


@dataclass(frozen=True, eq=False)
class Header:
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
    """

    path: Path
    elements: Elements
    syntax: str
    pixels: int | None
    length: int
    pixel_tag: int

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
        return ">" if self.syntax in ("1.2.840.10008.1.2.2", GE_BIG_ENDIAN_PIXELS) else "<"


def files_below(path: Path) -> Iterator[Path]:
    """Yield the files below a folder in the order of their names; links that lead round in a circle end."""
    seen: set[tuple[int, int]] = set()
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError:
            continue
        below = []
        for name in names:
            path = folder / name
            # Both are false for links that lead nowhere or to themselves.
            if path.is_dir():
                below.append(path)
            elif path.is_file():
                yield path
        folders += reversed(below)


def read_headers(paths: list[Path], report: Report | None = None) -> tuple[list[Header], tuple[str, ...]]:
    """Read the headers of those files that are DICOM images.

    Parameters
    ----------
    paths : list of Path
    report : callable of float, optional

    Returns
    -------
    headers : list of Header
    findings : tuple of str
        DICOM files that should be images but cannot be read; files of other kinds are passed over.
    """
    headers, bad = [], []
    shared: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
    for number, path in enumerate(paths):
        if report is not None:
            report(number / len(paths))
        try:
            header = read_header(path)
        except Unreadable as error:
            bad.append(f"{path.name} was left out: {error}.")
        else:
            if header is not None:
                _share(header.elements.raw, shared)
                headers.append(header)
    if len(bad) > 5:
        bad[4:] = [f"{len(bad) - 4} more files were left out, as they could not be read."]
    return headers, tuple(bad)


def _share(raw: dict[int, tuple[bytes, bytes]], shared: dict[tuple[bytes, bytes], tuple[bytes, bytes]]) -> None:
    """Hold what many files say alike only once: thousands of headers would take more memory than the image."""
    for tag, pair in raw.items():
        if len(pair[1]) < _LARGE:
            raw[tag] = shared.setdefault(pair, pair)


def read_header(path: Path) -> Header | None:
    """Read the header of one file.

    Returns
    -------
    Header or None
        None if the file is not DICOM, or DICOM of a kind without image (a report, a directory …).

    Raises
    ------
    Unreadable
        If the file is a DICOM image that is damaged or cannot be read.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            take = min(size, _FIRST)
            data = file.read(take)
            while True:
                try:
                    return _parsed(path, data, size)
                except OutOfBytes:
                    if take >= size:
                        raise Unreadable("it ends before its pixels begin") from None
                    take = min(size, take * 8)
                    data += file.read(take - len(data))
    except NotDicom as error:
        raise Unreadable(str(error)) from None
    except zlib.error:
        raise Unreadable("its packed bytes are not valid") from None
    except OSError as error:
        raise Unreadable(reason(error)) from None


def _parsed(path: Path, data: bytes, size: int) -> Header | None:
    if data[128:132] == b"DICM":
        meta, start = walk(data, 132, len(data), EXPLICIT, None, 0x00030000)
        heading = Elements(meta)
        syntax = heading.text(tags.TRANSFER_SYNTAX) or "1.2.840.10008.1.2"
        if heading.text(tags.MEDIA_CLASS) == _DIRECTORY:
            return None
    else:
        guess = _guessed_syntax(data)
        if guess is None:
            return None
        syntax, start = guess, 0
    encoding = _NATIVE.get(syntax, EXPLICIT)
    if syntax == _DEFLATED:
        if len(data) < size:
            raise OutOfBytes
        data = inflated(data[start:])
        start, size = 0, len(data)
    end = len(data)
    try:
        found, position = _elements(data, start, end, size, encoding)
    except NotDicom:
        if data[128:132] != b"DICM":
            return None
        raise
    elements = Elements(found, encoding)
    if tags.SOP_CLASS not in elements and tags.ROWS not in elements:
        if data[128:132] == b"DICM":
            raise NotDicom("nothing in it says what it is")
        return None
    return _header(path, data, size, syntax, elements, position)


def _guessed_syntax(data: bytes) -> str | None:
    """Return the syntax of old files that begin with their first element; None if it is no DICOM at all."""
    if len(data) < 64:
        return None
    for syntax, order in (("1.2.840.10008.1.2.1", "<"), ("1.2.840.10008.1.2.2", ">")):
        group, element, vr = struct.unpack_from(order + "HH2s", data)
        if group == 8 and element <= 0x20 and vr in (b"UL", b"CS", b"UI", b"DA"):
            return syntax
    group, element, length = struct.unpack_from("<HHI", data)
    return "1.2.840.10008.1.2" if group == 8 and element <= 0x20 and 0 < length <= 256 else None


def inflated(packed: bytes) -> bytes:
    """Return the bytes of a deflated file.

    Raises
    ------
    Unreadable
        If they are more than any image needs.
    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    data = unpacker.decompress(packed, _MOST_INFLATED)
    if unpacker.unconsumed_tail:
        raise Unreadable(f"it unpacks to more than {_MOST_INFLATED >> 30} GB")
    return data


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
    if not (simple and tags.POSITION in elements):
        return found, read_on(tags.FLOAT_PIXELS)
    for name, stop in _MAKERS:
        if name in maker or name in elements.texts(tags.IMAGE_TYPE):
            position = read_on(stop)
    return found, position


def _header(path: Path, data: bytes, size: int, syntax: str, elements: Elements, position: int) -> Header | None:
    if tags.ROWS not in elements or tags.COLUMNS not in elements:
        return None
    encoding = elements.encoding
    expected = expected_bytes(elements)
    # Native pixels usually are the last element: that is sure if the element's own head stands where it should.
    if syntax in _NATIVE and syntax != _DEFLATED and expected:
        padded = expected + expected % 2
        head = size - padded - (8 if encoding.implicit else 12)
        if head >= position:
            with path.open("rb", buffering=0) as file:
                file.seek(head)
                start = file.read(12)
            stated = struct.unpack_from(encoding.order + "I", start, 4 if encoding.implicit else 8)[0]
            if stated in (padded, expected) and encoding.tag(start, 0) == tags.PIXELS:
                return Header(path, elements, syntax, size - padded, padded, tags.PIXELS)
    _, position = walk(data, position, len(data), encoding, frozenset(), tags.FLOAT_PIXELS)
    if position >= len(data):
        if len(data) < size:
            raise OutOfBytes
        return None
    if position + 12 > len(data):
        raise OutOfBytes
    tag = encoding.tag(data, position)
    if tag not in (tags.PIXELS, tags.FLOAT_PIXELS, tags.DOUBLE_PIXELS):
        return None
    if encoding.implicit:
        return Header(path, elements, syntax, position + 8, struct.unpack_from("<I", data, position + 4)[0], tag)
    length = struct.unpack_from(encoding.order + "I", data, position + 8)[0]
    return Header(path, elements, syntax, position + 12, length, tag)


def expected_bytes(elements: Elements) -> int:
    """Return how many bytes native pixels take by the header."""
    bits = elements.integer(tags.BITS_ALLOCATED, 16) * elements.integer(tags.SAMPLES, 1)
    frames = max(1, elements.integer(tags.FRAMES, 1))
    return -(-elements.integer(tags.ROWS) * elements.integer(tags.COLUMNS) * frames * bits // 8)


def dicom_headers(path: Path, report: Report | None = None) -> tuple[list[Header], tuple[str, ...]]:
    """Read the headers of all DICOM images in a folder, or of the series that a file belongs to.

    Raises
    ------
    FileError
        If the path does not exist or cannot be read.
    """
    if path.is_dir():
        return read_headers(list(files_below(path)), report)
    if not path.exists():
        raise FileError(f"{path.name} cannot be opened: it does not exist.")
    try:
        own = read_header(path)
    except Unreadable as error:
        raise FileError(f"{path.name} cannot be opened: {error}.") from None
    if own is None:
        if path.name.upper() == "DICOMDIR":
            return read_headers(list(files_below(path.parent)), report)
        return [], ()
    neighbours = sorted(other for other in path.parent.iterdir() if other.is_file())
    headers, findings = read_headers(neighbours, report)
    series = own.elements.text(tags.SERIES_UID)
    return [header for header in headers if header.elements.text(tags.SERIES_UID) == series], findings
