"""Minimum, maximum and percentiles of an image are numpy's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model import image_statistics as module
from maskeditor.model.image_statistics import PERCENTILES, image_statistics

GRID = Geometry((7, 6, 5), np.eye(4))


@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f4", "f8"])
@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 3.0), (-2.0, 1.0)])
def test_they_equal_numpy(dtype: str, slope: float, intercept: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 100)
    values = np.random.default_rng(3).normal(100, 30, (7, 6, 5, 4)).astype(dtype, order="F")
    intensities = values.astype(np.float64) * slope + intercept
    found = image_statistics(Volume(values, GRID, slope, intercept))
    assert (found.minimum, found.maximum, found.not_finite) == (intensities.min(), intensities.max(), 0)
    assert found.percentiles == pytest.approx(np.percentile(intensities, PERCENTILES), rel=1e-12)


def test_what_is_not_finite_is_left_out_and_counted() -> None:
    values = np.arange(210.0).reshape(GRID.shape, order="F")
    values[:2, 0, 0] = np.nan, np.inf
    found = image_statistics(Volume(values, GRID))
    assert (found.minimum, found.maximum, found.not_finite) == (2, 209, 2)
    assert found.percentiles == pytest.approx(np.percentile(np.arange(2.0, 210), PERCENTILES))
    none = image_statistics(Volume(np.full(GRID.shape, np.nan, order="F"), GRID))
    assert math.isnan(none.minimum)
    assert none.not_finite == 210


def test_it_is_cancelled() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        image_statistics(Volume(np.zeros(GRID.shape, np.int16, order="F"), GRID), progress)
