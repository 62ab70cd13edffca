"""Folders of very many small images, made in a moment: copies of a few files, with identifiers of their own."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pydicom

from tests.io.dicom.phantom import numbers, write_series

#: Files of a DICOM series.
SLICES = 250


def write_nifti(folder: Path, count: int) -> Path:
    """Write NIfTI files, each of which is an image."""
    folder.mkdir()
    path = folder / "image-0.nii"
    nibabel.save(nibabel.Nifti1Image(np.arange(256, dtype=np.int16).reshape(8, 8, 4), np.eye(4)), path)
    data = path.read_bytes()
    for number in range(1, count):
        (folder / f"image-{number}.nii").write_bytes(data)
    return folder


def write_dicom(folder: Path, count: int, slices: int = SLICES) -> Path:
    """Write DICOM files, `slices` to a series."""
    uid = write_series(folder, numbers((16, 16, slices)))
    files = [(pydicom.dcmread(path).SOPInstanceUID, path.read_bytes()) for path in sorted(folder.iterdir())]
    for number in range(1, count // slices):
        for place, (instance, data) in enumerate(files):
            for one in (uid, instance):
                data = data.replace(one.encode(), f"{one[:-6]}{number:06d}".encode())
            (folder / f"{number}-{place}.dcm").write_bytes(data)
    return folder
