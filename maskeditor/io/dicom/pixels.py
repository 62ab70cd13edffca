"""Pixels into volumes: native ones read straight into place, compressed ones through pydicom's decoders."""

from __future__ import annotations

import io
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.plain_number import plain_number
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.codestreams import other_size
from maskeditor.io.dicom.scan import BIG_ENDIAN_SYNTAX, RLE_SYNTAX, DicomHeader, expected_bytes
from maskeditor.io.dicom.segments import is_label_map
from maskeditor.io.dicom.slices import EMPTY, Slice
from maskeditor.io.dicom.stack import Stack
from maskeditor.io.dicom.tables import Table, table_of
from maskeditor.io.streams import reading

#: The largest deflated file that is opened (bytes, unpacked).
_MOST_UNPACKED = 1 << 31
#: Of red, green and blue: thousandths, so that grey keeps its number.
_LUMINANCE = np.array([299.0, 587.0, 114.0])
_FLOATS: dict[int, np.dtype[Any]] = {tags.FLOAT_PIXELS: np.dtype(np.float32), tags.DOUBLE_PIXELS: np.dtype(np.float64)}


def read_stack(stack: Stack, report: Reporter | None = None) -> tuple[Array, float, float]:
    """Read the voxels of an image.

    Parameters
    ----------
    stack : Stack
        In order.
    report : callable of float, optional

    Returns
    -------
    stored : (I, J, K) or (I, J, K, T) array
        Fortran order; as stored, or float32 intensities where the scaling differs from slice to slice.
    slope, intercept : float

    Raises
    ------
    FileError
        If a file cannot be read, is cut short or cannot be decoded.
    """
    slices = stack.slices
    scalings = {(item.slope, item.intercept) for item in slices}
    uniform = len(scalings) == 1
    for file in dict.fromkeys(item.file for item in slices):
        _check_length(file)
    stored = _zeros(stack.shape, stored_type(stack))
    planes = stored.reshape(*stack.shape[:2], -1, order="F")
    # Slices of one file are read together, wherever they belong.
    places = sorted(range(len(slices)), key=lambda place: (str(slices[place].file.path), slices[place].frame))
    done = 0
    for _, group in groupby(places, key=lambda place: slices[place].file):
        of_file = [(slices[place], planes[:, :, place]) for place in group]
        done += len(of_file)
        held = [(item, plane) for item, plane in of_file if item.frame != EMPTY]
        if not held:
            continue
        _read_file(held, uniform=uniform)
        if report is not None:
            report(done / len(slices))
    slope, intercept = scalings.pop() if uniform else (1.0, 0.0)
    return stored, slope, intercept


def read_slice(stack: Stack, place: int) -> Array:
    """Return one slice (I, J) of an image in order, as stored, in Fortran order.

    Raises
    ------
    FileError
        If its file cannot be read, is cut short or cannot be decoded.
    """
    item = stack.slices[place]
    _check_length(item.file)
    plane = _zeros(item.shape, _held_type(item.file))
    if item.frame != EMPTY:
        _read_file([(item, plane)], uniform=True)
    return plane


def stored_type(stack: Stack) -> np.dtype[Any]:
    """Return the type in which the voxels of an image are held."""
    if len({(item.slope, item.intercept) for item in stack.slices}) > 1:
        return np.dtype(np.float32)
    return np.result_type(*{_held_type(file) for file in {item.file for item in stack.slices}})


def same_values(one: list[Slice], other: list[Slice]) -> bool:
    """Whether the slices of two files, of the same number and form, hold the same stored values."""
    try:
        read = [_planes(slices) for slices in (one, other)]
    except FileError:
        return False
    return all(np.array_equal(a, b) for a, b in zip(*read, strict=True))


def _planes(slices: list[Slice]) -> list[Array]:
    """Return the slices of one file, (I, J) each, as stored."""
    own = sorted((item for item in slices if item.frame != EMPTY), key=lambda item: item.frame)
    for file in dict.fromkeys(item.file for item in own):
        _check_length(file)
    planes = [_zeros(item.shape, _held_type(item.file)) for item in own]
    if own:
        _read_file(list(zip(own, planes, strict=True)), uniform=True)
    return planes


def _check_length(file: DicomHeader) -> None:
    """Raise if a file holds fewer bytes of pixels than its header promises."""
    if not file.is_native or _has_colours(file):
        return  # of colours, some makers keep only a part of the samples (YBR_FULL_422)
    expected = expected_bytes(file.elements)
    with reading(file.path):
        if not file.is_deflated and (file.pixels or 0) + expected > file.path.stat().st_size:
            raise EOFError
    if file.length < expected and file.pixel_tag not in _FLOATS:
        raise FileError(
            f"{file.path.name} holds {plain_number(file.length, 'byte')} of pixels where its header promises {expected}"
            "; copy or export it again."
        )


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    try:
        return np.zeros(shape, dtype, order="F")
    except (MemoryError, ValueError):
        size = " × ".join(map(str, shape))
        raise FileError(f"An image of {size} voxels does not fit into memory; close other programs.") from None


