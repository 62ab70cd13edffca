"""Fields of a form: for each kind of parameter the widget that sets it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSpinBox,
    QToolButton,
    QWidget,
)

from maskeditor.core.operation.conditions import names_of
from maskeditor.core.operation.parameter_types import in_ranges
from maskeditor.core.operation.parameters import MEASURED, Parameter
from maskeditor.engine.box import Voxel
from maskeditor.model.numbers_in_words import trimmed
from maskeditor.ui.forms.field import Field, Surroundings, title_of
from maskeditor.ui.look.glyphs import glyph


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
        unit = f" {self.parameter.unit}" if self.parameter.unit in MEASURED else ""
        listed = [(f"{title_of(choice)}{unit}", choice) for choice in self.parameter.choices]
        return [("Any", None), *listed] if self.parameter.optional else listed

    def value(self) -> Any:
        """Return the choice."""
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        """Choose; for a value that is not to be had (an ROI that was deleted), the first."""
        places = [place for place in range(self.box.count()) if self.box.itemData(place) == value]
        self.box.setCurrentIndex(places[0] if places else 0)


class RoiField(ChoiceField):
    """The other ROIs by name."""

    @property
    def is_of_use(self) -> bool:
        """Whether there is another ROI, or the lack of one has to be said."""
        return bool(self.around.rois) or self.parameter.required

    def _choices(self) -> list[tuple[str, Any]]:
        listed: list[tuple[str, Any]] = [(name, id) for id, name in self.around.rois]
        return listed if self.parameter.required else [("Anywhere", self.parameter.default), *listed]


class ImageField(ChoiceField):
    """The image that is edited on, and further ones."""

    def _choices(self) -> list[tuple[str, Any]]:
        listed: list[tuple[str, Any]] = [("The open image", ""), *((name, name) for name in self.around.images)]
        return [("None", None), *listed] if self.parameter.optional else listed

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

    @property
    def is_of_use(self) -> bool:
        """Whether there is another ROI, or the lack of one has to be said."""
        return bool(self.around.rois) or self.parameter.required

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


def _show_number(spin: QSpinBox, number: int) -> None:
    """Show a number, even one that this image does not have: it is refused when it is used, not changed here."""
    spin.setRange(min(spin.minimum(), number), max(spin.maximum(), number))
    spin.setValue(number)


class FrameField(Field):
    """Which volume of a 4D image: the mean, one, or the mean over a range."""

    #: The first choice as it is shown, and its value.
    whole, whole_value = "Mean of all", "mean"

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.box = QComboBox(self)
        self.box.addItems([self.whole, "One", "Range"])
        self.first, self.last = QSpinBox(self), QSpinBox(self)
        self.dash = QLabel("–", self)
        self.adopt(self.box, 1)
        # Below, so that a panel is wide enough for them.
        self.row.setDirection(QBoxLayout.Direction.TopToBottom)
        numbers = QHBoxLayout()
        self.row.addLayout(numbers)
        self.adopt(self.first, 1, "first", into=numbers)
        numbers.addWidget(self.dash)
        self.adopt(self.last, 1, "last", into=numbers)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(4)
        self._frames = 0
        self.follow_image("")
        for spin in (self.first, self.last):
            spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
            spin.setMinimumWidth(34)
            spin.valueChanged.connect(self.changed)
        self.box.currentIndexChanged.connect(self._show_parts)
        self.box.currentIndexChanged.connect(self.changed)
        self._show_parts()

    @property
    def is_of_use(self) -> bool:
        """Whether the image that is looked at has more than one volume."""
        return self._frames > 1

    def follow_image(self, name: str) -> None:
        """Offer the volumes of the image that is looked at."""
        frames = self.around.images.get(name, self.around.frames) if name else self.around.frames
        if frames == self._frames:
            return
        self._frames = frames
        for spin in (self.first, self.last):
            with QSignalBlocker(spin):
                spin.setRange(0, max(0, frames - 1))

    def _show_parts(self) -> None:
        self.first.setVisible(self.box.currentIndex() > 0)
        self.dash.setVisible(self.box.currentIndex() == 2)
        self.last.setVisible(self.box.currentIndex() == 2)

    def value(self) -> Any:
        """Return the value of the first choice, a number or a pair."""
        choice = self.box.currentIndex()
        if choice == 0:
            return self.whole_value
        return self.first.value() if choice == 1 else (self.first.value(), self.last.value())

    def set_value(self, value: Any) -> None:
        """Show which."""
        pair = value if isinstance(value, tuple) else (value, value)
        self.box.setCurrentIndex(2 if isinstance(value, tuple) else 1 if isinstance(value, int) else 0)
        if value != self.whole_value and value is not None:
            for spin, number in zip((self.first, self.last), pair, strict=True):
                _show_number(spin, number)


class FramesField(FrameField):
    """Which volumes of a 4D image: all, one, or a range."""

    whole, whole_value = "All", "all"


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
                _show_number(spin, int(index))


class PointsField(Field):
    """Points in the world, one a line, and a button that adds the place of the crosshair."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.edit = QPlainTextEdit(self)
        self.edit.setPlaceholderText("x, y, z")
        self.edit.setTabChangesFocus(True)
        self.edit.setFixedHeight(5 * self.fontMetrics().lineSpacing() + 10)
        self.adopt(self.edit, 1)
        self.edit.textChanged.connect(self.changed)
        self.button = QToolButton(self)
        self.button.setIcon(glyph("target"))
        self.button.setToolTip("Add the place of the crosshair")
        self.button.setAccessibleName("Add crosshair")
        self.button.setEnabled(around.place is not None)
        self.button.clicked.connect(self._add_place)
        self.row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def _add_place(self) -> None:
        if self.around.place is not None:
            lines = self.edit.toPlainText().rstrip().splitlines()
            self.edit.setPlainText("\n".join([*lines, _coordinates(self.around.place())]))

    def value(self) -> Any:
        """Return the points; the first line that cannot be read, where there is one."""
        return self.parameter.read(self.edit.toPlainText())

    def set_value(self, value: Any) -> None:
        """Show points."""
        self.edit.setPlainText("\n".join(map(_coordinates, value or ())))


