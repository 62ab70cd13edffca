"""Signals by condition, and their boxes: those of matplotlib where it is there, and of numpy; drawn as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy import stats

from maskeditor.core.errors import OperationError
from maskeditor.model.data.box_plot import MOST, drawing, ticks
from maskeditor.model.data.by_condition import Box, by_condition
from maskeditor.model.data.signal_parameters import SignalParameters
from maskeditor.model.data.signals import Signals

FRAMES = 12
LABELS = ("face", "face", "", "house", "house", "", "face", "face", "", "house", "house", "")
EVENTS = ((0.0, 4.0, "face"), (6.0, 4.0, "house"), (12.0, 4.0, "face"), (18.0, 4.0, "house"))


def signals(volumes: tuple[int, ...] = tuple(range(FRAMES)), names: tuple[str, ...] = ("left", "right")) -> Signals:
    random = np.random.default_rng(0)
    values = random.normal(size=(FRAMES, len(names)))[list(volumes)]
    return Signals(values, names, volumes, 2.0, SignalParameters())


@pytest.mark.parametrize("table", [LABELS, EVENTS])
def test_the_volumes_of_each_condition(table: tuple[object, ...]) -> None:
    made = signals()
    found = by_condition(made, table, FRAMES)  # type: ignore[arg-type]
    assert found.labels == LABELS
    assert found.conditions == ("face", "house")
    faces = [place for place, label in enumerate(LABELS) if label == "face"]
    assert np.array_equal(found.values["face", "right"], made.values[faces, 1])
    assert len(found.values) == 4


def test_volumes_that_were_left_out_and_a_delay() -> None:
    found = by_condition(signals(tuple(range(2, FRAMES))), LABELS, FRAMES)
    assert found.labels == LABELS[2:]
    delayed = by_condition(signals(), EVENTS, FRAMES, delay=2.0)
    assert delayed.labels == ("", *LABELS[:-1])
    assert by_condition(signals(), LABELS, FRAMES, among=("house",)).conditions == ("house",)


@pytest.mark.parametrize(
    ("table", "among", "sentence"),
    [
        (LABELS[1:], (), "The table has 11 labels, but the series has 12 volumes"),
        (LABELS, ("cat",), "No volume that was kept belongs to 'cat' .conditions: 'face', 'house'."),
        (("",) * FRAMES, (), "No volume that was kept belongs to a condition"),
        (((0.0, 9.0, "face"), (4.0, 4.0, "house")), (), "Volume 2 belongs to 'face' and 'house' at once"),
    ],
)
def test_tables_that_do_not_fit(table: tuple[object, ...], among: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(OperationError, match=sentence):
        by_condition(signals(), table, FRAMES, among=among)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 50])
def test_boxes_are_those_of_tukey(count: int) -> None:
    values = np.random.default_rng(count).standard_t(2, count)
    box = Box.of(values)
    quartiles = stats.scoreatpercentile(values, [25, 50, 75])
    assert np.allclose((box.lower, box.median, box.upper), quartiles)
    reach = 1.5 * (quartiles[2] - quartiles[0])
    among = values[(values >= quartiles[0] - reach) & (values <= quartiles[2] + reach)]
    assert (box.low, box.high) == (min(among.min(), box.lower), max(among.max(), box.upper))
    assert sorted(box.beyond) == sorted(set(values) - set(among))


def test_a_drawing_shows_every_box() -> None:
    found = by_condition(signals(), LABELS, FRAMES)
    text = drawing(found, "A <title>", SignalParameters(standardize="psc"), ["Circular & doubtful."])
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    boxes = [group.find(f"{space}title").text for group in root.iter(f"{space}g")]  # type: ignore[union-attr]
    medians = [
        f"{np.median(found.values[condition, name]):.5g}"
        for name in ("left", "right")
        for condition in ("face", "house")
    ]
    assert [f"median {median}," in str(box) for median, box in zip(medians, boxes, strict=True)] == [True] * 4
    assert str(boxes[1]).startswith("left, house: ")
    words = [element.text for element in root.iter(f"{space}text")]
    assert {"A <title>", "Mean, % change", "face", "house", "left", "right", "Circular & doubtful."} <= set(words)


def test_more_than_can_be_read() -> None:
    many = signals(names=tuple(map(str, range(MOST + 1))))
    with pytest.raises(OperationError, match=f"at most {MOST} regions"):
        drawing(by_condition(many, LABELS, FRAMES), "many", SignalParameters())


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3e-7, 2e-7), (1e6, 1.5e6), (-1234.0, 77.0), (5.0, 5.0001)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    assert low - 1e-9 <= found[0] < found[-1] <= high * (1 + 1e-9) + 1e-9
