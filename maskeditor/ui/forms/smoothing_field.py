"""The width of a Gaussian: entered as full width at half maximum, or as standard deviation in mm or voxels."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QComboBox, QLabel, QWidget

from maskeditor.core.operation.parameter_types import WIDEST, width_in_words
from maskeditor.core.operation.parameters import Parameter
from maskeditor.core.operation.scene import Width
from maskeditor.engine.smoothing import FWHM_PER_SIGMA, fwhm_of
from maskeditor.model.numbers_in_words import trimmed
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.number_field import NumberField

#: How near to one another the standard deviations along the axes are where they are meant to be the same.
SAME = 1e-9
#: Pixels in which a number of some digits is read, beside its unit.
NARROW = 56


class Entered(StrEnum):
    """What is entered; the declaration takes the full width in mm, or one for each axis."""

    FWHM = "mm FWHM"
    SIGMA = "mm σ"
    VOXELS = "voxels σ"


class SmoothingField(Field):
    """A number and what it means; below it, what it is in mm and in voxels.

    A value that no one number stands for, of different widths along the axes, is said below an empty field and kept.
    """

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self._value: Width = 0.0
        self.number = NumberField(blank="", parent=self)
        self.number.setSingleStep(parameter.step or 1.0)
        self.number.setMinimumWidth(NARROW)
        self.unit = QComboBox(self)
        for entered in Entered:
            self.unit.addItem(str(entered), entered)
        self.adopt(self.number, 1)
        self.adopt(self.unit, 0, "entered as")
        self.note = QLabel(self)
        self.note.setProperty("quiet", True)
        self.note.setWordWrap(True)
        self._show_value()
        self.number.valueChanged.connect(self._take_number)
        self.unit.currentIndexChanged.connect(self._choose_unit)

    @property
    def entered(self) -> Entered:
        """What the number means."""
        return Entered(self.unit.currentData())

    def value(self) -> Width:
        """Return the width in mm, or that along each axis."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a width; as what it is entered now, unless no number would stand for it so."""
        self._value = value if value is not None else 0.0
        if isinstance(self._value, tuple):
            with QSignalBlocker(self.unit):
                self.unit.setCurrentIndex(self.unit.findData(Entered.VOXELS))
        elif self._number() is None:
            with QSignalBlocker(self.unit):
                self.unit.setCurrentIndex(self.unit.findData(Entered.FWHM))
        self._show_value()

    def in_words(self) -> str:
        """Return what is entered, such as "2 voxels σ"; empty for no smoothing."""
        number = self._number()
        if number is None:
            return _short(self._value)
        return f"{number:.4g} {self.entered}" if number else ""

    def _number(self) -> float | None:
        """Return the number that stands for the value; None if none does."""
        per_axis = self._value if isinstance(self._value, tuple) else (self._value,) * 3
        if self.entered is Entered.VOXELS:
            zooms = self.around.zooms
            sigmas = [width / (FWHM_PER_SIGMA * zoom) for width, zoom in zip(per_axis, zooms, strict=True)]
        else:
            sigmas = [width / (FWHM_PER_SIGMA if self.entered is Entered.SIGMA else 1.0) for width in per_axis]
        if max(sigmas) - min(sigmas) > SAME * max(sigmas):
            return None
        # As it was typed, though it was turned into mm and back.
        return float(f"{sigmas[0]:.12g}")

    @property
    def _most(self) -> float:
        """The largest number that stands for a width that is allowed, rounded down as it is shown."""
        of_one = {Entered.FWHM: 1.0, Entered.SIGMA: FWHM_PER_SIGMA}
        in_mm = float(of_one.get(self.entered, FWHM_PER_SIGMA * max(self.around.zooms)))
        return math.floor(WIDEST / in_mm * 1e6) / 1e6

    def _show_value(self) -> None:
        number = self._number()
        if self.number.number() != number:
            with QSignalBlocker(self.number):
                self.number.set_number(number)
        widths = self._value if isinstance(self._value, tuple) else (self._value,) * 3
        sigmas = [width / (FWHM_PER_SIGMA * zoom) for width, zoom in zip(widths, self.around.zooms, strict=True)]
        assert self.note is not None
        in_voxels = " × ".join(trimmed(sigma, 2) for sigma in sigmas)
        self.note.setText(f"{_short(self._value)} FWHM, σ {in_voxels} voxels" if any(widths) else "")

    def _choose_unit(self) -> None:
        """Show the same width as another number; where none stands for it, the number that is there is taken for it."""
        if self._number() is None and self.number.number() is not None:
            self._take_number()
        else:
            self._show_value()

    def _take_number(self) -> None:
        number = min(max(0.0, self.number.number() or 0.0), self._most)
        if self.entered is Entered.VOXELS:
            along = fwhm_of(number, self.around.zooms)
            self._value = along[0] if len(set(along)) == 1 else along
        else:
            self._value = number * float(FWHM_PER_SIGMA if self.entered is Entered.SIGMA else 1.0)
        self._show_value()
        self.changed.emit()


def _short(width: Width) -> str:
    """Return a width with the digits that people read.

    Examples
    --------
    >>> _short((4.709640090061899, 4.709640090061899, 7.06446))
    '4.71 × 4.71 × 7.06 mm'
    """
    if isinstance(width, tuple):
        return width_in_words((round(width[0], 2), round(width[1], 2), round(width[2], 2)))
    return width_in_words(round(width, 2))
