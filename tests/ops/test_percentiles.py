"""Percentiles against numpy's, and what they are for: the same share of voxels in every image."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.recipe.script import to_python
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.ops.percentiles import Percentiles
from tests import phantoms
from tests.core.recipe.scripts import run_scripts
from tests.ops.common import on_image, result_of

LINE = np.arange(1, 11, dtype=np.int16).reshape(5, 2, 1)


def test_by_hand():
    image = phantoms.volume(LINE)
    assert on_image(Percentiles(), image).ravel().nonzero()[0].tolist() == [7, 8, 9]  # from 7.75
    assert on_image(Percentiles(lower=0, upper=100), image).all()
    assert on_image(Percentiles(lower=50, upper=50), image).sum() == 0  # 5.5, between two voxels


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize(("lower", "upper"), [(75, 100), (0, 12.5), (7.3, 93.1), (99.9, 100)])
def test_is_numpys(dtype: type, lower: float, upper: float):
    data = (np.random.default_rng(2).gamma(2.0, 20.0, (9, 8, 7)) % 250).astype(dtype)
    low, high = np.percentile(data, [lower, upper])
    made = on_image(Percentiles(lower=lower, upper=upper), phantoms.volume(data))
    assert np.array_equal(made, (data >= low) & (data <= high))
    assert made.any()


def test_zeros_and_what_is_not_finite_are_left_out():
    data = np.random.default_rng(3).normal(100, 20, (6, 6, 6))
    data[:3] = 0
    data[3, 0, :4] = np.nan, np.inf, -np.inf, np.nan
    known = data[np.isfinite(data)]
    made = on_image(Percentiles(lower=60, upper=90), phantoms.volume(data))
    low, high = np.percentile(known, [60, 90])
    assert np.array_equal(made, (data >= low) & (data <= high))
    made = on_image(Percentiles(lower=60, upper=90, exclude_zeros=True), phantoms.volume(data))
    low, high = np.percentile(known[known != 0], [60, 90])
    assert np.array_equal(made, (data >= low) & (data <= high))


def test_slices_can_be_previewed_once_the_image_is_counted():
    scene = phantoms.scene(phantoms.volume(), images={"other": phantoms.volume()})
    percentiles = Percentiles(lower=60, upper=98)
    assert percentiles.reach(scene) is None
    whole = result_of(percentiles, scene)
    box = Box((0, 4, 0), (scene.geometry.shape[0], 5, scene.geometry.shape[2]))
    part = scene.cropped(box)
    moved = Percentiles(lower=50, upper=90)
    assert moved.reach(scene) == moved.reach(part) == (0, 0, 0)
    assert np.array_equal(result_of(percentiles, part), whole[box.slices])
    assert np.array_equal(result_of(moved, part), result_of(moved, scene)[box.slices])
    # Floats are not counted level by level, nor is another image by the counts of this one.
    assert Percentiles(fwhm=4.0).reach(scene) is None
    assert Percentiles(image="other").reach(scene) is None


def test_far_neighbours_of_a_small_type(tmp_path: Path):
    """Where the difference of two neighbours overflows the type, numpy's percentile of that type is wrong."""
    data = np.repeat(np.array([-120, 120], np.int8), 60).reshape(6, 5, 4)
    data[0, 0, :3] = 20, 21, 30
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "image.nii")
    steps = [Percentiles(lower=lower) for lower in (30, 49, 49.5, 50.2, 51, 52)]
    scripts = [to_python(of_operations([Step(step, "roi1")])) for step in steps]
    made = run_scripts(scripts, tmp_path / "image.nii", tmp_path)
    for step, mask in zip(steps, made, strict=True):
        assert np.array_equal(mask, data >= np.percentile(data.astype(float), step.lower))
        assert np.array_equal(mask, on_image(step, phantoms.volume(data)))


def test_of_a_series_the_mean_decides():
    series = np.random.default_rng(4).integers(0, 900, (5, 6, 7, 4)).astype(np.int16)
    mean = series.mean(axis=3)
    assert np.array_equal(on_image(Percentiles(lower=80), phantoms.volume(series)), mean >= np.percentile(mean, 80))


def test_transfers_to_other_scales_and_zooms():
    """The same head, measured by another scanner in other units and finer voxels."""
    data = phantoms.head((12, 11, 10)).astype(np.float64)
    made = on_image(Percentiles(lower=70), Volume(np.asfortranarray(data), Geometry(data.shape, np.eye(4))))
    finer = np.asfortranarray(np.kron(data, np.ones((2, 2, 2))) * 3.7)
    grid = Geometry(finer.shape, np.diag([0.5, 0.5, 0.5, 1.0]))
    again = on_image(Percentiles(lower=70), Volume(finer, grid))
    share, wanted = again.mean(), made.mean()
    assert abs(share - wanted) < 0.01
    assert np.kron(made, np.ones((2, 2, 2), bool)).sum() == pytest.approx(again.sum(), rel=0.02)


def test_what_is_refused():
    with pytest.raises(ParameterError, match=r"percentile to \(10\) must not be below percentile from \(20\)"):
        make("percentiles", {"lower": 20, "upper": 10})
    with pytest.raises(ParameterError, match="lower is 101, but must be a number from 0 to 100"):
        make("percentiles", {"lower": 101})
    with pytest.raises(OperationError, match="no intensities to find percentiles in"):
        on_image(Percentiles(exclude_zeros=True), phantoms.volume(np.zeros((3, 4, 5), np.int16)))
    with pytest.raises(OperationError, match="no intensities to find percentiles in"):
        on_image(Percentiles(), phantoms.volume(np.full((3, 4, 5), np.nan)))
