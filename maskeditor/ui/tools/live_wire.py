"""Live-wire: click from place to place along an edge, to which the line between them clings."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QTransform
from pyqtgraph import arrayToQPath

from maskeditor.core.operation.scope import Scope
from maskeditor.engine.live_wire import Place
from maskeditor.model.abilities import Ability
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.wire import DrawnWire
from maskeditor.ops.live_wire import LiveWire
from maskeditor.ui.look.tool_glyphs import draw_path
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import inside_in_words, is_locked, painted_scope
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor

#: Pixels within which a click at the start closes the wire.
CLOSE = 8.0


class LiveWireOptions(ToolOptions):
    """What becomes of what a live-wire encloses."""

    kept_as = "live_wire"

    mode: Literal["add", "erase"] = as_in(LiveWire, "mode")
    inside: str = as_in(Scope, "inside")


class LiveWireTool(Tool):
    """Each click fixes the wire; a click at its start, a double click or Enter closes it, which is one step.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of LiveWireOptions
    """

    double_click_maximises = False

    def __init__(self, editor: Editor, options: OptionsInHand[LiveWireOptions]) -> None:
        self._editor = editor
        self._options = options
        self._wire: DrawnWire | None = None
        #: What is fixed, as it is drawn in one plane; and whether a click would close the wire here.
        self._drawn: tuple[PlaneMap, QPainterPath] | None = None
        self._closes = False
        editor.image_changed.connect(self.cancel)

    # What the hand does

    def press(self, event: PointerEvent) -> bool:
        """Fix the wire, or close it."""
        if event.button != Qt.MouseButton.LeftButton or self._editor.document is None:
            return False
        wire, place = self._wire, _place(event.map, event.voxel)
        if wire is None:
            self._begin(event, place)
        elif not _is_seen(wire, event.map, event.voxel):
            self._editor.say(
                f"The wire lies in {wire.plane.value} slice {wire.index}; go on there, or give it up with Escape."
            )
        elif self._would_close(event) or (place == wire.places[-1] and len(wire.places) > 1):
            self._close(turned=event.has(Qt.KeyboardModifier.ControlModifier))
        elif place != wire.places[-1]:
            wire.fix(place)
            self._drawn = None
        return True

    def _begin(self, event: PointerEvent, place: Place) -> None:
        if is_locked(self._editor):
            return
        index = self._editor.viewer.state.crosshair[event.axis]
        values = self._editor.viewer.slice(event.axis, index)
        self._wire = DrawnWire(event.map.geometry, event.plane, index, values, place)
        self._closes = False
        self._editor.show_masks()

    def hover(self, event: PointerEvent) -> None:
        """Notice whether a click would close the wire."""
        self._closes = self._would_close(event)

    def move(self, event: PointerEvent) -> None:
        """Notice the same while the button is held."""
        self.hover(event)

    def _would_close(self, event: PointerEvent) -> bool:
        wire = self._wire
        if wire is None or len(wire.places) < 2 or not _is_seen(wire, event.map, event.voxel):
            return False
        start = np.insert(np.array(wire.places[0], dtype=np.float64), wire.axis, wire.index)
        return event.pixels_from(start) <= CLOSE

    def confirm(self) -> bool:
        """Close the wire, and make what it encloses one step; return whether there was one."""
        there_was = self._wire is not None
        if there_was:
            self._close()
        return there_was

    def _close(self, turned: bool = False) -> None:
        """Close the wire; `turned` erases what it encloses where that would be added, and the other way round."""
        wire, settings = self._wire, self._options.settings
        assert wire is not None
        if len(wire.places) < 2:
            self._editor.say("The wire is fixed at one place only; click others, or give it up with Escape.")
            return
        self.cancel()
        erase = (settings.mode == "erase") != turned
        self._editor.show_masks()
        scope = painted_scope(self._editor, settings.inside, erase)
        self._editor.apply_now(wire.closed("erase" if erase else "add"), scope=scope)

    def take_back(self) -> bool:
        """Take the last place back, or the wire with its first one; return whether there was one."""
        if self._wire is not None and len(self._wire.places) > 1:
            self._wire.take_back()
            self._drawn = None
            return True
        return self.cancel()

    def cancel(self) -> bool:
        """Give up the wire; return whether there was one."""
        wire, self._wire, self._drawn, self._closes = self._wire, None, None, False
        return wire is not None

    # What is seen

    @property
    def badge(self) -> str:
        """Where it adds or erases alone, if it is limited."""
        inside = inside_in_words(self._editor, self._options.settings.inside)
        return f"Only {inside}" if inside else ""

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the way from where the wire was fixed last to the pointer; back to its start, where that closes it."""
        wire = self._wire
        if wire is None or not _is_seen(wire, event.map, event.voxel):
            return None
        way = wire.to(wire.places[0] if self._closes else _place(event.map, event.voxel))
        return _path(way, event.map)

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return the way through all places where the wire is fixed, each of them a voxel's outline."""
        wire = self._wire
        if wire is None or plane_map.plane is not wire.plane or index != wire.index:
            return None
        if self._drawn is None or self._drawn[0] is not plane_map:
            path = _path(wire.way, plane_map)
            voxels = QPainterPath()
            for i, j in wire.places:
                voxels.addRect(QRectF(i, j, 1, 1))
            path.addPath(QTransform(*plane_map.affine2d).map(voxels))
            self._drawn = (plane_map, path)
        return self._drawn[1]


