"""Masks, labels and images written as NIfTI, read back and compared before they take the old file's place."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from isal import igzip

from maskeditor.core.errors import FileError, GeometryError
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray, Bytes
from maskeditor.engine.progress import Reporter
from maskeditor.io.names import alternatives
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.names import WRITTEN, can_write, header_and_voxel_paths, is_packed_name
from maskeditor.io.nifti.read import next_comment, next_header
from maskeditor.io.replacing import check_folder, replacing
from maskeditor.io.seen import Seen, check
from maskeditor.io.streams import PIECE, ByteStream

_COMMENT = 6
#: igzip's level 1 packs masks smaller than zlib's level 1, several times faster.
_LEVEL = 1


class _Sink(Protocol):
    def write(self, data: Any, /) -> Any: ...


def save_mask(
    mask: BoolArray,
    path: str | Path,
    header: Header,
    *,
    extension: bytes | None = None,
    sidecar: tuple[Path, str] | None = None,
    seen: Seen | None = None,
    report: Reporter | None = None,
) -> None:
    """Write a mask as 0 and 1 (uint8) with the geometry of its source, byte for byte.

    The same mask and header always make the same bytes.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    path : path
        Ends in .nii.gz, .nii, .hdr or .img (the pair is written for either of the last two).
    header : Header
        Of the image that the mask belongs to.
    extension : bytes, optional
        Kept in the header as a comment (code 6); `read_extension` gives it back.
    sidecar : (path, str), optional
        A text file in the same folder that is written with the mask: both or neither.
    seen : Seen, optional
        What was last seen of the mask's files; if they were changed or taken away since, they are not replaced.
    report : callable of float, optional

    Raises
    ------
    ChangedElsewhere
        If the files are no longer what was seen; they are untouched.
    FileError
        If the file cannot be written; the old one is then untouched.
    GeometryError
        If the mask's shape is not the header's.

    Examples
    --------
    >>> import tempfile
    >>> from maskeditor.core.space.geometry import Geometry
    >>> from maskeditor.io.nifti.read import read_image
    >>> mask = np.zeros((3, 4, 5), bool)
    >>> mask[1, 2, 3] = True
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_mask(mask, folder + "/mask.nii.gz", Header.from_geometry(Geometry(mask.shape, np.eye(4))))
    ...     volume, header = read_image(folder + "/mask.nii.gz")
    >>> bool((volume.stored == mask).all())
    True
    """
    if mask.shape != header.shape[:3]:
        raise GeometryError(f"The mask has the shape {mask.shape}, but its header is for {header.shape[:3]}.")
    texts = () if sidecar is None else (sidecar,)
    _save(mask.view(np.uint8), Path(path), header, (1.0, 0.0), 1.0, extension, report, texts, seen)


def save_labels(
    labels: Array,
    path: str | Path,
    header: Header,
    *,
    texts: Sequence[tuple[Path, str]],
    extension: bytes | None = None,
    seen: Seen | None = None,
    report: Reporter | None = None,
) -> None:
    """Write an image of labels as safely as a mask, with the texts beside it: all of them or none.

    Parameters
    ----------
    labels : (I, J, K) array of unsigned integers
    path, header, extension, seen, report
        As for `save_mask`.
    texts : sequence of (path, str)
        Text files in the same folder: its table and its sidecar.

    Raises
    ------
    ChangedElsewhere, FileError, GeometryError
        As by `save_mask`.
    """
    brightest = float(labels.max(initial=0))
    _save(labels, Path(path), header, (1.0, 0.0), brightest, extension, report, texts, seen)


def save_volume(
    volume: Volume,
    path: str | Path,
    header: Header,
    *,
    texts: Sequence[tuple[Path, str]] = (),
    report: Reporter | None = None,
) -> None:
    """Write an image with its stored values, slope and intercept, as safely as a mask.

    Parameters
    ----------
    volume : Volume
    path : path
        As for `save_mask`.
    header : Header
        Of the same grid.
    texts : sequence of (path, str)
        Text files in the same folder that are written with it: all of them or none.
    report : callable of float, optional

    Raises
    ------
    FileError
        If the file cannot be written; the old one is then untouched.
    """
    scaling = (volume.slope, volume.intercept)
    _save(volume.stored, Path(path), header, scaling, 0.0, None, report, texts)


def encoded(text: str) -> bytes:
    r"""Return text as UTF-8; bytes in the name of a file that are no letters as their code, which is that of JSON.

    Examples
    --------
    >>> encoded("é \udcff")
    b'\xc3\xa9 \\udcff'
    """
    return text.encode("utf-8", "backslashreplace")


def write_text(path: str | Path, text: str) -> None:
    """Write a text file (UTF-8), put in the old one's place only when it is whole.

    Raises
    ------
    FileError
        If it cannot be written; the old file is then untouched.
    """
    write_bytes(path, encoded(text))


def write_bytes(path: str | Path, data: bytes | bytearray) -> None:
    """Write a file, put in the old one's place only when it is whole; errors are those of `write_text`."""
    target = Path(path)
    with replacing([target]) as (beside,):
        _write(beside, partial(_put, data), packed=False)


