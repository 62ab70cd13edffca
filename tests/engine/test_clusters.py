"""Clusters and their peaks are nilearn's, every number, order and id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn.reporting import get_clusters_table
from scipy.ndimage import gaussian_filter

from maskeditor.engine.clusters import clusters

OBLIQUE = np.array([[-2.4, 0.1, 0, 30], [0, 2.7, 0.3, -10], [0.2, 0, 3.1, 5], [0, 0, 0, 1]])
#: Of nilearn: that there is nothing beyond the threshold, or that a peak lies beside its cluster.
QUIET = pytest.mark.filterwarnings("ignore::UserWarning")


def check(values: np.ndarray, affine: np.ndarray, **parameters: Any) -> int:
    """Check all rows against nilearn's; return how many there are."""
    names = {"threshold": "stat_threshold", "minimum_size": "cluster_threshold", "distance": "min_distance"}
    peer = get_clusters_table(
        nibabel.Nifti1Image(values, affine), **{names.get(name, name): value for name, value in parameters.items()}
    )
    # nilearn gives peaks below a negative threshold without their sign.
    sign = -1 if parameters["threshold"] < 0 else 1
    rows = [
        (str(id), x, y, z, float(value), size if size == "" else int(size))
        for id, x, y, z, value, size in peer.astype(object).values.tolist()
    ]
    found = [
        (peak.id, *peak.world, float(sign * peak.value), "" if peak.size is None else peak.size)
        for peak in clusters(np.asfortranarray(values), affine, **parameters)
    ]
    assert found == rows
    return len(rows)


def z_map(seed: int, shape: tuple[int, ...] = (20, 18, 15)) -> np.ndarray:
    values = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.2)
    return np.asarray(values / values.std())


@QUIET
@pytest.mark.parametrize(
    "parameters",
    [
        {"threshold": 1.5},
        {"threshold": 1.5, "two_sided": True, "minimum_size": 5},
        {"threshold": 0.8, "two_sided": True, "distance": 15.0},
        {"threshold": 0.8, "distance": 1.0},
        {"threshold": -1.2},
        {"threshold": 0.0},
        {"threshold": 99.0, "two_sided": True},
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_made_maps(parameters: dict[str, Any], dtype: str) -> None:
    check(z_map(1).astype(dtype), OBLIQUE, **parameters)


@QUIET
def test_plateaus_ties_and_edges() -> None:
    """Peaks of equal height lie in the middle, whole clusters of one value at their centre, also of a ring."""
    steps = np.round(z_map(2) * 2) / 2
    assert check(steps, OBLIQUE, threshold=1.0, two_sided=True) > 20  # 1.0 itself is beyond nothing
    assert check(steps, OBLIQUE, threshold=1.0, two_sided=True, minimum_size=6) > 5
    check((steps > 1).astype(np.int16), np.eye(4), threshold=0.5)
    ring = np.zeros((9, 9, 3))
    ring[1:8, 1:8, 1] = 2.0
    ring[2:7, 2:7, 1] = 0.0
    assert check(ring, np.eye(4), threshold=1.0) == 1
    edge = np.zeros((4, 4, 4))
    edge[0, 0, :2], edge[3, 3, 3] = 3.0, 4.0
    assert check(edge, np.eye(4), threshold=1.0, minimum_size=2) == 1


@QUIET
def test_the_lowest_number_of_an_integer_type_is_a_peak_as_others_are() -> None:
    """It has no opposite in that type."""
    for dtype in (np.int8, np.int16):
        lowest = int(np.iinfo(dtype).min)
        values = np.zeros((9, 7, 5), dtype)
        values[2:4, 2, 2], values[6, 4, 2] = (lowest, lowest + 3), lowest + 1
        for parameters in ({"threshold": 3.0, "two_sided": True}, {"threshold": -3.0}):
            peaks = clusters(np.asfortranarray(values), np.eye(4), **parameters)
            assert {(peak.voxel, peak.value, peak.voxels) for peak in peaks} == {
                ((2, 2, 2), lowest, 2),
                ((6, 4, 2), lowest + 1, 1),
            }


@QUIET
@settings(max_examples=25)
@given(st.integers(0, 2**32), st.floats(0.2, 2.0), st.booleans(), st.integers(0, 6), st.sampled_from([2.0, 8.0]))
def test_drawn_maps(seed: int, threshold: float, two_sided: bool, minimum: int, distance: float) -> None:
    values = np.round(z_map(seed, (9, 8, 7)), 1)
    check(values, OBLIQUE, threshold=threshold, two_sided=two_sided, minimum_size=minimum, distance=distance)


@QUIET
def test_what_is_not_finite_is_taken_as_nothing() -> None:
    values = z_map(3)
    values[5, 5, 5], values[6, 6, 6], values[7, 7, 7] = np.nan, np.inf, -np.inf
    check(values, OBLIQUE, threshold=1.0, two_sided=True)


@QUIET
@pytest.mark.realdata
@pytest.mark.parametrize(
    "parameters",
    [{"threshold": 3.0}, {"threshold": 3.1, "two_sided": True, "minimum_size": 10}, {"threshold": 4, "distance": 20.0}],
)
def test_a_real_map(test_data: Path, parameters: dict[str, Any]) -> None:
    image = nibabel.load(test_data / "nifti" / "spmMotor.nii.gz")
    assert check(np.asarray(image.dataobj), image.affine, **parameters) > 10


def test_how_far_it_is_goes_over_both_signs() -> None:
    done: list[float] = []
    clusters(z_map(4, (9, 8, 7)), np.eye(4), 0.5, two_sided=True, progress=done.append)
    assert done == sorted(done)
    assert 0 < done[0] < 0.5
    assert 0.5 in done
    assert done[-1] == 1


def test_what_cannot_be_is_refused() -> None:
    for parameters in ({"threshold": -1, "two_sided": True}, {"threshold": np.nan}, {"threshold": 1, "distance": 0}):
        with pytest.raises(ValueError, match="must be finite"):
            clusters(np.zeros((2, 2, 2)), np.eye(4), **parameters)
