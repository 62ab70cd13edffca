"""The state of looking: what changes, who is told, which window is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.sampling import Sampling
from maskeditor.model.view.state import ViewState
from maskeditor.model.view.viewer import Viewer
from maskeditor.model.view.window import window_of
from tests import phantoms


def series(dtype: str = "i2", frames: int = 6, **fields: Any) -> Volume:
    rng = np.random.default_rng(0)
    stored = np.asfortranarray(rng.integers(0, 1000, (5, 6, 7, frames)).astype(dtype))
    return Volume(stored, Geometry((5, 6, 7), np.eye(4)), **fields)


@pytest.fixture
def told() -> list[frozenset[str]]:
    return []


@pytest.fixture
def viewer(told: list[frozenset[str]]) -> Viewer:
    viewer = Viewer()
    viewer.set_volume(phantoms.volume(affine_name="flipped"))
    viewer.changed.connect(told.append)
    return viewer


def test_listeners_hear_once_what_differs(viewer: Viewer, told: list[frozenset[str]]) -> None:
    viewer.change(opacity=0.7, outline=True, smooth=False)
    viewer.change(opacity=0.7)
    assert told == [{"opacity", "outline"}]
    other: list[frozenset[str]] = []
    viewer.changed.connect(other.append)
    viewer.changed.disconnect(other.append)
    viewer.set_window(0, 5)
    assert told[-1] == {"window"}
    assert other == []


def test_unknown_fields_are_refused(viewer: Viewer) -> None:
    with pytest.raises(TypeError):
        viewer.change(opaqueness=1)


def test_the_crosshair_stays_inside(viewer: Viewer) -> None:
    shape = viewer.volume.geometry.shape if viewer.volume else (0, 0, 0)
    assert viewer.state.crosshair == tuple(size // 2 for size in shape)
    viewer.set_crosshair((-5, 3, 99))
    assert viewer.state.crosshair == (0, 3, shape[2] - 1)


@pytest.mark.parametrize(("plane", "world"), [(Plane.SAGITTAL, 0), (Plane.CORONAL, 1), (Plane.AXIAL, 2)])
@pytest.mark.parametrize("name", phantoms.AFFINES)
def test_steps_go_right_front_up(name: str, plane: Plane, world: int) -> None:
    viewer = Viewer()
    viewer.set_volume(phantoms.volume(affine_name=name))
    assert viewer.volume is not None
    before = viewer.volume.geometry.to_world(viewer.state.crosshair)
    viewer.step(plane, 2)
    moved = viewer.volume.geometry.to_world(viewer.state.crosshair) - before
    assert moved[world] > 0
    assert np.abs(moved).argmax() == world


def test_arrows_move_as_seen(viewer: Viewer) -> None:
    i, j, k = viewer.state.crosshair
    viewer.move(Plane.AXIAL, 1, 0)  # the axes of "flipped" point left, back and up
    assert viewer.state.crosshair == (i + 1, j, k)
    viewer.move(Plane.AXIAL, 0, -2)
    assert viewer.state.crosshair == (i + 1, j - 2, k)


def test_windows(viewer: Viewer) -> None:
    viewer.set_window(9, 3)
    assert viewer.state.window == (3, 9)
    with pytest.raises(MaskEditorError, match="finite"):
        viewer.set_window(0, float("nan"))
    viewer.auto_window()
    assert viewer.volume is not None
    assert viewer.state.window == window_of(viewer.volume, 0)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (2.0, -7.0), (-0.5, 3.0)])
def test_the_stored_window_stands_for_the_window(slope: float, intercept: float) -> None:
    viewer = Viewer()
    viewer.set_volume(series(slope=slope, intercept=intercept))
    viewer.set_window(10, 20)
    low, high = viewer.stored_window
    assert (low * slope + intercept, high * slope + intercept) == pytest.approx((10, 20))
    viewer.set_frame("mean")
    assert viewer.stored_window == (low, high)  # slices of the volume go on being shown
    viewer.set_mean(np.zeros((5, 6, 7)))  # slices of a mean are intensities already
    assert viewer.stored_window == (10, 20)


@pytest.mark.parametrize("frame", [0, 4, "mean", (1, 3)])
@pytest.mark.parametrize("dtype", ["i2", "f4"])
def test_slices_and_intensities_of_a_series(dtype: str, frame: Any) -> None:
    volume = series(dtype, slope=0.25, intercept=-3)
    viewer = Viewer()
    viewer.set_volume(volume)
    viewer.set_frame(frame)
    intensities = volume.stored.astype(np.float64) * 0.25 - 3
    expected = (
        intensities[..., frame]
        if isinstance(frame, int)
        else intensities[..., slice(None) if frame == "mean" else slice(1, 4)].mean(axis=-1)
    )
    if frame == "mean":
        assert viewer.shown_frame == 0
        np.testing.assert_array_equal(viewer.slice(2, 0), volume.stored[:, :, 0, 0])
        assert viewer.intensity((1, 2, 3)) == pytest.approx(expected[1, 2, 3])
        viewer.set_mean(np.asfortranarray(expected))
    assert viewer.shown_frame == frame
    for axis, index in ((0, 3), (1, 0), (2, 6)):
        values = viewer.slice(axis, index)
        assert values.flags.f_contiguous
        assert not values.flags.writeable
        assert viewer.slice(axis, index) is values
        if viewer.is_scaled:
            values = volume.scaled(values)
        np.testing.assert_allclose(values, np.take(expected, index, axis=axis), rtol=1e-12)
    assert viewer.intensity((1, 2, 3)) == pytest.approx(expected[1, 2, 3])
    assert viewer.intensity((1, 2, 7)) is None


def test_frames(told: list[frozenset[str]]) -> None:
    viewer = Viewer()
    viewer.set_volume(series())
    viewer.changed.connect(told.append)
    viewer.step_frame(1)
    assert viewer.state.frame == 1
    viewer.step_frame(-5)
    assert viewer.state.frame == 0
    viewer.set_frame("mean")
    viewer.step_frame(-1)
    assert viewer.state.frame == 5
    with pytest.raises(MaskEditorError, match="volumes 0 to 5"):
        viewer.set_frame(6)
    assert set(told) == {frozenset({"frame"})}


def test_a_new_image_is_looked_at_anew_but_alike(viewer: Viewer, told: list[frozenset[str]]) -> None:
    viewer.change(colour_map="viridis", radiological=False)
    told.clear()
    viewer.set_volume(series())
    assert "volume" in told[0]
    assert viewer.state.colour_map == "viridis"
    assert not viewer.state.radiological
    assert viewer.state.crosshair == (2, 3, 3)
    viewer.set_volume(None)
    assert viewer.intensity((0, 0, 0)) is None
    viewer.set_crosshair((1, 1, 1))
    viewer.step(Plane.AXIAL, 1)
    viewer.move(Plane.AXIAL, 1, 1)
    viewer.set_frame(3)
    viewer.step_frame(1)
    viewer.auto_window()
    for ask in (lambda: viewer.slice(0, 0), lambda: viewer.plane_map(Plane.AXIAL)):
        with pytest.raises(MaskEditorError, match="open one"):
            ask()


def test_the_state_is_frozen() -> None:
    with pytest.raises(AttributeError):
        ViewState().opacity = 1  # type: ignore[misc]


# The automatic window


def flat(values: Any, **fields: Any) -> Volume:
    stored = np.asfortranarray(values)
    return Volume(stored, Geometry(stored.shape[:3], np.eye(4)), **fields)


def test_the_window_leaves_noisy_air_out() -> None:
    rng = np.random.default_rng(0)
    noise = np.hypot(rng.normal(0, 12, (40, 40, 40)), rng.normal(0, 12, (40, 40, 40)))  # Rician without signal
    noise[8:32, 8:32, 8:32] += rng.uniform(300, 900, (24, 24, 24))
    low, high = window_of(flat(noise.astype(np.int16)), 0)
    inside = noise.astype(np.int16)[8:32, 8:32, 8:32]
    expected = np.percentile(inside, (0.5, 99.5))
    assert 20 < low < expected[0]  # some of the air's noise is brighter than three medians
    assert high == pytest.approx(expected[1], rel=0.01)


def test_an_image_without_air_uses_all_but_zeros() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(1000, 10, (20, 20, 20)).astype(np.float32)
    values[0, 0, 0] = 0
    expected = np.percentile(values[values != 0], (0.5, 99.5))
    assert window_of(flat(values), 0) == pytest.approx(expected)


def test_what_is_not_finite_does_not_count() -> None:
    values = np.ones((5, 5, 5))
    values[2:, 2:, 2:] = 7
    values[3, 3, 3], values[2, 2, 2] = np.inf, np.nan
    assert window_of(flat(values), 0)[1] == 7
    assert window_of(flat(np.full((3, 3, 3), np.nan)), 0) == (0, 1)


def test_constant_images_and_single_slices() -> None:
    assert window_of(flat(np.full((4, 4, 4), 5, np.int16)), 0) == (5, 5)
    assert window_of(flat(np.zeros((4, 4, 4), np.int16)), 0) == (0, 0)
    values = np.zeros((30, 30, 1), np.int16)
    values[5:25, 5:25, 0] = np.arange(400).reshape(20, 20) + 100
    expected = np.percentile(values[5:25, 5:25], (0.5, 99.5))
    assert window_of(flat(values), 0) == pytest.approx(expected)


def test_the_window_of_a_large_image_is_close_to_that_of_all_its_voxels() -> None:
    rng = np.random.default_rng(0)
    values = rng.gamma(2, 100, (128, 128, 64)).astype(np.float32)
    values[:2] = values[-2:] = 0
    values[:, :2] = values[:, -2:] = 0
    values[:, :, :2] = values[:, :, -2:] = 0
    expected = np.percentile(values[values > 0], (0.5, 99.5))
    assert window_of(flat(values), 0) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("frame", [2, "mean", (0, 1)])
def test_the_window_of_a_series_is_in_intensities(frame: Any) -> None:
    volume = series(frames=12, slope=2.0, intercept=100.0)
    span = slice(frame, frame + 1) if isinstance(frame, int) else slice(0, 12) if frame == "mean" else slice(0, 2)
    shown = (volume.stored[..., span] * 2.0 + 100).mean(axis=-1)
    low, high = window_of(volume, frame)
    assert shown.min() <= low < high <= shown.max()


@pytest.mark.parametrize("frame", [0, "mean", (1, 3)])
def test_of_slices_that_are_drawn_small_what_is_looked_at_is_told(frame: Any) -> None:
    volume = series("i2")
    viewer = Viewer()
    viewer.set_volume(volume)
    viewer.set_mean(np.asfortranarray(volume.stored.mean(axis=-1)))
    viewer.set_frame(frame)
    for axis in range(3):
        whole = viewer.slice(axis, 1)
        shape = (whole.shape[0], whole.shape[1])
        few = Sampling(shape, (np.array([1, 2]), np.array([0, 2])))
        others = Sampling(shape, (np.array([0, 2]), np.array([1])))
        for sampling in (few, others, few):
            values = viewer.slice(axis, 1, sampling)
            np.testing.assert_array_equal(values, whole[np.ix_(*sampling.kept)])
            assert viewer.slice(axis, 1, sampling) is values
            np.testing.assert_array_equal(viewer.slice(axis, 1), whole)
