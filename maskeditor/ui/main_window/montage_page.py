"""The montage in the window, and the bar that sets which slices it shows."""

from __future__ import annotations

from pydantic import ValidationError
from PyQt6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget, QWidgetAction

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.model.data.montage import MontageParameters
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.field_kinds import field_for
from maskeditor.ui.look.kept import keep_set, last_set
from maskeditor.ui.views.montage_view import MontageView

_KEY = "montage/parameters"


class MontagePage(QWidget):
    """Slices side by side below the fields of what they are; what was set is remembered.

    Parameters
    ----------
    view : MontageView
    """

    def __init__(self, view: MontageView) -> None:
        super().__init__()
        self.view = view
        self.setFocusProxy(view)
        self.fields: dict[str, Field] = {}
        kept = last_set(_KEY, MontageParameters)
        view.show_parameters(kept)
        self.button = QToolButton()
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setToolTip("How many slices are shown, and which")
        line = QHBoxLayout()
        line.setContentsMargins(6, 3, 6, 3)
        line.setSpacing(8)
        form, grid = QWidget(), QFormLayout()
        form.setLayout(grid)
        for parameter in parameters_of(MontageParameters):
            field = self.fields[parameter.name] = field_for(parameter, Surroundings())
            field.set_value(getattr(kept, parameter.name))
            field.changed.connect(self._set)
            label = QLabel(parameter.title)
            label.setBuddy(field)
            if parameter.name == "plane":
                line.addWidget(label)
                line.addWidget(field)
            else:
                grid.addRow(label, field)
        shown = QWidgetAction(self)
        shown.setDefaultWidget(form)
        menu = QMenu(self.button)
        menu.addAction(shown)
        self.button.setMenu(menu)
        line.addWidget(self.button)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(view, 1)
        self._name_button()

    def _name_button(self) -> None:
        shown = self.view.parameters
        self.button.setText(f"{shown.rows} × {shown.columns} slices")

    def _set(self) -> None:
        """Show the slices that the fields say, unless they say what cannot be."""
        try:
            parameters = MontageParameters(**{name: field.value() for name, field in self.fields.items()})
        except ValidationError:
            return
        self.view.show_parameters(parameters)
        self._name_button()
        keep_set(_KEY, parameters)
