"""The form of a step that was already made: change it, see what would become of the mask, apply it as one move."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from maskeditor.core.history.edits import Rewrite, edit
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scope import Scope
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.dock_room import Heights, give_room, take_room, widen
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.panels.step_fields import StepFields
from maskeditor.ui.qt import mark_error, sure
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.pending import Then, nothing

#: Pixels of height that the fields are content with.
_LEAST = 90


class StepForm(QWidget):
    """Opens the form of a step again, a pending change; later steps are worked out anew, as a preview meanwhile.

    Parameters
    ----------
    editor : Editor
    viewer : Viewer
    """

    of_step = True

    #: The form of a step is shown; with the index of the step.
    opened = pyqtSignal(int)
    #: The form is put away, or the step was changed; with the index of the step, or of where it was.
    closed = pyqtSignal(int)

    def __init__(self, editor: Editor, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._viewer = viewer
        self._step: Step | None = None
        self._place = 0
        #: What was last asked for, and of which steps.
        self._wanted: tuple[Timeline, Operation, Scope, Rewrite] | None = None
        #: How high the docks were before this one took room for the form.
        self._before: Heights = {}
        self.heading = QLabel(self)
        self.heading.setProperty("heading", True)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.fields = StepFields(self)
        self.fields.changed.connect(self._take_changed)
        self.counts = QLabel(self)
        self.counts.setWordWrap(True)
        self.counts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.cancel_button = self._button("Cancel", "", self.put_away)
        editor.keys.explain(self.cancel_button, "Leave the step as it was ({cancel})")
        self.apply_button = self._button(
            "Change step", "Work this step and the later ones out again, as one move (Enter)", self.apply
        )
        self._lay_out()
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda: self.apply())
        editor.document_changed.connect(self._document_changed)
        for signal in (editor.jobs.busy_changed, editor.preview_changed):
            signal.connect(self._show_state)
        self.hide()

    def _button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda: act())
        return button

    def _lay_out(self) -> None:
        body = QWidget(self)
        rows = QVBoxLayout(body)
        rows.setContentsMargins(2, 2, 6, 2)
        rows.addWidget(self.fields)
        rows.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setMinimumHeight(_LEAST)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.counts)
        layout.addLayout(buttons)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take room for the form from the docks above."""
        super().showEvent(event)
        QTimer.singleShot(0, self._take_room)

    def _take_room(self) -> None:
        if self.is_open and not self._before:
            self._before = take_room(self, scrolls_others=False)
            body, bar = sure(self._scroll.widget()), sure(self._scroll.verticalScrollBar())
            widen(self, body.minimumSizeHint().width() + bar.sizeHint().width() - self._scroll.width())

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Give the room back."""
        super().hideEvent(event)
        if not self.is_open:
            before, self._before = self._before, {}
            give_room(self.window(), before)

    @property
    def is_open(self) -> bool:
        """Whether the form of a step is shown."""
        return self._step is not None

    @property
    def place(self) -> int:
        """The index of the step whose form is shown."""
        return self._place

    def open_step(self, index: int) -> None:
        """Show the form of a step of the present timeline, unless another change that is pending is to stay."""
        step = self._editor.present[index]
        if self._step is not None:
            self.put_away()
        if not self._editor.pending.begin(self):
            return
        if step.roi:
            self._editor.set_active(step.roi)
        self._step, self._place = step, index
        around = surroundings_of(self._editor, self._viewer, step.roi, self._editor.present[:index])
        self.fields.open(type(step.operation), step.operation, step.scope, around)
        self._editor.pending.set_otherwise.emit()
        self.show()
        self._show_state()
        self.opened.emit(index)
        self.fields.focus_first()

    # The pending change -------------------------------------------------------------------------------------------

    @property
    def is_by_hand(self) -> bool:
        """Whether the step would be another than it is, or what is set is not allowed."""
        return self._step is not None and self.fields.asked() != (self._step.operation, self._step.scope)

    is_due = is_by_hand

    def describe(self) -> str:
        """Return what is changed, in words."""
        step, document = self._step, self._editor.document
        names = {roi.id: roi.name for roi in document.rois} if document is not None else {}
        return f"The change of step {self._place + 1} ({step.title_with(names) if step is not None else ''})"

    def apply(self, then: Then = nothing) -> None:
        """Change the step, and have the later ones worked out again; the form stays until that is done."""
        self._editor.turns.in_turn(lambda: self._apply(then))

    def _apply(self, then: Then) -> None:
        rewrite = self._rewrite()
        if self._step is None:
            return
        if rewrite is not None:

            def done() -> None:
                self.closed.emit(self._place)
                then()

            self._editor.rewrite(rewrite, then=done)
        elif self.fields.asked() is not None:
            self.put_away()
            then()

    def put_away(self) -> None:
        """Leave the step as it is."""
        if self._step is None:
            return
        self._step = self._wanted = None
        # While the form still has the focus, which is to go back to where it came from.
        self.closed.emit(self._place)
        self.fields.close_forms()
        self.hide()
        if self._is_pending:
            self._editor.pending.end(self)
            self._editor.previews.hide()

    def _take_changed(self) -> None:
        # Another change may have begun while this one was worked out, in vain.
        if self._editor.pending.begin(self):
            self.renew()

    def renew(self) -> None:
        """Preview the steps as they would be."""
        if self._is_pending:
            rewrite = self._rewrite()
            if rewrite is not None:
                self._editor.previews.show_rewrite(rewrite)
            else:
                self._editor.previews.hide()
            self._editor.pending.set_otherwise.emit()
        self._show_state()

    @property
    def _is_pending(self) -> bool:
        return self._editor.pending.change is self

    # What is asked for --------------------------------------------------------------------------------------------

    def _rewrite(self) -> Rewrite | None:
        """Return the steps as they would be; None if the step would be as it is, or may not be so."""
        asked, step = self.fields.asked(), self._step
        if asked is None or step is None or asked == (step.operation, step.scope):
            return None
        timeline = self._editor.present
        if self._wanted is None or self._wanted[0] is not timeline or self._wanted[1:3] != asked:
            self._wanted = (timeline, *asked, edit(timeline, self._place, *asked))
        return self._wanted[3]

    def _document_changed(self) -> None:
        if self._step is None:
            return
        document = self._editor.document
        places = (place for place, step in enumerate(self._editor.present) if step is self._step)
        place = next(places, None)
        if place is None or document is None or document.is_looking:
            self.put_away()
        else:
            self._place = place

    # Looks --------------------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        document = self._editor.document
        if self._step is None or document is None:
            return
        self.heading.setText(f"Step {self._place + 1}: {self._step.operation.title}")
        self.apply_button.setEnabled(not self._editor.jobs.busy)
        state = self._editor.previews.state if self._is_pending else None
        self.counts.setText(state.in_words(document.geometry.voxel_volume) if state else "")
        mark_error(self.counts, bool(state and state.error))
