"""Fields of a form: for each kind of parameter the widget that sets it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QDoubleSlider

from maskeditor.core.box import Voxel
from maskeditor.core.parameters import Kind, Parameter, Role, Unit
from maskeditor.ui.glyphs import glyph
from maskeditor.ui.numbers import NumberField, trimmed

#: A slider is of use only while its steps can be told apart.
SLIDER_STEPS = {Kind.NUMBER: 100, Kind.INTEGER: 20}


@dataclass(frozen=True)
class Surroundings:
    """What a form has to know of the image and the masks.

    Parameters
    ----------
    zooms : tuple of 3 float
        Millimetres per voxel.
    shape : tuple of 3 int
    frames : int
        Volumes in time.
    rois : tuple of (id, name)
        The other ROIs.
    images : tuple of str
        Names of further images.
    crosshair : callable, optional
        Returns the voxel under the crosshair.
    """

    zooms: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shape: Voxel = (1, 1, 1)
    frames: int = 1
    rois: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    crosshair: Callable[[], Voxel] | None = field(default=None, compare=False)


class Field(QWidget):
    """A parameter's widget."""

    changed = pyqtSignal()

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.around = around
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    #: Whether the field says its own title, so that no label stands before it.
    has_title = False

    @property
    def is_of_use(self) -> bool:
        """Whether there is anything to choose."""
        return True

    def value(self) -> Any:
        """Return what is set."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def adopt(self, widget: QWidget, stretch: int = 0, part: str = "") -> None:
        """Take a widget into the row, named and explained."""
        unit = f" ({self.parameter.unit})" if self.parameter.unit in (Unit.MM, Unit.ML, Unit.VOXELS) else ""
        widget.setAccessibleName(f"{self.parameter.title}{f', {part}' if part else ''}{unit}")
        widget.setAccessibleDescription(self.parameter.description)
        widget.setToolTip(self.parameter.description)
        if self.focusProxy() is None:
            self.setFocusProxy(widget)
        self.row.addWidget(widget, stretch)

    def mark(self, wrong: bool) -> None:
        """Show whether the value is refused."""
        widget = self.focusProxy()
        style = widget.style() if widget is not None else None
        if widget is not None and style is not None and bool(widget.property("error")) != wrong:
            widget.setProperty("error", wrong)
            style.polish(widget)


class FlagField(Field):
    """A check box."""

    has_title = True

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.box = QCheckBox(parameter.title, self)
        self.adopt(self.box, 1)
        self.box.toggled.connect(self.changed)

    def value(self) -> bool:
        """Return whether it is checked."""
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        """Check it or not."""
        self.box.setChecked(bool(value))


class ChoiceField(Field):
    """A box with choices, and for optional parameters a first one for none."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.box = QComboBox(self)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(6)
        for title, value in self._choices():
            self.box.addItem(title, value)
        self.adopt(self.box, 1)
        self.box.currentIndexChanged.connect(self.changed)

    def _choices(self) -> list[tuple[str, Any]]:
        listed = [(str(choice)[:1].upper() + str(choice)[1:], choice) for choice in self.parameter.choices]
        return [("Any", None), *listed] if self.parameter.optional else listed

    def value(self) -> Any:
        """Return the choice."""
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        """Choose; what is not to be had is left unchosen."""
        places = [place for place in range(self.box.count()) if self.box.itemData(place) == value]
        self.box.setCurrentIndex(places[0] if places else -1)


class RoiField(ChoiceField):
    """The other ROIs by name."""

    def _choices(self) -> list[tuple[str, Any]]:
        listed: list[tuple[str, Any]] = [(name, id) for id, name in self.around.rois]
        return listed if self.parameter.required else [("Anywhere", self.parameter.default), *listed]


class ImageField(ChoiceField):
    """The image that is edited on, and further ones."""

    def _choices(self) -> list[tuple[str, Any]]:
        return [("The open image", ""), *((name, name) for name in self.around.images)]

    @property
    def is_of_use(self) -> bool:
        """Whether there is another image."""
        return bool(self.around.images)


