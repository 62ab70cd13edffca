"""Statistics of regions are those of numpy, scipy and pandas, number by number."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.engine import parallel, regions
from maskeditor.engine.arrays import Array
from maskeditor.engine.regions import Piece, Pieces, RegionStatistics, region_statistics

PERCENTS = (0.0, 5.0, 12.5, 25.0, 50.0, 75.0, 95.0, 100.0)


def pieces_of(labels: Array, count: int) -> Pieces:
    """The labels from 1 on as regions from 0 on, plane by plane."""

    def pieces(planes: slice) -> Iterator[Piece]:
        for plane in range(*planes.indices(labels.shape[2])):
            flat = labels[:, :, plane].ravel(order="F")
            places = np.flatnonzero((flat > 0) & (flat <= count))
            yield Piece(plane, places, (flat[places] - 1).astype(np.uint16))

    return pieces


def check(found: RegionStatistics, values: Array, mask: Array, ddof: int) -> None:
    """Check every number of one region against numpy and scipy."""
    there = values[mask].astype(np.float64)
    finite = there[np.isfinite(there)]
    assert (found.voxels, found.not_finite) == (there.size, there.size - finite.size)
    if there.size:
        assert found.centre == pytest.approx(ndimage.center_of_mass(mask), rel=1e-12)
        assert found.box is not None
        assert found.box.slices == ndimage.find_objects(mask.astype(np.int8))[0]
    else:
        assert found.box is None
    if not finite.size:
        assert np.isnan([found.mean, found.minimum, *found.percentiles]).all()
        assert found.peak is None
        return
    assert found.mean == pytest.approx(finite.mean(), rel=1e-12, abs=1e-12 * np.abs(finite).max())
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    assert found.percentiles == pytest.approx(np.percentile(finite, PERCENTS).tolist(), rel=1e-15)
    assert values[found.peak] == finite.max()
    assert mask[found.peak]
    if finite.size > ddof:
        assert found.standard_deviation == pytest.approx(finite.std(ddof=ddof), rel=1e-9, abs=1e-12)
    else:
        assert np.isnan(found.standard_deviation)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("ddof", [0, 1])
def test_every_number_is_that_of_the_peers(dtype: type, ddof: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where regions are gathered a few at a time, and where one is too large to be gathered."""
    rng = np.random.default_rng(3)
    values = np.asfortranarray(rng.normal(90, 30, (13, 11, 9)).astype(dtype))
    labels = rng.integers(0, 6, values.shape)
    labels[labels == 5] = 1
    labels[2:4, 3, 3] = 6
    if np.issubdtype(dtype, np.floating):
        values[rng.random(values.shape) < 0.1] = np.nan
        values[5, 5, 5], values[6, 6, 6] = np.inf, -np.inf
        values[2:4, 3, 3] = np.nan
    whole = region_statistics(values, pieces_of(labels, 7), 7, PERCENTS, ddof=ddof)
    for number, found in enumerate(whole, 1):
        check(found, values, labels == number, ddof)
    monkeypatch.setattr(regions, "FEW", 300)
    assert repr(region_statistics(values, pieces_of(labels, 7), 7, PERCENTS, ddof=ddof)) == repr(whole)


def test_of_equal_maxima_the_first_in_memory_is_the_peak() -> None:
    values = np.asfortranarray(np.random.default_rng(2).integers(0, 3, (5, 6, 7)))
    labels = np.random.default_rng(3).integers(1, 4, values.shape)
    for number, found in enumerate(region_statistics(values, pieces_of(labels, 3), 3, ()), 1):
        there = np.where(labels == number, values, -1)
        assert found.peak == np.unravel_index(there.ravel(order="F").argmax(), values.shape, order="F")


@given(st.integers(0, 2**32), st.sampled_from([np.int8, np.float32]), st.integers(1, 4))
def test_drawn_volumes(seed: int, dtype: type, count: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 6, 3))
    values = np.asfortranarray(rng.normal(0, 3, shape).astype(dtype))
    labels = rng.integers(0, count + 1, shape)
    for number, found in enumerate(region_statistics(values, pieces_of(labels, count), count, PERCENTS), 1):
        check(found, values, labels == number, 0)


