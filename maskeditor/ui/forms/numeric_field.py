"""Numbers in a form."""

from __future__ import annotations

import math
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QLabel, QWidget
from superqt import QDoubleSlider

from maskeditor.core.operation.parameters import MEASURED, Kind, Parameter, Role, Unit
from maskeditor.model.numbers_in_words import along_axes, trimmed
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.number_field import NumberField

#: A slider is of use only while its steps can be distinguished.
SLIDER_STEPS = {Kind.NUMBER: 100, Kind.INTEGER: 20}


class NumericField(Field):
    """A number: a slider too where its steps can be distinguished; millimetres are shown in voxels beside it."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self.whole = parameter.kind is Kind.INTEGER
        step = parameter.step or self._own_step()
        digits = 6 if parameter.unit is Unit.INTENSITY else max(2, 1 - math.floor(math.log10(step)))
        digits = 0 if self.whole else digits
        blank = parameter.blank if parameter.optional else "" if parameter.required else None
        self.number = NumberField(digits, blank, self)
        self.number.setSingleStep(step)
        if parameter.unit in MEASURED and blank is None:
            self.number.setSuffix(f" {parameter.unit}")
        lowest = parameter.minimum
        if lowest is None and parameter.above is not None:
            lowest = parameter.above + 10.0**-digits
        if lowest is not None and blank is None:
            self.number.setMinimum(lowest)
        if parameter.maximum is not None:
            self.number.setMaximum(parameter.maximum)
        self.slider = None if blank is not None else self._slider(lowest, parameter.maximum, step)
        if self.slider is not None:
            self.slider.setAccessibleName(f"{parameter.title}, slider")
            self.slider.setToolTip(parameter.description)
            self.row.addWidget(self.slider, 1)
        self.adopt(self.number, 0 if self.slider else 1)
        is_size = parameter.unit is Unit.MM and parameter.role is not Role.DISTANCE
        if is_size or parameter.role is Role.REPETITION_TIME:
            self.note = QLabel(self)
            self.note.setProperty("quiet", True)
            self.note.setWordWrap(True)
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
        if self.note is not None and size is not None:
            self.note.setText(in_voxels(size, self.around.zooms))

    def value(self) -> float | int | None:
        """Return the number, or None."""
        number = self.number.number()
        return int(number) if self.whole and number is not None else number

    def set_value(self, value: Any) -> None:
        """Show a number."""
        self.number.set_number(value)


class RepetitionTimeField(NumericField):
    """The seconds between volumes: those of the image that is looked at, until others are given."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        # What the header of the image states.
        self._stated = around.seconds.get("", 0.0)
        super().__init__(parameter, around, parent)

    def follow_image(self, name: str) -> None:
        """Take what the header of another image states, unless something else was given."""
        before, self._stated = self._stated, self.around.seconds.get(name, 0.0)
        if self.value() == before:
            with QSignalBlocker(self):
                self.set_value(self._stated)
        self._show_note()

    def _show_note(self) -> None:
        assert self.note is not None
        stated, given = self._stated, self.value()
        if not stated:
            self.note.setText("The header states no time between volumes; give it for events.")
        else:
            self.note.setText("" if given == stated else f"The header states {stated:g} s.")


def as_voxels(size: float, zooms: tuple[float, float, float]) -> str:
    """Return a size in mm as voxels per axis.

    Examples
    --------
    >>> as_voxels(2, (1, 1, 2)), as_voxels(2, (2, 2, 2))
    ('2 mm = 2 × 2 × 1 voxels', '2 mm = 1 voxel')
    """
    if size <= 0:
        return ""
    voxels = along_axes(trimmed(size / zoom, 1) for zoom in zooms)
    return f"{trimmed(size, 2)} mm = {voxels} voxel{'' if voxels == '1' else 's'}"


def in_voxels(size: float, zooms: tuple[float, float, float]) -> str:
    """Return a size in mm as voxels per axis, and where it is too small to have an effect.

    Examples
    --------
    >>> in_voxels(30, (0.75, 0.75, 0.75)), in_voxels(2, (1, 1, 2))
    ('30 mm = 40 voxels', '2 mm = 2 × 2 × 1 voxels')
    >>> in_voxels(2, (1, 1, 3))
    '2 mm = 2 × 2 × 0.7 voxels: less than one along axis 2 (3 mm), so little or no effect there'
    """
    text, voxels = as_voxels(size, zooms), [size / zoom for zoom in zooms]
    if not text:
        return ""
    small = [axis for axis, count in enumerate(voxels) if count < 1 - 1e-6]
    if not small:
        return text
    if len(small) == 3:
        return f"{text}: less than one along every axis, so little or no effect"
    axes = " and ".join(f"axis {axis} ({trimmed(zooms[axis], 2)} mm)" for axis in small)
    return f"{text}: less than one along {axes}, so little or no effect there"
