"""What leaves with a mask: where it came from and how it was made, with nothing that shows who the patient is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.io import formats
from maskeditor.io.streams import no_pipe, reading
from maskeditor.version import __version__

PROGRAM = f"maskeditor {__version__}"

#: Bytes hashed at a time; hashing lets other threads run meanwhile.
_PIECE = 1 << 24


def fingerprint(voxels: Array) -> str:
    """Return the SHA-256 of voxel data, axis 0 fastest, little endian: the bytes of an uncompressed NIfTI file.

    Parameters
    ----------
    voxels : array
        As stored; masks count as uint8 0 and 1.

    Examples
    --------
    >>> fingerprint(np.zeros((2, 2, 2), bool, order="F"))[:16]
    'af5570f5a1810b7a'
    """
    plain = voxels.view(np.uint8) if voxels.dtype == bool else voxels
    plain = np.asfortranarray(plain.astype(plain.dtype.newbyteorder("<"), copy=False))
    data = plain.reshape(-1, order="F").view(np.uint8)
    digest = hashlib.sha256()
    for start in range(0, data.size, _PIECE):
        digest.update(data[start : start + _PIECE].data)
    return digest.hexdigest()


def described(volume: Volume, name: str) -> dict[str, Any]:
    """Return what a recipe records of its source image, under a name that says nothing of the patient."""
    return {
        "name": name,
        "shape": list(volume.stored.shape),
        "affine": volume.geometry.affine.tolist(),
        "sha256": fingerprint(volume.stored),
        **({"findings": list(volume.findings)} if volume.findings else {}),
    }


def sidecar_path(mask: Path) -> Path:
    """Return where a mask's sidecar lies: beside it, name.json."""
    return mask.with_name(formats.stem(mask) + ".json")


def sidecar(name: str, kind: str, sources: list[str], manual: bool, recipe: Mapping[str, Any]) -> str:
    """Return a mask's sidecar as JSON text with the keys of BIDS derivatives, the recipe under "Recipe".

    Parameters
    ----------
    name : str
        Of the ROI.
    kind : str
        What BIDS calls "Type": Brain, Lesion, Face or ROI.
    sources : list of str
        File names of the images that it was made from.
    manual : bool
        Whether a hand took part (brush, polygon, imported mask).
    recipe : mapping
        As `recipe.to_record` gives it.
    """
    record = {
        "Type": kind,
        "Label": name,
        "Sources": sources,
        "SpatialReference": sources[0] if sources else "orig",
        "Manual": manual,
        "GeneratedBy": [{"Name": "maskeditor", "Version": __version__}],
        "Recipe": recipe,
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def is_sidecar_of_mask(path: Path) -> bool:
    """Whether a sidecar may be written there: there is none yet, or it is that of a mask and not of an image.

    A mask's sidecar has a "Type" in BIDS derivatives, an image's does not.
    """
    if not path.exists():
        return True
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and ("Type" in record or "Recipe" in record)


def read_text(path: Path) -> str:
    """Read a text file (UTF-8).

    Raises
    ------
    FileError
        If it cannot be read or is no text.
    """
    try:
        with reading(path):
            no_pipe(path)
            return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path.name} is no text file; give a recipe or a mask's .json file.") from None
