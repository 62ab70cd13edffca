"""Tissue classes: the mixture is scikit-learn's, and what is taken is what it gives the voxels to."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.gaussian_mixture import (
    belonging,
    crossings,
    curves,
    fitted,
    levels_of,
    mixture_of_levels,
    ranges_kept,
)
from maskeditor.ops.tissue_class import TissueClass
from tests import phantoms
from tests.ops.common import on_image

#: Means and crossings of the mixture of three, as scikit-learn 1.9.1 has them too.
LITERAL = ([30.247998801, 80.167445149, 119.952729292], [51.958793601, 103.465383209])


def three_tissues(dtype=np.int16, factor=1.0):
    random = np.random.default_rng(3)
    parts = [random.normal(mean, deviation, 1500) for mean, deviation in ((30, 8), (80, 10), (120, 7))]
    mixed = np.concatenate(parts) * factor
    return (np.rint(mixed) if np.dtype(dtype).kind == "i" else mixed).astype(dtype).reshape(-1, 10, 10)


def peer_of(data, start):
    """Return scikit-learn's mixture, begun at the classes that ours begins at: ends of the darker ones, included."""
    from sklearn.mixture import GaussianMixture

    voxels = data.astype(np.float64).reshape(-1, 1)
    number = np.searchsorted(start, voxels.ravel(), side="left")
    members = [voxels[number == place] for place in range(len(start) + 1)]
    model = GaussianMixture(
        len(members),
        tol=1e-9,
        max_iter=10_000,
        reg_covar=0,
        weights_init=[len(one) / len(voxels) for one in members],
        means_init=[[one.mean()] for one in members],
        precisions_init=[[[1 / one.var()]] for one in members],
    ).fit(voxels)
    order = np.argsort(model.means_.ravel())
    found = (model.weights_, model.means_.ravel(), np.sqrt(model.covariances_.ravel()))
    return np.stack([one[order] for one in found]), model, order


def begun_at(counts, levels, classes):
    """Return the highest level of each class that ours begins at, but the brightest: Otsu's in 256 bins."""
    from skimage.filters import threshold_multiotsu

    bins = np.minimum((256 * (levels - levels[0]) / (levels[-1] - levels[0])).astype(int), 255)
    last = threshold_multiotsu(np.repeat(bins, counts)[:, None], classes=classes)
    return [levels[bins <= end].max() for end in last]


