"""Colours of labels differ for people of every kind, more than those that others use."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from maskeditor.core.space.mask import COLOURS, Roi
from maskeditor.model.label_colours import COUNT, colour_of, least_apart, palette, seen
from maskeditor.model.view.pixels import APART, PREVIEW_COLOURS, preview_colours

#: The qualitative palettes that matplotlib offers for up to twenty, and the one of Okabe and Ito (2008).
TAB20 = (
    "1f77b4 aec7e8 ff7f0e ffbb78 2ca02c 98df8a d62728 ff9896 9467bd c5b0d5 8c564b c49c94 e377c2 f7b6d2 7f7f7f c7c7c7 "
    "bcbd22 dbdb8d 17becf 9edae5"
)
OKABE_ITO = "e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7"


def least(colours: np.ndarray) -> float:
    """Return the least difference of two colours, for whom it is least."""
    rows = [(*map(int, colour),) for colour in colours]
    return min(least_apart([one], rows[place + 1 :]) for place, one in enumerate(rows[:-1]))


@pytest.mark.parametrize("peer", [TAB20, OKABE_ITO])
def test_they_are_further_apart_than_those_of_peers(peer: str) -> None:
    theirs = np.array([[*bytes.fromhex(colour)] for colour in peer.split()], np.uint8)
    assert least(palette()[: len(theirs)]) > 1.5 * least(theirs)


def test_none_comes_twice_before_all_have_come() -> None:
    assert len(np.unique(palette(), axis=0)) == COUNT
    assert least(palette()) > 2.3  # what can just be noticed


def test_a_number_has_one_colour_wherever_it_is_met() -> None:
    assert colour_of(1) == Roi.colour
    assert colour_of(17) == colour_of(17 + COUNT)
    assert colour_of(-3) == colour_of(-3 + COUNT)


def test_lightness_is_that_of_the_standard() -> None:
    # L*, a*, b* of pure red, green and blue, as tables of sRGB (D65) have them.
    known = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    np.testing.assert_allclose(seen(np.diag([255, 255, 255]).astype(np.uint8))[0], known, atol=0.05)


def test_colours_of_rois_are_apart_for_everybody() -> None:
    """Further than those of Okabe and Ito, which are seven, and the more so than as many of matplotlib's."""
    for count, peer, times in ((8, OKABE_ITO, 1.4), (20, TAB20, 10)):
        theirs = np.array([[*bytes.fromhex(colour)] for colour in peer.split()], np.uint8)
        assert least(np.array(COLOURS[:count], np.uint8)) > times * least(theirs)


def test_colours_of_rois_are_those_that_differ_most() -> None:
    """Each from all before it, of those that are bright enough and apart from what is previewed."""
    step = np.linspace(0, 255, 16).round().astype(np.uint8)
    every = np.stack(np.meshgrid(step, step, step, indexing="ij"), axis=-1).reshape(-1, 3)
    looks = seen(every)
    previews = seen(np.array(PREVIEW_COLOURS[0], np.uint8))
    lightness, *tint = np.moveaxis(looks[0], -1, 0)
    apart = np.linalg.norm(looks[:, :, None] - previews[:, None], axis=-1).min(axis=(0, 2)) >= APART
    bright = every.max(axis=1) >= 170
    fit = apart & bright & (np.hypot(*tint) >= 30) & (lightness >= 45) & (lightness <= 92)
    chosen, nearest = [Roi.colour], np.full(int(fit.sum()), np.inf)
    while len(chosen) < len(COLOURS):
        last = seen(np.array(chosen[-1:], np.uint8))
        np.minimum(nearest, np.linalg.norm(looks[:, fit] - last, axis=-1).min(axis=0), out=nearest)
        chosen.append(tuple(every[fit][nearest.argmax()].tolist()))
    assert tuple(chosen) == COLOURS


def test_a_preview_is_apart_from_any_colour() -> None:
    """From those that ROIs are given, and from any other that somebody gives one."""
    assert preview_colours(COLOURS) == PREVIEW_COLOURS[0]
    assert least_apart(PREVIEW_COLOURS[0], COLOURS) >= APART
    for pair in PREVIEW_COLOURS:
        assert least(np.array(pair, np.uint8)) > 50
    step = range(0, 256, 51)
    assert min(least_apart(preview_colours([one]), [one]) for one in product(step, step, step)) >= APART
