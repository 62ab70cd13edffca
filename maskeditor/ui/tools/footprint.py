"""The voxels that a dab of the brush would paint in a slice, outlined on the voxel grid."""

from __future__ import annotations

import numpy as np
from PyQt6.QtGui import QPainterPath, QTransform
from pyqtgraph import arrayToQPath

from maskeditor.engine.arrays import Floats
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import Capsule
from maskeditor.engine.stroke_painter import StrokePainter, voxels_of
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.tools.piece_outline import outline

#: Voxels of a slice up to which each that may be painted is outlined by itself, where a brush is limited.
MOST = 1 << 12


def footprint(painter: StrokePainter, plane_map: PlaneMap, voxel: Floats) -> QPainterPath | None:
    """Return the outline of what a dab at a voxel covers in the slice that is shown.

    Of a brush that is limited to some voxels, these are outlined, as long as they are few enough to be told apart.

    Parameters
    ----------
    painter : StrokePainter
        Of the brush; nothing is painted.
    plane_map : PlaneMap
    voxel : (3,) array of float64
        Fractional; along the normal, the slice that is shown.

    Returns
    -------
    QPainterPath or None
        In screen millimetres of the plane; None outside the image.
    """
    way, axis = painter.dab(voxel), plane_map.normal
    index = round(float(voxel[axis]))
    slab = Box.whole(plane_map.geometry.shape).cut(axis, index, index + 1)
    box = way.box.intersection(slab) if way.box is not None else None
    if box is None:
        return None
    first, second = (other for other in range(3) if other != axis)
    if painter.allowed is None and not way.path(box).size:
        path: QPainterPath = arrayToQPath(*_edges(way, box, first, second), connect="pairs")
        return QTransform(*plane_map.affine2d).map(path)
    covered = np.zeros(box.shape, dtype=bool, order="F")
    for places in voxels_of(way, way.runs(box, first), box, first, box):
        covered.reshape(-1, order="F")[places] = True
    if painter.allowed is not None and box.size <= MOST:
        covered &= painter.allowed(box)
    return outline(covered.squeeze(axis), plane_map, (box.start[first], box.start[second]))


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
    begin, end = begin[lines], end[lines]
    place = lines + box.start[across]
    # Beyond the first and the last line, one edge goes from end to end.
    beside = np.concatenate([place, place[-1:] + 1])
    before, after = np.concatenate([begin[:1], begin]), np.concatenate([begin, begin[-1:]])
    before_end, after_end = np.concatenate([begin[:1], end]), np.concatenate([end, begin[-1:]])
    starts = (np.concatenate([begin, end, before, before_end]), np.concatenate([place, place, beside, beside]))
    stops = (np.concatenate([begin, end, after, after_end]), np.concatenate([place + 1, place + 1, beside, beside]))
    along_ends, across_ends = (
        np.stack(ends, axis=1).reshape(-1).astype(float) for ends in zip(starts, stops, strict=True)
    )
    return along_ends, across_ends
