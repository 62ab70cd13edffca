"""A statistical map on a template of another grid, by the command line and by nilearn, numpy and scipy."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.script import to_python
from tests.cli.conftest import Call
from tests.core.recipe.scripts import run_scripts


def test_a_map_that_is_resampled_is_nilearns(call: Call, test_data: Path, tmp_path: Path) -> None:
    from nilearn.image import resample_to_img

    head, stat = (str(test_data / "nifti" / name) for name in ("spm152.nii.gz", "spmMotor.nii.gz"))
    steps = ("--image", f"stat={stat}", "--do", "threshold image=stat lower=4", "--do", "keep_largest")
    out = tmp_path / "m.nii.gz"
    refused = call("run", head, "-o", out, *steps)
    assert refused.status == 1
    assert "shape: 207 × 256 × 215 here, 79 × 95 × 79 there; zooms: 0.7375" in refused.err
    assert call("run", head, "-o", out, *steps, "--resample", "linear").status == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resampled = resample_to_img(stat, head, interpolation="linear", copy_header=True, force_resample=True)
    labels, _ = ndimage.label(np.asarray(resampled.dataobj) >= 4)
    sizes = np.bincount(labels.ravel())
    expected = labels == 1 + np.argmax(sizes[1:])
    made = np.asarray(nibabel.load(out).dataobj)
    assert made.sum() == 51513
    assert np.array_equal(made, expected)
    recipe = loads((tmp_path / "m.json").read_text())
    (again,) = run_scripts([to_python(recipe)], Path(head), tmp_path, [Path(stat)])
    assert np.array_equal(again, expected)
    missing = call("run", head, "-o", tmp_path / "n.nii.gz", "--recipe", out)
    assert missing.status == 1
    assert "looks at the further image 'stat' (there spmMotor.nii.gz), which is not here" in missing.err
