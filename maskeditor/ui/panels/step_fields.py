"""What a step is made of, to be set: the form of its operation, and below it where it may change the mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QAbstractSpinBox, QVBoxLayout, QWidget

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.look.tab_order import tab_after, tab_before
from maskeditor.ui.panels.where_button import WhereButton


class StepFields(QWidget):
    """The form of an operation, and the form of its limits, which a button folds out and in.

    Parameters
    ----------
    keeps_width : bool
        Whether a field stands below a label that is too long for both, rather than make what holds the forms wider.
    """

    #: A field of either form was changed.
    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None, keeps_width: bool = False) -> None:
        super().__init__(parent)
        self._keeps_width = keeps_width
        self._operation: type[Operation] | None = None
        self.form: OperationForm[Operation] | None = None
        self.where: OperationForm[Scope] | None = None
        self.where_button = WhereButton(self)
        self.where_button.toggled.connect(self._unfold)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.where_button)

    def open(self, cls: type[Operation], start: Operation | None, scope: Scope, around: Surroundings) -> None:
        """Show the forms of an operation.

        Parameters
        ----------
        cls : type
            The operation.
        start : Operation or None
            The values to start with; without them the defaults.
        scope : Scope
            The limits to start with.
        around : Surroundings
        """
        self.close_forms()
        self._operation = cls
        self.form = OperationForm(cls, start, around, self)
        self.form.setAccessibleName(cls.title)
        if self._keeps_width:
            self.form.wrap_long_rows()
        self.where = OperationForm(Scope, _opened(scope, around), around, self)
        self.where.setAccessibleName("Where")
        self._rows.insertWidget(0, self.form)
        self._rows.addWidget(self.where)
        tab_before(self.form, self.where_button)
        tab_after(self.where_button, self.where)
        self.form.setVisible(not self.form.is_empty)
        # What makes an image changes no mask that could be limited.
        self.where_button.setVisible(not cls.makes_image)
        self.where.setVisible(self.where_button.isChecked() and not cls.makes_image)
        self.where_button.show_limits(scope, dict(around.rois))
        self.form.changed.connect(self.changed)
        self.where.changed.connect(self.changed)

    def close_forms(self) -> None:
        """Show no forms."""
        for form in (self.form, self.where):
            if form is not None:
                # Hidden by name: a layout shows what came into it a moment later, by then as a window of its own.
                form.hide()
                form.setParent(None)
                form.deleteLater()
        self._operation = self.form = self.where = None

    @property
    def operation(self) -> type[Operation] | None:
        """The operation whose form is shown."""
        return self._operation

    @property
    def problem(self) -> str:
        """Why what is set is not allowed, in words."""
        forms = (self.form, self.where)
        return " ".join(filter(None, (form.problem.text() for form in forms if form is not None)))

    def values(self) -> dict[str, Any]:
        """Return the operation's parameters as they are set, allowed or not."""
        return self.form.raw() if self.form is not None else {}

    def limits(self) -> dict[str, Any]:
        """Return the parameters of the scope as they are set."""
        return self.where.raw() if self.where is not None else {}

    def set_values(self, values: Mapping[str, Any], limits: Mapping[str, Any]) -> None:
        """Set some parameters of the operation and of the scope, as a hand does in the forms."""
        if self.form is not None and self.where is not None:
            self.form.set_values(values)
            self.where.set_values(limits)

    def asked(self) -> tuple[Operation, Scope] | None:
        """Return what is set; None without forms, or if it is not allowed (the form then says so)."""
        if self.form is None or self.where is None:
            return None
        try:
            operation, scope = self.form.value(), self.where.value()
        except ParameterError:
            return None
        self.where_button.show_limits(scope, dict(self.where.around.rois))
        return operation, scope if scope.summary() else EVERYWHERE

    def focus_first(self) -> None:
        """Give the keyboard to the first field, to be typed over; without any, to the button of the limits."""
        fields = self.form.fields.values() if self.form is not None else ()
        first = next((field for field in fields if field.is_of_use), None)
        (first or self.where_button).setFocus(Qt.FocusReason.ShortcutFocusReason)
        # Qt selects a number by itself, but not where a dialog that is closed hands the keyboard back.
        if first is not None and isinstance(number := first.focusProxy(), QAbstractSpinBox):
            number.selectAll()

    def _unfold(self, on: bool) -> None:
        if self.where is not None:
            self.where.setVisible(on)


def _opened(scope: Scope, around: Surroundings) -> Scope:
    """Return what the form of limits starts with: once an axis is chosen in it, all its slices are taken."""
    return scope if scope.axis is not None else scope.model_copy(update={"last": max(around.shape) - 1})
