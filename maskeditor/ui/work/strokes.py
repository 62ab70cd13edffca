"""Strokes on their way to become steps.

A stroke is seen as it is drawn. What it makes of the volume is worked out while the hand moves: of a small brush at
once, of a large one on a lane of its own, which may lag behind. When it is let go, a small one is a step at once; a
large one is written into the journal as it was drawn, goes on being seen, and becomes a step as soon as its volume is
there. What hands do meanwhile – another stroke, undo, saving – comes after it, in the order in which they did it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import IN_PLACE, Prepared
from maskeditor.core.history.timelines import Step
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress, Reporter
from maskeditor.model.strokes import Stroke
from maskeditor.ui.work.ground import Ground, new_step
from maskeditor.ui.work.moves import Moves
from maskeditor.ui.work.worker import Lane

GIVEN_UP = "The stroke was given up, as another image was opened."
#: Milliseconds after the hand's last move until the volume goes on: by then all planes are painted.
REST = 3
#: Seconds after which work that is held up looks whether it is still wanted.
HEARD = 0.1


class _LetGo(NamedTuple):
    """A stroke that was let go and is no step yet.

    Parameters
    ----------
    document : Document
        That it was drawn on.
    stroke : Stroke
    step : Step
        Not worked out.
    called : str
        What the move is called, where the tool has another name than its operation.
    """

    document: Document
    stroke: Stroke
    step: Step
    called: str


class Strokes(QObject):
    """The stroke that is being drawn, and those that were let go and are no steps yet.

    Parameters
    ----------
    ground : Ground
    moves : Moves
        Makes steps of them.
    """

    #: A stroke was let go that is no step yet, or has become one.
    changed = pyqtSignal()
    #: Strokes look otherwise, inside a `Box` or, with None, anywhere.
    redrawn = pyqtSignal(object)
    #: A sentence in passing, and one that the user must see.
    message = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, ground: Ground, moves: Moves, parent: QObject) -> None:
        super().__init__(parent)
        self._ground = ground
        self._moves = moves
        self._lane = Lane("strokes", parent=self)
        self._drawing: tuple[Stroke, str] | None = None
        self._called = ""
        self._following: Progress | None = None
        # Set while the hand rests. Two threads of one interpreter wait for each other, on two processors as well, so
        # that nothing is worked out while a move is drawn.
        self._rest = threading.Event()
        self._rest.set()
        self._until_rest = QTimer(self)
        self._until_rest.setSingleShot(True)
        self._until_rest.setInterval(REST)
        self._until_rest.timeout.connect(self._rest.set)
        self._let_go: list[_LetGo] = []
        # Whether the move that is made is a stroke that was seen already.
        self._is_taking = False

    @property
    def working(self) -> bool:
        """Whether a volume is being worked out, or a stroke is no step yet."""
        return self._lane.busy or bool(self._let_go)

    @property
    def waiting(self) -> bool:
        """Whether a stroke was let go that is no step yet."""
        return bool(self._let_go)

    def last(self, roi: str) -> Stroke | None:
        """Return the last stroke on an ROI that is no step yet: the next one is drawn over it."""
        return next((one.stroke for one in reversed(self._let_go) if one.step.roi == roi), None)

    def begin(self, stroke: Stroke, called: str = "") -> None:
        """Draw a stroke over the active mask; a preview waits until it ends. Its move is called as its tool is."""
        self._drawing, self._called = (stroke, self._ground.active), called
        self.show()

    def give_way(self) -> None:
        """Have no volume worked out until what the hand does just now is painted."""
        self._rest.clear()
        self._until_rest.start()

    def follow(self) -> None:
        """Work the volume out as far as the stroke is drawn, or have it worked out."""
        if self._drawing is None:
            return
        stroke, _ = self._drawing
        if not stroke.is_large:
            stroke.work_out()
            return
        self.give_way()
        if self._following is None and stroke.is_behind:

            def again(_: object) -> None:
                self._following = None
                self.follow()

            def failed(error: Exception) -> None:
                self._following = None
                # What is wrong shows again when the stroke is made a step.
                if not isinstance(error, Cancelled | MemoryError):
                    raise error

            self._following = self._lane.submit(self._at_rest(stroke.work_out), again, failed)

    def _at_rest(self, work: Callable[[Reporter], None]) -> Callable[[Progress], None]:
        """Return work that goes on, from report to report, only while the hand rests."""

        def held_up(progress: Progress) -> None:
            def report(fraction: float) -> None:
                while not self._rest.wait(HEARD):
                    progress(fraction)
                progress(fraction)

            report(0.0)
            work(report)

        return held_up

    def give_up(self) -> bool:
        """Draw the stroke no longer; return whether there was one."""
        drawing, self._drawing = self._drawing, None
        if drawing is None:
            return False
        if self._following is not None:
            self._following.cancel()
        self.show()
        # What was given up must not go on to be seen.
        self.redrawn.emit(drawing[0].box)
        return True

    def let_go(self, document: Document) -> None:
        """Make the stroke that is drawn a step of the ROI that it is drawn on, whatever was done meanwhile."""
        if document is not self._ground.document:
            self.message.emit(GIVEN_UP)
        if self._drawing is None:
            return
        (stroke, roi), self._drawing = self._drawing, None
        operation = stroke.operation()
        if operation is None:
            self.show()
            return
        one = _LetGo(document, stroke, new_step(self._ground, operation, roi, stroke.scope), self._called)
        self._let_go.append(one)
        # Something may run that is waited for, begun before it was drawn or meanwhile.
        self._ground.turns.once_idle(lambda: self._make(one))
        if one in self._let_go:
            # It goes on being seen, so that it must be on the disk.
            self._write_drawn()
            self.changed.emit()

    def forget(self) -> None:
        """Give up all strokes, as another image is shown."""
        if self._let_go:
            self.message.emit(GIVEN_UP)
        self._drawing = None
        self._let_go.clear()
        self.show()

    def follow_masks(self) -> None:
        """Draw the strokes over the masks as they are now, after a move."""
        document, over = self._ground.document, dict[str, Stroke]()
        assert document is not None
        drawn = [(one.stroke, one.step.roi) for one in self._let_go]
        for stroke, roi in (*drawn, *([self._drawing] if self._drawing is not None else [])):
            stroke.follow(document.mask(roi), over.get(roi), is_other=not self._is_taking)
            over[roi] = stroke

    def show(self) -> None:
        """Draw the last stroke on the active ROI, and with it those below; a preview waits so long."""
        layers, active = self._ground.layers, self._ground.active
        before, layers.stroke = layers.stroke, self.last(active)
        if self._drawing is not None and self._drawing[1] == active:
            layers.stroke = self._drawing[0]
        if layers.stroke is not before and layers.preview is not None:
            self.redrawn.emit(None)

    def close(self) -> None:
        """Stop for good."""
        self._until_rest.stop()
        self._rest.set()
        self._lane.close()

    # From drawn to done -------------------------------------------------------------------------------------------

    def _make(self, one: _LetGo) -> None:
        """Make a stroke a step, now that it is its turn."""
        stroke, step, document = one.stroke, one.step, one.document
        try:
            document.check_unlocked(step.roi)
        except MaskEditorError as error:
            self._failed(one)(error)
            return
        if document.later:
            # What follows takes as long as it takes.
            done, failed = partial(self._done, one), self._failed(one)
            self._ground.jobs.run(step.operation.called, self._work(one), done, failed, brief=True)
        elif stroke.is_large or stroke.size > IN_PLACE:
            self._make_beside(one)
        else:
            known = stroke.patch(document.mask(step.roi))
            self._put_away(one)
            self._is_taking = True
            try:
                self._moves.put_in_now(step.operation, known, step.roi, step.scope, one.called)
            finally:
                self._is_taking = False
            self.redrawn.emit(stroke.box)

    def _make_beside(self, one: _LetGo) -> None:
        turns, failed = self._ground.turns, self._failed(one)

        def done(prepared: Prepared | None) -> None:
            turns.end(lambda: self._ground.jobs.attempt(lambda: self._done(one, prepared), failed))

        def fail(error: Exception) -> None:
            def again() -> None:
                raise error

            turns.end(lambda: self._ground.jobs.attempt(again, failed))

        turns.begin(brief=True)
        self._lane.submit(self._work(one), done, fail)

    def _work(self, one: _LetGo) -> Callable[[Progress], Prepared | None]:
        """Return what works a step out on any thread, from what is drawn; it returns None if it was cancelled."""
        session, snapshot, step = self._ground.session, one.document.snapshot(), one.step
        assert session is not None

        def work(progress: Progress) -> Prepared | None:
            try:
                patch = one.stroke.patch(snapshot.masks[step.roi], progress.part(0.0, 0.3))
                return session.put_in(snapshot, [step], progress.within(0.3, 1.0), patch)
            except Cancelled:
                return None
            except MemoryError:
                raise OperationError(
                    "The stroke needs more memory than there is; close other programs or use a smaller brush."
                ) from None

        return work

    def _done(self, one: _LetGo, prepared: Prepared | None) -> None:
        if one not in self._let_go:
            return
        if prepared is not None and prepared.revision != one.document.revision:
            self._make(one)
            return
        self._put_away(one)
        if prepared is None:
            self.message.emit("The stroke was given up.")
        else:
            self._is_taking = True
            try:
                self._moves.take(prepared, one.step, called=one.called)
            finally:
                self._is_taking = False
        # What changed no voxel is no move.
        self._write_drawn()
        self.redrawn.emit(one.stroke.box)

    def _failed(self, one: _LetGo) -> Callable[[MaskEditorError], None]:
        def failed(error: MaskEditorError) -> None:
            if one in self._let_go:
                self._put_away(one)
                self._write_drawn()
            self.redrawn.emit(one.stroke.box)
            self.failed.emit(str(error))

        return failed

    def _put_away(self, one: _LetGo) -> None:
        """Show a stroke no longer by itself; the next move that is written writes that it is none that waits."""
        self._let_go.remove(one)
        self._note_drawn()
        self.show()
        self.changed.emit()

    def _note_drawn(self) -> None:
        session = self._ground.session
        if session is not None:
            session.recording.drawn = tuple(one.step for one in self._let_go)

    def _write_drawn(self) -> None:
        session = self._ground.session
        if session is not None:
            self._note_drawn()
            session.recording.record(session.document)
