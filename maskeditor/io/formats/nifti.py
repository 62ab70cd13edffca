"""NIfTI, which masks are written as; and CIFTI, which is written into NIfTI-2 but is no image in space."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.core.visible import visible
from maskeditor.engine.progress import Reporter
from maskeditor.io.format import Format
from maskeditor.io.found import Found, Show
from maskeditor.io.names import stem_of
from maskeditor.io.nifti.doubts import doubts
from maskeditor.io.nifti.fields import SIZES
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.names import ENDINGS, PACKED_PAIR, READ_ONLY, WRITTEN, header_and_voxel_paths
from maskeditor.io.nifti.read import check_voxels, checked_header, read_extension, read_image, read_slice
from maskeditor.io.nifti.series import read_reduced
from maskeditor.io.replacing import broken_off

#: Where the intent stands in NIfTI-2, and the intents of CIFTI.
_INTENT, _CIFTI = 504, range(3000, 3100)


def _is_cifti(data: bytes) -> bool:
    if len(data) < SIZES[2]:
        return False
    return any(
        struct.unpack_from(order + "i", data)[0] == SIZES[2]
        and struct.unpack_from(order + "i", data, _INTENT)[0] in _CIFTI
        for order in "<>"
    )


def _is_nifti(data: bytes) -> bool:
    sizes = {size.to_bytes(4, order) for size in SIZES.values() for order in ("little", "big")}
    return data[:4] in sizes and not _is_cifti(data)


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the image in a NIfTI file."""
    known = header, _ = checked_header(path)
    left = broken_off(tuple(dict.fromkeys(header_and_voxel_paths(path))))

    def read(report: Reporter | None, first: Callable[[Volume], object] | None = None) -> tuple[Volume, Header]:
        volume, header = read_image(path, report, first=first)
        return volume.with_findings(left), header

    def reduce(frames: Iterable[FrameChoice], report: Reporter | None) -> tuple[Volume, Header]:
        volume, header = read_reduced(path, frames, report, known)
        return volume.with_findings(left), header

    return [
        Found.in_file(
            path,
            "NIfTI",
            visible(stem_of(path, ENDINGS)),
            header.geometry(),
            header.shape,
            header.dtype,
            doubts(header) + left,
            read,
            lambda: read_slice(path),
            lambda report: check_voxels(path, report),
            reduce,
            read,
        )
    ]


FORMATS = (
    Format(
        title="NIfTI",
        name="a NIfTI file",
        recognise=_is_nifti,
        endings=(*WRITTEN, *READ_ONLY),
        unlisted=PACKED_PAIR,
        written=(*WRITTEN, *PACKED_PAIR),
        find=find,
        packed=True,
        files=header_and_voxel_paths,
        comment=read_extension,
    ),
    Format(
        title="CIFTI",
        name="a CIFTI file (values of a surface and of single voxels)",
        recognise=_is_cifti,
        remedy="write its voxels as NIfTI with wb_command -cifti-separate … COLUMN -volume-all",
    ),
)