class RoisField(Field):
    """Several of the other ROIs."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.list = QListWidget(self)
        for id, name in around.rois:
            item = QListWidgetItem(name, self.list)
            item.setData(Qt.ItemDataRole.UserRole, id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
        line = self.list.sizeHintForRow(0) if around.rois else self.fontMetrics().height()
        self.list.setFixedHeight(line * min(max(len(around.rois), 1), 5) + 6)
        self.adopt(self.list, 1)
        self.list.itemChanged.connect(self.changed)

    def _items(self) -> list[QListWidgetItem]:
        return [item for item in map(self.list.item, range(self.list.count())) if item is not None]

    def value(self) -> tuple[str, ...]:
        """Return the ids of those that are checked."""
        checked = [item for item in self._items() if item.checkState() is Qt.CheckState.Checked]
        return tuple(str(item.data(Qt.ItemDataRole.UserRole)) for item in checked)

    def set_value(self, value: Any) -> None:
        """Check some."""
        with QSignalBlocker(self.list):
            for item in self._items():
                held = item.data(Qt.ItemDataRole.UserRole) in (value or ())
                item.setCheckState(Qt.CheckState.Checked if held else Qt.CheckState.Unchecked)


class NumericField(Field):
    """A number: a slider too where its steps can be told apart; millimetres are told in voxels beside it."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.whole = parameter.kind is Kind.INTEGER
        step = parameter.step or self._own_step()
        digits = 6 if parameter.unit is Unit.INTENSITY else max(2, 1 - math.floor(math.log10(step)))
        digits = 0 if self.whole else digits
        blank = "none" if parameter.optional else "" if parameter.required else None
        self.number = NumberField(digits, blank, self)
        self.number.setSingleStep(step)
        if parameter.unit in (Unit.MM, Unit.ML, Unit.VOXELS) and blank is None:
            self.number.setSuffix(f" {parameter.unit}")
        lowest = parameter.minimum
        if lowest is None and parameter.above is not None:
            lowest = parameter.above + 10**-digits
        if lowest is not None and blank is None:
            self.number.setMinimum(lowest)
        if parameter.maximum is not None:
            self.number.setMaximum(parameter.maximum)
        self.slider = None if blank is not None else self._slider(lowest, parameter.maximum, step)
        self.note = QLabel(self)
        self._lay_out()
        self.number.valueChanged.connect(self._take_number)
        if self.slider is not None:
            self.slider.valueChanged.connect(self._take_slider)
        self._show_note()

    def _slider(self, lowest: float | None, highest: float | None, step: float) -> QDoubleSlider | None:
        if lowest is None or highest is None or (highest - lowest) / step > SLIDER_STEPS[self.parameter.kind]:
            return None
        slider = QDoubleSlider(Qt.Orientation.Horizontal, self)  # type: ignore[no-untyped-call]
        slider.setRange(lowest, highest)
        slider.setSingleStep(step)
        slider.setPageStep(10 * step)
        return slider

    def _own_step(self) -> float:
        bounds = (self.parameter.minimum, self.parameter.maximum)
        if self.whole or None in bounds:
            return 1.0
        assert bounds[0] is not None
        assert bounds[1] is not None
        return (bounds[1] - bounds[0]) / 100

    def _lay_out(self) -> None:
        if self.parameter.unit is Unit.MM:
            column = QVBoxLayout()
            column.setSpacing(1)
            line = QHBoxLayout()
            column.addLayout(line)
            column.addWidget(self.note)
            self.note.setProperty("quiet", True)
            self.note.setWordWrap(True)
            self.row.addLayout(column)
            outer, self.row = self.row, line
            self.adopt(self.number, 0 if self.slider else 1)
            self.row = outer
        else:
            self.note.hide()
            self.adopt(self.number, 0 if self.slider else 1)
            line = self.row
        if self.slider is not None:
            self.slider.setAccessibleName(f"{self.parameter.title}, slider")
            self.slider.setToolTip(self.parameter.description)
            line.insertWidget(0, self.slider, 1)

    def _take_number(self) -> None:
        if self.slider is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.number.value())
        self._show_note()
        self.changed.emit()

    def _take_slider(self, value: float) -> None:
        step = self.number.singleStep()
        least = self.number.minimum()
        self.number.setValue(least + round((value - least) / step) * step)

    def _show_note(self) -> None:
        size = self.number.number()
        if self.parameter.unit is Unit.MM and size is not None:
            text = in_voxels(size, self.around.zooms)
            self.note.setText(text)
            self.note.setVisible(bool(text))

    def value(self) -> float | int | None:
        """Return the number, or None."""
        number = self.number.number()
        return int(number) if self.whole and number is not None else number

    def set_value(self, value: Any) -> None:
        """Show a number."""
        self.number.set_number(value)


