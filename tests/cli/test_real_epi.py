"""The EPI mask of every echo-planar series, from its DICOM files, beside nilearn's of the reference image."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.cli.conftest import Call

#: Echo-planar series: mosaics, BOLD runs, perfusion and diffusion.
SERIES = (
    "si_mosaic_ax_asc",
    "si_mosaic_jpegll",
    "si_mosaic_HF_junk",
    "si_mosaic_rl",
    "si_mosaic_B12",
    "si_ts_be",
    "si_enh_bold",
    "ge_fmri_int",
    "ge_cor_dti",
    "ph_fmri",
    "ph_asl_slopes",
    "uih_grid",
    "canon_enh_dti",
    "toshiba_dti",
)


@pytest.mark.parametrize("name", SERIES)
def test_an_epi_mask_is_nilearns(call: Call, dicom_data: Path, tmp_path: Path, name: str) -> None:
    from nilearn._utils.ndimage import largest_connected_component
    from nilearn.masking import compute_epi_mask

    case = next(case for case in json.loads((dicom_data / "cases.json").read_text()) if case["name"] == name)
    series = ["--series", case["series_uid"]] if case["series_uid"] else []
    out = tmp_path / "mask.nii.gz"
    steps = ["--do", "epi_mask", "--do", "keep_largest"]
    done = call("run", dicom_data / "in" / case["folder"], "-o", out, *series, *steps)
    assert done.status == 0, done.err
    mask = nibabel.load(out)

    # The reference lies in the memory order of another program: it is brought to ours, which moves voxels and no more.
    reference = nibabel.load(dicom_data / case["ref"] if "ref" in case else dicom_data / case["refs"][0])
    ours = nibabel.io_orientation(mask.affine)
    turn = nibabel.orientations.ornt_transform(nibabel.io_orientation(reference.affine), ours)
    turned = reference.as_reoriented(turn)
    assert np.allclose(turned.affine, mask.affine, atol=2e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nilearn tells of masks that are empty
        peer = np.asarray(compute_epi_mask(turned).dataobj).astype(bool)
    expected = largest_connected_component(peer) if peer.any() else peer
    assert np.array_equal(np.asarray(mask.dataobj).astype(bool), expected)
