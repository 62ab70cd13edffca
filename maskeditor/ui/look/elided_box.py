"""A box of choices that gives way: what does not fit is left out with an ellipsis, and stands in the list."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from maskeditor.ui.qt import sure


class ElidedBox(QComboBox):
    """A combo box that never cuts a letter in two, however narrow it gets."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the frame, and as much of the text as there is room for."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = sure(self.style()).subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = option.fontMetrics.elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - 2
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
