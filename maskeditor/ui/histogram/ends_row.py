"""Both ends of the range that is pending, as fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from maskeditor.ui.forms.number_field import NumberField

if TYPE_CHECKING:
    from maskeditor.core.operation.parameters import Parameter
    from maskeditor.model.histogram import Histogram
    from maskeditor.ui.histogram.range_in_hand import RangeInHand


class EndsRow(QWidget):
    """Two fields, From and to."""

    #: Either was changed by hand.
    typed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.high = NumberField(blank="none", parent=self), NumberField(blank="none", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for text, field in (("From", self.low), ("to", self.high)):
            field.setMaximumWidth(140)
            field.valueChanged.connect(self.typed)
            label = QLabel(text, self)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field, 1)
        row.addStretch(0)

    def show_ends(self, hand: RangeInHand, histogram: Histogram | None) -> None:
        """Show what is pending, named as its parameters are; without a range, those that it would be made of."""
        pairs = zip((self.low, self.high), hand.ends or (None, None), hand.usual_ends, strict=True)
        for field, parameter, usual in pairs:
            number = hand.values[parameter.name] if parameter is not None else None
            self._show(field, parameter or usual, number, histogram)

    def _show(self, field: NumberField, shown: Parameter, number: Any, histogram: Histogram | None) -> None:
        if field.toolTip() != shown.description:
            field.setAccessibleName(shown.title)
            field.setToolTip(shown.description)
        # What is just being typed stays as it is.
        if field.number() != number:
            with QSignalBlocker(field):
                field.setSingleStep(shown.step or _intensity_step(histogram))
                field.set_number(number)

    def numbers(self) -> tuple[float | None, float | None]:
        """Return both as they are typed."""
        return self.low.number(), self.high.number()

    def go_on(self) -> bool:
        """Go from the first field to the second; return whether the keyboard was in the first."""
        if not self.low.hasFocus():
            return False
        self.high.setFocus(Qt.FocusReason.TabFocusReason)
        self.high.selectAll()
        return True


def _intensity_step(histogram: Histogram | None) -> float:
    if histogram is None:
        return 1.0
    span = histogram.maximum - histogram.minimum
    return max(histogram.step, histogram.on_step(histogram.minimum + span / 200) - histogram.minimum)