def _save(
    values: Array,
    path: Path,
    source: Header,
    scaling: tuple[float, float],
    cal_max: float,
    extension: bytes | None,
    report: Reporter | None,
    texts: Sequence[tuple[Path, str]] = (),
    seen: Seen | None = None,
) -> None:
    check(path, seen)
    check_place(path)
    comment = _extension_bytes(extension, source.byte_order)
    header_path, voxel_path = header_and_voxel_paths(path)
    single = header_path == voxel_path
    header = source.for_values(
        values.shape, values.dtype, single=single, scaling=scaling, cal_max=cal_max, extra=len(comment)
    )
    start = header.raw + (b"\1\0\0\0" if comment else bytes(4)) + comment

    def write(sink: _Sink) -> None:
        if single:
            sink.write(start)
        for number, piece in enumerate(_pieces(values, header.dtype), 1):
            sink.write(piece.data)
            if report is not None:
                report(min(0.6, 0.6 * number * PIECE / values.nbytes))

    paths = [header_path] if single else [voxel_path, header_path]
    with replacing([*paths, *(where for where, _ in texts)]) as beside:
        _write(beside[0], write, packed=is_packed_name(voxel_path))
        if not single:
            _write(beside[1], lambda sink: sink.write(start), packed=is_packed_name(header_path))
        for place, (where, text) in zip(beside[len(paths) :], texts, strict=True):
            data = encoded(text)
            _write(place, partial(_put, data), packed=False)
            if place.read_bytes() != data:
                raise FileError(f"{where.name} beside it did not come back as it was written")
        _check(beside[: len(paths)], header, source, values, extension, report)
        # It may have taken a while.
        check(path, seen)


def _put(data: bytes | bytearray, sink: _Sink) -> None:
    sink.write(data)


def check_place(path: Path) -> None:
    """Raise `FileError` if no mask or image can be written under a name, as that or its folder shows."""
    if not can_write(path):
        raise FileError(f"{path.name} should end in {alternatives(WRITTEN)}; choose such a name.")
    check_folder(path.parent, path.name)


def _extension_bytes(content: bytes | None, order: str) -> bytes:
    """Return a header extension with its size and code before it, or nothing without one."""
    if content is None:
        return b""
    size = -(-(8 + len(content)) // 16) * 16
    return struct.pack(order + "2i", size, _COMMENT) + content.ljust(size - 8, b"\0")


def _pieces(values: Array, stored: np.dtype[Any]) -> Iterator[Bytes]:
    """Yield the bytes of an array as a file holds them (axis 0 fastest), a piece at a time."""
    planes = values.reshape(*values.shape[:2], -1, order="F") if values.ndim == 4 else values
    contiguous = planes.flags.f_contiguous
    # An array in another memory order is put in order a few planes at a time.
    flats = (
        [planes.reshape(-1, order="F")]
        if contiguous
        else (planes[:, :, k].reshape(-1, order="F") for k in range(planes.shape[2]))
    )
    for flat in flats:
        step = max(1, PIECE // stored.itemsize)
        for first in range(0, flat.size, step):
            yield np.ascontiguousarray(flat[first : first + step], stored).view(np.uint8)


def _write(path: Path, write: Callable[[_Sink], Any], *, packed: bool) -> None:
    with path.open("xb") as plain:
        if packed:
            # No name and no time in the packed file: the same mask gives the same bytes.
            with igzip.IGzipFile("", "wb", _LEVEL, plain, mtime=0) as sink:  # type: ignore[no-untyped-call]
                write(sink)
        else:
            write(plain)
        plain.flush()
        os.fsync(plain.fileno())


def _check(
    beside: list[Path],
    header: Header,
    source: Header,
    values: Array,
    extension: bytes | None,
    report: Reporter | None,
) -> None:
    """Read what was written; raise if a byte of the geometry or a voxel differs."""
    with ByteStream(beside[-1]) as first:
        written = next_header(first)
        if written != header or source.sound.differences(written):
            raise FileError("its header did not come back as it was written")
        if extension is not None and next_comment(first, written) != extension.rstrip(b"\0"):
            raise FileError("its recipe did not come back as it was written")
        if len(beside) == 1:
            _check_voxels(first, header, values, report)
            return
    with ByteStream(beside[0]) as voxels:
        _check_voxels(voxels, header, values, report)


def _check_voxels(stream: ByteStream, header: Header, values: Array, report: Reporter | None) -> None:
    """Go on reading what was written; raise if a voxel differs."""
    stream.skip_to(header.offset)
    scratch = np.empty(min(PIECE, values.nbytes), np.uint8)
    done = 0
    for piece in _pieces(values, header.dtype):
        copy = scratch[: piece.size]
        stream.fill(copy)
        if not _same_bytes(copy, piece):
            raise FileError("its voxels did not come back as they were written")
        done += piece.size
        if report is not None:
            report(0.6 + 0.4 * done / values.nbytes)
    stream.finish()


def _same_bytes(one: Bytes, other: Bytes) -> bool:
    """Compare bytes, so that NaN equals itself; eight at a time where they allow it."""
    whole = one.size // 8 * 8
    words = np.array_equal(one[:whole].view(np.uint64), other[:whole].view(np.uint64))
    return words and np.array_equal(one[whole:], other[whole:])
