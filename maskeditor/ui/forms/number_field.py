"""A field for a number that may be of any size, and may be left blank; and numbers in words."""

from __future__ import annotations

import math

from PyQt6.QtGui import QValidator
from PyQt6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QWidget

#: Numbers beyond this are typed by nobody, and Qt's spin box still counts exactly up to it.
LARGEST = 1e15


class NumberField(QDoubleSpinBox):
    """A spin box that shows as many digits as a number has, and none, if allowed, for no number.

    Parameters
    ----------
    digits : int
        Decimals that are kept; 0 for whole numbers.
    blank : str or None
        What stands in the field when there is no number; None when there must be one.
    """

    def __init__(self, digits: int = 6, blank: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blank = blank
        self.setDecimals(digits)
        self.setRange(-LARGEST, LARGEST)
        self.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 9)
        edit = self.lineEdit()
        assert edit is not None
        if blank is not None:
            edit.setPlaceholderText(blank)
            # No number is kept as the one that nobody can type.
            super().setMinimum(-2 * LARGEST)
            self.set_number(None)

    def number(self) -> float | None:
        """Return the number, or None when the field is blank."""
        value = self.value()
        return None if self._blank is not None and value < -LARGEST else value

    def set_number(self, number: float | None) -> None:
        """Show a number, or nothing."""
        self.setValue(-2 * LARGEST if number is None else number)
        if number is None:
            self.clear()

    def textFromValue(self, value: float) -> str:
        """Return the number without zeros that say nothing."""
        if self._blank is not None and value < -LARGEST:
            return ""
        return trimmed(value, self.decimals())

    def valueFromText(self, text: str | None) -> float:
        """Read a number, with a point or a comma."""
        bare = self._bare(text)
        if not bare and self._blank is not None:
            return -2 * LARGEST
        try:
            return float(bare)
        except ValueError:
            return self.value()

    def validate(self, text: str | None, position: int) -> tuple[QValidator.State, str, int]:
        """Take what is or may become a number."""
        text = text or ""
        bare = self._bare(text)
        if not bare:
            state = QValidator.State.Acceptable if self._blank is not None else QValidator.State.Intermediate
            return state, text, position
        if bare in ("-", "+", ".", "-.") or bare[-1] in "eE-+":
            return QValidator.State.Intermediate, text, position
        try:
            value = float(bare)
        except ValueError:
            return QValidator.State.Invalid, text, position
        if not math.isfinite(value):
            return QValidator.State.Invalid, text, position
        lowest = -LARGEST if self._blank is not None else self.minimum()
        fits = lowest <= value <= self.maximum()
        return (QValidator.State.Acceptable if fits else QValidator.State.Intermediate), text, position

    def stepBy(self, steps: int) -> None:
        """Step from nothing as from 0."""
        if self.number() is None:
            self.set_number(0.0)
        super().stepBy(steps)

    def _bare(self, text: str | None) -> str:
        return (text or "").removesuffix(self.suffix()).strip().replace(",", ".").replace("−", "-")


def trimmed(value: float, digits: int = 6) -> str:
    """Return a number with at most so many decimals, without zeros at the end.

    Examples
    --------
    >>> trimmed(2.50, 3), trimmed(-0.0), trimmed(1200)
    ('2.5', '0', '1200')
    """
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def counted(number: int) -> str:
    """Return a count with thin spaces between thousands.

    Examples
    --------
    >>> counted(1234567) == "1\u202f234\u202f567"
    True
    """
    return f"{number:,}".replace(",", "\u202f")


def title_of(choice: object) -> str:
    """Return a choice as a list shows it.

    Examples
    --------
    >>> title_of("symmetric difference"), title_of(6)
    ('Symmetric difference', '6')
    """
    return str(choice)[:1].upper() + str(choice)[1:]


def volume_told(millilitres: float) -> str:
    """Return a volume with the digits that matter.

    Examples
    --------
    >>> volume_told(0.01234), volume_told(1.234), volume_told(1400.2)
    ('0.012 mL', '1.23 mL', '1400 mL')
    """
    size = abs(millilitres)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{millilitres:.{digits}f} mL"


def short_count(number: float) -> str:
    """Return a round count for an axis.

    Examples
    --------
    >>> short_count(100), short_count(1500), short_count(2e6)
    ('100', '1.5k', '2M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def change_told(added: int, removed: int, voxel_volume: float | None = None) -> str:
    """Return what an operation adds and removes, in voxels and, given the volume of one, in mL.

    Examples
    --------
    >>> change_told(10, 0, 0.001)
    '+10 / −0 voxels (+0.010 / −0 mL)'
    """
    voxels = f"+{counted(added)} / −{counted(removed)} voxels"
    if voxel_volume is None:
        return voxels
    millilitres = [
        volume_told(count * voxel_volume).removesuffix(" mL") if count else "0" for count in (added, removed)
    ]
    return f"{voxels} (+{millilitres[0]} / −{millilitres[1]} mL)"