def test_a_table_of_pandas_is_the_same() -> None:
    rng = np.random.default_rng(5)
    values, labels = np.asfortranarray(rng.gamma(2, 50, (8, 9, 7))), rng.integers(1, 5, (8, 9, 7))
    grouped = pandas.DataFrame({"label": labels.ravel(), "value": values.ravel()}).groupby("label")["value"]
    table = grouped.describe(percentiles=[0.25, 0.5, 0.75])
    for number, found in enumerate(region_statistics(values, pieces_of(labels, 4), 4, (25, 50, 75), ddof=1), 1):
        row = (found.voxels, found.mean, found.standard_deviation, found.minimum, *found.percentiles, found.maximum)
        assert row == pytest.approx(table.loc[number].tolist(), rel=1e-12)


@pytest.mark.parametrize("slope", [-0.5, 3.0])
def test_stored_values_stand_for_intensities(slope: float) -> None:
    stored = np.asfortranarray(np.random.default_rng(7).integers(-500, 500, (6, 7, 5)).astype(np.int16))
    labels = np.ones(stored.shape, int)
    scaled = lambda values: values * slope + 11.0  # noqa: E731
    (found,) = region_statistics(stored, pieces_of(labels, 1), 1, PERCENTS, scaled=scaled)
    check(found, scaled(stored), labels == 1, 0)


def test_large_numbers_keep_their_spread() -> None:
    """The squares of what is far from zero are larger than what a float64 tells apart."""
    values = np.asfortranarray(1e9 + np.arange(2 * 3 * 4, dtype=np.float64).reshape(2, 3, 4) % 3)
    (found,) = region_statistics(values, pieces_of(np.ones(values.shape, int), 1), 1, ())
    assert found.standard_deviation == pytest.approx(values.std(), rel=1e-12)


def test_no_more_is_gathered_than_a_part_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions are gathered in groups, and a larger one is ranked without a copy."""
    monkeypatch.setattr(regions, "FEW", 16)
    gathered: list[int] = []
    plain = regions._gathered

    def counted(planes: Array, pieces: Pieces, group: list[int], finite: Array) -> list[Array]:
        gathered.append(int(finite[group].sum()))
        return plain(planes, pieces, group, finite)

    monkeypatch.setattr(regions, "_gathered", counted)
    values = np.zeros((8, 8, 8), order="F")
    labels = np.repeat([1, 1, 1, 1, 2, 3, 4, 5], 64).reshape(8, 8, 8)
    region_statistics(values, pieces_of(labels, 5), 5, (50,))
    assert gathered == [128, 128]


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 100])
def test_little_is_held_besides(count: int) -> None:
    """Image and labels together are the data; all of the image is labelled."""
    shape = (256, 256, 256)
    values = np.zeros(shape, np.int16, order="F")
    labels = np.asfortranarray(1 + np.arange(256)[:, None, None] % count + np.zeros(shape, np.uint8), np.uint8)
    pieces = pieces_of(labels, count)
    tracemalloc.start()
    try:
        region_statistics(values, pieces, count, PERCENTS)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held <= 0.3 * (values.nbytes + labels.nbytes)


def test_however_many_processors_there_are_the_same_numbers_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planes are shared among them, and joined one after the other."""
    rng = np.random.default_rng(5)
    values = np.asfortranarray(rng.normal(90, 30, (7, 6, regions.TOGETHER + 21)))
    values[rng.random(values.shape) < 0.3] = np.nan
    labels = rng.integers(0, 4, values.shape)
    found = []
    for count in (1, 3):
        monkeypatch.setattr(parallel, "processors", lambda count=count: count)
        found.append(region_statistics(values, pieces_of(labels, 3), 3, PERCENTS))
    assert repr(found[0]) == repr(found[1])
    for number, one in enumerate(found[0], 1):
        check(one, values, labels == number, 0)
