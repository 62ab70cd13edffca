"""The drawings of a report, as SVG in the colours of the text round them: the histogram, and courses over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.mask import Colour
from maskeditor.engine.arrays import Array, Floats
from maskeditor.model.data.box_plot import ticks
from maskeditor.model.data.drawing import markup
from maskeditor.model.histogram import Bars

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BELOW = 720, 240, 70, 14, 16, 40


class Bound(NamedTuple):
    """An intensity at which a step ends, and the step."""

    value: float
    step: str
    colour: Colour


class Course(NamedTuple):
    """A mask's mean intensity over time, (T,)."""

    name: str
    colour: Colour
    values: Floats


def colour_words(colour: Colour) -> str:
    """Return a colour as HTML and SVG have it.

    Examples
    --------
    >>> colour_words((255, 0, 16))
    '#ff0010'
    """
    return "#" + "".join(f"{part:02x}" for part in colour)


class _Axes:
    """Where intensities and counts lie on a drawing."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self._x, self._y = x, y

    def right(self, value: float) -> float:
        low, high = self._x
        return _LEFT + (value - low) / ((high - low) or 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def down(self, value: float) -> float:
        low, high = self._y
        return _TOP + _HEIGHT * (high - value) / ((high - low) or 1.0)

    def drawn(self, x_title: str, y_title: str) -> list[str]:
        foot = _TOP + _HEIGHT
        parts = [
            f'<path d="M{_LEFT} {_TOP}V{foot}H{_WIDTH - _RIGHT}" fill="none" stroke="currentColor"/>',
            f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{foot + 36}" text-anchor="middle">{markup(x_title)}</text>',
            f'<text transform="translate(14 {_TOP + _HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
            f"{markup(y_title)}</text>",
        ]
        parts += [
            f'<text x="{self.right(tick):.1f}" y="{foot + 18}" text-anchor="middle">{tick:g}</text>'
            for tick in ticks(*self._x)
        ]
        for tick in ticks(*self._y, most=5):
            y = self.down(tick)
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="currentColor" opacity="0.15"/>')
        return parts


def _drawing(alt: str, parts: Sequence[str]) -> str:
    height = _TOP + _HEIGHT + _BELOW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-family="sans-serif" '
        f'font-size="12" fill="currentColor"><title>{markup(alt)}</title>{"".join(parts)}</svg>'
    )


def histogram_drawing(bars: Bars, of_masks: Sequence[tuple[str, Colour, Array]], bounds: Sequence[Bound]) -> str:
    """Return the histogram of an image as the square root of counts, those of masks over it, and the bounds of steps.

    Parameters
    ----------
    bars : Bars
        Of the image.
    of_masks : sequence of (str, tuple of 3 int, (N,) array of int64)
        Name, colour and counts of each mask in the same bars.
    bounds : sequence of Bound
    """
    counts, edges = np.sqrt(bars.counts), bars.edges
    # The peak of the background would squash all others.
    high = float(np.sort(counts)[-2:][0]) * 1.15 or 1.0
    axes = _Axes((float(edges[0]), float(edges[-1])), (0.0, high))

    def area(heights: Array, style: str) -> str:
        corners = "".join(
            f"V{axes.down(min(float(height), high)):.1f}H{axes.right(float(edge)):.1f}"
            for height, edge in zip(heights, edges[1:], strict=True)
        )
        return f'<path d="M{axes.right(float(edges[0])):.1f} {axes.down(0):.1f}{corners}V{axes.down(0):.1f}Z" {style}/>'

    parts = [area(counts, 'fill="currentColor" opacity="0.35"')]
    for _, colour, found in of_masks:
        shown = colour_words(colour)
        parts.append(area(np.sqrt(found), f'fill="{shown}" fill-opacity="0.35" stroke="{shown}"'))
    parts += axes.drawn("Intensity", "√ voxels")
    for value, step, colour in bounds:
        if edges[0] <= value <= edges[-1]:
            x = axes.right(value)
            parts.append(
                f'<path d="M{x:.1f} {_TOP}V{_TOP + _HEIGHT}" stroke="{colour_words(colour)}" stroke-width="2" '
                f'stroke-dasharray="5 3"><title>{markup(step)}: {value:.6g}</title></path>'
                f'<text x="{x + 3:.1f}" y="{_TOP + 10}">{value:.6g}</text>'
            )
    named = ", ".join(name for name, _, _ in of_masks)
    said = "; ".join(f"{step} at {value:.6g}" for value, step, _ in bounds)
    return _drawing(f"Histogram of the image, and of {named}{'. Bounds: ' if said else ''}{said}", parts)


def courses_drawing(courses: Sequence[Course], seconds: float) -> str:
    """Return mean courses over time, as lines.

    Parameters
    ----------
    courses : sequence of Course
        At least one, with finite values.
    seconds : float
        From one volume to the next; 0 if that is not known.
    """
    every = np.concatenate([one.values for one in courses])
    finite = every[np.isfinite(every)]
    low, high = float(finite.min()), float(finite.max())
    room = 0.05 * (high - low) or max(1.0, abs(high)) / 20
    frames = len(courses[0].values)
    axes = _Axes((0.0, (frames - 1) * (seconds or 1.0)), (low - room, high + room))
    parts = axes.drawn("Time (s)" if seconds else "Volume", "Mean intensity")
    for name, colour, values in courses:
        points = " ".join(
            f"{axes.right(place * (seconds or 1.0)):.1f},{axes.down(float(value)):.1f}"
            for place, value in enumerate(values)
            if np.isfinite(value)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour_words(colour)}" stroke-width="1.6">'
            f"<title>{markup(name)}</title></polyline>"
        )
    return _drawing(f"Mean intensity over {frames} volumes: {', '.join(one.name for one in courses)}", parts)
