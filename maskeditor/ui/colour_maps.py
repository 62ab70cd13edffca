"""Colour maps by name."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QImage

from maskeditor.model.label_images import LabelImage
from maskeditor.model.view.display import DIVERGING, FIRST_MAP
from maskeditor.model.view.pixels import Levels

#: Names of the colour maps, in the order of the menu. All but bone and hot are perceptually uniform; the last parts
#: negative from positive intensities.
COLOUR_MAPS = ("grey", "grey inverted", "bone", "viridis", "magma", "inferno", "cividis", FIRST_MAP, DIVERGING)
#: What pyqtgraph calls them, where it differs.
_PYQTGRAPH_NAMES = {DIVERGING: "CET-D1"}
#: Where along MATLAB's "hot" each of red, green and blue begins and ends to rise; "bone" is one part of it, turned to
#: blue, and seven parts of grey.
_HOT = ((0, 3 / 8), (3 / 8, 6 / 8), (6 / 8, 1))


@cache
def colour_map(name: str) -> Levels:
    """Return the colours (256, 3) uint8 of a colour map; grey for a name that is not known.

    Examples
    --------
    >>> colour_map("grey inverted")[[0, 255]].tolist()
    [[255, 255, 255], [0, 0, 0]]
    """
    colours = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    if name == "grey inverted":
        colours = colours[::-1]
    elif name in ("bone", FIRST_MAP):
        levels = np.linspace(0, 1, 256)
        hot = np.stack([np.interp(levels, span, (0, 1)) for span in _HOT], axis=1)
        colours = np.rint(255 * (hot if name == FIRST_MAP else (7 * levels[:, None] + hot[:, ::-1]) / 8))
    elif name != "grey" and name in COLOUR_MAPS:
        colours = pg.colormap.get(_PYQTGRAPH_NAMES.get(name, name)).getLookupTable(nPts=256, alpha=False)
    colours = np.array(colours, np.uint8)
    colours.setflags(write=False)
    return colours


@lru_cache(maxsize=64)
def colour_strip(
    name: str, window: tuple[float, float] = (0.0, 1.0), clear: tuple[float, float] | None = None
) -> QImage:
    """Return the colours of a map from left to right, 256 × 1 pixels, to be drawn as large as one likes.

    Parameters
    ----------
    name : str
    window : tuple of 2 float
        The intensities at both ends.
    clear : tuple of 2 float, optional
        The span of intensities, both ends included, that is not drawn; it may have no end on one side.

    Examples
    --------
    >>> strip = colour_strip("grey", (-1.0, 1.0), (-0.5, 0.5))
    >>> [strip.pixelColor(x, 0).alpha() for x in (0, 100, 255)]
    [255, 0, 255]
    """
    if clear is None:
        return _strip(colour_map(name))
    intensities = np.linspace(*window, 256)
    opaque = np.where((intensities < clear[0]) | (intensities > clear[1]), 255, 0)
    return _strip(np.column_stack([colour_map(name), opaque]).astype(np.uint8))


def strip_of_labels(labels: LabelImage) -> QImage:
    """Return the colours of labels from left to right, as `colour_strip` does."""
    return _strip(np.array([labels.colour(number) for number in labels.labels or (0,)], np.uint8))


def _strip(colours: Levels) -> QImage:
    form = QImage.Format.Format_RGB888 if colours.shape[1] == 3 else QImage.Format.Format_RGBA8888
    return QImage(colours.tobytes(), len(colours), 1, colours.size, form).copy()
