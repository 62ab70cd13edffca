"""Circular analysis: said where the very data have chosen the voxels, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import maskeditor.ops
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.recipe.circularity import choices, circular, names_of
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe, of_operations, on_roi

assert maskeditor.ops

CONDITIONS = "conditions=face,face,house,house,rest,rest"
T_TEST = f"t_test name=t a=face b=house {CONDITIONS}"
BY_T = (T_TEST, "threshold image=t lower=3")


def recipe(*lines: str, **images: Any) -> Recipe:
    steps = [Step(operation, "" if operation.makes_image else "roi1") for operation in map(from_text, lines)]
    return replace(of_operations(steps), source={"fingerprint": "base"}, images=images)


def said(made: Recipe, known: str = "base", conditions: Any = None, over_time: bool = True) -> tuple[str, ...]:
    return circular(made, names_of(made, known.__eq__), conditions, over_time=over_time)


def test_a_test_of_the_very_data() -> None:
    assert said(recipe(*BY_T)) == (
        "The voxels were chosen by these very data (t test of 'face' and 'house', then Threshold), so what is measured "
        "in them is biased towards that choice (circular); measure in other runs or subjects, or choose the voxels by "
        "cross-validation.",
    )


@pytest.mark.parametrize(
    ("lines", "over_time", "expected"),
    [
        (BY_T, True, 1),
        ((*BY_T, "dilation"), True, 1),
        ((T_TEST, "smooth name=s image=t fwhm=4", "otsu image=s"), True, 1),
        (
            ("smooth name=s fwhm=4", "seed_correlation name=r image=s seed=1,1,1", "threshold image=r lower=0.4"),
            True,
            1,
        ),
        ((f"f_test name=f {CONDITIONS}", "threshold image=f lower=3"), True, 1),
        (("threshold lower=3",), True, 0),
        (("threshold lower=3",), False, 1),
        (("epi_mask",), False, 0),
        (("tsnr name=n", "threshold image=n lower=40"), False, 1),
        ((T_TEST, "threshold lower=3"), True, 0),  # the map is made, and looked at by nothing
    ],
)
def test_what_counts_as_a_choice(lines: tuple[str, ...], over_time: bool, expected: int) -> None:
    assert len(said(recipe(*lines), over_time=over_time)) == expected


def test_other_data_are_the_way_out() -> None:
    assert said(recipe(*BY_T), "another run") == ()
    assert said(recipe(*BY_T), "") == ()


def test_other_conditions() -> None:
    assert said(recipe(*BY_T), conditions={"rest"}) == ()
    assert len(said(recipe(*BY_T), conditions={"rest", "face"})) == 1


def test_a_further_image_that_has_chosen() -> None:
    made = recipe("threshold image=stat lower=3", stat={"fingerprint": "map"})
    assert len(said(made, "map", over_time=False)) == 1
    assert said(made, "base", over_time=False) == ()
    series = recipe(f"{T_TEST} image=run1", "threshold image=t lower=3", run1={"fingerprint": "run 1"})
    assert said(series, "base") == ()
    assert len(said(series, "run 1")) == 1


def test_an_atlas_chooses_by_place() -> None:
    assert choices(recipe("from_labels image=atlas labels=3", atlas={"fingerprint": "base"})) == ()


def test_steps_that_do_not_count() -> None:
    made = recipe(*BY_T, "clear", "threshold lower=1")
    disabled = replace(made, steps=(made.steps[0], replace(made.steps[1], enabled=False), *made.steps[2:]))
    assert said(disabled) == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((*BY_T, "epi_mask"), 0),
        ((*BY_T, "epi_mask combine=add"), 1),
        ((*BY_T, "clear"), 0),
        ((*BY_T, "clear", "threshold lower=1"), 0),
        (("epi_mask", T_TEST, "threshold image=t lower=3 combine=intersect"), 1),
    ],
)
def test_what_is_left_of_a_choice(lines: tuple[str, ...], expected: int) -> None:
    assert len(said(recipe(*lines))) == expected


def test_another_roi_that_was_looked_at() -> None:
    operations = [from_text(line) for line in (T_TEST, "threshold image=t lower=3")]
    first = on_roi(operations, "active", ["whole"])
    steps = (*first.steps, Step(from_text("boolean other=roi1"), "roi2"))
    assert len(said(replace(first, steps=steps, target="roi2", source={"fingerprint": "base"}))) == 1


def test_the_methods_text_says_so() -> None:
    text = methods_text(recipe(*BY_T))
    assert "As a test of the image chose the voxels, what is measured in them in the same data is biased" in text
    assert "Kriegeskorte N, Simmons WK, Bellgowan PSF, Baker CI (2009)" in text
    assert "Kriegeskorte" not in methods_text(recipe("threshold lower=3"))
