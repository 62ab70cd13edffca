"""What NIfTI files are called, and which of them belong together."""

from __future__ import annotations

from pathlib import Path

from maskeditor.io.names import ending_of

#: How the names of NIfTI files end that can be written, and of those that are only read.
WRITTEN = (".nii.gz", ".nii", ".hdr", ".img")
READ_ONLY = (".nii.bz2", ".nii.zst")
#: Taken where they are given, but not offered.
PACKED_PAIR = (".hdr.gz", ".img.gz")
ENDINGS = (*WRITTEN, *READ_ONLY, *PACKED_PAIR)


def can_write(path: Path) -> bool:
    """Whether a NIfTI file can be written under a name."""
    return bool(ending_of(path, WRITTEN + PACKED_PAIR))


def is_packed_name(path: Path) -> bool:
    """Whether a file of this name is packed."""
    return bool(ending_of(path, (".gz",)))


def header_and_voxel_paths(path: Path) -> tuple[Path, Path]:
    """Return the files of the header and of the voxels: the same for .nii, two for .hdr and .img."""
    ending = ending_of(path, (".hdr", ".img", *PACKED_PAIR))
    if not ending:
        return path, path
    stem, rest = path.name[: -len(ending)], ending[4:]
    # Either file may be packed, whatever the other is.
    return _either(path, stem, ".hdr", rest), _either(path, stem, ".img", rest)


def _either(path: Path, stem: str, kind: str, rest: str) -> Path:
    first = path.name if ending_of(path, (kind + rest,)) else stem + kind + rest
    other = stem + kind + ("" if rest else ".gz")
    wanted = path.with_name(first)
    return wanted if wanted.exists() or not path.with_name(other).exists() else path.with_name(other)