class FrameField(Field):
    """Which volume of a 4D image: the mean, one, or the mean over a range."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.box = QComboBox(self)
        self.box.addItems(["Mean of all", "One", "Range"])
        self.first, self.last = QSpinBox(self), QSpinBox(self)
        self.adopt(self.box, 1)
        self.adopt(self.first, 0, "first")
        self.dash = QLabel("–", self)
        self.row.addWidget(self.dash)
        self.adopt(self.last, 0, "last")
        for spin in (self.first, self.last):
            spin.setRange(0, max(0, around.frames - 1))
            spin.valueChanged.connect(self.changed)
        self.box.currentIndexChanged.connect(self._show_parts)
        self.box.currentIndexChanged.connect(self.changed)
        self._show_parts()

    @property
    def is_of_use(self) -> bool:
        """Whether there is more than one volume."""
        return self.around.frames > 1

    def _show_parts(self) -> None:
        self.first.setVisible(self.box.currentIndex() > 0)
        self.dash.setVisible(self.box.currentIndex() == 2)
        self.last.setVisible(self.box.currentIndex() == 2)

    def value(self) -> Any:
        """Return "mean", a number or a pair."""
        choice = self.box.currentIndex()
        if choice == 0:
            return "mean"
        return self.first.value() if choice == 1 else (self.first.value(), self.last.value())

    def set_value(self, value: Any) -> None:
        """Show which."""
        pair = value if isinstance(value, tuple) else (value, value)
        self.box.setCurrentIndex(2 if isinstance(value, tuple) else 1 if isinstance(value, int) else 0)
        if value != "mean" and value is not None:
            self.first.setValue(pair[0])
            self.last.setValue(pair[1])


class VoxelField(Field):
    """Three indices, and a button that takes those of the crosshair."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.spins = [QSpinBox(self) for _ in range(3)]
        for axis, spin in enumerate(self.spins):
            spin.setRange(0, around.shape[axis] - 1)
            spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
            spin.setMinimumWidth(34)
            self.adopt(spin, 1, f"axis {axis}")
            spin.valueChanged.connect(self.changed)
        self.button = QToolButton(self)
        self.button.setIcon(glyph("target"))
        self.button.setToolTip("Use the voxel under the crosshair")
        self.button.setAccessibleName("Use crosshair")
        self.button.setEnabled(around.crosshair is not None)
        self.button.clicked.connect(self._take_crosshair)
        self.row.addWidget(self.button)

    def _take_crosshair(self) -> None:
        if self.around.crosshair is not None:
            before = self.value()
            self.set_value(self.around.crosshair())
            if self.value() != before:
                self.changed.emit()

    def value(self) -> Voxel:
        """Return the indices."""
        i, j, k = (spin.value() for spin in self.spins)
        return (i, j, k)

    def set_value(self, value: Any) -> None:
        """Show a voxel; without one, that of the crosshair."""
        if value is None:
            value = self.around.crosshair() if self.around.crosshair is not None else (0, 0, 0)
        for spin, index in zip(self.spins, value, strict=True):
            with QSignalBlocker(spin):
                spin.setValue(int(index))


class TextField(Field):
    """Anything else, as text."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.edit = QLineEdit(self)
        self.adopt(self.edit, 1)
        self.edit.textChanged.connect(self.changed)

    def value(self) -> Any:
        """Return what the text means to the declaration."""
        return self.parameter.read(self.edit.text())

    def set_value(self, value: Any) -> None:
        """Show a value as text."""
        self.edit.setText("" if value is None else str(value))


def field_for(parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> Field:
    """Return the field for a parameter."""
    by_role = {
        Role.ROI: RoiField,
        Role.ROIS: RoisField,
        Role.IMAGE: ImageField,
        Role.FRAME: FrameField,
        Role.VOXEL: VoxelField,
    }
    by_kind = {
        Kind.FLAG: FlagField,
        Kind.INTEGER: NumericField,
        Kind.NUMBER: NumericField,
        Kind.CHOICE: ChoiceField,
        Kind.OTHER: TextField,
    }
    kind: type[Field] = by_role.get(parameter.role) or by_kind[parameter.kind]
    return kind(parameter, around, parent)


def in_voxels(size: float, zooms: tuple[float, float, float]) -> str:
    """Return a size in mm as voxels per axis, and where it is too small to have an effect.

    Examples
    --------
    >>> in_voxels(2, (1, 1, 2))
    '2 mm = 2 × 2 × 1 voxels'
    >>> in_voxels(2, (1, 1, 3))
    '2 mm = 2 × 2 × 0.7 voxels: less than one across axis 2 (3 mm), so it does little or nothing there'
    """
    if size <= 0:
        return ""
    voxels = [size / zoom for zoom in zooms]
    text = f"{trimmed(size, 2)} mm = {' × '.join(trimmed(count, 1) for count in voxels)} voxels"
    small = [axis for axis, count in enumerate(voxels) if count < 1 - 1e-6]
    if not small:
        return text
    axes = " and ".join(f"axis {axis} ({trimmed(zooms[axis], 2)} mm)" for axis in small)
    return f"{text}: less than one across {axes}, so it does little or nothing there"
