"""What operations find in an image: equal to the libraries' numbers, and to what their masks are cut at."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_multiotsu, threshold_otsu

import maskeditor.ops
from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import from_json, make, operations
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.scene import Scene
from maskeditor.core.recipe.script_functions import smooth
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.engine.smoothing import fwhm_of

assert maskeditor.ops
SHAPE = (14, 12, 10)


def scene_of(data: NDArray[np.generic]) -> Scene:
    volume = Volume(np.asfortranarray(data), Geometry(SHAPE, np.diag([2.0, 2.0, 3.0, 1.0])))
    return Scene(volume, np.zeros(SHAPE, bool, order="F"), None)


@pytest.fixture(params=[np.int16, np.float32])
def data(request: pytest.FixtureRequest) -> NDArray[np.generic]:
    """A bright block on a dark ground, whose border is 7, with a tail of zeros."""
    random = np.random.default_rng(3)
    made = random.integers(10, 60, SHAPE)
    made[4:10, 3:9, 3:7] = random.integers(400, 900, (6, 6, 4))
    for axis in range(3):
        for end in (slice(None, 2), slice(-2, None)):
            np.moveaxis(made, axis, 0)[end] = 7
    made[0, :, 0] = 0
    return made.astype(request.param)


def found(id: str, scene: Scene, **values: object) -> tuple[Found, ...]:
    return make(id, values).found(scene, Progress())


def mask(id: str, scene: Scene, **values: object) -> NDArray[np.bool_]:
    patch = make(id, values).apply(scene, Progress())
    assert patch is not None
    return patch.data


def test_percentiles(data: NDArray[np.generic]) -> None:
    scene = scene_of(data)
    for zeros in (False, True):
        low, high = (one.value for one in found("percentiles", scene, lower=40.0, upper=97.5, exclude_zeros=zeros))
        wanted = np.percentile(data[data != 0] if zeros else data, [40.0, 97.5])
        assert (low, high) == tuple(wanted)
        taken = mask("percentiles", scene, lower=40.0, upper=97.5, exclude_zeros=zeros)
        assert np.array_equal(taken, (data >= low) & (data <= high))


def test_otsu(data: NDArray[np.generic]) -> None:
    scene = scene_of(data)
    assert [one.value for one in found("otsu", scene)] == [float(threshold_otsu(data))]
    assert [one.value for one in found("otsu", scene, classes=3)] == pytest.approx(threshold_multiotsu(data, 3))
    threshold = found("otsu", scene, classes=3)[-1].value
    assert np.array_equal(mask("otsu", scene, classes=3), data > threshold)


def test_epi_mask(data: NDArray[np.generic]) -> None:
    scene = scene_of(data)
    ordered = np.sort(data.ravel())
    low, high = int(0.2 * ordered.size), int(0.95 * ordered.size)
    place = low + int(np.diff(ordered[low : high + 1]).argmax())
    threshold, gap = found("epi_mask", scene, opening=0, upper_cutoff=0.95)
    assert gap == Found("Widest gap", float(ordered[place]), float(ordered[place + 1]))
    assert threshold == Found("Threshold", float(0.5 * (ordered[place] + ordered[place + 1])))
    taken = mask("epi_mask", scene, opening=0, connected=False, upper_cutoff=0.95)
    assert np.array_equal(taken, data >= threshold.value)


def test_what_epi_mask_compares_is_smoothed(data: NDArray[np.generic]) -> None:
    wanted = gaussian_filter(data.astype(np.float32), 1 / np.sqrt(8 * np.log(2)))
    operation = make("epi_mask", {})
    assert isinstance(operation, IntensityInput)
    values, scaled = operation.looked_at(scene_of(data), Progress())
    assert scaled is None
    assert np.array_equal(values, wanted)


def test_background_mask(data: NDArray[np.generic]) -> None:
    scene = scene_of(data)
    assert found("background_mask", scene) == (Found("Background", 7.0),)
    assert np.array_equal(mask("background_mask", scene), data != 7)
    without = data.astype(np.float32)
    without[0, 0, 0] = np.nan
    assert found("background_mask", scene_of(without)) == ()


def test_the_seed_of_a_region(data: NDArray[np.generic]) -> None:
    (seed,) = found("region_grow", scene_of(data), seed=(5, 5, 5))
    assert seed == Found("Seed", float(data[5, 5, 5]))


def test_the_same_key_is_the_same_intensities(data: NDArray[np.generic]) -> None:
    """Of every operation that looks at intensities: what it compares has one key, and other values another."""
    scene, seen = scene_of(data), dict[Hashable, NDArray[np.generic]]()
    kinds = [cls for cls in operations() if issubclass(cls, IntensityInput)]
    assert len(kinds) >= 6
    for cls in kinds:
        wanted: dict[str, object] = {"seed": (5, 5, 5), "corners": ((0, 0), (9, 0), (9, 9))}
        wanted |= {"points": ((8.0, 8.0, 9.0),), "strokes": ((1, 2.0, 1),)}
        given = {name: value for name, value in wanted.items() if name in cls.model_fields}
        for values in ({}, {"fwhm": 4.0}):
            operation = make(cls.id, {**given, **values})
            assert isinstance(operation, IntensityInput)
            compared, scaled = operation.looked_at(scene, Progress())
            compared = compared if scaled is None else scaled(compared)
            assert np.array_equal(seen.setdefault(operation.input_key, compared), compared)


@pytest.mark.parametrize("zooms", [(2.0, 2.0, 2.0), (0.9375, 0.9375, 3.3)])
@pytest.mark.parametrize("sigma", [0.7, 1.0, 2.0])
def test_a_sigma_in_voxels_is_that_of_scipy(sigma: float, zooms: tuple[float, float, float]) -> None:
    """Given as a width in mm along each axis, it makes the same voxels as scipy's filter does."""
    data = np.random.default_rng(2).normal(500, 200, SHAPE).astype(np.float32)
    scene = Scene(Volume(data, Geometry(SHAPE, np.diag([*zooms, 1.0]))), np.zeros(SHAPE, bool, order="F"), None)
    operation = make("threshold", {"lower": 510.0, "fwhm": fwhm_of(sigma, zooms)})
    assert isinstance(operation, IntensityInput)
    wanted = gaussian_filter(data, sigma)
    assert np.array_equal(operation.looked_at(scene, Progress())[0], wanted)
    assert np.array_equal(mask("threshold", scene, **operation.model_dump()), wanted >= 510.0)


def test_widths_along_the_axes_are_read_and_said() -> None:
    operation = make("threshold", {"lower": 5, "fwhm": "4, 4,6"})
    assert operation.summary() == "Threshold from 5, smoothed 4 × 4 × 6 mm"
    assert from_json(operation.to_json()) == operation
    assert make("threshold", {"lower": 5, "fwhm": "4,4,4"}) == make("threshold", {"lower": 5, "fwhm": 4})
    with pytest.raises(ParameterError, match=r"fwhm is '4,-1,6', but must be a number from 0 to 100 mm, or three"):
        make("threshold", {"fwhm": "4,-1,6"})


@pytest.mark.parametrize("fwhm", [5.0, (4.0, 0.0, 6.5)])
def test_a_script_smooths_with_the_same_widths(data: NDArray[np.generic], fwhm: object) -> None:
    operation = make("threshold", {"lower": 100.0, "fwhm": fwhm})
    assert isinstance(operation, IntensityInput)
    lines, name = operation.python_input()
    bound = {"data": data, "zooms": (2.0, 2.0, 3.0), "smooth": smooth}
    exec("\n".join(lines), bound)
    assert np.array_equal(bound[name], operation.looked_at(scene_of(data), Progress())[0])  # type: ignore[call-overload]
