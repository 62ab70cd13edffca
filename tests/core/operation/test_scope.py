"""Scopes: nothing changes beyond the limits, and everything inside them does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.errors import MaskEditorError

SHAPE = (5, 6, 4)
RNG = np.random.default_rng(3)
VALUES = RNG.integers(0, 10, (*SHAPE, 3)).astype(np.float32)
VALUES[2, 2, 2] = np.nan
OTHER = np.asfortranarray(RNG.random(SHAPE) < 0.5)


def scene(mask: np.ndarray, values: np.ndarray = VALUES, **scaling: float) -> Scene:
    volume = Volume(np.asfortranarray(values), Geometry(SHAPE, np.eye(4)), **scaling)
    return Scene(volume, mask, bounding_box(mask), {"roi2": OTHER})


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    start = tuple(draw(st.integers(0, n - 1)) for n in SHAPE)
    return Box(start, tuple(draw(st.integers(a + 1, n)) for a, n in zip(start, SHAPE, strict=True)))


limits = st.one_of(st.none(), st.floats(-1, 11, width=32))


@given(
    boxes(),
    st.sampled_from([None, 0, 1, 2]),
    st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted),
    st.booleans(),
    st.tuples(limits, limits).filter(lambda ends: None in ends or ends[0] <= ends[1]),
    st.integers(0, 99),
)
def test_the_limits_hold(box: Box, axis: int | None, ends: list[int], inside: bool, band: tuple, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.asfortranarray(rng.random(SHAPE) < 0.5)
    new = np.asfortranarray(rng.random(box.shape) < 0.5)
    scope = Scope(axis=axis, first=ends[0], last=ends[1], inside="roi2" if inside else "", lower=band[0], upper=band[1])

    allowed = np.ones(SHAPE, bool)
    if axis is not None:
        index = np.indices(SHAPE)[axis]
        allowed &= (index >= ends[0]) & (index <= ends[1])
    if inside:
        allowed &= OTHER
    if band != (None, None):
        mean = VALUES.astype(np.float64).mean(axis=3)
        allowed &= ~np.isnan(mean)
        allowed &= mean >= (-np.inf if band[0] is None else band[0])
        allowed &= mean <= (np.inf if band[1] is None else band[1])
    expected = mask.copy()
    expected[box.slices] = np.where(allowed[box.slices], new, mask[box.slices])

    limited = scope.limit(Patch(box, new.copy()), scene(mask))
    result = mask.copy()
    result[limited.box.slices] = limited.data
    assert np.array_equal(result, expected)


def test_everywhere_costs_nothing() -> None:
    patch = Patch(Box((0, 0, 0), (1, 1, 1)), np.ones((1, 1, 1), bool))
    assert EVERYWHERE.limit(patch, scene(np.zeros(SHAPE, bool))) is patch
    assert Scope() == EVERYWHERE
    assert (EVERYWHERE.summary(), EVERYWHERE.references()) == ("", frozenset())


def test_intensities_are_those_after_rescale() -> None:
    values = np.arange(120, dtype=np.int16).reshape(SHAPE, order="F")
    patch = Patch(Box.whole(SHAPE), np.ones(SHAPE, bool))
    scaled = scene(np.zeros(SHAPE, bool), values, slope=0.5, intercept=-10.0)
    limited = Scope(lower=-1, upper=1.5).limit(patch, scaled)
    assert sorted(values[limited.data].tolist()) == [18, 19, 20, 21, 22, 23]


def test_a_brush_on_a_scaled_image_looks_at_its_own_box_alone() -> None:
    class Watched(Volume):
        seen: list[int] = []  # noqa: RUF012

        def scaled(self, stored: np.ndarray) -> np.ndarray:
            self.seen.append(stored.size)
            return super().scaled(stored)

    volume = Watched(np.zeros(SHAPE, np.float32, order="F"), Geometry(SHAPE, np.eye(4)), slope=2.0)
    box = Box((1, 1, 1), (3, 3, 3))
    Scope(lower=0).limit(Patch(box, np.ones(box.shape, bool)), Scene(volume, np.zeros(SHAPE, bool), None))
    assert sum(volume.seen) <= box.size


def test_another_roi_must_be_there() -> None:
    patch = Patch(Box.whole(SHAPE), np.ones(SHAPE, bool))
    with pytest.raises(MaskEditorError, match=r"There is no other ROI 'roi5' here \(other ROIs: roi2\)"):
        Scope(inside="roi5").limit(patch, scene(np.zeros(SHAPE, bool)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"axis": 1, "first": 4, "last": 3}, "the last slice (3) must not come before the first (4)"),
        ({"lower": 2, "upper": 1}, "intensity to (1) must not be below intensity from (2)"),
        ({"axis": 3}, "Input should be 0, 1 or 2"),
        ({"first": -1}, "greater than or equal to 0"),
        ({"lower": float("nan")}, "finite number"),
        ({"slice": 1}, "Extra inputs are not permitted"),
    ],
)
def test_what_a_scope_refuses(given: dict, words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Scope(**given)
    assert words in str(raised.value)


def test_the_limits_in_words() -> None:
    assert Scope(axis=0, first=2, last=4).summary() == "slices 2–4 of axis 0"
    assert Scope(inside="roi2", lower=3).summary() == "inside roi2, intensity from 3"
    assert Scope(lower=3, upper=4.5).summary() == "intensity 3–4.5"
    assert Scope(upper=4.5).summary() == "intensity up to 4.5"


def test_a_scope_is_renamed_whole() -> None:
    scope = Scope(inside="a", outside=("b", "a"), lower=3.0)
    assert scope.renamed({"a": "x", "b": "y"}) == Scope(inside="x", outside=("y", "x"), lower=3.0)
    assert scope.references() == {"a", "b"}
    assert Scope(outside=("b",)).renamed({"b": "y"}) == Scope(outside=("y",))
