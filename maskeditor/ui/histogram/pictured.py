"""What is drawn of a histogram, in pixels: what stays while a hand moves something, and what moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QColor

from maskeditor.engine.arrays import Floats

HINT = "Click or drag to choose a range"
NO_NUMBER = "The image holds no number: all voxels are NaN or infinite"


class Colours(NamedTuple):
    """What is drawn in which colour.

    Parameters
    ----------
    chosen : QColor
        Range and mask.
    text, quiet, base : QColor
        What is outlined, sentences, and what lies behind.
    """

    chosen: QColor
    text: QColor
    quiet: QColor
    base: QColor


@dataclass(frozen=True, eq=False)
class Outlines:
    """The outlines of the bars.

    Parameters
    ----------
    edges : (n + 1,) array of float64
        Where the bars begin and end.
    tops : (n,) array of float64
        Where those of the image end, counted from the top.
    tops_of_mask : (n,) array of float64, or None
        Where those of the mask end, if there is one.
    tops_around : (n,) array of float64, or None
        Where those of the whole image end, where only a part of it is counted.
    """

    edges: Floats
    tops: Floats
    tops_of_mask: Floats | None
    tops_around: Floats | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies behind all that a hand moves.

    Parameters
    ----------
    outlines : Outlines
    colours : Colours
    parted : tuple of (float, float, int)
        From where to where which class reaches; its bars are drawn in a colour of its own.
    densities : tuple of two (n,) arrays of float64
        The curves of these classes, across and down.
    curve : three (n,) arrays of float64, or None
        The curve of the shares of the voxels, where these are set: across, down, and the shares.
    peaks, valleys : tuple of float
        Where ends snap to.
    padding : float or None
        Where the padding is, which a click leaves out.
    """

    outlines: Outlines
    colours: Colours
    parted: tuple[tuple[float, float, int], ...] = ()
    densities: tuple[tuple[Floats, Floats], ...] = ()
    curve: tuple[Floats, Floats, Floats] | None = None
    peaks: tuple[float, ...] = ()
    valleys: tuple[float, ...] = ()
    padding: float | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is drawn.

    Parameters
    ----------
    ground : Ground or None
        None before anything was counted; then a sentence stands alone.
    colours : Colours
    sentence : str
    hint : str
        What stands above the bars as long as there is no range.
    range, band : tuple of 2 float, or None
        Where the handles of the range and of a limit are, if there are any.
    window : tuple of 2 float, or None
        Where the handles of the window are.
    is_turned : bool
        Whether the limit leaves out what lies in it, and not what lies beside it.
    found : tuple of (float, float)
        From where to where what was found reaches; one and the same for an intensity.
    knobs : tuple of (str, QPointF)
        Handles on the curve of the shares; those of the range do without others.
    mark : float or None
        Where the intensity is that is pointed at in a plane.
    reading : str
        What the bar is that is pointed at; it stands in place of the hint.
    pointed : tuple of 2 float, or None
        Where that bar is.
    """

    ground: Ground | None
    colours: Colours
    sentence: str = ""
    hint: str = ""
    range: tuple[float, float] | None = None
    band: tuple[float, float] | None = None
    window: tuple[float, float] | None = None
    is_turned: bool = False
    found: tuple[tuple[float, float], ...] = ()
    knobs: tuple[tuple[str, QPointF], ...] = ()
    mark: float | None = None
    reading: str = ""
    pointed: tuple[float, float] | None = None
