"""Records as versions wrote them that knew voxels by SHA-256, under names of their own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from blake3 import blake3


def hashes_of(*paths: Path) -> dict[str, str]:
    """Return the SHA-256 of the voxels in files, by what they are known by now."""
    found = {}
    for path in paths:
        stored = np.asarray(nibabel.load(path).dataobj.get_unscaled()).tobytes(order="F")
        found[f"blake3:{blake3(stored).hexdigest()}"] = hashlib.sha256(stored).hexdigest()
    return found


def as_before(record: Any, hashes: dict[str, str]) -> Any:
    """Return a record with the SHA-256 of the same voxels in place of each fingerprint; one of others is an error."""
    if isinstance(record, list):
        return [as_before(one, hashes) for one in record]
    if not isinstance(record, dict):
        return record
    return {
        key.replace("fingerprint", "sha256"): hashes[value] if key.endswith("fingerprint") and value else value
        for key, value in ((key, as_before(value, hashes)) for key, value in record.items())
    }


def age_mask(path: Path, hashes: dict[str, str]) -> None:
    """Have a mask (.nii or .nii.gz) and its sidecar be as a version before wrote them."""
    mask = nibabel.load(path)
    (carried,) = mask.header.extensions
    recipe = json.dumps(as_before(json.loads(carried.get_content()), hashes)).encode()
    mask.header.extensions[:] = [nibabel.nifti1.Nifti1Extension("comment", recipe)]
    voxels = np.asarray(mask.dataobj)
    nibabel.save(nibabel.Nifti1Image(voxels, mask.affine, mask.header), path)
    beside = path.with_name(f"{path.name.partition('.')[0]}.json")
    beside.write_text(json.dumps(as_before(json.loads(beside.read_text()), hashes)))
