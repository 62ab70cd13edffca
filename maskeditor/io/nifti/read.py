"""Images from NIfTI files: .nii, .nii.gz, .hdr with .img; NIfTI-1 and -2, both byte orders, any real type."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.nifti.fields import SIZES
from maskeditor.io.nifti.header import Header
from maskeditor.io.streams import ByteStream, HeaderError, reading

__all__ = [
    "ENDINGS",
    "Header",
    "is_nifti_name",
    "nifti_stem",
    "read_extension",
    "read_header",
    "read_image",
    "read_slice",
]

ENDINGS = (".nii.gz", ".nii", ".hdr.gz", ".img.gz", ".hdr", ".img")
_COMMENT = 6
#: Where extensions end at the latest in a .hdr file (bytes).
_MOST_EXTENSION = 1 << 28


def is_nifti_name(path: Path) -> bool:
    """Whether a file's name ends as NIfTI files do."""
    return path.name.lower().endswith(ENDINGS)


def nifti_stem(path: str | Path) -> str:
    """Return a file's name without its NIfTI ending.

    Examples
    --------
    >>> nifti_stem("scans/sub-01.run-2_T1w.nii.gz")
    'sub-01.run-2_T1w'
    """
    name = Path(path).name
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def header_and_voxel_paths(path: Path) -> tuple[Path, Path]:
    """Return the files of the header and of the voxels: the same for .nii, two for .hdr and .img."""
    name = path.name
    for ending in (".hdr", ".img", ".hdr.gz", ".img.gz"):
        if name.lower().endswith(ending):
            stem, rest = name[: -len(ending)], ending[4:]
            # Either file may be packed, whatever the other is.
            pair = [_either(path, stem, kind, rest) for kind in (".hdr", ".img")]
            return pair[0], pair[1]
    return path, path


def _either(path: Path, stem: str, kind: str, rest: str) -> Path:
    first = path.name if path.name.lower().endswith(kind + rest) else stem + kind + rest
    other = stem + kind + ("" if rest else ".gz")
    wanted = path.with_name(first)
    return wanted if wanted.exists() or not path.with_name(other).exists() else path.with_name(other)


def read_header(path: Path) -> Header:
    """Return the NIfTI header of a file.

    Raises
    ------
    FileError
        If the file cannot be read or is no NIfTI file.
    """
    header_path, _ = header_and_voxel_paths(path)
    with reading(path), ByteStream(header_path) as source:
        return take_header(source)


def take_header(source: ByteStream) -> Header:
    """Read the header at the start of a file, and not a byte more."""
    raw = source.take(SIZES[1])
    # In .nii the voxels may follow at once, and a packed file cannot be read backwards.
    if raw[:4] in (SIZES[2].to_bytes(4, "little"), SIZES[2].to_bytes(4, "big")):
        raw += source.take(SIZES[2] - SIZES[1])
    return Header(raw)


def read_image(path: str | Path, report: Reporter | None = None) -> tuple[Volume, Header]:
    """Read a NIfTI image as it is stored.

    Parameters
    ----------
    path : path
        A .nii, .nii.gz, .hdr or .img file.
    report : callable of float, optional
        Told the fraction done; may raise to stop.

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
    header_path, voxel_path = header_and_voxel_paths(path)
    with reading(path), ByteStream(header_path) as first:
        header = take_header(first)
        # All that can be wrong with the header is found before anything large is read.
        geometry, (slope, intercept) = header.geometry(), header.scaling
        if header.is_single:
            stored = _voxels(first, header, path, report)
        else:
            if voxel_path == header_path:
                raise HeaderError("its voxels are in another file; give the .hdr or .img file of the pair.")
            with ByteStream(voxel_path) as second:
                stored = _voxels(second, header, voxel_path, report)
    return Volume(stored, geometry, slope, intercept, nifti_stem(path), header.findings()), header


def _voxels(source: ByteStream, header: Header, path: Path, report: Reporter | None) -> Array:
    stored, shape = header.dtype, header.shape
    count = 1
    for size in shape:
        count *= size
    # A lying header must not make the program ask for terabytes.
    if header.offset + count * stored.itemsize > source.most:
        raise FileError(
            f"{path.name} ends too early: its header states {' × '.join(map(str, shape))} voxels, more "
            "than the file can hold; copy or download it again."
        )
    flat = np.empty(count, stored.newbyteorder("="))
    source.skip_to(header.offset)
    source.fill(flat, swap=not stored.isnative, report=report)
    source.finish()
    return flat.reshape(shape, order="F")


def read_slice(path: Path) -> Array:
    """Return the middle slice of the first volume, (I, J) values as stored; nothing after it is read.

    Raises
    ------
    FileError
        If the file cannot be read or ends before.
    """
    header = read_header(path)
    _, voxel_path = header_and_voxel_paths(path)
    with reading(path), ByteStream(voxel_path) as source:
        columns, rows, slices = header.shape[:3]
        stored = header.dtype
        start = header.offset + columns * rows * (slices // 2) * stored.itemsize
        if start + columns * rows * stored.itemsize > source.most:
            raise EOFError
        flat = np.empty(columns * rows, stored.newbyteorder("="))
        source.skip_to(start)
        source.fill(flat, swap=not stored.isnative)
    return flat.reshape((columns, rows), order="F")


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
    with reading(path), ByteStream(header_path) as source:
        return take_comment(source, take_header(source))


def take_comment(source: ByteStream, header: Header) -> bytes | None:
    """Return the first comment after the header that was just read, or None."""
    flag = source.take(4)
    position = header.size + 4
    end = header.offset if header.is_single else _MOST_EXTENSION
    while len(flag) == 4 and flag[0] != 0 and position + 8 <= end:
        start = source.take(8)
        if len(start) < 8:
            break
        size, code = struct.unpack(header.byte_order + "2i", start)
        if not 8 <= size <= end - position:
            break
        content = source.take(size - 8)
        if code == _COMMENT:
            return content.rstrip(b"\0")
        position += size
    return None
