"""What the pending change comes to: how many voxels, how they join the mask, and the one Apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from maskeditor.ui.look.elided_box import ElidedBox
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.qt import mark_error

if TYPE_CHECKING:
    from maskeditor.ui.histogram.range_in_hand import RangeInHand
    from maskeditor.ui.work.pending import Change

#: Pixels of a box whose text may be cut off where there is no more room.
NARROW = 58


class ChangeRow(QWidget):
    """Two lines of words, and beside them a box and two buttons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selected = ElidedLabel("Voxels in the range", parent=self)
        self.changes = ElidedLabel("What would change", parent=self)
        for label in (self.selected, self.changes):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.changes.setProperty("quiet", True)
        self.combine = ElidedBox(self)
        self.combine.setMinimumWidth(NARROW)
        self.reset_button, self.apply_button = QPushButton("Reset", self), QPushButton("Apply", self)
        self.apply_button.setToolTip("Make what is pending one step (Enter)")
        for button in (self.apply_button, self.reset_button):
            _fit(button)
        counts = QVBoxLayout()
        counts.setSpacing(0)
        counts.addWidget(self.selected)
        counts.addWidget(self.changes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)  # narrow where planes need the room
        row.addLayout(counts, 1)
        for widget in (self.combine, self.reset_button, self.apply_button):
            row.addWidget(widget)

    def show_combine(self, hand: RangeInHand) -> None:
        """Show how the result joins the mask."""
        from maskeditor.ui.forms.field import title_of

        with QSignalBlocker(self.combine):
            if not self.combine.count():
                declared = hand.combining
                for choice in declared.choices:
                    self.combine.addItem(title_of(choice), choice)
                self.combine.setAccessibleName(declared.title)
                self.combine.setToolTip(declared.description)
            self.combine.setCurrentIndex(self.combine.findData(hand.combine))

    def show_change(self, change: Change | None) -> None:
        """Offer what can be done with a change, if one is pending."""
        self.apply_button.setEnabled(change is not None and not change.fields.problem)
        text = "Change step" if change is not None and change.of_step else "Apply"
        if text != self.apply_button.text():
            self.apply_button.setText(text)
            _fit(self.apply_button)
        self.reset_button.setEnabled(change is not None)

    def say(self, selected: str, changes: str, is_error: bool = False) -> None:
        """Say how many voxels are in the range, and what would change or why nothing can."""
        self.selected.setText(selected)
        self.changes.setText(changes)
        mark_error(self.changes, is_error)


def _fit(button: QPushButton) -> None:
    """Have a button be no narrower than its text, or than the text of the one beside it."""
    widest = max(map(button.fontMetrics().horizontalAdvance, (button.text(), "Reset")))
    button.setMinimumWidth(widest + 14)
    button.setMaximumWidth(widest + 26)  # what is counted stands beside it, and is to be read