def _coordinates(point: Iterable[float]) -> str:
    return ", ".join(trimmed(number, 3) for number in point)


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
        self.edit.setText("" if value is None else value if isinstance(value, str) else json.dumps(value))


class NamesField(TextField):
    """Names or numbers, parted by commas."""

    def set_value(self, value: Any) -> None:
        """Show names as people write them; what has other parts, or names with commas, as JSON."""
        if all(isinstance(one, str | int) and "," not in str(one) for one in value or ()):
            self.edit.setText(", ".join(map(str, value or ())))
        else:
            super().set_value(value)

    def value(self) -> Any:
        """Return the names."""
        text = self.edit.text().strip()
        return self.parameter.read(text if text.startswith("[") else ",".join(map(str.strip, text.split(","))))


class RegionField(TextField):
    """Corners of a region, a pair of intensities each, parted by semicolons."""

    def set_value(self, value: Any) -> None:
        """Show the corners with all their digits."""
        self.edit.setText("; ".join(f"{first!r}, {second!r}" for first, second in value or ()))


class VolumesField(TextField):
    """Numbers of volumes and ranges of them; empty for all."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.edit.setPlaceholderText("all")

    def set_value(self, value: Any) -> None:
        """Show numbers as ranges."""
        self.edit.setText(in_ranges(value or ()))


class ConditionField(Field):
    """A condition by its name, chosen among those of the table or typed."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.box = QComboBox(self)
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(6)
        self.adopt(self.box, 1)
        self.box.currentTextChanged.connect(self.changed)

    def follow_conditions(self, names: tuple[str, ...]) -> None:
        """Offer the conditions of another table; what was chosen or typed stays."""
        text = self.box.currentText()
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems(names)
            self.box.setEditText(text)

    def value(self) -> str:
        """Return the name."""
        return self.box.currentText().strip()

    def set_value(self, value: Any) -> None:
        """Show a name."""
        self.box.setEditText(value or "")


class SeveralConditionsField(NamesField):
    """Conditions by their names; left empty, all that the table has, which are shown."""

    def follow_conditions(self, names: tuple[str, ...]) -> None:
        """Show what another table has."""
        self.edit.setPlaceholderText(", ".join(names))


class ConditionsField(NamesField):
    """A label for each volume or events, as text, and a button that takes them from a table."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.edit.setPlaceholderText("rest, face, …")
        self.button = QToolButton(self)
        self.button.setText("Table…")
        self.button.setToolTip("Take them from a table: events (BIDS), or a label for each volume")
        self.button.setAccessibleName("Choose a table")
        self.button.setEnabled(around.table is not None)
        self.button.clicked.connect(self._take_table)
        self.row.addWidget(self.button)

    def names(self) -> tuple[str, ...]:
        """Return the conditions that the table names, as far as it can be read."""
        rows = self.value()
        if not isinstance(rows, list | tuple):
            return ()
        events = (row for row in rows if isinstance(row, list | tuple) and len(row) == 3)
        return names_of(tuple(name for name in (*rows, *(event[2] for event in events)) if isinstance(name, str)))

    def _take_table(self) -> None:
        content = self.around.table() if self.around.table is not None else None
        if content is not None:
            self.set_value(content)
