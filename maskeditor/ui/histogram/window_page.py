"""Window and level as fields, with presets and a way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QPushButton, QWidget

from maskeditor.model.hounsfield import WINDOWS
from maskeditor.ui.forms.number_field import NumberField

if TYPE_CHECKING:
    from maskeditor.model.view.viewer import Viewer


class WindowPage(QWidget):
    """The window of the image that is edited on, by its level and width.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.level, self.width_field = NumberField(parent=self), NumberField(parent=self)
        self.width_field.setMinimum(0.0)
        self.presets = QComboBox(self)
        self.presets.addItem("Preset in HU …")
        for window in WINDOWS:
            self.presets.addItem(f"{window.title} ({window.level:g}, {window.width:g})", window.ends)
        self.automatic = QPushButton("Automatic", self)
        self.whole = QPushButton("Whole range", self)
        for widget, name, tip in (
            (self.level, "Level", "The intensity in the middle of the window"),
            (self.width_field, "Width", "From the darkest intensity to the brightest"),
            (self.presets, "Window preset", "Windows for CT, in Hounsfield units: level and width"),
            (self.automatic, "Automatic", "Back to the window that was found for this image"),
            (self.whole, "Whole range", "From the lowest intensity of the image to the highest"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        form = QFormLayout(self)
        form.addRow("Level", self.level)
        form.addRow("Width", self.width_field)
        form.addRow(self.presets)
        buttons = QHBoxLayout()
        buttons.addWidget(self.automatic)
        buttons.addWidget(self.whole)
        form.addRow(buttons)
        for field in (self.level, self.width_field):
            field.valueChanged.connect(self._take)
        self.presets.activated.connect(self._choose)
        self.automatic.clicked.connect(viewer.auto_window)
        self.show_window()

    def show_window(self) -> None:
        """Show the window as it is."""
        low, high = self._viewer.state.window
        for field, value in ((self.level, (low + high) / 2), (self.width_field, high - low)):
            if field.value() != value:
                with QSignalBlocker(field):
                    field.set_number(value)

    def _take(self) -> None:
        level, width = self.level.value(), self.width_field.value()
        if width > 0:
            self._viewer.set_window(level - width / 2, level + width / 2)

    def _choose(self, place: int) -> None:
        ends = self.presets.itemData(place)
        self.presets.setCurrentIndex(0)
        if ends is not None:
            self._viewer.set_window(*ends)
