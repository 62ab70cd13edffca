"""Any declaration of parameters as one line."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy

from maskeditor.core.operation.parameters import Role, Unit
from maskeditor.ui.forms.field import Field
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.forms.numeric_field import NumericField, as_voxels
from maskeditor.ui.look.elided_label import ElidedLabel

#: Digits that a number has room for, arrows and unit included.
DIGITS = 14

#: How the two ends of a range are called where there is little room.
SHORT = {Role.LOWEST: "Intensity", Role.HIGHEST: "–"}

Declared = TypeVar("Declared", bound=BaseModel)


class FormRow(OperationForm[Declared]):
    """A form in one line; at its end, what it is for and what millimetres are in voxels, or what is wrong."""

    _hint = ""

    def show_hint(self, hint: str) -> None:
        """Say what all of it is for, as far as there is room."""
        self._hint = hint
        self._show_notes()

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._notes = ElidedLabel("What is set, and what it is for")
        self._notes.setProperty("quiet", True)
        self.problem = ElidedLabel("What is wrong")
        self.problem.setProperty("error", True)
        for label in (self._notes, self.problem):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._row.addWidget(label, 1)
        self.problem.hide()
        self._labels: dict[Field, QLabel] = {}

    def _put(self, field: Field, label: QLabel | None) -> None:
        field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for number in field.findChildren(NumberField):
            number.setMaximumWidth(field.fontMetrics().horizontalAdvance("0") * DIGITS)
        if isinstance(field, NumericField) and field.slider is not None:
            field.slider.hide()
        if label is not None and field.parameter.role in SHORT:
            label.setText(SHORT[field.parameter.role])
        for widget in (label, field):
            if widget is not None:
                self._row.insertWidget(self._row.indexOf(self._notes), widget)
        if label is not None:
            self._labels[field] = label
        if field.note is not None:
            field.note.hide()

    def _show_field(self, field: Field, matters: bool) -> None:
        field.setVisible(matters)
        if field in self._labels:
            self._labels[field].setVisible(matters)
        self._show_notes()

    def _show_notes(self) -> None:
        sizes = [one.value() for one in self.fields.values() if one.parameter.unit is Unit.MM and self._is_of_use(one)]
        in_voxels = ", ".join(filter(None, (as_voxels(size, self.around.zooms) for size in sizes)))
        # What it is for goes first, as the other stands in the tip where there is little room.
        self._notes.setText("  ·  ".join(filter(None, (self._hint, in_voxels))))

    def _show_problem(self, text: str) -> None:
        super()._show_problem(text)
        self._notes.setVisible(not text)
