"""The voxels that a dab of the brush would paint in a slice, outlined on the voxel grid.

Where voxels are too small to be told apart, the edge of the brush is drawn instead, which keeps its shape as the
pointer moves, so that it is drawn once and then copied.
"""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainterPath, QTransform
from pyqtgraph import arrayToQPath

from maskeditor.engine.arrays import Counts, Floats
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import Capsule
from maskeditor.engine.stroke_painter import StrokePainter, voxels_of
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.views.tool import PointerEvent

#: Voxels of a slice up to which each that may be painted is outlined by itself, where a brush is limited.
MOST = 1 << 12
#: Pixels of the screen that a voxel is wide at least to be told apart from the next, in the outline of a large brush,
#: which has many, and of a small one.
FINE, FINEST = 2.0, 1.0


def footprint(painter: StrokePainter, event: PointerEvent) -> QPainterPath | None:
    """Return the outline of what a dab at the pointer covers in the slice that is shown.

    Of a brush that is limited to some voxels, these are outlined, as long as they are few enough to be told apart.

    Parameters
    ----------
    painter : StrokePainter
        Of the brush; nothing is painted.
    event : PointerEvent

    Returns
    -------
    QPainterPath or None
        In screen millimetres of the plane; None where it covers no voxel of the image.
    """
    plane_map, voxel, axis = event.map, event.voxel, event.axis
    way = painter.dab(voxel)
    index = round(float(voxel[axis]))
    slab = Box.whole(plane_map.geometry.shape).cut(axis, index, index + 1)
    box = way.box.intersection(slab) if way.box is not None else None
    if box is None:
        return None
    first, second = (other for other in range(3) if other != axis)
    is_whole = painter.allowed is None or box.size > MOST
    is_small = max(plane_map.pixel) * event.scale < (FINE if box.size > MOST else FINEST)
    if is_whole and is_small and (edge := painter.edge(axis)) is not None:
        return _smooth(edge, plane_map, voxel[[first, second]])
    if is_whole and not way.path(box).size:
        edges = _edges(way, box, first, second)
        # Beside a corner of the image, the box of what is round has voxels that itself has not.
        if not edges[0].size:
            return None
        path: QPainterPath = arrayToQPath(*edges, connect="pairs")
        return QTransform(*plane_map.affine2d).map(path)
    covered = np.zeros(box.shape, dtype=bool, order="F")
    for places in voxels_of(way, way.runs(box, first), box, first, box):
        covered.reshape(-1, order="F")[places] = True
    if painter.allowed is not None and not is_whole:
        covered &= painter.allowed(box)
    return outline(covered.squeeze(axis), plane_map, (box.start[first], box.start[second]))


def _smooth(edge: tuple[float, float, float], plane_map: PlaneMap, middle: Floats) -> QPainterPath:
    """Return the edge of a brush, as `StrokePainter.edge` gives it, round a fractional pixel (2,) of the slice.

    It is not cut off where the image ends, so that its shape stays the same there too.
    """
    a, b, c = edge
    circle = QPainterPath()
    circle.addEllipse(QPointF(), 1.0, 1.0)
    # Pixels are counted from their corners there.
    to_pixels = QTransform(a, 0.0, b, c, middle[0] + 0.5, middle[1] + 0.5)
    return (to_pixels * QTransform(*plane_map.affine2d)).map(circle)


def _edges(way: Capsule, box: Box, along: int, across: int) -> tuple[Floats, Floats]:
    """Return where the edges of what a dab holds in a slice begin and end, in turn: along one axis, and across it.

    What it holds is convex: a line of voxels meets it in one run, and edges go from the ends of that to the ends of
    the runs beside it.
    """
    begin, end = np.full(box.shape[across], box.stop[along]), np.full(box.shape[across], box.start[along])
    line = [axis for axis in range(3) if axis != along].index(across)
    for runs in way.runs(box, along):
        place = runs.lines[line] - box.start[across]
        np.minimum.at(begin, place, runs.first)
        np.maximum.at(end, place, runs.stop)
    lines = np.flatnonzero(begin < end)
    if not lines.size:
        return np.zeros(0), np.zeros(0)
    begin, end = begin[lines], end[lines]
    place = lines + box.start[across]
    sides = [_side(ends, place) for ends in (begin, end)]
    # Above the first line and below the last, an edge goes from end to end.
    closing = [[begin[:1], place[:1], end[:1], place[:1]], [begin[-1:], place[-1:] + 1, end[-1:], place[-1:] + 1]]
    one, first, other, second = (np.concatenate(parts) for parts in zip(*sides, *closing, strict=True))
    return np.stack([one, other], 1).reshape(-1).astype(float), np.stack([first, second], 1).reshape(-1).astype(float)


def _side(ends: Counts, place: Counts) -> list[Counts]:
    """Return the edges along one side of lines at places: those along the lines' ends, and those from line to line.

    Returns
    -------
    list of 4 (N,) array of int
        Where each begins, along and across the lines, and where it ends.
    """
    turns = np.flatnonzero(np.diff(ends)) + 1
    first, last = np.concatenate([[0], turns]), np.concatenate([turns - 1, [ends.size - 1]])
    return [
        np.concatenate([ends[first], ends[turns - 1]]),
        np.concatenate([place[first], place[turns]]),
        np.concatenate([ends[first], ends[turns]]),
        np.concatenate([place[last] + 1, place[turns]]),
    ]
