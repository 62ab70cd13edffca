"""The form of a step that was already made: change it, see what would become of the mask, apply it as one move."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from maskeditor.core.edits import edit
from maskeditor.core.errors import ParameterError
from maskeditor.core.history import Step
from maskeditor.core.operation import Operation
from maskeditor.core.scope import EVERYWHERE, Scope
from maskeditor.model.view import Viewer
from maskeditor.ui.editor import Editor
from maskeditor.ui.form import OperationForm
from maskeditor.ui.numbers import change_told
from maskeditor.ui.panels.surroundings import surroundings_of


class StepForm(QWidget):
    """Opens the form of a step again; later steps are worked out anew, as a preview while it is changed.

    Parameters
    ----------
    editor : Editor
    viewer : Viewer
    """

    closed = pyqtSignal()

    def __init__(self, editor: Editor, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._viewer = viewer
        self._step: Step | None = None
        self._form: OperationForm[Operation] | None = None
        self._where: OperationForm[Scope] | None = None
        self.heading = QLabel(self)
        self.heading.setProperty("heading", True)
        self.counts = QLabel(self)
        self.counts.setWordWrap(True)
        self.cancel_button = self._button("Cancel", "Leave the step as it was", self.close_form)
        self.apply_button = self._button("Change step", "Work the later steps out again, as one move", self.apply)
        body = QWidget(self)
        self._rows = QVBoxLayout(body)
        self._rows.setContentsMargins(2, 2, 6, 2)
        self._rows.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.counts)
        layout.addLayout(buttons)
        # A value that is still being typed or dragged need not be worked out.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(80)
        self._settle.timeout.connect(self._preview)
        editor.preview_changed.connect(self._show_counts)
        editor.document_changed.connect(self._check_still_there)
        self.hide()

    def _button(self, text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda: act())
        return button

    def open_step(self, index: int) -> None:
        """Show the form of a step of the present timeline."""
        document = self._editor.document
        if document is None:
            return
        self._drop_forms()
        step = self._step = document.timeline[index]
        self.heading.setText(f"Step {index + 1}: {step.operation.title}")
        around = surroundings_of(self._editor, self._viewer, step.roi)
        self._form = OperationForm(type(step.operation), step.operation, around, self)
        self._where = OperationForm(Scope, step.scope, around, self)
        self._rows.insertWidget(0, self._form)
        self._rows.insertWidget(1, self._where)
        self._form.changed.connect(self._settle.start)
        self._where.changed.connect(self._settle.start)
        self._form.setVisible(not self._form.is_empty)
        self._editor.set_active(step.roi)
        self.counts.clear()
        self.show()
        self._form.setFocus()

    def apply(self) -> None:
        """Change the step, and have the later ones worked out again."""
        asked, index = self._asked(), self._index()
        if asked is not None and index is not None:
            timeline = self._editor.timeline
            self.close_form()
            self._editor.rewrite(edit(timeline, index, *asked))

    def close_form(self) -> None:
        """Leave the step as it is."""
        self._settle.stop()
        if self._step is not None:
            self._step = None
            self._drop_forms()
            self.hide()
            self._editor.clear_preview()
            self.closed.emit()

    def _preview(self) -> None:
        asked, index = self._asked(), self._index()
        if asked is not None and index is not None:
            self._editor.preview_rewrite(edit(self._editor.timeline, index, *asked))

    def _asked(self) -> tuple[Operation, Scope] | None:
        """Return what is set; None if it is not allowed, which the form then says."""
        if self._form is None or self._where is None:
            return None
        try:
            operation, scope = self._form.value(), self._where.value()
        except ParameterError:
            return None
        return operation, scope if scope.summary() else EVERYWHERE

    def _index(self) -> int | None:
        """Return where the step stands now; None when it is no longer part of the timeline."""
        places = (place for place, step in enumerate(self._editor.timeline) if step is self._step)
        return next(places, None)

    def _check_still_there(self) -> None:
        if self._step is not None and self._index() is None:
            self.close_form()

    def _show_counts(self) -> None:
        state = self._editor.preview_state
        if self._step is None or state is None:
            self.counts.clear()
        elif state.error or state.added is None or state.removed is None:
            self.counts.setText(state.error or "Working out …")
        elif self._editor.document is not None:
            voxel_volume = self._editor.document.geometry.voxel_volume
            self.counts.setText(change_told(state.added, state.removed, voxel_volume))

    def _drop_forms(self) -> None:
        for form in (self._form, self._where):
            if form is not None:
                form.setParent(None)
                form.deleteLater()
        self._form = self._where = None
