"""What a tool is to the views: it follows the pointer in voxels and millimetres, and may draw a cursor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainterPath

from maskeditor.core.space.geometry import Plane
from maskeditor.engine.box import Voxel
from maskeditor.model.view.slices import PlaneMap


@dataclass(frozen=True, eq=False)
class PointerEvent:
    """Where the pointer is and what is pressed.

    Parameters
    ----------
    map : PlaneMap
        The plane it is in.
    voxel : (3,) array of float
        Fractional voxel index: the slice's own index along the normal. It may lie outside the image.
    position : tuple of 2 float
        In the widget's pixels from its top left corner.
    button : Qt.MouseButton
        The button of this drag; none while hovering or turning the wheel.
    modifiers : Qt.KeyboardModifier
    scale : float
        Pixels for each mm.
    """

    map: PlaneMap
    voxel: NDArray[np.float64]
    position: tuple[float, float]
    button: Qt.MouseButton = Qt.MouseButton.NoButton
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    scale: float = 1.0

    @property
    def plane(self) -> Plane:
        """The plane of the view."""
        return self.map.plane

    @property
    def axis(self) -> int:
        """The voxel axis along the plane's normal."""
        return self.map.normal

    @property
    def world(self) -> NDArray[np.float64]:
        """World position (3,) in mm."""
        return self.map.geometry.to_world(self.voxel)

    @property
    def nearest(self) -> Voxel:
        """The voxel that the pointer is in, which may lie outside the image."""
        i, j, k = np.floor(self.voxel + 0.5).astype(int).tolist()
        return (i, j, k)

    @property
    def is_inside(self) -> bool:
        """Whether the pointer is over a voxel of the image."""
        return self.map.geometry.holds(self.nearest)

    def pixels_from(self, voxel: NDArray[np.float64]) -> float:
        """Return how many pixels away a voxel (3,) lies, seen at right angles on the plane."""
        (x, y), (other_x, other_y) = self.map.to_screen(self.voxel), self.map.to_screen(voxel)
        return self.scale * math.hypot(x - other_x, y - other_y)

    @property
    def is_swapped(self) -> bool:
        """Whether it turns adding into erasing: by the right button, or by Ctrl, and not by both."""
        return (self.button == Qt.MouseButton.RightButton) != self.has(Qt.KeyboardModifier.ControlModifier)

    def has(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether a modifier key is held."""
        return bool(self.modifiers & modifier)


class Words(NamedTuple):
    """A few words that stand in a slice, and beside which place of it, in screen millimetres of the plane."""

    text: str
    at: tuple[float, float]


class Tool:
    """What the left and right button, the wheel with Shift or Alt and hovering do in the views; does nothing by itself.

    A drag goes to the tool when `press` accepts it: then follow `move`s, and one `release` or `cancel`. A left or right
    press that is not accepted is the view's own (the right button zooms). The wheel alone, Ctrl+wheel, the middle
    button and Alt+left are always the view's.
    """

    #: The pointer's shape over a view.
    cursor = Qt.CursorShape.CrossCursor
    #: Whether a double click maximises the view; a tool that is clicked fast says no.
    double_click_maximises = True
    #: Whether it does on the surface of the masks what it does in a plane; else what is dragged there turns.
    on_surface = False

    #: Has what is drawn at the pointer drawn again; for a tool that has found out later.
    changed: Callable[[], object] = staticmethod(lambda: None)

    def press(self, event: PointerEvent) -> bool:
        """Take a press of the left or right button, or leave it to the view."""
        return False

    def move(self, event: PointerEvent) -> None:
        """Follow a drag that was accepted."""

    def release(self, event: PointerEvent) -> None:
        """End a drag that was accepted."""

    def cancel(self) -> bool:
        """Give up the gesture that is going on, as if it had not been begun; return whether there was one.

        A gesture may be more than one drag, as that of corner after corner is. Escape gives it up, and so does taking
        another tool in hand.
        """
        return False

    def confirm(self) -> bool:
        """End a gesture of several drags, as Enter asks for; return whether there was one."""
        return False

    def take_back(self) -> bool:
        """Take the last part of a gesture of several drags back, as Backspace asks for; return whether there was."""
        return False

    def hover(self, event: PointerEvent) -> None:
        """Follow the pointer without a button."""

    def leave(self) -> None:
        """Take note that the pointer has left a view."""

    def forget(self) -> None:
        """Let go of what is kept of an image that was open: whoever holds it, holds all its memory."""

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Take turns of the wheel with Shift or Alt (up positive), or leave them to the view."""
        return False

    @property
    def badge(self) -> str:
        """What of its settings must not be overlooked, shown in the planes; mostly nothing."""
        return ""

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return what a gesture has drawn so far in a slice of a plane, wherever the pointer is.

        Parameters
        ----------
        plane_map : PlaneMap
        index : int
            The slice that is shown.

        Returns
        -------
        QPainterPath or None
            In screen millimetres of the plane (`PlaneMap.to_screen`).
        """
        return None

    def words(self, plane_map: PlaneMap, index: int) -> Words | None:
        """Return what stands beside that, such as a length."""
        return None

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return what to draw at the pointer: an outline in screen millimetres of the plane (`PlaneMap.to_screen`)."""
        return None
