"""How the image that is chosen is looked at: colours, window, threshold, and which volume of a series."""

from __future__ import annotations

from typing import Any, Literal

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QSpinBox, QWidget

from maskeditor.model.view.display import LABELS, SIGNS, Display, Sign
from maskeditor.ui.colour_maps import COLOUR_MAPS
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.work.editor import Editor

#: How the side of a threshold that is drawn is written.
WRITTEN: dict[Sign, str] = {"both": "± beyond", "above": "above", "below": "below"}
#: What may be drawn of a series: the volume that is shown of the image below, its mean, or another one.
AS_BELOW, MEAN, ONE = "As below", "Mean", "Volume"


class DisplayFields(QWidget):
    """The fields of the chosen image; "" is the one that is edited on.

    Parameters
    ----------
    editor : Editor
    """

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._viewer = editor, editor.viewer
        self.colours, self.sign, self.frame, self.volume = QComboBox(), QComboBox(), QComboBox(), QSpinBox()
        self.sign.addItems([WRITTEN[sign] for sign in SIGNS])
        self.frame.addItems([AS_BELOW, MEAN, ONE])
        self.low, self.high = NumberField(brief=True), NumberField(brief=True)
        self.threshold = NumberField(blank="nothing")
        self.outline = QCheckBox("Outlines only")
        for field, name, tip in (
            (self.colours, "Colour map", "The colours that intensities are drawn in."),
            (self.outline, "Outlines only", "Draw the borders of labels instead of filling them."),
            (self.low, "Darkest", "The intensity that is drawn in the first colour."),
            (self.high, "Brightest", "The intensity that is drawn in the last colour."),
            (
                self.sign,
                "Side of the threshold",
                "Whether what is drawn lies beyond it on both sides of zero, or on one.",
            ),
            (self.threshold, "Threshold", "What does not lie beyond it is clear; empty to draw everything."),
            (self.frame, "Volume of the overlay", "The volume shown of the image below, the mean of all, or another."),
            (self.volume, "Volume", "The volume of the overlay that is drawn, counted from 0."),
        ):
            field.setAccessibleName(name)
            field.setToolTip(tip)
        for box in (self.colours, self.sign, self.frame):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(4)
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._window_row = _beside(self.low, self.high)
        self.form.addRow("Window", self._window_row)
        self._threshold_row = _beside(self.sign, self.threshold)
        self.form.addRow("Draw", self._threshold_row)
        self._frame_row = _beside(self.frame, self.volume)
        self.form.addRow("Volume", self._frame_row)
        self.form.addRow(self.outline)
        self.colours.activated.connect(lambda _: self._change(colour_map=self.colours.currentData()))
        self.outline.clicked.connect(lambda on: self._change(outline=on))
        for field in (self.low, self.high):
            field.editingFinished.connect(self._set_window)
        self.sign.activated.connect(lambda place: self._set_sign(SIGNS[place]))
        self.threshold.editingFinished.connect(self._set_threshold)
        self.frame.activated.connect(lambda _: self._set_frame())
        self.volume.valueChanged.connect(lambda _: self._set_frame())

    @property
    def _chosen(self) -> Display | None:
        return self._viewer.display(self._viewer.state.chosen_image)

    def show_chosen(self) -> None:
        """Show how the chosen image is looked at now."""
        state, display = self._viewer.state, self._chosen
        low, high = state.window if display is None else display.window
        name = state.colour_map if display is None else display.colour_map
        image = self._viewer.images.get(display.name) if display is not None else self._viewer.labelled
        maps = (*COLOUR_MAPS, LABELS) if image is not None and image.labels is not None else COLOUR_MAPS
        if maps != tuple(map(self.colours.itemData, range(self.colours.count()))):
            self.colours.clear()
            for one in maps:
                self.colours.addItem(one.capitalize(), one)
        self.colours.setCurrentIndex(maps.index(name) if name in maps else -1)
        for field, number in ((self.low, low), (self.high, high)):
            _show_number(field, number)
        is_labels = name == LABELS
        frames = image.volume.frames if image is not None and not is_labels else 1
        self.form.setRowVisible(self._window_row, not is_labels)
        self.form.setRowVisible(self._threshold_row, display is not None and not is_labels)
        self.form.setRowVisible(self._frame_row, frames > 1)
        self.form.setRowVisible(self.outline, display is not None and is_labels)
        if display is None:
            return
        self.outline.setChecked(display.outline)
        self.sign.setCurrentIndex(SIGNS.index(display.sign))
        _show_number(self.threshold, display.threshold)
        self.frame.setCurrentText(ONE if isinstance(display.frame, int) else MEAN if display.frame else AS_BELOW)
        self.volume.setVisible(isinstance(display.frame, int))
        with QSignalBlocker(self.volume):
            self.volume.setRange(0, frames - 1)
            if isinstance(display.frame, int):
                self.volume.setValue(display.frame)

    # What is set --------------------------------------------------------------------------------------------------

    def _change(self, **values: Any) -> None:
        display = self._chosen
        if display is not None:
            self._editor.displays.change(display.name, **values)
        elif "window" in values:
            self._editor.jobs.attempt(lambda: self._viewer.set_window(*values["window"]))
        else:
            self._viewer.change(**values)

    def _set_window(self) -> None:
        display = self._chosen
        before, now = (display or self._viewer.state).window, (self.low.value(), self.high.value())
        if display is not None and display.is_diverging and now != before:
            # The end that was typed counts, and the other follows.
            now = (now[0], -now[0]) if now[0] != before[0] else (-now[1], now[1])
        if now != before:
            self._change(window=now)

    def _set_sign(self, sign: Sign) -> None:
        display = self._chosen
        if display is not None and sign != display.sign:
            # The same bound on the other side, as people mean it: below −3 after above 3.
            threshold = abs(display.threshold) if display.threshold is not None else None
            self._change(sign=sign, threshold=-threshold if threshold and sign == "below" else threshold)

    def _set_threshold(self) -> None:
        display = self._chosen
        if display is not None and self.threshold.number() != display.threshold:
            self._change(threshold=self.threshold.number())
            self.show_chosen()

    def _set_frame(self) -> None:
        choices: dict[str, int | Literal["mean"] | None] = {AS_BELOW: None, MEAN: "mean", ONE: self.volume.value()}
        self._change(frame=choices[self.frame.currentText()])


def _beside(*widgets: QWidget) -> QWidget:
    """Return widgets in one row."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, 1)
    return row


def _show_number(field: NumberField, number: float | None) -> None:
    # What is being typed stays.
    if field.number() != number:
        field.set_number(number)
