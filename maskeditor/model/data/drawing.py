"""What figures have in common, wherever they are drawn: what stands on them, and how they become an SVG file."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from maskeditor.core.operation.parameters import parameter
from maskeditor.core.visible import visible
from maskeditor.io.png import data_address

#: Height in pixels of letters, unless they say another.
LETTER = 14


class FigureParameters(BaseModel):
    """What stands on a figure of what the window shows, and how large it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enlarged: int = parameter(
        2, title="Enlarged", description="Pixels of the figure for each of the window, along both sides.", ge=1, le=4
    )
    letters: bool = parameter(
        True, title="Letters and positions", description="The directions at the edges, and which slice it is."
    )
    scale: bool = parameter(True, title="Scale bar", description="A line of a round number of mm.")
    colour_bar: bool = parameter(
        True, title="Colour bar", description="What the colours of the map that lies on top mean, if there is one."
    )
    image_bar: bool = parameter(
        False,
        title="Bar of the image",
        description="The colours of the image itself and the intensities at their ends, where no map lies on top.",
    )
    crosshair: bool = parameter(False, title="Crosshair", description="The lines through the place looked at.")
    surface: bool = parameter(
        False, title="Surface", description="The surface of the visible ROIs, from where it is looked at, in a place."
    )


class Words(NamedTuple):
    """A few letters on a figure: their left upper corner and their height, in pixels."""

    text: str
    x: int
    y: int
    size: int = LETTER


def svg_of(picture: bytes, width: int, height: int, words: Iterable[Words], alt: str) -> str:
    """Return a drawing that holds its picture, its letters as text.

    Parameters
    ----------
    picture : bytes
        A PNG file.
    width, height : int
        In pixels.
    words : iterable of Words
    alt : str
        What stands for it where it cannot be seen.
    """
    # The edge is drawn by itself, below: many programs know no paint-order, and would draw it over the letters.
    edge = 'stroke="black" stroke-width="3" aria-hidden="true"'
    texts = (
        f'<text x="{one.x}" y="{one.y + one.size - 2}" font-family="sans-serif" font-size="{one.size}" {drawn}>'
        f"{markup(one.text)}</text>"
        for one in words
        for drawn in (edge, 'fill="white"')
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img"><title>{markup(alt)}</title>'
        f'<image width="{width}" height="{height}" href="{data_address(picture)}"/>'
        f"{''.join(texts)}</svg>\n"
    )


def markup(text: str) -> str:
    r"""Return a text as XML can hold it, whatever stands in it.

    Examples
    --------
    >>> print(markup("<b>\x1b"))
    &lt;b&gt;\x1b
    """
    return escape(visible(text))
