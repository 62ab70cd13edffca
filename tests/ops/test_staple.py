"""STAPLE against SimpleITK's, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.scene import Scene
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress
from maskeditor.engine.staple import staple
from maskeditor.ops.staple import MOST, Staple
from tests import phantoms
from tests.ops.common import result_of

SHAPE = (23, 19, 17)


def raters(count: int, seed: int = 0) -> dict[str, BoolArray]:
    """Return ROIs of one structure by raters, some of whom are better than others."""
    rng = np.random.default_rng(seed)
    truth = phantoms.blobs(SHAPE, seed)
    errors = rng.uniform(0.01, 0.3, count)
    return {f"r{place}": np.asfortranarray(truth ^ (rng.random(SHAPE) < error)) for place, error in enumerate(errors)}


def scene_of(masks: dict[str, BoolArray]) -> Scene:
    return phantoms.scene(phantoms.volume(np.zeros(SHAPE, np.uint8)), np.zeros(SHAPE, bool), others=masks)


def peer(masks: dict[str, BoolArray], iterations: int, weight: float = 1.0) -> tuple[np.ndarray, SimpleITK.Image]:
    found = SimpleITK.STAPLEImageFilter()
    found.SetForegroundValue(1)
    found.SetMaximumIterations(iterations)
    found.SetConfidenceWeight(weight)
    images = [SimpleITK.GetImageFromArray(np.ascontiguousarray(mask.T, np.uint8)) for mask in masks.values()]
    return SimpleITK.GetArrayFromImage(found.Execute(images)).T, found


@pytest.mark.parametrize("count", [2, 3, 5, 9])
@pytest.mark.parametrize("iterations", [1, 3, 100])
@pytest.mark.parametrize("prevalence", [None, 0.2])
def test_equals_simpleitk(count: int, iterations: int, prevalence: float | None) -> None:
    masks = raters(count, count)
    share = np.mean(list(masks.values()))
    expected, found = peer(masks, iterations, 1.0 if prevalence is None else prevalence / share)
    patterns = sum(mask.astype(int) << place for place, mask in enumerate(masks.values()))
    probability, sensitivity, specificity = staple(
        np.bincount(patterns.ravel(), minlength=1 << count), prevalence, iterations
    )
    np.testing.assert_allclose(probability[patterns], expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(sensitivity, found.GetSensitivity(), rtol=0, atol=1e-9)
    np.testing.assert_allclose(specificity, found.GetSpecificity(), rtol=0, atol=1e-9)
    for threshold in (0.3, 0.5, 0.95):
        operation = Staple(others=tuple(masks), threshold=threshold, prevalence=prevalence, iterations=iterations)
        assert np.array_equal(result_of(operation, scene_of(masks)), expected >= threshold)


def test_what_it_finds_is_shown() -> None:
    masks = raters(3)
    found = Staple(others=tuple(masks)).found(scene_of(masks), Progress())
    assert [(one.title, one.roi) for one in found[:3]] == [
        ("Sensitivity", "r0"),
        ("Specificity", "r0"),
        ("Sensitivity", "r1"),
    ]
    assert [one.value for one in found[::2]] == pytest.approx(peer(masks, 100)[1].GetSensitivity(), abs=1e-9)


def test_real_masks_equal_simpleitk(test_data) -> None:
    from maskeditor.io.open import open_image

    data = open_image(test_data / "nifti" / "fmri.nii.gz").volume.intensities()
    masks = {f"r{share}": np.asfortranarray(data > np.percentile(data, share)) for share in (60, 70, 72, 80)}
    expected, _ = peer(masks, 100)
    image = phantoms.volume(np.zeros(data.shape, np.uint8))
    scene = phantoms.scene(image, np.zeros(data.shape, bool), others=masks)
    assert np.array_equal(result_of(Staple(others=tuple(masks)), scene), expected >= 0.5)


def test_empty_and_full_rois_stay_so() -> None:
    for value in (False, True):
        masks = {name: np.full(SHAPE, value, order="F") for name in "ab"}
        assert (result_of(Staple(others=("a", "b")), scene_of(masks)) == value).all()


def test_how_many_and_in_words() -> None:
    masks = {f"r{place}": phantoms.blobs(SHAPE, place) for place in range(MOST + 1)}
    with pytest.raises(OperationError, match=f"{MOST + 1} ROIs were named, but there must be 1 to {MOST}"):
        result_of(Staple(others=tuple(masks)), scene_of(masks))
    with pytest.raises(OperationError, match="0 ROIs were named"):
        result_of(Staple(others=()), scene_of(masks))
    assert result_of(Staple(others=tuple(masks)[:MOST]), scene_of(masks)).any()
    operation = Staple(others=("a", "b"), combine="add", prevalence=0.1)
    assert operation.summary() == "STAPLE of a, b, at least 0.5 (add)"
    assert operation.references() == {"a", "b"}
    assert "prevalence of 0.1" in operation.methods()
