"""FreeSurfer: volumes in .mgz and .mgh, which are read; surfaces and what lies on them, which are not.

Layout: https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat; what it means is nibabel's word.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import GeometryError, mid_sentence
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.format import Format, begins
from maskeditor.io.found import Found, Show
from maskeditor.io.names import stem_of
from maskeditor.io.nifti.doubts import SKEW, is_skew
from maskeditor.io.nifti.header import Header
from maskeditor.io.plausible import doubts_of_place
from maskeditor.io.stored_voxels import check_size, check_to_the_end, read_middle, read_voxels
from maskeditor.io.streams import ByteStream, HeaderError, reading

ENDINGS = (".mgz", ".mgh")
_UNLISTED = (".mgh.gz",)
#: Bytes before the voxels.
_OFFSET = 284


@dataclass(frozen=True)
class _Head:
    """What the header of a volume states.

    Parameters
    ----------
    geometry : Geometry
    shape : tuple of int
        With a fourth axis for time.
    stored : numpy type
        Big endian.
    findings : tuple of str
    """

    geometry: Geometry
    shape: tuple[int, ...]
    stored: np.dtype[Any]
    findings: tuple[str, ...]


def _is_volume(data: bytes) -> bool:
    if len(data) < _OFFSET:
        return False
    version, *shape, kind = struct.unpack_from(">6i", data)
    return bool(version == 1 and min(shape) > 0 and 0 <= kind < 16)


def _head(stream: ByteStream) -> _Head:
    """Read the header at the start of a file.

    Raises
    ------
    HeaderError, EOFError
        If it is none that is known.
    """
    from nibabel.freesurfer.mghformat import MGHHeader

    raw = stream.read(_OFFSET)
    if len(raw) < _OFFSET:
        raise EOFError
    if raw[:4] != b"\0\0\0\1":
        raise HeaderError("it has no header of a FreeSurfer volume; copy or download it again.")
    header = MGHHeader(raw)  # type: ignore[no-untyped-call]
    shape = tuple(map(int, header["dims"]))
    if min(shape) < 1:
        raise HeaderError(f"its header states the impossible shape {shape}; save the file again with FreeSurfer.")
    try:
        stored = header.get_data_dtype()  # type: ignore[no-untyped-call]
    except KeyError:
        raise HeaderError(
            f"it holds values of the unknown type {int(header['type'])}, but one ordinary real number a voxel is "
            "wanted; convert it with mri_convert first."
        ) from None
    try:
        # What is no number in it is refused, and not worth a warning.
        with np.errstate(all="ignore"):
            affine = header.get_affine()  # type: ignore[no-untyped-call]
        geometry = Geometry(shape[:3], affine.astype(np.float64))
    except GeometryError as error:
        raise HeaderError(mid_sentence(error)) from None
    placed = struct.unpack_from(">h", raw, 28)[0] != 0
    unplaced = "The file does not say where it lies: voxels of 1 mm in coronal slices are taken, as FreeSurfer does."
    skew = (SKEW,) if is_skew(Header.from_geometry(geometry)) else ()
    findings = (*(() if placed else (unplaced,)), *doubts_of_place(geometry), *skew)
    return _Head(geometry, shape if shape[3] > 1 else shape[:3], stored, findings)


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the image in a FreeSurfer volume."""
    with reading(path), ByteStream(path) as stream:
        head = _head(stream)
        check_size(stream, path.name, _OFFSET, head.shape, head.stored)
    stem = visible(stem_of(path, ENDINGS + _UNLISTED))
    return [
        Found.in_file(
            path,
            "MGH",
            stem,
            head.geometry,
            head.shape,
            head.stored,
            head.findings,
            lambda report: _read(path, stem, report),
            lambda: _preview(path),
            lambda report: _check(path, report),
        )
    ]


def _read(path: Path, stem: str, report: Reporter | None) -> tuple[Volume, Header]:
    """Return the volume, (I, J, K) or (I, J, K, T), and a NIfTI header for masks on it."""
    with reading(path), ByteStream(path) as stream:
        head = _head(stream)
        voxels = read_voxels(stream, path.name, _OFFSET, head.shape, head.stored, report)
        # What follows may be left out: first the time between volumes, in milliseconds.
        behind = stream.read(4)
        stream.finish(report)
    time = struct.unpack(">f", behind)[0] / 1000 if len(behind) == 4 and len(head.shape) == 4 else 0.0
    seconds = time if math.isfinite(time) and time > 0 else 0.0
    volume = Volume(voxels, head.geometry, 1.0, 0.0, stem, head.findings)
    return volume, Header.from_geometry(head.geometry, volume.frames, seconds)


def _check(path: Path, report: Reporter | None) -> list[int]:
    with reading(path), ByteStream(path) as stream:
        head = _head(stream)
        return check_to_the_end(stream, _OFFSET, head.shape, head.stored, report)


def _preview(path: Path) -> Array:
    with reading(path), ByteStream(path) as stream:
        head = _head(stream)
        return read_middle(stream, _OFFSET, head.shape, head.stored)


FORMATS = (
    Format(
        title="FreeSurfer",
        name="a FreeSurfer volume (.mgz)",
        recognise=_is_volume,
        endings=ENDINGS,
        unlisted=_UNLISTED,
        find=find,
        packed=True,
    ),
    Format(
        title="FreeSurfer surface",
        name="a FreeSurfer surface, or values on one",
        recognise=begins(b"\xff\xff\xfe", b"\xff\xff\xff", b"\xff\xff\xfd"),
        remedy="give a volume, or fill the surface with mris_fill or mri_surf2vol first",
    ),
    Format(
        title="FreeSurfer label",
        name="a FreeSurfer label or annotation of a surface",
        recognise=begins(b"#!ascii label"),
        endings=(".label", ".annot"),
        remedy="make a volume of it with mri_label2vol first",
    ),
)
