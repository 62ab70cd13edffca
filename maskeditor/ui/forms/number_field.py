"""A field for a number that may be of any size, and may be left blank."""

from __future__ import annotations

import math
import sys

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence, QValidator
from PyQt6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QLineEdit, QWidget

from maskeditor.model.numbers_in_words import in_brief, in_full

#: What the field holds where there is no number: the one that cannot be typed, as the lowest that a float has.
_NO_NUMBER = -sys.float_info.max
#: Any other can be, as parameters take it.
LARGEST_TYPED = math.nextafter(sys.float_info.max, 0)

#: Decimals that Qt keeps of a number: as many as it can, so that none of a small one is lost.
ALL_DIGITS = sys.float_info.max_10_exp + sys.float_info.dig


class NumberField(QDoubleSpinBox):
    """A spin box that shows all digits that a number has, and none, if allowed, for no number.

    Parameters
    ----------
    digits : int
        Decimals that steps keep to; 0 where only whole numbers are taken.
    blank : str or None
        What stands in the field when there is no number; None when there must be one.
    brief : bool
        Whether only the digits that matter are shown, of a number that is looked at rather than carried out; it is not
        rounded by that.
    """

    def __init__(
        self, digits: int = 6, blank: str | None = None, parent: QWidget | None = None, brief: bool = False
    ) -> None:
        super().__init__(parent)
        self._in_words = in_brief if brief else in_full
        self._blank = blank
        self._digits = digits
        # What is shown is what is used, so the field never rounds what it is given.
        self.setDecimals(ALL_DIGITS if digits else 0)
        self.setRange(-LARGEST_TYPED, LARGEST_TYPED)
        self.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 8)
        if blank is not None:
            self._edit.setPlaceholderText(blank)
            super().setMinimum(_NO_NUMBER)
            self.set_number(None)

    def number(self) -> float | None:
        """Return the number, or None when the field is blank."""
        value = self.value()
        return None if self._blank is not None and value == _NO_NUMBER else value

    def set_number(self, number: float | None) -> None:
        """Show a number, or nothing."""
        self.setValue(_NO_NUMBER if number is None else number)
        if number is None:
            self.clear()

    def textFromValue(self, value: float) -> str:
        """Return the number without zeros that say nothing."""
        if self._blank is not None and value == _NO_NUMBER:
            return ""
        return self._in_words(value)

    def valueFromText(self, text: str | None) -> float:
        """Read a number, with a point or a comma."""
        bare = self._bare(text)
        if not bare and self._blank is not None:
            return _NO_NUMBER
        if bare == self.textFromValue(self.value()):
            return self.value()
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
        fits = self._lowest <= value <= self.maximum()
        return (QValidator.State.Acceptable if fits else QValidator.State.Intermediate), text, position

    def event(self, event: QEvent | None) -> bool:
        """Leave undo and redo to the window, unless there is typing to take back; Enter ends what was typed."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            # Qt's field keeps these keys even where it has nothing to take back.
            undone = event.matches(QKeySequence.StandardKey.Undo) and not self._edit.isUndoAvailable()
            redone = event.matches(QKeySequence.StandardKey.Redo) and not self._edit.isRedoAvailable()
            if undone or redone:
                event.ignore()
                return False
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                # Enter applies what was typed: from now on, undo means the step and not the digits.
                self._edit.setText(self._edit.text())
                self.selectAll()
        return super().event(event)

    def stepBy(self, steps: int) -> None:
        """Step from nothing as from 0."""
        number = self.number() or 0.0
        self.set_number(min(max(round(number + steps * self.singleStep(), self._digits), self._lowest), self.maximum()))
        self.selectAll()

    @property
    def _edit(self) -> QLineEdit:
        edit = self.lineEdit()
        assert edit is not None
        return edit

    @property
    def _lowest(self) -> float:
        return -LARGEST_TYPED if self._blank is not None else self.minimum()

    def _bare(self, text: str | None) -> str:
        return (text or "").removesuffix(self.suffix()).strip().replace(",", ".").replace("−", "-")