def _is_seen(wire: DrawnWire, plane_map: PlaneMap, voxel: NDArray[np.float64]) -> bool:
    """Whether a fractional voxel (3,) of a plane is in the slice of a wire."""
    return plane_map.plane is wire.plane and round(float(voxel[wire.axis])) == wire.index


def _place(plane_map: PlaneMap, voxel: NDArray[np.float64]) -> Place:
    """Return the voxel of the slice that is nearest to a fractional one (3,), which may lie outside the image."""
    last = np.array(plane_map.geometry.shape) - 1
    i, j = np.delete(np.clip(np.floor(voxel + 0.5), 0, last), plane_map.normal).astype(int).tolist()
    return (i, j)


def _path(way: NDArray[np.intp], plane_map: PlaneMap) -> QPainterPath:
    """Return a way (P, 2) through the middles of voxels in screen millimetres of a plane."""
    if len(way) < 2:
        return QPainterPath()
    middles = way + 0.5
    path: QPainterPath = arrayToQPath(middles[:, 0], middles[:, 1])
    return QTransform(*plane_map.affine2d).map(path)


def _draw(painter: QPainter) -> None:
    path = QPainterPath(QPointF(2.5, 12.5))
    path.cubicTo(QPointF(3, 5), QPointF(7, 12), QPointF(8.5, 7))
    path.cubicTo(QPointF(9.5, 3.5), QPointF(11, 5.5), QPointF(13.5, 3.5))
    painter.drawPath(path)
    for x, y in ((2.5, 12.5), (13.5, 3.5)):
        draw_path(painter, (x - 1.3, y - 1.3), (x + 1.3, y - 1.3), (x + 1.3, y + 1.3), (x - 1.3, y + 1.3), closed=True)


TOOL = ToolDeclaration(
    id="live_wire",
    title="Li&ve-wire",
    key="W",
    tip="Click along an edge, which the line clings to; Enter or a click at the start closes it, "
    "{take_back} takes back.",
    order=11,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=LiveWireTool,
    options=LiveWireOptions,
    gestures=(
        ("Left click with the live-wire", "fix the line, which clings to edges, at this voxel"),
        ("Double click, Enter, or a click at the start", "close the live-wire; with Ctrl, erase instead of adding"),
        ("{take_back}, Escape with the live-wire", "take the last click back, or give the line up"),
    ),
)
