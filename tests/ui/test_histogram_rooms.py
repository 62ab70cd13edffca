"""The small rooms of the histogram, without a window: where things lie, how they are drawn, what stands in fields."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QApplication

from maskeditor.core.operation.found import Found, Gaussian
from maskeditor.ops.threshold import Threshold
from maskeditor.ui.histogram.count_axis import CountAxis, Scale
from maskeditor.ui.histogram.ends_row import EndsRow
from maskeditor.ui.histogram.ground import draw_ground
from maskeditor.ui.histogram.pictured import Colours, Ground, Outlines
from maskeditor.ui.histogram.places import CURVE_TOP, Places

WHITE, BLACK = QColor(255, 255, 255), QColor(0, 0, 0)


def places(scale: Scale = Scale.LINEAR, reach: tuple[float, float] = (0.0, 8.0)) -> Places:
    """Nine bars of 4 voxels and one of 16, over 0 to 10, drawn in 100 × 40 pixels."""
    edges = np.arange(11.0)
    histogram = SimpleNamespace(step=1.0, minimum=0.0, maximum=9.0, total=100, share_before=lambda at: at / 10)
    bars = SimpleNamespace(edges=edges, counts=np.array([4] * 9 + [16]), of_mask=None, around=None)
    return Places(histogram, bars, (0.0, 10.0), reach, (100.0, 40.0), scale)  # type: ignore[arg-type]


def test_a_range_is_drawn_round_the_bins_of_both_ends() -> None:
    assert places().of_range((2.0, 4.0)) == (15.0, 45.0)
    assert places().of_range((None, None)) == (-5.0, 95.0)


@pytest.mark.parametrize(
    ("scale", "reach", "tops"),
    [
        (Scale.LINEAR, (0.0, 8.0), (20.0, -40.0)),
        (Scale.LINEAR, (2.0, 6.0), (20.0, -100.0)),
        (Scale.SQUARE_ROOT, (0.0, 4.0), (20.0, 0.0)),
        (Scale.LOG, (0.0, np.log10(16)), (20.0, 0.0)),
    ],
)
def test_bars_end_where_their_counts_lie_on_the_scale(
    scale: Scale, reach: tuple[float, float], tops: tuple[float, float]
) -> None:
    found = places(scale, reach).outlines
    assert found.tops[[0, -1]] == pytest.approx(tops)
    assert found.edges.tolist() == [10.0 * edge for edge in range(11)]


def test_the_curve_of_shares_rises_from_the_bottom_to_the_top() -> None:
    across, down, _ = places().curve
    assert (across[0], down[0]) == (0, 40)
    assert (across[-1], down[-1]) == (100, CURVE_TOP)
    assert places().on_curve(0.25).x() == pytest.approx(25)


def test_a_class_that_is_the_widest_has_both_sides_of_another() -> None:
    broad = Found("Broad", 5.0, curve=Gaussian(0.5, 5.0, 4.0))
    narrow = Found("Narrow", 5.0, curve=Gaussian(0.5, 5.0, 0.5))
    ends = [Found("End", value, parts=True) for value in (4.0, 6.0)]
    assert places().parted([*ends, broad, narrow]) == ((0, 40, 0), (40, 60, 1), (60, 100, 0))
    assert places().parted(ends) == ((0, 40, 0), (40, 60, 1), (60, 100, 2))
    assert places().parted([broad, narrow]) == ()


def test_bars_that_are_too_high_are_torn_off_and_others_are_not(qapp: QApplication) -> None:
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(WHITE)
    ground = Ground(Outlines(np.array([0.0, 20.0, 40.0]), np.array([-5.0, 0.0]), None), Colours(*[BLACK] * 3, WHITE))
    painter = QPainter(image)
    draw_ground(painter, QRectF(0, 0, 40, 30), ground)
    painter.end()
    torn, whole = ([image.pixelColor(across, down).lightness() for down in range(12)] for across in (10, 30))
    assert torn[0] < 255 > torn[11]
    assert 255 in torn
    assert 255 not in whole


@pytest.mark.parametrize(
    ("scale", "words"), [(Scale.LOG, ["1", "100"]), (Scale.SQUARE_ROOT, ["0", "4"]), (Scale.LINEAR, ["0", "2"])]
)
def test_counts_are_written_as_counts_on_any_scale(qapp: QApplication, scale: Scale, words: list[str]) -> None:
    axis = CountAxis("left")
    axis.scale_of_counts = scale
    assert axis.tickStrings([0.0, 2.0], 1.0, 1.0) == words


def test_a_small_axis_has_fewer_powers_of_ten(qapp: QApplication) -> None:
    axis = CountAxis("left")
    assert axis.tickValues(-0.3, 4.2, 200) == [(1.0, [0.0, 1.0, 2.0, 3.0, 4.0])]
    assert axis.tickValues(-0.3, 4.2, 50) == [(3.0, [0.0, 3.0])]


def test_what_is_just_being_typed_into_an_end_stays_as_it_is(qapp: QApplication) -> None:
    row = EndsRow()
    ends = {one.name: one for one in Threshold.parameters()}
    low, high = ends["lower"], ends["upper"]
    hand = SimpleNamespace(ends=(low, None), usual_ends=(low, high), values={"lower": 5.0})
    row.low.set_number(5.0)
    row.low.lineEdit().setText("5.00")
    row.show_ends(hand, None)  # type: ignore[arg-type]
    assert row.low.lineEdit().text() == "5.00"
    assert row.high.number() is None
    assert row.high.accessibleName() == high.title
    typed = []
    row.typed.connect(lambda: typed.append(1))
    hand.values["lower"] = 7.0
    row.show_ends(hand, None)  # type: ignore[arg-type]
    assert row.numbers() == (7.0, None)
    assert not typed
    row.deleteLater()
