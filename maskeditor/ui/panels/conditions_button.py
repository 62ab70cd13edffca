"""The button of the curves that chooses which conditions are shaded: of a table, of a step, of a form, or none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PyQt6.QtWidgets import QMenu, QToolButton

from maskeditor.core.operation.conditions import Conditions, ConditionsOperation
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.time_courses import spans_of
from maskeditor.ui.look.plain_text import without_shortcut
from maskeditor.ui.panels.form_context import chosen_table
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class ConditionsButton(QToolButton):
    """Has conditions noted that are shaded; what is none of the series is refused with a sentence."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self.setText("Events")
        self.setToolTip("Shade what happened meanwhile, from a table of events (BIDS) or of labels, or from a step.")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_of_choices = QMenu(self)
        self.menu_of_choices.aboutToShow.connect(self._fill)
        self.setMenu(self.menu_of_choices)

    def _fill(self) -> None:
        menu = self.menu_of_choices
        menu.clear()
        sure(menu.addAction("From a table…")).triggered.connect(lambda _: self._open())
        for title, conditions in self._found():
            sure(menu.addAction(without_shortcut(title))).triggered.connect(partial(self._show, conditions))
        menu.addSeparator()
        none = sure(menu.addAction("None"))
        none.setEnabled(bool(self._editor.noting.notes.conditions))
        none.triggered.connect(lambda _: self._editor.noting.show_conditions(()))

    def _found(self) -> Iterator[tuple[str, Conditions]]:
        """Yield the conditions of the form that is open, and of the steps that are made."""
        asked = self._editor.pending.change.fields.asked() if self._editor.pending.change is not None else None
        if asked is not None and isinstance(asked[0], ConditionsOperation) and asked[0].conditions:
            yield f"Of the form: {asked[0].title}", self._timed(asked[0])
        for place, step in enumerate(self._editor.timeline, 1):
            if isinstance(step.operation, ConditionsOperation):
                yield f"Of step {place}: {step.operation.name}", self._timed(step.operation)

    def _timed(self, operation: ConditionsOperation) -> Conditions:
        """Return the conditions of an operation; where the header states no time, volume by volume as it has them."""
        volume = self._editor.viewer.volume
        if volume is None or volume.repetition_time or not operation.repetition_time:
            return operation.conditions
        try:
            return operation.labels(volume.frames)
        except MaskEditorError:
            return operation.conditions

    def _open(self) -> None:
        conditions = chosen_table(self._editor)
        if conditions is not None:
            self._show(conditions)

    def _show(self, conditions: Conditions, _: bool = False) -> None:
        volume = self._editor.viewer.volume
        if volume is None:
            return
        try:
            spans = spans_of(conditions, volume.frames, volume.repetition_time)
        except MaskEditorError as error:
            self._editor.failed.emit(str(error))
            return
        if spans:
            self._editor.noting.show_conditions(conditions)
        else:
            self._editor.failed.emit("No event of the table lies within the series; give the table of this one.")