def _has_colours(file: DicomHeader) -> bool:
    """Whether the pixels are colours, which are read as their luminance."""
    elements = file.elements
    return elements.integer(tags.SAMPLES, 1) > 1 or (
        elements.text(tags.PHOTOMETRIC) == "PALETTE COLOR" and not is_label_map(file)
    )


def _table(file: DicomHeader) -> Table | None:
    """Return what says what the numbers of a file stand for; None where they stand for themselves."""
    return None if file.pixel_tag in _FLOATS or _has_colours(file) else table_of(file.elements)


def _held_type(file: DicomHeader) -> np.dtype[Any]:
    """Return the type in which the values of a file are held: as stored, or as a table has them."""
    table = _table(file)
    return _stored_type(file) if table is None else table.values.dtype


def _stored_type(file: DicomHeader) -> np.dtype[Any]:
    if _has_colours(file):
        return np.dtype(np.float32)
    if file.pixel_tag in _FLOATS:
        return _FLOATS[file.pixel_tag]
    bits = file.elements.integer(tags.BITS_ALLOCATED, 16)
    size = 1 if bits <= 8 else 2 if bits <= 16 else 4 if bits <= 32 else 8
    return np.dtype(f"{'i' if file.elements.integer(tags.PIXEL_REPRESENTATION) else 'u'}{size}")


def _read_file(wanted: list[tuple[Slice, Array]], *, uniform: bool) -> None:
    file = wanted[0][0].file
    clean, table = _cleaner(file), _table(file)
    with reading(file.path), _opened(file) as stream:
        native = file.is_native and not _has_colours(file)
        if not native:
            _check_size(file, stream)
        frames = _native_frames(file, stream) if native else _decoded_frames(file)
        for number, group in groupby(wanted, key=lambda pair: pair[0].frame):
            pairs = list(group)
            item, plane = pairs[0]
            if table is None and item.tile is None and uniform and plane.dtype == _stored_type(file):
                frames(number, plane)
                clean(plane)
                if item.is_reversed:
                    plane[:] = plane[:, ::-1].copy()
                continue
            columns, rows = file.elements.integer(tags.COLUMNS), file.elements.integer(tags.ROWS)
            sheet = np.empty((columns, rows), _stored_type(file), order="F")
            frames(number, sheet)
            clean(sheet)
            for item, plane in pairs:
                tile = item.tile
                part = (
                    sheet
                    if tile is None
                    else sheet[tile.column : tile.column + tile.columns, tile.row : tile.row + tile.rows]
                )
                part = part[:, ::-1] if item.is_reversed else part
                part = part if table is None else table.apply(part)
                plane[:] = part if uniform else part * np.float64(item.slope) + item.intercept


