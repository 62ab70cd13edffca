"""Statistical thresholds are those of nilearn, and so is what they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.glm import fdr_threshold, threshold_stats_img
from scipy.ndimage import gaussian_filter

import maskeditor.ops
from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine import z_thresholds
from maskeditor.engine.progress import Progress

assert maskeditor.ops  # fills the register
AFFINE = np.diag([2.0, 2, 2, 1])
CHOICES = [
    {"correction": correction, "two_sided": two_sided, "alpha": alpha, "cluster_threshold": size}
    for correction in ("fpr", "fdr", "bonferroni")
    for two_sided, alpha, size in ((True, 0.05, 0), (False, 0.05, 4), (True, 0.001, 0))
]
#: That a threshold lies beyond all values.
QUIET = pytest.mark.filterwarnings("ignore::UserWarning")


def z_map() -> np.ndarray:
    values = gaussian_filter(np.random.default_rng(4).normal(size=(24, 22, 20)), 1)
    values /= values.std()
    values[8:12, 8:12, 8:12] += 4
    values[14:17, 10:13, 4:8] -= 5
    values[:2], values[-2:], values[:, :2], values[:, -2:], values[..., :2], values[..., -2:] = (0,) * 6
    return values


def check(values: np.ndarray, affine: np.ndarray, parameters: dict[str, Any], inside: np.ndarray | None) -> None:
    document = Document(Volume(np.asfortranarray(values), Geometry(values.shape, affine)))
    roi = document.rois[0].id
    if inside is not None:
        document.do(make("threshold", {"lower": 0.3}), roi)
        assert np.array_equal(document.mask(roi)[...], inside)
    operation = make("z_threshold", {**parameters, "tested": "image" if inside is None else "mask"})
    image = nibabel.Nifti1Image(values, affine)
    names = {"correction": "height_control"}
    peer, threshold = threshold_stats_img(
        image,
        None if inside is None else nibabel.Nifti1Image(inside.astype(np.uint8), affine),
        **{names.get(name, name): value for name, value in parameters.items()},
    )
    found = [one.value for one in operation.found(document.snapshot().scene(roi), Progress())]
    both = [-threshold, threshold] if parameters["two_sided"] else [threshold]
    assert found == (both if np.isfinite(threshold) else [])
    document.do(operation, roi)
    assert np.array_equal(document.mask(roi)[...], peer.get_fdata() != 0)


@QUIET
@pytest.mark.parametrize("parameters", CHOICES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_thresholds_and_masks_are_nilearns(parameters: dict[str, Any], dtype: str) -> None:
    values = z_map().astype(dtype)
    check(values, AFFINE, parameters, None)
    check(values, AFFINE, parameters, values >= 0.3)


@pytest.mark.parametrize("at_once", [1, 7, 64, 1000])
@pytest.mark.parametrize("alpha", [0.001, 0.05, 0.3])
def test_many_values_are_gone_through_in_parts(monkeypatch: pytest.MonkeyPatch, at_once: int, alpha: float) -> None:
    monkeypatch.setattr(z_thresholds, "AT_ONCE", at_once)
    for seed, shift in ((0, 0.0), (1, 1.0), (2, 6.0)):
        values = np.random.default_rng(seed).normal(shift, 1.5, 133)
        expected = fdr_threshold(values, alpha)
        assert z_thresholds.z_threshold(values.copy(), values.size, "fdr", alpha) == expected


@QUIET
@pytest.mark.realdata
@pytest.mark.parametrize("parameters", CHOICES)
def test_a_real_map(test_data: Path, parameters: dict[str, Any]) -> None:
    image = nibabel.load(test_data / "nifti" / "spmMotor.nii.gz")
    check(np.asarray(image.dataobj), image.affine, parameters, None)


def test_what_is_not_finite_counts_as_nothing() -> None:
    values = z_map()
    values[9, 9, 9], values[15, 11, 6] = np.nan, np.inf
    with pytest.warns(UserWarning, match="Non-finite"):
        check(values, AFFINE, CHOICES[3], None)


def test_an_empty_mask_cannot_be_tested() -> None:
    document = Document(Volume(np.zeros((4, 4, 4)), Geometry((4, 4, 4), AFFINE)))
    with pytest.raises(OperationError, match="is empty"):
        document.do(make("z_threshold", {"tested": "mask"}), document.rois[0].id)
