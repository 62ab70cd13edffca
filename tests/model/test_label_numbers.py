"""ROIs keep the numbers they came with; new ones are counted on after them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.mask import Roi
from maskeditor.model.label_numbers import LARGEST, numbers_for


def rois(*labels: int) -> list[Roi]:
    return [Roi(f"roi{place}", f"roi{place}", label=label) for place, label in enumerate(labels, 1)]


def numbers(*labels: int) -> list[int]:
    return list(numbers_for(rois(*labels), ()).values())


def test_numbers_that_came_along_are_kept() -> None:
    assert numbers(0, 0, 0) == [1, 2, 3]
    assert numbers(17, 53) == [17, 53]
    assert numbers(0, 53, 17, 0) == [54, 53, 17, 55]
    # The later of two with the same is counted on.
    assert numbers(17, 17, 0) == [17, 18, 19]
    assert numbers(LARGEST, 0, 0) == [LARGEST, 1, 2]
    assert numbers(LARGEST + 1, -3) == [1, 2]


def test_an_roi_made_of_one_label_has_its_number() -> None:
    one, several = make("from_labels", {"labels": (17,)}), make("from_labels", {"labels": (3, 4)})
    steps = (Step(one, "roi2"), Step(make("dilation", {}), "roi2"), Step(several, "roi3"))
    assert list(numbers_for(rois(0, 0, 0), steps).values()) == [18, 17, 19]
    # A number that was given counts more, and steps that take no one label give none.
    assert list(numbers_for(rois(0, 5, 0), steps).values()) == [6, 5, 7]
    assert list(numbers_for(rois(0, 0, 0), steps[1:]).values()) == [1, 2, 3]


@given(st.lists(st.integers(-2, 6) | st.just(LARGEST), max_size=8))
def test_no_two_have_the_same(labels: list[int]) -> None:
    found = numbers(*labels)
    assert len(set(found)) == len(labels)
    assert all(0 < number <= LARGEST for number in found)
    assert all(number in found for number in labels if number > 0)
