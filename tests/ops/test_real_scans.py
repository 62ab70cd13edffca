"""EPI and background masks of real scans against nilearn, voxel for voxel."""

import warnings
from pathlib import Path

import nibabel
import numpy as np
from nilearn import masking

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from tests.ops.common import on_image


def scans(folder: Path):
    """The scans below a folder that are not too large, as stored and as nibabel sees them."""
    for path in sorted([*folder.rglob("*.nii"), *folder.rglob("*.nii.gz")]):
        image = nibabel.load(path)
        if len(image.shape) not in (3, 4) or np.prod(image.shape) > 1e6 or min(image.shape) == 0:
            continue
        stored = np.asfortranarray(image.dataobj.get_unscaled())
        if stored.dtype.kind not in "iuf":
            continue
        stored = stored.astype(stored.dtype.newbyteorder("="))
        slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)
        yield path, image, Volume(stored, Geometry(image.shape[:3], image.affine), slope, intercept)


def test_equal_to_nilearn(dicom_data, test_data):
    seen = 0
    for folder in (dicom_data / "ref", test_data / "nifti"):
        for path, image, volume in scans(folder):
            for id, peer, cases in (
                ("epi_mask", masking.compute_epi_mask, [{}, {"opening": False, "lower_cutoff": 0.4}]),
                ("background_mask", masking.compute_background_mask, [{}, {"opening": 1, "connected": True}]),
            ):
                for parameters in cases:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        wanted = np.asarray(peer(image, **parameters).dataobj) > 0
                    made = on_image(make(id, parameters), volume)
                    assert np.array_equal(made, wanted), (path, id, parameters)
            seen += 1
    assert seen > 20
