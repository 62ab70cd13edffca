"""What the Tools menu does with the mask of one slice: the one that is seen in the plane last pointed at."""

from __future__ import annotations

from maskeditor.core.operation.declaration import checked, make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.model.view.slices import slice_of
from maskeditor.ops.interpolate_slices import InterpolateSlices
from maskeditor.ui.tools.painted_scope import painted_scope
from maskeditor.ui.views.triplanar import TriplanarView
from maskeditor.ui.work.editor import Editor


class SliceCommands:
    """Copies, fills, and fills in between.

    Parameters
    ----------
    editor : Editor
    views : TriplanarView
    """

    def __init__(self, editor: Editor, views: TriplanarView) -> None:
        self._editor, self._views = editor, views

    def copy_on(self, steps: int) -> None:
        """Copy the mask of the slice to the next one towards right, front or top, or for -1 the other way; go there."""
        plane, axis, index = self._seen
        viewer = self._editor.viewer
        count, to = viewer.plane_map(plane).counts[2], index + steps * viewer.plane_map(plane).towards
        if not 0 <= to < count:
            self._editor.say(f"There is no {plane.value} slice beyond {index} (of 0–{count - 1}); go the other way.")
        elif self._has_mask(axis, index):
            copy = make("copy_slice", {"plane": plane.value, "source": index, "first": to, "last": to})
            spared = painted_scope(self._editor, "", erase=False)
            self._editor.apply(copy, spared, then=lambda: viewer.set_slice(plane, to))

    def fill(self) -> None:
        """Fill what the mask encloses in the slice."""
        plane, axis, index = self._seen
        if self._has_mask(axis, index):
            spared = painted_scope(self._editor, "", erase=False)
            alone = checked(Scope, "scope", {**spared.model_dump(), "axis": axis, "first": index, "last": index})
            self._editor.apply(make("fill_holes", {"mode": plane.value}), alone)

    def interpolate(self) -> None:
        """Show in the form of the operation, and in the views, what the empty slices between drawn ones would hold."""
        plane, _, _ = self._seen
        self._editor.pending.open_form(InterpolateSlices, {"plane": plane.value})

    @property
    def _seen(self) -> tuple[Plane, int, int]:
        """The plane last pointed at, the axis that its slices are counted on, and which of them is seen."""
        plane = self._views.current
        axis = self._editor.viewer.plane_map(plane).normal
        return plane, axis, self._editor.viewer.state.crosshair[axis]

    def _has_mask(self, axis: int, index: int) -> bool:
        document = self._editor.document
        assert document is not None
        if slice_of(document.mask(self._editor.active), axis, index).any():
            return True
        self._editor.say(f"There is no mask in {self._views.current.value} slice {index}; go to one that has some.")
        return False
