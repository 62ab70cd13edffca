"""Distances between masks equal SimpleITK's, and few voxels are looked at."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from scipy.spatial import cKDTree

from maskeditor.engine import nearest_on_surface, shells
from maskeditor.engine import surface_distances as module
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.bits import packed_rows
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.engine.surface_distances import NO_DISTANCES, surface, surface_distances
from tests.phantoms import blobs, gapped

ZOOMS = [(1.0, 1.0, 1.0), (0.9, 1.5, 3.0), (4.0, 0.5, 1.0)]
SHAPE = (21, 18, 15)


def image(mask: BoolArray, zooms: tuple[float, ...]) -> SimpleITK.Image:
    made = SimpleITK.GetImageFromArray(np.ascontiguousarray(mask.T, np.uint8))
    made.SetSpacing(zooms)
    return made


def of_simpleitk(first: BoolArray, second: BoolArray, zooms: tuple[float, ...]) -> tuple[float, float, float]:
    """Return what SimpleITK measures, its contours being the surfaces."""
    one, other = image(first, zooms), image(second, zooms)
    whole = SimpleITK.HausdorffDistanceImageFilter()
    whole.Execute(one, other)
    contours = [SimpleITK.LabelContour(each) for each in (one, other)]
    maps = [
        SimpleITK.GetArrayFromImage(
            SimpleITK.Abs(SimpleITK.SignedMaurerDistanceMap(each, squaredDistance=False, useImageSpacing=True))
        )
        for each in contours
    ]
    edges = [SimpleITK.GetArrayFromImage(each) > 0 for each in contours]
    distances = np.concatenate([maps[1][edges[0]], maps[0][edges[1]]]).astype(float)
    return whole.GetHausdorffDistance(), float(np.percentile(distances, 95)), float(distances.mean())


def ball(centre: tuple[float, ...], radius: float, shape: tuple[int, ...] = SHAPE) -> BoolArray:
    axes = np.ogrid[tuple(slice(length) for length in shape)]
    made: BoolArray = sum((axis - at) ** 2 for axis, at in zip(axes, centre, strict=True)) <= radius**2
    return np.asfortranarray(made)


PAIRS: dict[str, Callable[[], tuple[BoolArray, BoolArray]]] = {
    "blobs": lambda: (blobs(SHAPE, 1), blobs(SHAPE, 2)),
    "grains": lambda: (gapped(SHAPE, 1), gapped(SHAPE, 2)),
    "one inside the other": lambda: (ball((10, 9, 7), 7.2), ball((9, 9, 8), 3)),
    "a shell and what fills it": lambda: (ball((10, 9, 7), 7) & ~ball((10, 9, 7), 4), ball((10, 9, 7), 7)),
    "apart": lambda: (ball((3, 4, 4), 2.5), ball((16, 13, 11), 3)),
    "a voxel": lambda: (ball((3, 4, 4), 0), ball((10, 9, 7), 7)),
    "nearly all": lambda: (~ball((0, 0, 0), 1), ball((16, 13, 11), 3)),
    "equal": lambda: (blobs(SHAPE, 3), blobs(SHAPE, 3)),
    "a slice": lambda: (blobs((21, 18, 1), 1), blobs((21, 18, 1), 4)),
}


@pytest.mark.parametrize("zooms", ZOOMS)
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("kind", ["smooth", "rough", "rough and in many parts"])
def test_equals_simpleitk(
    name: str, zooms: tuple[float, float, float], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind != "smooth":
        monkeypatch.setattr(nearest_on_surface, "POINTS", 40)
        monkeypatch.setattr(nearest_on_surface, "ROUGH", SHAPE[0] * SHAPE[1] * SHAPE[2])
    if "parts" in kind:  # so that few are found close by, too
        monkeypatch.setattr(module, "SLAB", 1000)
        monkeypatch.setattr(shells, "SLAB", 100)
        monkeypatch.setattr(module, "AT_ONCE", 50)
        monkeypatch.setattr(shells, "MOST", 20)
        monkeypatch.setattr(shells, "_ball", shells._ball.__wrapped__)  # what was kept is of as many as usual
    first, second = PAIRS[name]()
    found = surface_distances((first, second), np.diag(zooms))
    np.testing.assert_allclose(found, of_simpleitk(first, second, zooms), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(surface_distances((second, first), np.diag(zooms)), found, rtol=1e-12)


def test_a_surface_is_the_contour_of_itk() -> None:
    for name in PAIRS:
        mask = PAIRS[name]()[0]
        expected = SimpleITK.GetArrayFromImage(SimpleITK.LabelContour(image(mask, (1, 1, 1)))).T > 0
        np.testing.assert_array_equal(surface(mask), expected)


def test_a_turned_grid_has_the_same_distances() -> None:
    first, second = PAIRS["one inside the other"]()
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    zooms = np.diag((0.9, 1.5, 3.0))
    np.testing.assert_allclose(
        surface_distances((first, second), turn @ zooms), surface_distances((first, second), zooms), rtol=1e-12
    )


def test_memory_order_does_not_matter() -> None:
    first, second = PAIRS["blobs"]()
    expected = surface_distances((first, second), np.eye(3))
    assert surface_distances((np.ascontiguousarray(first), second[::-1][::-1]), np.eye(3)) == expected


@pytest.mark.parametrize("first", [np.zeros(SHAPE, bool), np.ones(SHAPE, bool)])
def test_without_a_surface_there_is_no_distance(first: BoolArray) -> None:
    for masks in ((first, blobs(SHAPE)), (blobs(SHAPE), first), (first, first)):
        np.testing.assert_equal(surface_distances(masks, np.eye(3)), NO_DISTANCES)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For how many places a tree is asked, each time."""
    looked: list[int] = []
    find = module.Nearest.distances

    def counted(nearest: module.Nearest, places: np.ndarray, beyond: float = 0.0) -> np.ndarray:
        looked.append(len(places))
        return find(nearest, places, beyond)

    monkeypatch.setattr(module.Nearest, "distances", counted)
    return looked


