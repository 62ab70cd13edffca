"""Grow from seeds: literal cases, equal to scikit-image, and the same bits whatever the order of strokes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage.segmentation import watershed

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import from_json, from_trusted_json
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine import basins
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.gradients import gradient_magnitude
from maskeditor.engine.progress import Progress
from maskeditor.ops.grow_from_seeds import GrowFromSeeds
from tests.ops.common import result_of

SHAPE = (14, 12, 10)


@pytest.fixture
def scene() -> Scene:
    """Floats of which no two gradients are equal, on anisotropic voxels."""
    values = np.asfortranarray(np.random.default_rng(2).normal(size=SHAPE).astype(np.float32))
    values[7:] += 4
    return Scene(Volume(values, Geometry(SHAPE, np.diag([1.0, 1.5, 2.0, 1.0]))), np.zeros(SHAPE, bool), None)


def grown(*strokes: tuple[int, float, tuple], label: int = 1) -> GrowFromSeeds:
    points = tuple(point for _, _, way in strokes for point in way)
    return GrowFromSeeds(
        points=points, strokes=tuple((one, radius, len(way)) for one, radius, way in strokes), label=label
    )


FIRST = (1, 2.0, ((2.0, 4.0, 6.0), (4.0, 6.0, 6.0)))
SECOND = (2, 1.0, ((11.0, 9.0, 8.0),))
OUTSIDE = (0, 0.1, ((0.0, 16.5, 18.0), (13.0, 16.5, 18.0)))


def test_equal_to_scikit_image_of_the_gradient(scene: Scene) -> None:
    steep = gradient_magnitude(scene.volume.stored, scene.geometry.zooms).astype(np.float32)
    assert np.unique(steep).size == steep.size
    markers = np.zeros(SHAPE, int)
    x, y, z = np.indices(SHAPE) * np.array([1, 1.5, 2])[:, None, None, None]
    along = np.clip(((x - 2) + (y - 4)) / 4, 0, 2)
    markers[(x - 2 - along) ** 2 + (y - 4 - along) ** 2 + (z - 6) ** 2 <= 4 + 1e-6] = 1
    markers[(x - 11) ** 2 + (y - 9) ** 2 + (z - 8) ** 2 <= 1 + 1e-6] = 2
    markers[:, 11, 9] = 3
    expected = watershed(steep, markers)
    for label, marked in ((1, 1), (2, 2), (0, 3)):
        result = result_of(grown(FIRST, SECOND, OUTSIDE, label=label), scene)
        np.testing.assert_array_equal(result, expected == marked)


def test_the_order_of_strokes_does_not_matter_where_they_meet_either(scene: Scene) -> None:
    over = (2, 1.5, ((3.0, 5.0, 6.0),))
    first = result_of(grown(FIRST, over, OUTSIDE), scene)
    np.testing.assert_array_equal(result_of(grown(OUTSIDE, over, FIRST), scene), first)
    assert not first[3, 3, 3]


def test_basins_are_found_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    plain = GrowFromSeeds.unscaled
    monkeypatch.setattr(GrowFromSeeds, "unscaled", lambda *given: found.append(1) or plain(*given))
    for strokes in ((FIRST, SECOND), (FIRST, SECOND, OUTSIDE), (FIRST, OUTSIDE)):
        grown(*strokes).apply(scene, Progress())
    assert len(found) == 1


def test_seeds_are_flooded_once_whichever_labels_are_taken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    floods = []
    plain = basins.Flood
    monkeypatch.setattr(basins, "Flood", lambda *given: floods.append(1) or plain(*given))
    for label in (1, 2, 1):
        grown(FIRST, SECOND, label=label).apply(scene, Progress())
    assert len(floods) == 1
    grown(FIRST, OUTSIDE).apply(scene, Progress())
    assert len(floods) == 2


def test_basins_that_are_known_are_those_of_the_image_volume_and_smoothing_that_are_asked_for() -> None:
    values = np.asfortranarray(np.random.default_rng(5).normal(size=(*SHAPE, 2)).astype(np.float32))

    def anew() -> Scene:
        grid = Geometry(SHAPE, np.diag([1.0, 1.5, 2.0, 1.0]))
        return Scene(Volume(values, grid), np.zeros(SHAPE, bool), None)

    same, found = anew(), []
    for asked in ({"frame": 0}, {"frame": 1}, {"frame": 1, "fwhm": 3.0}, {"frame": "mean"}):
        operation = grown(FIRST, SECOND).model_copy(update=asked)
        found.append(result_of(operation, same))
        np.testing.assert_array_equal(found[-1], result_of(operation, anew()))
    assert len({one.tobytes() for one in found}) == len(found)


def test_gradients_are_the_same_made_of_some_planes_at_a_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = result_of(grown(FIRST, SECOND), scene)
    monkeypatch.setattr("maskeditor.ops.grow_from_seeds.PLANES", 3)
    np.testing.assert_array_equal(result_of(grown(FIRST, SECOND), replace(scene, intermediates=Intermediates())), whole)


def test_who_waits_for_basins_that_are_being_found_can_be_cancelled(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress()
    progress.cancel()
    monkeypatch.setattr(scene.intermediates, "get_once", lambda *_, waiting, **__: waiting())
    with pytest.raises(Cancelled):
        grown(FIRST, SECOND).basins(scene, progress)


def test_a_label_without_a_seed_in_the_image_is_refused(scene: Scene) -> None:
    with pytest.raises(OperationError, match="No seed of label 3"):
        grown(FIRST, SECOND, label=3).apply(scene, Progress())
    away = (2, 1.0, ((500.0, 0.0, 0.0),))
    with pytest.raises(OperationError, match=r"No seed of label 2 .* \(1\)"):
        grown(FIRST, away, label=2).apply(scene, Progress())


def test_an_image_with_more_voxels_than_can_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thin ones have most voxels in the rim, which must be counted too."""
    for module in ("engine.basins", "ops.grow_from_seeds"):
        monkeypatch.setattr(f"maskeditor.{module}.MOST_VOXELS", 42 * 32 * 3)
    seed = grown((1, 1.0, ((2.0, 2.0, 0.0),)), (2, 1.0, ((9.0, 9.0, 0.0),)))
    for size in (40, 41):
        values = np.random.default_rng(1).normal(size=(size, 30, 1)).astype(np.float32)
        scene = Scene(Volume(values, Geometry(values.shape, np.eye(4))), np.zeros(values.shape, bool), None)
        if size == 40:
            assert result_of(seed, scene).any()
            continue
        with pytest.raises(OperationError, match="more voxels than seeds can grow in"):
            seed.apply(scene, Progress())
        with pytest.raises(ValueError, match="1230 voxels were given"):
            basins.Basins.of(values)


def test_strokes_must_have_their_points() -> None:
    with pytest.raises(ValueError, match="2 points together, but 1"):
        GrowFromSeeds(points=((0, 0, 0),), strokes=((1, 2.0, 2),))
    with pytest.raises(ValueError, match="there must be a stroke"):
        GrowFromSeeds(points=(), strokes=())


def test_json_holds_all_of_it() -> None:
    operation = grown(FIRST, SECOND, OUTSIDE)
    assert from_json(operation.to_json()) == operation
    assert from_trusted_json(operation.to_json()) == operation
    assert operation.ways == (FIRST, SECOND, OUTSIDE)


def test_it_is_joined_to_the_mask(scene: Scene) -> None:
    mask = np.zeros(SHAPE, bool)
    mask[:, 0] = True
    there = replace(scene, mask=mask, extent=scene.whole)
    region = result_of(grown(FIRST, SECOND), scene)
    added = grown(FIRST, SECOND).model_copy(update={"combine": "add"})
    np.testing.assert_array_equal(result_of(added, there), mask | region)
