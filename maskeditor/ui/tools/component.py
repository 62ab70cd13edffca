"""Click a connected piece of the mask to keep it alone, to remove it, or to make an ROI of it."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPen

from maskeditor.core.operation.declaration import make
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.box import Voxel
from maskeditor.engine.components.components import Components
from maskeditor.engine.progress import Progress
from maskeditor.model.abilities import Ability
from maskeditor.model.new_rois import component_roi
from maskeditor.model.numbers_in_words import size_in_words
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import slice_of
from maskeditor.ops.select_component import SelectComponent
from maskeditor.ui.tools.click_tool import ClickTool
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.piece_outline import outline
from maskeditor.ui.views.tool import PointerEvent
from maskeditor.ui.work.editor import Editor


class ComponentOptions(ToolOptions):
    """What hangs together."""

    kept_as = "component"

    neighbours: Neighbours = as_in(SelectComponent, "neighbours")


class _Found(NamedTuple):
    """The components of a mask.

    Parameters
    ----------
    of : object
        Of which mask.
    components : Components
    start : tuple of 3 int
        Where the box lies that they were found in.
    sizes : (components,) array of int
        Voxels of each, the largest first.
    """

    of: object
    components: Components
    start: Voxel
    sizes: NDArray[np.intp]

    def places(self, voxels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return which component holds some voxels of the mask, (V, 3) of int: 0 for the largest."""
        i, j, k = (voxels - self.start).T
        return self.components.places_of(i, j, k)


class ComponentTool(ClickTool):
    """Left keeps only the component under the pointer, right removes it, Ctrl makes an ROI of it.

    What of it lies in the slice is outlined, and its size is shown, once the components are found, which a worker does.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of ComponentOptions
    """

    cursor = Qt.CursorShape.PointingHandCursor
    on_surface = True

    def __init__(self, editor: Editor, options: OptionsInHand[ComponentOptions]) -> None:
        self._editor = editor
        self._options = options
        self._found: _Found | None = None
        self._asked: object = None
        # The slice that was looked at last: its voxels of the mask, and the component of each.
        self._slice: tuple[object, NDArray[np.intp], NDArray[np.intp]] | None = None
        # The component that was outlined last.
        self._outlined: tuple[object, QPainterPath] | None = None
        self._size = ""

    @property
    def _neighbours(self) -> Neighbours:
        return self._options.settings.neighbours

    def click(self, event: PointerEvent) -> None:
        """Keep or remove the component under the pointer, or make an ROI of it."""
        editor, document = self._editor, self._editor.document
        makes_roi = event.has(Qt.KeyboardModifier.ControlModifier)
        needs = (Ability.IMAGE, Ability.IDLE, Ability.MASK, *(() if makes_roi else (Ability.UNLOCKED,)))
        obstacles = editor.obstacles()
        reason = next((obstacles[need] for need in needs if need in obstacles), "")
        if reason or document is None:
            editor.say(reason)
        elif not event.is_inside or not document.mask(editor.active)[event.nearest]:
            editor.say("There is no mask under the pointer; click a piece of the active ROI.")
        elif makes_roi:
            editor.pending.settle(partial(self._make_roi, event.nearest))
        else:
            action = "keep" if event.button == Qt.MouseButton.LeftButton else "remove"
            select = {"point": event.nearest, "action": action, "neighbours": self._neighbours}
            editor.apply(make("select_component", select))

    def _make_roi(self, voxel: Voxel) -> None:
        document = self._editor.document
        assert document is not None
        roi, number = document.roi(self._editor.active), len(document.rois)
        new = component_roi(roi, voxel, number, self._neighbours)
        self._editor.bringing_in.rois([new], "ROI of a component", f"Made an ROI of a component of {roi.quoted}.")

    # What is seen -------------------------------------------------------------------------------------------------

    @property
    def badge(self) -> str:
        """The size of the component under the pointer."""
        return self._size

    def leave(self) -> None:
        """Show no size."""
        self._size = ""

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the outline of what of the component under the pointer lies in the slice."""
        self._size = ""
        document, plane_map, axis = self._editor.document, event.map, event.axis
        if document is None or not event.is_inside:
            return None
        i, j, k = event.nearest
        mask = document.mask(self._editor.active)
        if not mask[i, j, k]:
            return None
        found = self._components()
        if found is None:
            return None
        index = (i, j, k)[axis]
        seen = (found.of, plane_map, index)
        if self._slice is None or self._slice[0] != seen:
            pixels = np.argwhere(slice_of(mask, axis, index))
            voxels = np.insert(pixels, axis, index, axis=1)
            self._slice = seen, pixels, found.places(voxels)
        (place,) = found.places(np.array([[i, j, k]]))
        self._size = f"Component: {size_in_words(int(found.sizes[place]), document.geometry)}"
        if self._outlined is None or self._outlined[0] != (seen, place):
            _, pixels, places = self._slice
            piece = np.zeros(slice_of(mask, axis, index).shape, bool)
            piece[tuple(pixels[places == place].T)] = True
            self._outlined = (seen, place), outline(piece, plane_map)
        return self._outlined[1]

    def _components(self) -> _Found | None:
        """Return the components of the active mask; None until they are found, which is asked for."""
        editor, document = self._editor, self._editor.document
        assert document is not None
        of = (document, document.revision, editor.active, self._neighbours)
        if self._found is not None and self._found.of == of:
            return self._found
        if self._asked != of:
            self._asked = of
            scene, neighbours = editor.scene(), self._neighbours

            def work(progress: Progress) -> _Found:
                assert scene.extent is not None
                components = scene.components(neighbours, progress)
                return _Found(of, components, scene.extent.start, np.sort(components.sizes())[::-1])

            def done(found: _Found) -> None:
                if self._asked != of:  # of an image that is open no more
                    return
                self._found = found
                self.changed()

            editor.image_lanes.table("component tool", work, done, lambda _: self._forget_found())
        return None

    def forget(self) -> None:
        """Let go of the image that was open."""
        super().forget()
        self._forget_found()

    def _forget_found(self) -> None:
        self._found = self._asked = self._slice = self._outlined = None


def _draw(painter: QPainter) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(5.5, 5.5), 3.4, 3.4)
    painter.restore()
    pen = QPen(painter.pen())
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawEllipse(QPointF(11.5, 11.8), 2.6, 2.6)
    painter.drawEllipse(QPointF(12.6, 4), 1.6, 1.6)


TOOL = ToolDeclaration(
    id="component",
    title="&Component",
    key="5",
    tip="Left click keeps the piece under the pointer alone, right click removes it, Ctrl + click makes an ROI of it.",
    order=5,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=ComponentTool,
    options=ComponentOptions,
    gestures=(
        ("Left click with the component tool", "keep only the piece under the pointer"),
        ("Right click with the component tool", "remove the piece under the pointer"),
        ("Ctrl + click with the component tool", "make an ROI of the piece under the pointer"),
    ),
)
