"""Comparisons of masks and labels equal SimpleITK's and scikit-learn's, label by label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.io.open import open_image
from maskeditor.model.data.agreement import Comparison, Labelled, check_grids, compare, compare_all
from tests.engine.test_kappa import WORKED
from tests.engine.test_surface_distances import image, of_simpleitk
from tests.phantoms import blobs

SHAPE = (23, 19, 17)
GRID = Geometry(SHAPE, np.diag([-1.0, 1.5, 3.0, 1.0]))


def labelled(values: np.ndarray) -> Labelled:
    return {int(number): MaskBits.of(values == number) for number in np.unique(values) if number}


def agrees_with_simpleitk(found: Comparison, first: np.ndarray, second: np.ndarray, zooms: tuple[float, ...]) -> None:
    overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
    overlap.Execute(image(first, zooms), image(second, zooms))
    assert found.dice == pytest.approx(overlap.GetDiceCoefficient(1), rel=1e-12)
    assert found.jaccard == pytest.approx(overlap.GetJaccardCoefficient(1), rel=1e-12)
    # SimpleITK calls the first image the source, in which its errors are shares of the other, the target.
    overlap.Execute(image(second, zooms), image(first, zooms))
    assert 1 - found.sensitivity == pytest.approx(overlap.GetFalseNegativeError(1), abs=1e-12)
    np.testing.assert_allclose(found.distances, of_simpleitk(first, second, zooms), rtol=1e-5)


def agrees_with_scikit_learn(found: Comparison, first: np.ndarray, second: np.ndarray) -> None:
    ((outside, more), (less, both)) = confusion_matrix(first.ravel(), second.ravel()).tolist()
    assert (found.both, found.differing) == (both, more + less)
    assert found.sensitivity == both / (both + less)
    assert found.specificity == outside / (outside + more)
    assert found.kappa == pytest.approx(cohen_kappa_score(first.ravel(), second.ravel()), rel=1e-12)


def test_masks_equal_their_peers() -> None:
    for first, second in ((blobs(SHAPE, 1), blobs(SHAPE, 2)), (blobs(SHAPE, 3), np.roll(blobs(SHAPE, 3), 2, 1))):
        # The numbers of two masks say nothing.
        found = compare({1: MaskBits.of(first)}, {255: MaskBits.of(second)}, GRID)
        assert found.labels == {}
        agrees_with_simpleitk(found.whole, first, second, GRID.zooms)
        agrees_with_scikit_learn(found.whole, first, second)
        assert found.kappa == found.whole.kappa
        assert found.whole.first_millilitres == pytest.approx(first.sum() * 4.5e-3)


@pytest.mark.parametrize("name", ["T1_head_ext2", "fmri", "spm152"])
def test_real_masks_equal_their_peers(test_data: Path, name: str) -> None:
    volume = open_image(test_data / "nifti" / f"{name}.nii.gz").volume
    data = volume.intensities()
    first, second = (np.asfortranarray(data > np.percentile(data, share)) for share in (70, 75))
    found = compare({1: MaskBits.of(first)}, {1: MaskBits.of(second)}, volume.geometry).whole
    agrees_with_simpleitk(found, first, second, volume.geometry.zooms)
    agrees_with_scikit_learn(found, first, second)


def test_each_label_equals_simpleitk() -> None:
    rng = np.random.default_rng(3)
    first = np.asfortranarray(np.where(blobs(SHAPE, 1), rng.integers(1, 4, SHAPE) * 2, 0))
    second = np.where(rng.random(SHAPE) < 0.7, first, 9)
    found = compare(labelled(first), labelled(second), GRID)
    assert list(found.labels) == [2, 4, 6, 9]
    for number in (2, 4, 6):
        agrees_with_simpleitk(found.labels[number], first == number, second == number, GRID.zooms)
    assert (found.labels[9].first, found.labels[9].dice) == (0, 0)
    assert np.isnan(found.labels[9].hausdorff)
    assert found.whole.first == (first > 0).sum()
    assert found.kappa == pytest.approx(cohen_kappa_score(first.ravel(), second.ravel()), rel=1e-12)
    table = compare_all({"a": labelled(first), "b": labelled(second)}, GRID).table({2: "left"})
    assert table["name"] == ["all labels", "left", "", "", ""]
    assert table["kappa"][0] == found.kappa
    assert table["label"] == [None, 2, 4, 6, 9]


def test_raters_have_the_kappa_of_the_worked_example() -> None:
    """Each subject is a voxel, and the last category is to lie outside."""
    rng = np.random.default_rng(0)
    rated = np.array([rng.permutation(np.repeat([1, 2, 3, 4, 0], row)) for row in WORKED]).T
    raters = {f"rater {number}": labelled(row.reshape(10, 1, 1)) for number, row in enumerate(rated)}
    found = compare_all(raters, Geometry((10, 1, 1), np.eye(4)))
    assert round(found.fleiss_kappa, 3) == 0.210
    assert len(found.pairs) == 91
    assert found.table()["kappa"][-1] == found.fleiss_kappa


def test_of_two_raters_fleiss_is_not_asked() -> None:
    masks = {name: {1: MaskBits.of(blobs(SHAPE, seed))} for name, seed in (("a", 1), ("b", 2))}
    assert np.isnan(compare_all(masks, GRID).fleiss_kappa)
    assert len(compare_all(masks, GRID).table()) == 1


def test_empty_masks() -> None:
    empty, some, full = (MaskBits.of(mask) for mask in (np.zeros(SHAPE, bool), blobs(SHAPE), np.ones(SHAPE, bool)))
    found = compare({1: empty}, {1: empty}, GRID).whole
    assert (found.dice, found.jaccard, found.specificity) == (1, 1, 1)
    assert all(map(np.isnan, (found.hausdorff, found.mean_surface_distance, found.sensitivity, found.kappa)))
    assert "both are empty" in found.doubt
    found = compare({1: some}, {1: empty}, GRID).whole
    assert (found.dice, found.jaccard, found.sensitivity, found.kappa) == (0, 0, 0, 0)
    assert found.doubt == "the second is empty, so distances have no value"
    assert np.isnan(compare({1: full}, {1: some}, GRID).whole.specificity)
    assert "fills the whole image" in compare({1: full}, {1: some}, GRID).whole.doubt


def test_another_grid_is_refused_with_what_differs() -> None:
    other = Geometry((23, 19, 16), np.diag([-1.0, 1.5, 3.1, 1.0]))
    with pytest.raises(
        GeometryError, match=r"a.nii and b.nii lie on different grids \(shape: .*zooms: .*maskeditor resam"
    ):
        check_grids({"a.nii": GRID, "b.nii": other})


def test_labels_over_one_another_have_no_kappa() -> None:
    one = {1: MaskBits.of(blobs(SHAPE, 1)), 2: MaskBits.of(blobs(SHAPE, 2))}
    assert np.isnan(compare(one, one, GRID).kappa)
    assert np.isnan(compare_all({"a": one, "b": one, "c": one}, GRID).fleiss_kappa)
