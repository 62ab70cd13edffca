"""Every general check over every operation that makes an image: a new one is checked by being there.

What is checked of declarations (JSON, text, defaults, bounds) is in `test_battery.py`, for all operations alike; that a
script makes the same image is in `tests/core/recipe/test_script.py`. A check that cannot hold for an operation names it
in `EXCEPT`, with the reason.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from maskeditor.core.errors import OperationError
from maskeditor.core.history import edits
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make, operations
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role, Unit
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.outside import OUTSIDE
from tests import phantoms
from tests.ops import test_battery as of_masks

IDS = [cls.id for cls in operations() if cls.makes_image]
FRAMES = 6
SERIES = phantoms.series(FRAMES)

#: Checks that cannot hold for an operation, and why.
EXCEPT: dict[str, dict[str, str]] = {
    "scale": {"gradient_magnitude": "it is per mm"},
    "flip": {"bias_correction": "of some voxels the first is looked at, counted from a corner"},
}


def examples(id: str, image: Volume) -> list[ImageOperation]:
    """Return the suggested operation, and it with each choice, flag and count changed in turn."""
    found = of_masks.examples(id, phantoms.scene(image))
    assert all(isinstance(one, ImageOperation) for one in found)
    return found  # type: ignore[return-value]


def values_of(operation: ImageOperation, image: Volume, progress: Progress) -> Array:
    return operation.made_of(image, OUTSIDE, progress)


def made(operation: ImageOperation, image: Volume) -> Array | str:
    """Return the image that an operation makes of another, or the sentence it refuses with."""
    try:
        frames = operation.frames_made(image.frames, image.geometry)
        values = values_of(operation, image, Progress())
    except OperationError as error:
        return str(error)
    assert values.shape == (*image.geometry.shape, frames)[: 3 if frames == 1 else 4]
    assert values.dtype in (np.float32, np.float64)
    assert values.flags.f_contiguous
    return values


def each_example() -> list[Any]:
    """Examples that an operation carries out on a series; the first must be among them."""
    return [
        pytest.param(one, id=f"{id}-{place}")
        for id in IDS
        for place, one in enumerate(examples(id, SERIES))
        if place == 0 or not isinstance(made(one, SERIES), str)
    ]


def series_like(data: Any, geometry: Geometry = SERIES.geometry) -> Volume:
    return Volume(np.asfortranarray(data), geometry)


def test_no_exception_is_out_of_date() -> None:
    assert set().union(*EXCEPT.values()) <= set(IDS)


@pytest.mark.parametrize("id", IDS)
def test_it_looks_at_images_alone(id: str) -> None:
    """What its image is made of is found by `Operation.images`: masks would not be."""
    roles = {declared.role for one in examples(id, SERIES)[:1] for declared in one.parameters()}
    assert not roles & {Role.ROI, Role.ROIS}
    assert {Role.NAME, Role.IMAGE} <= roles


@pytest.mark.parametrize("operation", each_example())
def test_is_pure(operation: ImageOperation) -> None:
    before = SERIES.stored.copy()
    seen: list[float] = []
    first = values_of(operation, SERIES, Progress(seen.append))
    assert np.array_equal(SERIES.stored, before)
    assert not np.shares_memory(first, SERIES.stored)
    assert seen
    assert seen == sorted(seen)
    assert seen[-1] <= 1
    assert np.array_equal(values_of(operation, SERIES, Progress()), first)
    assert isinstance(made(operation, SERIES), np.ndarray)
    assert np.ptp(first) > 0  # else nothing below would see it fail


@pytest.mark.parametrize("operation", each_example())
def test_a_part_that_may_be_made_alone_is_that_of_the_whole(operation: ImageOperation) -> None:
    """Of what is made voxel by voxel, a slab; of what is made volume by volume, one: previews begin with these."""
    whole = values_of(operation, SERIES, Progress())
    reach = operation.reach(of_masks.phantoms.scene(SERIES))
    assert (reach == (0, 0, 0)) == operation.by_voxel
    for index in (0, 2, 5) if reach is not None else ():
        first, stop = max(0, index - reach[1]), index + 1 + reach[1]
        stored = SERIES.stored[:, first:stop]
        slab = replace(SERIES, stored=stored, geometry=Geometry(stored.shape[:3], SERIES.geometry.affine))
        assert np.array_equal(values_of(operation, slab, Progress())[:, index - first], whole[:, index])
    for place in range(whole.shape[3] if whole.ndim == 4 else 0):
        alone = operation.of_volume(place, SERIES.frames)
        assert np.array_equal(values_of(alone, SERIES, Progress()), whole[..., place])
    if whole.ndim == 3:
        assert operation.of_volume(0, SERIES.frames) == operation


@pytest.mark.parametrize("image", of_masks._images().values(), ids=of_masks._images().keys())
def test_odd_images(image: Volume) -> None:
    for id in IDS:
        for one in [*examples(id, SERIES), *examples(id, image)]:
            # Either an image or one sentence; never another error, never a warning.
            values = made(one, image)
            if isinstance(values, str):
                assert values.endswith("."), id
                assert ";" in values, id  # what is wrong; what to do
            else:
                # Where nothing varies within the conditions, scipy and scikit-learn find infinite statistics too.
                is_finite = np.isfinite(values).all() or (id in ("t_test", "f_test") and not np.isnan(values).any())
                assert is_finite or not np.isfinite(image.intensities(0)).all()


@pytest.mark.parametrize("operation", [one for one in each_example() if one.values[0].id not in EXCEPT["flip"]])
@pytest.mark.parametrize(("order", "flips"), [((0, 1, 2), (0,)), ((2, 0, 1), ()), ((1, 0, 2), (2,))])
def test_flips_and_permutations_commute(operation: ImageOperation, order: Any, flips: Any) -> None:
    other, voxel = of_masks.moved(phantoms.scene(SERIES), order, flips)
    places = [one.name for one in operation.parameters() if one.role is Role.VOXEL]
    turned = operation.model_copy(update={name: voxel(getattr(operation, name)) for name in places})
    values = values_of(operation, SERIES, Progress())
    expected = np.flip(values.transpose(*order, *range(3, values.ndim)), flips)
    # Axes are gone through in another order.
    assert np.allclose(values_of(turned, other.volume, Progress()), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("operation", [one for one in each_example() if one.values[0].id not in EXCEPT["scale"]])
def test_twice_the_millimetres_make_the_same_image(operation: ImageOperation) -> None:
    twice = Geometry(SERIES.geometry.shape, np.diag([2, 2, 2, 1.0]) @ SERIES.geometry.affine)
    changes = {one.name: 2 * getattr(operation, one.name) for one in operation.parameters() if one.unit is Unit.MM}
    again = values_of(operation.model_copy(update=changes), series_like(SERIES.stored, twice), Progress())
    assert np.array_equal(again, values_of(operation, SERIES, Progress()))


@pytest.mark.parametrize("operation", each_example())
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64, np.uint64, np.float32, np.float64])
def test_types_agree(operation: ImageOperation, dtype: Any) -> None:
    values = values_of(operation, series_like(SERIES.stored.astype(dtype)), Progress())
    assert np.allclose(values, values_of(operation, SERIES, Progress()), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("operation", each_example())
def test_scaling_is_taken_as_numpy_takes_it(operation: ImageOperation) -> None:
    scaled = replace(SERIES, slope=0.3, intercept=-20.0)
    plain = series_like(SERIES.stored * 0.3 + -20.0)
    assert np.array_equal(values_of(operation, scaled, Progress()), values_of(operation, plain, Progress()))


@pytest.mark.parametrize("id", IDS)
def test_small_pieces_make_the_same_image(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [SERIES, replace(SERIES, slope=0.3, intercept=-20.0), series_like(SERIES.stored.astype(np.float32))]
    some = examples(id, SERIES)
    wanted = [made(one, image) for image in images for one in some]
    for (module, name), value in of_masks.SMALL.items():
        monkeypatch.setattr(module, name, value)
    for expected, again in zip(wanted, (made(one, image) for image in images for one in some), strict=True):
        assert np.array_equal(expected, again)


@pytest.mark.parametrize("id", IDS)
def test_cancelling_keeps_nothing_half_done(id: str) -> None:
    document = Document(SERIES, outside=OUTSIDE)
    (operation, *_) = examples(id, SERIES)
    document.do(operation, "roi1")
    cancelled = Progress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        document.snapshot().image(operation.name, cancelled)
    for fraction in (0.1, 0.5, 0.8):
        with contextlib.suppress(Cancelled):  # a quick one may be done before it hears
            document.snapshot().image(operation.name, of_masks._CancelledAt(fraction))
            document.intermediates.clear()
    made_now = document.snapshot().image(operation.name, Progress())
    assert np.array_equal(made_now.stored, values_of(operation, SERIES, Progress()))


@pytest.mark.parametrize("id", IDS)
def test_it_is_a_step_as_any_other(id: str) -> None:
    """Done, looked at by another step, undone, redone, disabled and removed."""
    document = Document(SERIES, outside=OUTSIDE)
    (operation, *_) = examples(id, SERIES)
    middle = float(np.median(np.asarray(values_of(operation, SERIES, Progress()), float)))
    threshold = make("threshold", {"image": operation.name, "lower": middle})
    assert document.do(operation, "roi1")
    assert document.do(threshold, "roi1")
    voxels = document.voxels("roi1")
    assert voxels
    assert (document.undo(), document.undo()) == (True, True)
    assert document.image_names() == ()
    assert (document.redo(), document.redo()) == (True, True)
    assert (document.voxels("roi1"), document.image_names()) == (voxels, (operation.name,))
    steps = document.timeline
    for rewrite in (edits.remove(steps, 0), edits.enable(steps, 0, False), edits.move(steps, 0, 1)):
        with pytest.raises(MaskEditorError, match=f"There is no image '{operation.name}' here"):
            document.edit(*rewrite)
        assert document.timeline is steps
    # It changes no mask, whatever is kept of its image.
    document.intermediates.clear()
    document.edit(*edits.duplicate(steps, 0))
    assert document.voxels("roi1") == voxels
    assert document.image_names() == (operation.name, f"{operation.name}2")
