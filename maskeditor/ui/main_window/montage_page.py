"""The montage in the window, and the bar that sets which slices it shows."""

from __future__ import annotations

from pydantic import ValidationError
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.model.data.montage import MontageParameters
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.field_kinds import field_for
from maskeditor.ui.look.scrolled import Scrolled
from maskeditor.ui.views.montage_view import MontageView

_KEY = "montage/parameters"
#: Fields that stand in one line of the bar, and pixels that the bar is content with.
IN_LINE, LEAST, NARROWEST = 3, 34, 160


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
        try:
            kept = MontageParameters.model_validate_json(str(QSettings().value(_KEY, "{}")))
        except ValidationError:
            kept = MontageParameters()
        view.show_parameters(kept)
        bar = QWidget()
        grid = QGridLayout(bar)
        grid.setContentsMargins(6, 4, 6, 4)
        for place, parameter in enumerate(parameters_of(MontageParameters)):
            field = self.fields[parameter.name] = field_for(parameter, Surroundings(), bar)
            field.set_value(getattr(kept, parameter.name))
            field.changed.connect(self._set)
            label = QLabel(parameter.title)
            label.setBuddy(field)
            line, column = divmod(place, IN_LINE)
            grid.addWidget(label, line, 2 * column)
            grid.addWidget(field, line, 2 * column + 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Scrolled(bar, LEAST, fills=False, narrowest=NARROWEST))
        layout.addWidget(view, 1)

    def _set(self) -> None:
        """Show the slices that the fields say, unless they say what cannot be."""
        try:
            parameters = MontageParameters(**{name: field.value() for name, field in self.fields.items()})
        except ValidationError:
            return
        self.view.show_parameters(parameters)
        QSettings().setValue(_KEY, parameters.model_dump_json())