def test_few_of_the_voxels_that_differ_are_looked_at(looked: list[int]) -> None:
    """A large mask against a small one inside: far fewer places are looked at than voxels differ."""
    shape = (96, 96, 96)
    first, second = ball((48, 48, 48), 44, shape), ball((46, 48, 50), 20, shape)
    found = surface_distances((first, second), np.diag((1, 1, 1.5)))
    differ = int((first ^ second).sum())
    assert sum(looked) < differ / 5
    assert max(looked) <= nearest_on_surface.AT_ONCE
    expected = ndimage.distance_transform_edt(~second, (1, 1, 1.5))[first].max()
    assert found.hausdorff == pytest.approx(expected, rel=1e-12)


def test_few_of_rough_surfaces_are_looked_for_in_a_tree(looked: list[int]) -> None:
    shape = (64, 64, 64)
    first = blobs(shape, 1) & gapped(shape, 2)
    second = np.roll(first, 2, 0)
    surface_distances((first, second), np.diag((1, 1, 1.5)))
    assert sum(looked) < int(surface(first).sum()) / 20


@pytest.mark.parametrize(
    "axes", [np.diag((1.0, 1, 400)), np.diag((300.0, 1, 250)), [[1, 9, 0], [0, 0.4, 0], [0, 0, 1]]]
)
def test_long_and_slanted_voxels_have_the_distances_of_a_tree(
    axes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = gapped(SHAPE, 5), blobs(SHAPE, 6)
    found = surface_distances((first, second), axes)
    monkeypatch.setattr(shells, "_ball", lambda steps: (np.zeros((0, 3), int), np.zeros(0), np.zeros(0, int), 0.0))
    np.testing.assert_allclose(found, surface_distances((first, second), axes), rtol=1e-12)


def test_it_stops_when_asked() -> None:
    progress = Progress()
    seen: list[float] = []

    def report(fraction: float) -> None:
        seen.append(fraction)
        progress(fraction)
        if fraction > 0.4:
            progress.cancel()

    with pytest.raises(Cancelled):
        surface_distances(PAIRS["blobs"](), np.eye(3), progress=report)
    assert seen == sorted(seen)


def test_positions_are_those_of_a_plain_search() -> None:
    """Of two random sets of voxels on a sheared grid, distances are those between all of their surface voxels."""
    first, second = gapped(SHAPE, 5), blobs(SHAPE, 6)
    axes = np.array([[1.0, 0.3, 0], [0, 1.5, 0.2], [0, 0, 2.0]])
    points = [np.argwhere(surface(mask)) @ axes.T for mask in (first, second)]
    both = np.concatenate([cKDTree(points[1]).query(points[0])[0], cKDTree(points[0]).query(points[1])[0]])
    found = surface_distances((first, second), axes)
    assert found.mean == pytest.approx(both.mean(), rel=1e-12)
    assert found.hausdorff_95 == pytest.approx(np.percentile(both, 95), rel=1e-12)


def test_little_is_held_besides() -> None:
    """Masks and surfaces packed, an eighth of a mask each; the rest does not grow with the volume."""
    shape = (256, 256, 256)
    first = np.asfortranarray(np.random.default_rng(1).random(shape) < 0.07)  # a million voxels, each of the surface
    second = np.roll(first, 9, 0)
    surface_distances((first[:32], second[:32]), np.eye(3))  # imports
    tracemalloc.start()
    try:
        surface_distances((first, second), np.eye(3))
        assert tracemalloc.get_traced_memory()[1] < 2 * first.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("slant", [0.0, 0.4, 2.0])
def test_the_nearest_of_many_parts_is_found_however_slanted_the_axes_are(
    slant: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_on_surface, "POINTS", 3)
    monkeypatch.setattr(nearest_on_surface, "SHARE", 1 << 20)
    steps = np.array([[1.0, 0.2, slant], [0.0, 1.5, slant], [0.1, 0.0, 1.2]])
    for seed in range(20):
        random = np.random.default_rng(seed)
        surface = random.random((5, 6, 17)) < 0.06
        places = random.uniform(-2, 18, (40, 3))
        peer = cKDTree(np.argwhere(surface) @ steps.T).query(places @ steps.T)[0]
        found = nearest_on_surface.Nearest(packed_rows(surface.T), surface.shape, steps).distances(places)
        np.testing.assert_allclose(found, peer, rtol=1e-12)
