"""Images from NIfTI files: .nii, packed or not, .hdr with .img; NIfTI-1 and -2, both byte orders, any real type."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.ahead import Ahead, take
from maskeditor.io.digest import Digest
from maskeditor.io.names import stem_of
from maskeditor.io.nifti.doubts import doubts
from maskeditor.io.nifti.fields import SIZES
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.names import ENDINGS, header_and_voxel_paths
from maskeditor.io.stored_voxels import check_size, check_to_the_end, read_middle, read_voxels
from maskeditor.io.streams import WRITTEN_TO, ByteStream, HeaderError, reading

_COMMENT = 6
#: Where extensions end at the latest in a .hdr file, and the longest comment that is read (bytes).
_MOST_EXTENSION = 1 << 28


def read_header(path: Path) -> Header:
    """Return the NIfTI header of a file.

    Raises
    ------
    FileError
        If the file cannot be read or is no NIfTI file.
    """
    header_path, _ = header_and_voxel_paths(path)
    with reading(path), ByteStream(header_path) as stream:
        return next_header(stream)


def next_header(stream: ByteStream) -> Header:
    """Read the header at the start of a file, and not a byte more."""
    raw = stream.read(SIZES[1])
    # In .nii the voxels may follow at once, and a packed file cannot be read backwards.
    if raw[:4] in (SIZES[2].to_bytes(4, "little"), SIZES[2].to_bytes(4, "big")):
        raw += stream.read(SIZES[2] - SIZES[1])
    return _header(raw)


@lru_cache(maxsize=8)
def _header(raw: bytes) -> Header:
    """Return a header; what is worked out of it is known when a file is read again, or one with the same header."""
    return Header(raw)


def read_image(
    path: str | Path,
    report: Reporter | None = None,
    *,
    hashed: bool = False,
    first: Callable[[Volume], object] | None = None,
) -> tuple[Volume, Header]:
    """Read a NIfTI image as it is stored.

    Parameters
    ----------
    path : path
        Of any of `ENDINGS`, or of any name for header and voxels in one file.
    report : callable of float, optional
        Given the fraction done; may raise to stop.
    hashed : bool
        Whether its fingerprint is worked out while it is read and after.
    first : callable of Volume, optional
        Of a series, given its first volume before the others are read.

    Returns
    -------
    volume : Volume
        Values in Fortran order and native byte order; `intensities` equals nibabel's `dataobj`, the affine
        nibabel's `affine`.
    header : Header
        For masks on this image.

    Raises
    ------
    FileError
        If the file cannot be read, is cut short or damaged, holds no real numbers or has no place in space.
    """
    path = Path(path)
    header, voxel_path = checked_header(path)

    def volume(stored: Array, digest: Future[str] | None = None) -> Volume:
        name = visible(stem_of(path, ENDINGS))
        return Volume(stored, header.geometry(), *header.scaling, name, doubts(header), digest)

    show_first = None if first is None else lambda stored: first(volume(stored))
    with reading(path), ByteStream(voxel_path) as stream, Digest() as digest:
        check_still(path, header, stream)
        place = (header.offset, header.shape, header.dtype)
        if (ahead := begun(stream, header)) is not None and (voxels := ahead.wait(report)) is not None:
            stored = np.frombuffer(voxels, header.dtype).reshape(header.shape, order="F")
            stream.finish(report)
            return volume(stored, ahead.fingerprint), header
        hashes = hashed and ahead is None
        stored = read_voxels(stream, voxel_path.name, *place, report, digest.add if hashes else None, show_first)
        stream.finish(report)
        if hashes:
            return volume(stored, digest.result()), header
        return volume(stored, ahead.fingerprint if ahead is not None else None), header


def begun(stream: ByteStream, header: Header) -> Ahead | None:
    """Return what is read of the voxels in a file since the program began, if that is; it is given once."""
    return take(stream.state, header.offset, math.prod(header.shape) * header.dtype.itemsize)


def checked_header(path: Path) -> tuple[Header, Path]:
    """Return the header of an image and the file of its voxels: all that can be wrong before they are read is found.

    Raises
    ------
    FileError
        As for `read_image`, but for voxels that are cut short in a packed file, or damaged.
    """
    header_path, voxel_path = header_and_voxel_paths(path)
    if path.exists() and not header_path.exists():
        raise _half(path, header_path, "the header")
    with reading(path):
        with ByteStream(header_path) as stream:
            header = next_header(stream)
            if header.is_single:
                _check_fields(header)
                check_size(stream, header_path.name, header.offset, header.shape, header.dtype)
                return header, header_path
        if voxel_path != header_path and not voxel_path.exists():
            raise _half(path, voxel_path, "the voxels")
        _check_fields(header)
        if voxel_path == header_path:
            raise HeaderError("its voxels are in another file; give the .hdr or .img file of the pair.")
        with ByteStream(voxel_path) as stream:
            check_size(stream, voxel_path.name, header.offset, header.shape, header.dtype)
    return header, voxel_path


def _check_fields(header: Header) -> None:
    """Raise `HeaderError` for what is wrong with a header by itself: it comes before what the file cannot hold."""
    header.geometry()
    _ = header.dtype, header.scaling


def check_still(path: Path, header: Header, stream: ByteStream) -> None:
    """Raise `HeaderError` if an image has another header than was read of it, once its voxels are open.

    Another program may have put a file in its place meanwhile, whose voxels would be laid out by a header not theirs.

    Parameters
    ----------
    path : Path
    header : Header
    stream : ByteStream
        The file of its voxels, at its start.
    """
    if (next_header(stream) if header.is_single else read_header(path)) != header:
        raise HeaderError(WRITTEN_TO)


def check_voxels(path: Path, report: Reporter | None = None) -> list[int]:
    """Raise what `read_image` would, and keep no voxel; return the volumes that hold no number.

    Raises
    ------
    FileError
    """
    header, voxel_path = checked_header(path)
    with reading(path), ByteStream(voxel_path) as stream:
        return check_to_the_end(stream, header.offset, header.shape, header.dtype, report)


def _half(path: Path, missing: Path, what: str) -> FileError:
    return FileError(
        f"{path.name} cannot be opened: it is one file of a pair, and {missing.name} with {what} is not beside it; put "
        "both into one folder."
    )


def read_slice(path: Path) -> Array:
    """Return the middle slice of the first volume, (I, J) values as stored; nothing after it is read.

    Raises
    ------
    FileError
        If the file cannot be read or ends before.
    """
    header, voxel_path = checked_header(path)
    with reading(path), ByteStream(voxel_path) as stream:
        return read_middle(stream, header.offset, header.shape, header.dtype)


def read_extension(path: str | Path) -> bytes | None:
    """Return the first comment (code 6) in the header extensions of a NIfTI file, or None.

    Trailing zeros, which pad an extension, are dropped.

    Raises
    ------
    FileError
        If the file cannot be read or is no NIfTI file.
    """
    path = Path(path)
    header_path, _ = header_and_voxel_paths(path)
    with reading(path), ByteStream(header_path) as stream:
        return next_comment(stream, next_header(stream))


def next_comment(stream: ByteStream, header: Header) -> bytes | None:
    """Return the first comment after the header that was just read, or None."""
    flag = stream.read(4)
    position = header.size + 4
    end = header.offset if header.is_single else _MOST_EXTENSION
    while len(flag) == 4 and flag[0] != 0 and position + 8 <= end:
        start = stream.read(8)
        if len(start) < 8:
            break
        size, code = struct.unpack(header.byte_order + "2i", start)
        if not 8 <= size <= min(end - position, _MOST_EXTENSION):
            break
        content = stream.read(size - 8)
        if code == _COMMENT:
            return content.rstrip(b"\0")
        position += size
    return None
