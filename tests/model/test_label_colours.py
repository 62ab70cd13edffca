"""Colours of labels differ for people of every kind, more than those that others use."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.core.space.mask import COLOURS, Roi
from maskeditor.model.label_colours import COUNT, colour_of, palette, seen

#: The qualitative palettes that matplotlib offers for up to twenty, and the one of Okabe and Ito (2008).
TAB20 = (
    "1f77b4 aec7e8 ff7f0e ffbb78 2ca02c 98df8a d62728 ff9896 9467bd c5b0d5 8c564b c49c94 e377c2 f7b6d2 7f7f7f c7c7c7 "
    "bcbd22 dbdb8d 17becf 9edae5"
)
OKABE_ITO = "e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7"


def least_apart(colours: np.ndarray) -> float:
    """Return the least difference of two colours, for whom it is least."""
    looks = seen(colours)
    apart = np.linalg.norm(looks[:, :, None] - looks[:, None], axis=-1)
    return float(apart[:, ~np.eye(len(colours), dtype=bool)].min())


@pytest.mark.parametrize("peer", [TAB20, OKABE_ITO])
def test_they_are_further_apart_than_those_of_peers(peer: str) -> None:
    theirs = np.array([[*bytes.fromhex(colour)] for colour in peer.split()], np.uint8)
    assert least_apart(palette()[: len(theirs)]) > 1.5 * least_apart(theirs)


def test_none_comes_twice_before_all_have_come() -> None:
    assert len(np.unique(palette(), axis=0)) == COUNT
    assert least_apart(palette()) > 2.3  # what can just be noticed


def test_a_number_has_one_colour_wherever_it_is_met() -> None:
    assert colour_of(1) == Roi.colour
    assert colour_of(17) == colour_of(17 + COUNT)
    assert colour_of(-3) == colour_of(-3 + COUNT)


def test_lightness_is_that_of_the_standard() -> None:
    # L*, a*, b* of pure red, green and blue, as tables of sRGB (D65) have them.
    known = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    np.testing.assert_allclose(seen(np.diag([255, 255, 255]).astype(np.uint8))[0], known, atol=0.05)


def test_colours_of_rois_go_on_beyond_the_first_eight() -> None:
    looks = seen(np.array(COLOURS, np.uint8))
    apart = np.linalg.norm(looks[:, :, None] - looks[:, None], axis=-1).min(axis=0)
    # Each of them differs from every one before, for people of every kind.
    assert min(apart[place, :place].min() for place in range(8, len(COLOURS))) > 14
