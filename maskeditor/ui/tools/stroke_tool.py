"""What tools have in common that paint by strokes."""

from __future__ import annotations

from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt

from maskeditor.core.history.document import Document
from maskeditor.core.operation.painted import Painted
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.geometry import Plane
from maskeditor.model.strokes import Stroke
from maskeditor.ui.tools.options_in_hand import Options, OptionsInHand
from maskeditor.ui.tools.painted_scope import inside_in_words, is_locked, painted_scope
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor


class StrokeTool(Tool, Generic[Options]):
    """Press, draw and release make one step; one button paints and the other erases, and Ctrl swaps the two.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand
        Among them, inside which other ROI alone it paints.
    erases : bool
        Whether it is the left button that erases.
    """

    double_click_maximises = False
    on_surface = True
    #: What its moves are called, where that is not what their operation is called.
    called = ""

    def __init__(self, editor: Editor, options: OptionsInHand[Options], erases: bool = False) -> None:
        self._editor = editor
        self._options = options
        self.erases = erases
        self._stroke: Stroke | None = None
        self._over: Document | None = None

    def like(self, plane: Plane, erase: bool, voxel: NDArray[np.float64]) -> Painted:
        """Return a stroke as it would begin at a fractional voxel (3,) now, but for its points."""
        raise NotImplementedError

    def press(self, event: PointerEvent) -> bool:
        """Begin a stroke."""
        editor, document = self._editor, self._editor.document
        if document is None:
            return False
        if is_locked(editor):
            return True
        erase, before = self._begins_to_erase(event), editor.strokes.last(editor.active)
        self._stroke = Stroke(editor.scene(), self.like(event.plane, erase, event.voxel), before, self.scope(erase))
        self._over = document
        editor.show_masks()
        editor.strokes.begin(self._stroke, self.called)
        self.move(event)
        return True

    def _begins_to_erase(self, event: PointerEvent) -> bool:
        """Whether the stroke that begins here erases."""
        return self.erases != event.is_swapped

    def scope(self, erase: bool) -> Scope:
        """Return where a stroke may change the mask: inside an ROI, and what it adds, not in those that are locked."""
        settings: Any = self._options.settings
        return painted_scope(self._editor, settings.inside, erase)

    def move(self, event: PointerEvent) -> None:
        """Go on with the stroke."""
        if self._stroke is None:
            return
        self._editor.strokes.give_way()
        x, y, z = event.world.tolist()
        box = self._stroke.add((x, y, z))
        if box is not None:
            self._editor.redrawn.emit(box)
        self._editor.strokes.follow()

    def release(self, event: PointerEvent) -> None:
        """Make the stroke one step of the ROI that it was drawn on, whatever was done meanwhile."""
        over, self._stroke, self._over = self._over, None, None
        if over is not None:
            self._editor.strokes.let_go(over)

    def cancel(self) -> bool:
        """Give up the stroke; return whether there was one."""
        self._stroke = self._over = None
        return self._editor.strokes.give_up()

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Make the brush larger or smaller."""
        if not event.has(Qt.KeyboardModifier.ShiftModifier):
            return False
        self._options.resize(steps)
        return True

    @property
    def limits(self) -> list[str]:
        """In words, where it paints alone."""
        settings: Any = self._options.settings
        return list(filter(None, (inside_in_words(self._editor, settings.inside),)))

    @property
    def badge(self) -> str:
        """Where it paints alone, if it is limited."""
        return f"Only {', '.join(self.limits)}" if self.limits else ""
