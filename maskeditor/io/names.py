"""How file names end, and how several stand in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def ending_of(path: Path, endings: Iterable[str]) -> str:
    """Return the longest of some endings (in small letters) that a file's name has, in any letters; else "".

    Examples
    --------
    >>> ending_of(Path("scans/T1w.NII.gz"), (".gz", ".nii.gz"))
    '.nii.gz'
    """
    name = path.name.lower()
    return max((ending for ending in endings if name.endswith(ending)), key=len, default="")


def stem_of(path: Path, endings: Iterable[str]) -> str:
    """Return a file's name without the longest of some endings.

    Examples
    --------
    >>> stem_of(Path("scans/sub-01.run-2_T1w.nii.gz"), (".nii", ".nii.gz"))
    'sub-01.run-2_T1w'
    """
    return path.name[: len(path.name) - len(ending_of(path, endings))]


def alternatives(items: Iterable[str]) -> str:
    """Return a choice as a sentence has it.

    Examples
    --------
    >>> alternatives([".nii.gz", ".nii", ".hdr"])
    '.nii.gz, .nii or .hdr'
    """
    *first, last = items
    return f"{', '.join(first)} or {last}" if first else last
