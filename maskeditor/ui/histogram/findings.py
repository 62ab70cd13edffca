"""What the pending operation finds in the image: at once, or beside the window as fast as its values change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

if TYPE_CHECKING:
    from maskeditor.core.operation.declaration import Operation
    from maskeditor.core.operation.found import Found
    from maskeditor.core.operation.scene import ImageSource, Scene
    from maskeditor.ui.work.image_lanes import ImageLanes


class _Question(NamedTuple):
    operation: Operation
    images: tuple[ImageSource | None, ...]


class Findings(QObject):
    """Asks for what an operation finds; while that is worked out, newer values wait, and the newest is asked next.

    Parameters
    ----------
    lanes : ImageLanes
    scene : callable
        Returns what is looked at.
    """

    changed = pyqtSignal()

    def __init__(self, lanes: ImageLanes, scene: Callable[[], Scene], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: tuple[Found, ...] = ()
        self._lanes = lanes
        self._scene = scene
        # Operations with the images that they look at, which may become others of the same names.
        self._wanted: _Question | None = None
        self._asked: _Question | None = None
        self._is_busy = False

    def follow(self, operation: Operation | None) -> None:
        """Find what an operation finds; what was found by another kind of operation is shown no longer."""
        if operation is not None and not operation.finds():
            operation = None
        before = self._wanted.operation if self._wanted is not None else None
        if operation is None or type(operation) is not type(before):
            self._show(())
        self._wanted = None
        if operation is not None:
            self._wanted = _Question(operation, self._scene().sources({"", *operation.images()}))
        if not self._is_busy and self._wanted != self._asked:
            self._ask()

    def forget(self) -> None:
        """Show nothing, as there is another image."""
        self._wanted = self._asked = None
        self._show(())

    def _ask(self) -> None:
        asked = self._asked = self._wanted
        if asked is None:
            return
        scene = self._scene()
        if asked.operation.reach(scene) is not None:
            # Found in no time, as slices are previewed: drawn with the range, and not a second time after it.
            self._show(_found_at_once(asked.operation, scene))
            return
        self._is_busy = True

        def done(found: tuple[Found, ...]) -> None:
            self._is_busy = False
            wanted = self._wanted
            # Of values that have changed since it is shown meanwhile; of other images it would be wrong.
            if wanted is not None and type(asked.operation) is type(wanted.operation) and asked.images == wanted.images:
                self._show(found)
            if wanted != asked:
                self._ask()

        self._lanes.found(lambda progress: asked.operation.found(scene, progress), done)

    def _show(self, found: tuple[Found, ...]) -> None:
        if found != self.found:
            self.found = found
            self.changed.emit()


def _found_at_once(operation: Operation, scene: Scene) -> tuple[Found, ...]:
    try:
        return operation.found(scene, Progress())
    except MaskEditorError:  # its preview says why
        return ()
