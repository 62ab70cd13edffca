"""Ways through the history: undo, redo, and a look at another row."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, travel
from maskeditor.core.history.timelines import Timeline, Way
from maskeditor.model.abilities import NOTHING_TO_REDO, NOTHING_TO_UNDO
from maskeditor.model.changed_place import changed_place
from maskeditor.ui.work.ground import Ground
from maskeditor.ui.work.pending import Then

#: Voxels that undo and redo visit on the interface's thread; more than these go to the worker.
AT_ONCE = 1 << 21


class Travels(QObject):
    """Goes from the masks that are shown to others that are known; nothing is worked out anew.

    Parameters
    ----------
    ground : Ground
    """

    #: Undo or redo changed voxels inside a `Box`, which whoever pressed the key wants to see.
    returned = pyqtSignal(object)

    def __init__(self, ground: Ground, parent: QObject) -> None:
        super().__init__(parent)
        self._ground = ground

    def undo(self) -> None:
        """Take back the last move, whatever row is looked at."""
        document = self._ground.document
        if document is not None and document.history.can_undo:
            self._return(document, -1, document.undo, f"Undone: {document.history.undo_title}.")
        elif document is not None:
            self._ground.say(NOTHING_TO_UNDO)

    def redo(self) -> None:
        """Make the move again that was taken back, whatever row is looked at."""
        document = self._ground.document
        if document is not None and document.history.can_redo:
            self._return(document, 1, document.redo, f"Redone: {document.history.redo_title}.")
        elif document is not None:
            self._ground.say(NOTHING_TO_REDO)

    def _return(self, document: Document, by: int, at_once: Callable[[], object], sentence: str) -> None:
        """Undo or redo, say so, and have what changed be seen."""
        way = document.way_by(by)
        place = changed_place(document, way)

        def then() -> None:
            self._ground.say(sentence)
            if place.box is not None:
                if place.frame is not None:
                    self._ground.viewer.set_frame(place.frame)
                self.returned.emit(place.box)

        self._travel(document, way, by, at_once, then)

    def look_at(self, goal: Timeline, then: Then) -> None:
        """Look at a beginning of the steps made and those undone; then do something."""
        document = self._ground.document
        assert document is not None
        if goal == document.timeline:
            then()
            return
        try:
            way = document.way_to(goal)
        except OperationError as error:
            # Steps were made while it waited for its turn.
            self._ground.say(str(error))
            return
        self._travel(document, way, None, lambda: document.go_to(goal), then)

    def _travel(self, document: Document, way: Way, by: int | None, at_once: Callable[[], object], then: Then) -> None:
        """Go where the cursor leads by some moves, or look; few voxels are changed in place, at once."""
        jobs = self._ground.jobs

        def go_at_once() -> None:
            at_once()
            then()

        def arrive(travelled: Prepared) -> None:
            document.arrive(travelled, by)
            then()

        if jobs.running:
            jobs.say_busy()
        elif way.cost <= AT_ONCE:
            jobs.attempt(go_at_once)
        else:
            snapshot = document.snapshot()
            task = "Looking there" if by is None else "Undoing" if by < 0 else "Redoing"
            jobs.run(task, lambda progress: travel(snapshot, way, progress), arrive, brief=True)