def test_a_few_voxels_far_from_all_others_are_a_class_of_their_own():
    """In 256 bins from the lowest to the highest, all others would lie in one."""
    data = np.concatenate([three_tissues().ravel(), np.repeat(np.int16(32_000), 300)]).reshape(-1, 10, 10)
    counts, levels, width = levels_of(data)
    found = fitted(counts, levels, width, 4)
    assert found[1, 3] == 32_000
    assert found[0, 3] == pytest.approx(300 / data.size)
    # The others are as they are without those.
    alone = fitted(*levels_of(three_tissues()), 3)
    np.testing.assert_allclose(found[1:, :3], alone[1:], rtol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_whole_numbers_equal_scikit_learn(classes):
    data = three_tissues()
    counts, levels, width = levels_of(data)
    found = fitted(counts, levels, width, classes)
    peer, model, order = peer_of(data, begun_at(counts, levels, classes))
    np.testing.assert_allclose(found, peer, rtol=1e-9)
    likeliest, posterior = belonging(found, levels)
    np.testing.assert_allclose(posterior.T, model.predict_proba(levels[:, None])[:, order], atol=1e-9)
    for number in range(classes):
        ((lower, upper),) = ranges_kept(found, number, number, 0.0, levels[0], levels[-1])
        inside = (levels >= lower) & (levels <= upper)
        assert np.array_equal(inside, likeliest == number)


@pytest.mark.parametrize("factor", [1.0, 1e-3, 1e30])
def test_floats_equal_scikit_learn_within_a_bin(factor):
    data = three_tissues(np.float64, factor)
    counts, levels, width = levels_of(data)
    found = mixture_of_levels(counts, levels, width, 3)
    scaled, _, _ = peer_of(data / factor, np.array(begun_at(counts, levels, 3)) / factor + width / factor / 2)
    assert np.abs(found[0] - scaled[0]).max() < 1e-3
    assert np.abs(found[1:] / factor - scaled[1:]).max() < width / factor


def test_literal_mixture_and_crossings():
    counts, levels, width = levels_of(three_tissues())
    found = fitted(counts, levels, width, 3)
    np.testing.assert_allclose(found[1], LITERAL[0], rtol=1e-6)
    np.testing.assert_allclose(crossings(found, levels[0], levels[-1]), LITERAL[1], rtol=1e-6)
    # Where two are as probable, their curves cross.
    for crossing in crossings(found, levels[0], levels[-1]):
        lower, upper = np.sort(curves(found, np.array([crossing]))[:, 0])[-2:]
        assert lower == pytest.approx(upper, rel=1e-9)


def test_a_wide_class_lies_on_both_sides_of_a_narrow_one():
    mixture = np.array([[0.5, 0.5], [100.0, 101.0], [1.0, 20.0]])
    ranges = ranges_kept(mixture, 1, 1, 0.0, 0.0, 200.0)
    # (x - 100)² / 2 = (x - 101)² / 800 + log 20
    roots = np.sort(np.roots([1 / 2 - 1 / 800, -100 + 101 / 400, 100**2 / 2 - 101**2 / 800 - np.log(20)]))
    np.testing.assert_allclose([ranges[0][1], ranges[1][0]], roots, rtol=1e-9)
    assert (ranges[0][0], ranges[1][1]) == (0.0, 200.0)
    # Each end is the last number of its side.
    for _, upper in ranges[:1]:
        assert belonging(mixture, np.array([upper, np.nextafter(upper, np.inf)]))[0].tolist() == [1, 0]
    narrower = ranges_kept(mixture, 1, 1, 0.9, 0.0, 200.0)
    assert narrower[0][1] < ranges[0][1]
    assert belonging(mixture, np.array([narrower[0][1]]))[1][1, 0] >= 0.9


def test_takes_classes():
    data = three_tissues()
    image = phantoms.volume(data)
    counts, levels, width = levels_of(data)
    likeliest, posterior = belonging(fitted(counts, levels, width, 3), data.ravel().astype(np.float64))
    likeliest, posterior = likeliest.reshape(data.shape), posterior.reshape(3, *data.shape)
    for keep, wanted in {"darkest": [0], "second": [1], "brightest": [2], "not darkest": [1, 2]}.items():
        assert np.array_equal(on_image(TissueClass(keep=keep), image), np.isin(likeliest, wanted))
    sure = on_image(TissueClass(keep="second", minimum_posterior=0.95), image)
    assert np.array_equal(sure, (likeliest == 1) & (posterior[1] >= 0.95))


def test_zeros_are_left_out():
    data = three_tissues()
    padded = np.concatenate([np.zeros((40, 10, 10), np.int16), data])
    wanted = on_image(TissueClass(keep="darkest"), phantoms.volume(data))
    found = on_image(TissueClass(keep="darkest", exclude_zeros=True), phantoms.volume(padded))
    assert np.array_equal(found[40:], wanted & (data != 0))
    assert not found[:40].any()


def test_is_refused_in_words():
    with pytest.raises(ParameterError, match="3 classes have no fourth"):
        make("tissue_class", {"keep": "fourth"})
    two = phantoms.volume(np.array([1, 1, 2, 2], np.uint8).reshape(4, 1, 1))
    with pytest.raises(OperationError, match="has 2 different intensities, or bins that hold any, fewer than the 3"):
        on_image(TissueClass(), two)
    with pytest.raises(OperationError, match="holds no number to fit a mixture to; choose another"):
        on_image(TissueClass(exclude_zeros=True), phantoms.volume(np.zeros((4, 1, 1), np.uint8)))


def test_is_told():
    chosen = TissueClass(classes=4, keep="third", minimum_posterior=0.9, exclude_zeros=True, combine="intersect")
    assert chosen.summary() == "Tissue class, third of 4, posterior from 0.9, zeros excluded (intersect)"
    assert "of which the third class from the darkest was taken with a posterior probability of at least 0.9" in (
        chosen.methods()
    )
