"""Kappas equal scikit-learn's, and the worked example of Fleiss."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from maskeditor.engine.kappa import cohen_kappa, fleiss_kappa

#: Ten subjects, each put into one of five categories by fourteen raters (after Fleiss 1971): kappa is 0.210.
WORKED = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


def counted(first: np.ndarray, second: np.ndarray, categories: int) -> float:
    def each(values: np.ndarray) -> np.ndarray:
        return np.bincount(values, minlength=categories)

    return cohen_kappa(each(first[first == second]), each(first), each(second))


@pytest.mark.parametrize("categories", [2, 5])
def test_cohens_is_that_of_scikit_learn(categories: int) -> None:
    rng = np.random.default_rng(categories)
    first = rng.integers(0, categories, 500)
    second = np.where(rng.random(500) < 0.6, first, rng.integers(0, categories, 500))
    assert counted(first, second, categories) == pytest.approx(cohen_kappa_score(first, second), rel=1e-12)
    assert counted(first, first, categories) == 1


def test_the_worked_example_of_fleiss() -> None:
    """The raters of each subject are counted in it, whoever they are: any order of them has the same kappa."""
    rng = np.random.default_rng(0)
    rated = np.array([rng.permutation(np.repeat(np.arange(5), row)) for row in WORKED]).T
    same = [int((one == other).sum()) for one, other in combinations(rated, 2)]
    found = fleiss_kappa(same, [np.bincount(row, minlength=5) for row in rated])
    assert round(found, 3) == 0.210
    shares = WORKED.sum(0) / WORKED.sum()
    of_each = (WORKED**2).sum(1) - 14
    expected = (of_each.mean() / (14 * 13) - (shares**2).sum()) / (1 - (shares**2).sum())
    assert found == pytest.approx(expected, rel=1e-12)


def test_where_all_agree_by_chance_alone_there_is_none() -> None:
    assert np.isnan(cohen_kappa([0, 9], [0, 9], [0, 9]))
    assert np.isnan(fleiss_kappa([9, 9, 9], [[0, 9]] * 3))
