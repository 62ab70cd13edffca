"""One plane: its picture, its slider, and how it follows the state of the view."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Box
from maskeditor.model.view.comparison import base_name
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.views.camera import Zoom
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.picture import SLICE_FIELDS, SlicePicture
from maskeditor.ui.views.pointer import Pointer
from maskeditor.ui.views.sheets import PixelTable
from maskeditor.ui.views.slice_slider import SliceSlider


class SliceView(QWidget):
    """One plane of the image, with a slider for its slices.

    Parameters
    ----------
    plane : Plane
    viewer : Viewer
    layers : Layers
    table : PixelTable
        Shared by the three planes.
    zoom : Zoom
        Shared by them too.
    keys : Keys
    """

    def __init__(self, plane: Plane, viewer: Viewer, layers: Layers, table: PixelTable, zoom: Zoom, keys: Keys) -> None:
        super().__init__()
        self.plane = plane
        self._viewer = viewer
        self._index = -1
        self._caption = ("", "")
        self.picture = SlicePicture(viewer, layers, table, plane)
        self.canvas = Canvas(self.picture, zoom)
        self.pointer = Pointer(self.canvas, viewer)
        self.slider = SliceSlider()
        self.slider.valueChanged.connect(self._slide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        #: Takes one press whatever tool is in hand, to which a double click may mean something else.
        self.maximise_button = QToolButton()
        self.maximise_button.setIcon(glyph("maximise"))
        self.maximise_button.setAutoRaise(True)
        self.maximise_button.setFixedWidth(self.slider.width())
        self.maximise_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        edge = QVBoxLayout()
        edge.setSpacing(0)
        edge.addWidget(self.maximise_button)
        edge.addWidget(self.slider, 1)
        layout.addLayout(edge)
        name = plane.value.capitalize()
        self.setObjectName(f"{plane.value} view")
        self.canvas.setObjectName(f"{plane.value} canvas")
        self.slider.setObjectName(f"{plane.value} slider")
        self.canvas.setAccessibleName(f"{name} plane")
        self.slider.setAccessibleName(f"{name} slice")
        self.maximise_button.setAccessibleName(f"Maximise the {plane.value} plane")
        keys.explain(self.maximise_button, "Give this plane the room of all three, or share it again ({maximise})")
        self.slider.setToolTip("Slices, counted from 0 as in the file; up is right, front or top of the head.")

    def follow(self, changed: frozenset[str]) -> None:
        """Take over what changed in the state of the view; what it costs is paid when the view is painted."""
        state = self._viewer.state
        if changed & {"volume", "radiological"}:
            self._show_map()
        if "volume" in changed:
            self.pointer.forget()
        if "crosshair" in changed:
            self._follow_crosshair()
        if changed & {"region", "crosshair", "volume", "radiological"}:
            self._show_region()
        is_stale = self.picture.follow(changed, self.canvas.isVisible())
        if changed & SLICE_FIELDS:
            self.canvas.turn()
        if changed & {"images", "displays"} and state.comparison is not None:
            self._follow_comparison()
        if is_stale:
            self.canvas.repaint_part(None)
        if "comparison" in changed:
            self._follow_comparison()
        if "smooth" in changed:
            self.canvas.show_smooth(state.smooth)
        if "voxel_grid" in changed:
            self.canvas.show_grid(state.voxel_grid)
        if "crosshair_visible" in changed:
            self.canvas.show_crosshair(state.crosshair, state.crosshair_visible)

    def _show_region(self) -> None:
        """Outline the region that is counted, in the slices that it goes through."""
        region, plane_map = self._viewer.state.region, self.canvas.map
        there = None
        if region is not None and plane_map is not None:
            normal = plane_map.normal
            if region.start[normal] <= self._viewer.state.crosshair[normal] < region.stop[normal]:
                first = [start - 0.5 for start in region.start]
                last = [stop - 0.5 for stop in region.stop]
                corners = (plane_map.to_screen((one[0], one[1], one[2])) for one in (first, last))
                there = QRectF(*(QPointF(*corner) for corner in corners)).normalized()
        self.canvas.show_region(there)

    def _follow_comparison(self) -> None:
        part, compared = self.picture.stale_comparison(), self._viewer.compared
        if compared is None:
            self.canvas.show_comparison(None)
        else:
            comparison, display, _ = compared
            names = (base_name(self._viewer.volume), display.name)
            self.canvas.show_comparison(comparison, names[::-1] if comparison.swapped else names)
        self.canvas.repaint_part(part)

    def refresh(self, box: Box | None = None) -> None:
        """Draw masks again, where they changed inside a box."""
        part = self.picture.stale_masks(box, self.canvas.isVisible())
        if part is not None:
            self.canvas.repaint_part(part)

    def _show_map(self) -> None:
        plane_map = self._viewer.plane_map(self.plane)
        self.picture.stale_slice()
        self._index = -1
        self.canvas.show_map(plane_map)
        self.canvas.show_note(*_notes(plane_map))
        self.slider.blockSignals(True)
        self.slider.setRange(0, plane_map.counts[2] - 1)
        self.slider.setPageStep(max(1, plane_map.counts[2] // 10))
        self.slider.blockSignals(False)
        self._follow_crosshair()

    def _follow_crosshair(self) -> None:
        state, plane_map = self._viewer.state, self.canvas.map
        assert plane_map is not None
        index, last = state.crosshair[plane_map.normal], plane_map.counts[2] - 1
        is_other = index != self._index
        if is_other:
            self._index = index
            self.picture.stale_slice()
            self.canvas.repaint_part(None)  # the lines, which come next, are painted with it
        self.canvas.show_crosshair(state.crosshair, state.crosshair_visible)
        if self.pointer.drag is None:
            self.canvas.keep_crosshair_in_view()
        if not is_other:
            return
        world = "xyz"[self.plane.normal]
        position = round(float(plane_map.geometry.to_world(state.crosshair)[self.plane.normal]), 1) + 0.0  # no -0.0
        self._caption = f"{self.plane.value.capitalize()} {index} of 0–{last}", f"RAS {world} = {position:.1f} mm"
        self.canvas.show_caption(*self._caption)
        self.slider.blockSignals(True)
        self.slider.setValue(index if plane_map.towards > 0 else last - index)
        self.slider.blockSignals(False)

    def describe(self, words: str) -> None:
        """Tell those who do not see the plane which slice it shows, and in words what is at the crosshair."""
        self.canvas.setAccessibleDescription("\n".join(filter(None, (", ".join(self._caption), words))))

    def _slide(self, value: int) -> None:
        plane_map = self.canvas.map
        if plane_map is not None:
            self._viewer.set_slice(self.plane, value if plane_map.towards > 0 else plane_map.counts[2] - 1 - value)


def _notes(plane_map: PlaneMap) -> list[str]:
    """Return on which side left is, where it is on one, and how far the slices are off the world's, ever shorter."""
    convention = "radiological" if plane_map.radiological else "neurological"
    sides = [] if plane_map.plane is Plane.SAGITTAL else [convention]
    if not plane_map.geometry.is_oblique:
        return [" · ".join(sides)]
    angle = f"{plane_map.geometry.obliquity:.2g}°"
    oblique = (f"oblique by {angle}, along the image's own axes", f"oblique {angle}, own axes", f"oblique {angle}")
    return [" · ".join([*sides, words]) for words in oblique] + [oblique[-1]]
