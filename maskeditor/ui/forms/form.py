"""Any declaration of parameters as a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.parameters import Parameter, Role, Unit, parameters_of
from maskeditor.engine.box import Voxel
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.field_kinds import field_for
from maskeditor.ui.forms.fields import ConditionsField
from maskeditor.ui.forms.labels_field import LabelsField

Declared = TypeVar("Declared", bound=BaseModel)


class OperationForm(QWidget, Generic[Declared]):
    """A form made from nothing but the declared parameters of an operation, or of a scope.

    It is given values to start with, and makes new ones of what is set.

    Parameters
    ----------
    declaration : type
        A pydantic model whose fields were made by `parameter`.
    start : instance of it, optional
        The values to start with; else the defaults, and nothing where there is none.
    around : Surroundings, optional
        The image and the other ROIs.
    parameters : sequence of Parameter, optional
        Those that the form shows; all unless it shows but a part.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        declaration: type[Declared],
        start: Declared | None = None,
        around: Surroundings | None = None,
        parent: QWidget | None = None,
        parameters: Sequence[Parameter] | None = None,
    ) -> None:
        super().__init__(parent)
        self._declaration = declaration
        self._start = start
        # What was made of which parameters last: at each step of a hand, several ask for it.
        self._made: tuple[dict[str, object], Declared] | None = None
        self.fields: dict[str, Field] = {}
        self._lay_out()
        #: The image and the other ROIs.
        self.around = around or Surroundings()
        for parameter in parameters_of(declaration) if parameters is None else parameters:
            if parameter.role not in (Role.HIDDEN, Role.NAMES):
                self._add(parameter, self.around)
        for field in self.fields.values():
            if isinstance(field, LabelsField):
                field.call(getattr(self._start, "names", ()))
        for name, field in self.fields.items():
            if field.parameter.role is Role.VOXEL:
                field.changed.connect(partial(self._follow_voxel, name, [field.value()]))
            if field.parameter.role is Role.IMAGE:
                field.changed.connect(partial(self._follow_image, field))
            if isinstance(field, ConditionsField):
                field.changed.connect(partial(self._follow_conditions, field))
                self._follow_conditions(field)
            field.changed.connect(self._field_changed)
        self._show_what_matters()

    def _lay_out(self) -> None:
        """Make the layout that fields are put into."""
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setHorizontalSpacing(8)
        self._form.setVerticalSpacing(5)
        self.problem = QLabel(self)
        self.problem.setProperty("error", True)
        self.problem.setWordWrap(True)
        self.problem.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._form)
        layout.addWidget(self.problem)

    def wrap_long_rows(self) -> None:
        """Let a field stand below its label where there is no room for it beside, rather than be wider."""
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not any(field.is_of_use for field in self.fields.values())

    def value(self) -> Declared:
        """Return a value made of what is set; the same one as long as nothing is set otherwise.

        Raises
        ------
        ParameterError
            If the declaration does not allow it; the fields concerned are marked and the sentence is shown.
        """
        raw = self.raw()
        if self._made is None or self._made[0] != raw:
            self._made = None
            try:
                self._made = raw, self._declaration(**raw)
            except ValidationError as error:
                sentences = self._explain(error)
                self._show_problem(" ".join(sentences))
                raise ParameterError(" ".join(sentences)) from None
            for field in self.fields.values():
                field.mark(False)
            self._show_problem("")
        return self._made[1]

    def raw(self) -> dict[str, object]:
        """Return the parameters as they are set, allowed or not."""
        return {parameter.name: self._value_of(parameter) for parameter in parameters_of(self._declaration)}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Set some parameters by name, as one change."""
        for name, value in values.items():
            field = self.fields.get(name)
            # What it shows already is not written and painted again, as while a hand drags another one.
            if field is not None and field.value() != value:
                with QSignalBlocker(field):
                    field.set_value(value)
        if values:
            self._field_changed()

    def look_at(self, image: str) -> None:
        """Put the field of the image on another one, with no signal; what depends on the image follows."""
        field = next((one for one in self.fields.values() if one.parameter.role is Role.IMAGE), None)
        if field is not None and field.value() != image:
            with QSignalBlocker(self):
                field.set_value(image)

    def move_to(self, voxel: Voxel) -> bool:
        """Put the fields of voxels on another one, with no signal; return whether they were elsewhere."""
        fields = [field for field in self.fields.values() if field.parameter.role is Role.VOXEL]
        moved = [field for field in fields if field.value() != voxel]
        for field in moved:
            field.set_value(voxel)
        return bool(moved)

    def _add(self, parameter: Parameter, around: Surroundings) -> None:
        field = field_for(parameter, around, self)
        field.follow_image(getattr(self._start, "image", ""))
        field.set_value(getattr(self._start, parameter.name) if self._start is not None else parameter.default)
        self.fields[parameter.name] = field
        label = None
        if not field.has_title:
            label = QLabel(parameter.title, self)
            label.setToolTip(parameter.description)
            label.setBuddy(field.focusProxy())
        self._put(field, label)

    def _put(self, field: Field, label: QLabel | None) -> None:
        """Put a field, with the label that stands before it, into the layout."""
        if label is None:
            self._form.addRow(field)
        else:
            self._form.addRow(label, field)
        if field.note is not None:
            self._form.addRow(field.note)

    def _show_field(self, field: Field, matters: bool) -> None:
        """Show a field, with its label and its note, or do not."""
        self._form.setRowVisible(field, matters)
        if field.note is not None:
            self._form.setRowVisible(field.note, matters and bool(field.note.text()))

    def _value_of(self, parameter: Parameter) -> object:
        field = self.fields.get(parameter.name)
        if parameter.role is Role.NAMES:
            labels = next((one for one in self.fields.values() if isinstance(one, LabelsField)), None)
            if labels is not None:
                return labels.names()
        if field is None:
            return getattr(self._start, parameter.name) if self._start is not None else parameter.default
        # What does not matter is left at its default, so that no recipe names it.
        if not parameter.required and not (field.is_of_use and self._matters(parameter)):
            return parameter.default
        return field.value()

    def _matters(self, parameter: Parameter) -> bool:
        return parameter.matters(lambda name: self.fields[name].value())

    def _follow_voxel(self, name: str, last: list[Voxel]) -> None:
        """Have what was suggested for the voxel before follow to another; what was set by hand stays."""
        before, now = last[0], self.fields[name].value()
        last[0] = now
        if self.around.suggested is None:
            return
        image = self._value_of_role(Role.IMAGE) or ""
        old, new = (self.around.suggested(self._declaration, voxel, image) for voxel in (before, now))
        if old is None or new is None:
            return
        for other, field in self.fields.items():
            if other != name and field.value() == getattr(old, other):
                with QSignalBlocker(field):
                    field.set_value(getattr(new, other))

    def _follow_image(self, image: Field) -> None:
        """Have fields show what they can of another image; intensities and labels of one mean nothing in another."""
        for field in self.fields.values():
            field.follow_image(image.value())
        if self.around.suggested is None:
            return
        voxel = self._value_of_role(Role.VOXEL)
        new = self.around.suggested(self._declaration, voxel, image.value())
        for name, field in self.fields.items():
            parameter = field.parameter
            if parameter.unit is Unit.INTENSITY or parameter.role is Role.LABELS:
                with QSignalBlocker(field):
                    field.set_value(getattr(new, name) if new is not None else parameter.default)

    def _value_of_role(self, role: Role) -> Any:
        return next((field.value() for field in self.fields.values() if field.parameter.role is role), None)

    def _follow_conditions(self, table: ConditionsField) -> None:
        for field in self.fields.values():
            field.follow_conditions(table.names())

    def _field_changed(self) -> None:
        self._show_what_matters()
        self.changed.emit()

    def _show_what_matters(self) -> None:
        for field in self.fields.values():
            self._show_field(field, self._is_of_use(field))

    def _is_of_use(self, field: Field) -> bool:
        return field.is_of_use and self._matters(field.parameter)

    def _explain(self, error: ValidationError) -> list[str]:
        """Mark the fields that are refused and say why, a sentence for each."""
        wrong: dict[str, str] = {}
        sentences = []
        for problem in error.errors():
            name = str(problem["loc"][0]) if problem["loc"] else ""
            if name in self.fields:
                parameter = self.fields[name].parameter
                value = self.fields[name].value()
                if parameter.role in (Role.ROI, Role.ROIS) and not self.fields[name].around.rois:
                    wrong[name] = "There is no other ROI; add one in the list of ROIs first."
                    continue
                shown = ", ".join(map(str, value)) or "empty" if isinstance(value, tuple) else value
                given = "is not given" if value is None else f"is {shown}"
                wanted = f"{parameter.title} {given}, but must be {parameter.wanted}."
                wrong[name] = self.fields[name].problem or wanted
            else:
                reason = str(problem["msg"]).removeprefix("Value error, ")
                sentences.append(f"{reason[:1].upper()}{reason[1:]}.")
        for name, field in self.fields.items():
            field.mark(name in wrong)
        return [*wrong.values(), *sentences]

    def _show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