def _native_frames(file: DicomHeader, stream: Any) -> Callable[[int, Array], None]:
    """Return what reads one frame into a plane."""
    elements = file.elements
    pixels = elements.integer(tags.COLUMNS) * elements.integer(tags.ROWS)
    bits = elements.integer(tags.BITS_ALLOCATED, 16)
    if file.pixel_tag in _FLOATS:
        bits = _FLOATS[file.pixel_tag].itemsize * 8
    swap = (file.order == ">") == (sys.byteorder == "little") and bits > 8
    assert file.pixels is not None
    start = file.pixels
    in_words = False
    if file.syntax == BIG_ENDIAN_SYNTAX and bits <= 8:
        stream.seek(start - 8)
        in_words = stream.read(2) == b"OW"

    def bytes_at(first: int, count: int) -> Array:
        """Return some bytes of the pixels; those written as big-endian words stand in pairs the wrong way round."""
        begin = first & ~1 if in_words else first
        end = first + count + ((first + count) & in_words)
        stream.seek(start + begin)
        found = np.frombuffer(stream.read(end - begin), np.uint8)
        if len(found) < end - begin:
            raise EOFError
        return (found.reshape(-1, 2)[:, ::-1].ravel() if in_words else found)[first - begin :][:count]

    def read(frame: int, plane: Array) -> None:
        flat = plane.reshape(-1, order="F")
        first = frame * pixels * bits
        stream.seek(start + first // 8)
        if bits == 1:
            # Frames of single bits follow one another without padding.
            packed = bytes_at(first // 8, -(-(first % 8 + pixels) // 8))
            unpacked = np.unpackbits(packed, bitorder="little")
            flat[:] = unpacked[first % 8 : first % 8 + pixels]
            return
        if bits != flat.itemsize * 8:
            raise FileError(
                f"{file.path.name} has {bits} bits a pixel, but 1, 8, 16, 32 or 64 are wanted; export it again."
            )
        if in_words:
            flat.view(np.uint8)[:] = bytes_at(first // 8, pixels)
            return
        view = flat.view(np.uint8).data
        while len(view):
            count = stream.readinto(view)
            if not count:
                raise EOFError
            view = view[count:]
        if swap:
            flat.byteswap(inplace=True)

    return read


def _opened(file: DicomHeader) -> Any:
    if not file.is_deflated:
        return file.path.open("rb", buffering=0)
    data = file.path.read_bytes()
    # The preamble and the file's own heading are not packed.
    heading = 132 + 12 + int.from_bytes(data[140:144], "little")
    # No more is unpacked than the image needs, whatever a crafted file holds.
    wanted = (file.pixels or 0) + expected_bytes(file.elements)
    if wanted > _MOST_UNPACKED:
        raise FileError(
            f"{file.path.name} cannot be opened: it unpacks to more than {_MOST_UNPACKED >> 30} GB; export it in parts."
        )
    return io.BytesIO(zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[heading:], wanted))


def _decoded_frames(file: DicomHeader) -> Callable[[int, Array], None]:
    """Return what copies one decompressed frame into a plane."""
    decoded: Iterator[tuple[int, Array]] = enumerate(_luminances(file) if _has_colours(file) else _decode(file))
    last: list[tuple[int, Array]] = []

    def copy(frame: int, plane: Array) -> None:
        # Frames are asked for in ascending order.
        while not last or last[0][0] < frame:
            following = next(decoded, None)
            if following is None:
                raise EOFError
            last[:] = [following]
        pixels = last[0][1]
        if pixels.shape != plane.shape[::-1]:
            raise FileError(
                f"{file.path.name} has a compressed image of another size than its header states; export it again, "
                "or correct its Rows and Columns."
            )
        plane[:] = pixels.T

    return copy


def _check_size(file: DicomHeader, stream: Any) -> None:
    """Raise if compressed pixels are of another size than the header of their file states."""
    columns, rows = (file.elements.integer(tag) for tag in (tags.COLUMNS, tags.ROWS))
    if file.is_native or file.pixels is None:
        return
    other = other_size(stream, file.pixels, columns, rows, by_runs=file.syntax == RLE_SYNTAX)
    if other is not None:
        raise FileError(
            f"{file.path.name} states {columns} × {rows} pixels, but its compressed image has {other[0]} × {other[1]}; "
            "export it again, or correct its Rows and Columns."
        )


def check_files(stack: Stack) -> None:
    """Raise if a file of an image is cut short, or its compressed pixels are of another size than it states.

    Raises
    ------
    FileError
    """
    for file in dict.fromkeys(item.file for item in stack.slices):
        _check_length(file)
        with reading(file.path), file.path.open("rb") as stream:
            _check_size(file, stream)


def _decode(file: DicomHeader) -> Iterator[Array]:
    from pydicom.pixels.utils import iter_pixels

    try:
        yield from iter_pixels(file.path, raw=True)
    except Exception as error:
        raise _undecodable(file, error) from None


def _luminances(file: DicomHeader) -> Iterator[Array]:
    """Yield the luminance (J, I) of each frame of colours, by the weights of ITU-R BT.601."""
    from pydicom import dcmread
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import iter_pixels

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd values elsewhere in the file
        try:
            ds = dcmread(file.path, force=True)
            for frame in iter_pixels(ds):
                colours = apply_color_lut(frame, ds) if file.elements.integer(tags.SAMPLES, 1) == 1 else frame
                yield (colours[..., :3].astype(np.float64) @ _LUMINANCE / _LUMINANCE.sum()).astype(np.float32)
        except Exception as error:
            raise _undecodable(file, error) from None


def _undecodable(file: DicomHeader, error: Exception) -> FileError:
    # Every decoder has errors of its own.
    return FileError(
        f"{file.path.name} cannot be decompressed (transfer syntax {file.syntax}): "
        f"{' '.join(str(error).split())[:200]}."
    )


def _cleaner(file: DicomHeader) -> Callable[[Array], None]:
    """Return what clears the bits outside a pixel's own, in place (PS3.5, 8.1.1)."""
    elements = file.elements
    dtype = _stored_type(file)
    bits = dtype.itemsize * 8
    stored = elements.integer(tags.BITS_STORED, bits)
    stored = stored if 0 < stored <= bits else bits
    high = elements.integer(tags.HIGH_BIT, stored - 1)
    shift = high + 1 - stored if stored - 1 <= high < bits else 0
    if dtype.kind == "f" or elements.integer(tags.BITS_ALLOCATED, 16) == 1 or stored == bits:
        return lambda _: None
    if dtype.kind == "u":
        mask = dtype.type((1 << stored) - 1)

        def clear(plane: Array) -> None:
            if shift:
                np.right_shift(plane, shift, out=plane)
            np.bitwise_and(plane, mask, out=plane)

        return clear

    def extend(plane: Array) -> None:
        # Shifted to the top and back again, the sign bit fills what lies above.
        np.left_shift(plane, bits - stored - shift, out=plane)
        np.right_shift(plane, bits - stored, out=plane)

    return extend
