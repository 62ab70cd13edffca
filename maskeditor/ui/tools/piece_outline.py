"""The outline of a piece of the mask in a slice, for tools that act on whole pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QPainterPath, QTransform
from pyqtgraph import arrayToQPath

from maskeditor.engine.arrays import BoolArray
from maskeditor.model.view.slices import PlaneMap


def outline(piece: BoolArray, plane_map: PlaneMap, start: tuple[int, int] = (0, 0)) -> QPainterPath:
    """Return the edges of a piece of a slice (2-D array of bool) in screen millimetres of the plane.

    Its first pixel is the one at `start`.
    """
    around = np.pad(piece, 1).astype(np.int8)
    first = _lines(np.diff(around, axis=0)[:, 1:-1] != 0)
    second = _lines((np.diff(around, axis=1)[1:-1] != 0).T)[:, ::-1]
    ends = np.concatenate([first, second]).astype(np.float64) + start
    path: QPainterPath = arrayToQPath(ends[:, 0], ends[:, 1], connect="pairs")
    return QTransform(*plane_map.affine2d).map(path)


def _lines(edges: BoolArray) -> NDArray[np.intp]:
    """Return the two ends (2 n, 2) of each straight line of edges: along the second axis, at a place of the first."""
    changes = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, stops = np.argwhere(changes == 1), np.argwhere(changes == -1)
    return np.stack([starts, stops], axis=1).reshape(-1, 2)
