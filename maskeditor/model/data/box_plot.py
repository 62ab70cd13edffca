"""A box plot as SVG: a box for each condition of each signal, by Tukey's rules."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence

from maskeditor.core.errors import OperationError
from maskeditor.core.space.mask import Colour
from maskeditor.model.data.by_condition import Box, ByCondition
from maskeditor.model.data.drawing import markup
from maskeditor.model.data.signal_parameters import SignalParameters
from maskeditor.model.label_colours import colour_of
from maskeditor.model.numbers_in_words import in_number

#: Signals beyond which a plot cannot be read.
MOST = 40
#: Points of the drawing: a box and its room, the room between signals, the height of the plot, and the margins.
_BOX, _ROOM, _BETWEEN, _HEIGHT = 18, 8, 22, 260
_LEFT, _TOP, _BELOW, _RIGHT = 74, 34, 40, 20
#: Letters of a name that are shown, and how wide one is; names stand at an angle of 30°.
_LETTERS, _LETTER = 30, 6.6
_WRAPPED = 96


def measured(parameters: SignalParameters) -> str:
    """Return what signals are, as the axis of a plot has it.

    Examples
    --------
    >>> measured(SignalParameters(statistic="median", standardize="psc"))
    'Median, % change'
    """
    what = "Intensity" if parameters.voxels or parameters.seeds else parameters.statistic.replace("_", " ")
    unit = {"none": "", "psc": ", % change"}.get(parameters.standardize, ", z score")
    return what[0].upper() + what[1:] + unit


def condition_colours(conditions: Sequence[str]) -> dict[str, Colour]:
    """Return the colour of each condition, the one that shades it in the time courses."""
    return {name: colour_of(place) for place, name in enumerate(conditions, 2)}


def ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers between two, at most so many.

    Examples
    --------
    >>> ticks(-0.3, 1.1)
    [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    step = 10 ** math.floor(math.log10(max(high - low, 1e-300)))
    for part in (0.1, 0.2, 0.5, 1.0, 2.0):
        if (high - low) / (part * step) <= most:
            step *= part
            break
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def drawing(found: ByCondition, title: str, parameters: SignalParameters, notes: Sequence[str] = ()) -> str:
    """Return a drawing of signals by condition.

    Parameters
    ----------
    found : ByCondition
    title : str
    parameters : SignalParameters
        Of the signals, which say what is measured.
    notes : sequence of str
        What is doubtful, said below the plot.

    Raises
    ------
    OperationError
        If there are too many signals.
    """
    if len(found.names) > MOST:
        raise OperationError(
            f"A box plot of {len(found.names)} signals cannot be read; take those of at most {MOST} regions."
        )
    boxes, names = found.boxes(), found.names
    colours = condition_colours(found.conditions)
    low = min(min((box.low, *box.beyond)) for box in boxes.values())
    high = max(max((box.high, *box.beyond)) for box in boxes.values())
    margin = 0.06 * (high - low) or max(1.0, abs(high)) / 2
    low, high = low - margin, high + margin
    group = len(found.conditions) * (_BOX + _ROOM) + _BETWEEN
    shown = [textwrap.shorten(name, _LETTERS, placeholder="…") for name in names]
    middles = [_BETWEEN / 2 + place * group + (group - _BETWEEN) / 2 for place in range(len(names))]
    # Room for the names that reach beyond the left end.
    left = max(_LEFT, *(round(0.87 * _LETTER * len(name) - at + 8) for name, at in zip(shown, middles, strict=True)))
    below = _BELOW + round(_LETTER * max(map(len, shown)) / 2)
    lines = [line for note in notes for line in textwrap.wrap(note, _WRAPPED)]
    width = max(left + group * len(names) + _RIGHT, 420)
    height = _TOP + _HEIGHT + below + 15 * len(lines) + 18 * ((len(found.conditions) + 3) // 4)

    def y(value: float) -> float:
        return _TOP + _HEIGHT * (high - value) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f"<title>{markup(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14" font-weight="bold">{markup(title)}</text>',
        f'<text transform="translate(16 {_TOP + _HEIGHT / 2:.1f}) rotate(-90)" text-anchor="middle">'
        f"{markup(measured(parameters))}</text>",
    ]
    for tick in ticks(low, high):
        parts += [
            f'<line x1="{left}" x2="{width - _RIGHT}" y1="{y(tick):.2f}" y2="{y(tick):.2f}" stroke="#ddd"/>',
            f'<text x="{left - 6}" y="{y(tick) + 4:.2f}" text-anchor="end">{tick:g}</text>',
        ]
    for place, name in enumerate(names):
        first = left + _BETWEEN / 2 + place * group
        for number, condition in enumerate(found.conditions):
            x = first + number * (_BOX + _ROOM) + _ROOM / 2
            parts += _drawn(boxes[condition, name], x, y, colours[condition], f"{name}, {condition}")
        parts.append(
            f'<text transform="translate({left + middles[place]:.1f} {_TOP + _HEIGHT + 16}) rotate(-30)" '
            f'text-anchor="end">{markup(shown[place])}</text>'
        )
    parts.append(f'<line x1="{left}" x2="{left}" y1="{_TOP}" y2="{_TOP + _HEIGHT}" stroke="#444"/>')
    foot = _TOP + _HEIGHT + below
    for number, condition in enumerate(found.conditions):
        x, row = left + (number % 4) * (width - left - _RIGHT) / 4, foot + 18 * (number // 4)
        parts += [
            f'<rect x="{x:.1f}" y="{row - 10}" width="12" height="12" fill="{_hex(colours[condition])}"/>',
            f'<text x="{x + 17:.1f}" y="{row}">{markup(textwrap.shorten(condition, 18, placeholder="…"))}</text>',
        ]
    foot += 18 * ((len(found.conditions) + 3) // 4)
    parts += [
        f'<text x="8" y="{foot + 15 * row}" font-size="11" fill="#a33">{markup(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(box: Box, x: float, at: Callable[[float], float], colour: Colour, says: str) -> list[str]:
    middle, right = x + _BOX / 2, x + _BOX
    quartiles = f"quartiles {box.lower:.5g} to {box.upper:.5g}"
    words = f"{says}: median {box.median:.5g}, {quartiles}, {in_number(box.number, 'volume')}"

    def across(value: float, inset: float, width: float) -> str:
        return (
            f'<line x1="{x + inset:.1f}" x2="{right - inset:.1f}" y1="{at(value):.2f}" y2="{at(value):.2f}" '
            f'stroke="black" stroke-width="{width}"/>'
        )

    def upright(start: float, stop: float) -> str:
        return f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{at(start):.2f}" y2="{at(stop):.2f}" stroke="black"/>'

    return [
        f"<g><title>{markup(words)}</title>",
        upright(box.low, box.lower),
        upright(box.upper, box.high),
        across(box.low, 4, 1),
        across(box.high, 4, 1),
        f'<rect x="{x:.1f}" y="{at(box.upper):.2f}" width="{_BOX}" height="{at(box.lower) - at(box.upper):.2f}" '
        f'fill="{_hex(colour)}" stroke="black"/>',
        across(box.median, 0, 2),
        *(f'<circle cx="{middle:.1f}" cy="{at(value):.2f}" r="2" fill="none" stroke="black"/>' for value in box.beyond),
        "</g>",
    ]


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
