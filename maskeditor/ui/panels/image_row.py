"""One image in the list of images: its eye, its name, how opaque it is, and its colours."""

from __future__ import annotations

import math
from typing import NamedTuple

from PyQt6.QtCore import QRect, QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QPaintEvent, QPalette
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.visible import visible
from maskeditor.model.label_images import LabelImage
from maskeditor.model.numbers_in_words import in_brief, in_number
from maskeditor.model.view.display import LABELS
from maskeditor.ui.colour_maps import colour_strip, strip_of_labels
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.painting import painting
from maskeditor.ui.work.editor import Editor

#: What a slider of opacity counts in.
PERCENT = 100


class Look(NamedTuple):
    """What is drawn of an image in its row; of one of labels, their colours."""

    window: tuple[float, float]
    colour_map: str
    labels: LabelImage | None = None
    #: The span of intensities that is not drawn; it may have no end on one side.
    clear: tuple[float, float] | None = None


class ColourBar(QWidget):
    """The colours of an image, with the intensities at both ends."""

    def __init__(self) -> None:
        super().__init__()
        self._look = Look((0.0, 1.0), "grey")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_look(self, look: Look) -> None:
        """Show other colours or ends."""
        self._look = look
        low, high = self.ends
        if look.labels is not None:
            self.setToolTip(f"Drawn in the colours of its {high}.")
            self.setAccessibleName(f"Colours of {high}")
        else:
            self.setToolTip(f"Drawn from {low} to {high} in {look.colour_map}{_except_for(look.clear)}.")
            self.setAccessibleName(f"Colours from {low} to {high}")
        self.update()

    @property
    def ends(self) -> tuple[str, str]:
        """The intensities at both ends in words; of labels, how many there are."""
        if self._look.labels is not None:
            return "", in_number(len(self._look.labels.labels), "label")
        low, high = self._look.window
        return in_brief(low), in_brief(high)

    def sizeHint(self) -> QSize:
        """Return the height of a line."""
        return QSize(100, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the ends and the colours between them."""
        metrics = self.fontMetrics()
        with painting(self) as painter:
            low, high = self.ends
            left, right = metrics.horizontalAdvance(low) + 4, metrics.horizontalAdvance(high) + 4
            painter.setPen(self.palette().color(self.foregroundRole()))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, low)
            painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, high)
            strip = QRect(left, self.height() // 4, max(0, self.width() - left - right), self.height() // 2)
            labels = self._look.labels
            if labels is None:
                painter.drawImage(strip, colour_strip(self._look.colour_map, self._look.window, self._look.clear))
                painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
                painter.drawRect(strip.adjusted(0, 0, -1, -1))
            else:
                painter.drawImage(strip, strip_of_labels(labels))


def _except_for(clear: tuple[float, float] | None) -> str:
    """Return which intensities are clear, in words."""
    if clear is None or clear == (0.0, 0.0):
        return ""
    low, high = map(in_brief, clear)
    if math.isinf(clear[0]):
        return f"; up to {high} it is clear"
    return f"; from {low} on it is clear" if math.isinf(clear[1]) else f"; from {low} to {high} it is clear"


class ImageRow(QWidget):
    """One image: an eye, its name, how opaque it is, and its colours.

    Parameters
    ----------
    editor : Editor
    name : str
        Of a further image; "" is the one that is edited on, which lies below all.
    """

    def __init__(self, editor: Editor, name: str) -> None:
        super().__init__()
        self._editor, self.name = editor, name
        self.eye = QToolButton()
        self.eye.setAutoRaise(True)
        self.eye.setIconSize(QSize(16, 16))
        self.eye.clicked.connect(self._switch)
        self.label = ElidedLabel("Image")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, PERCENT)
        self.slider.setPageStep(PERCENT // 10)
        self.slider.setMinimumWidth(60)
        self.slider.valueChanged.connect(self._fade)
        self.bar = ColourBar()
        self._role = QPalette.ColorRole.Text
        self._is_seen = False
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.eye)
        line.addWidget(self.label, 3)
        line.addWidget(self.slider, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.bar)

    def show_image(self) -> None:
        """Show how the image is looked at now."""
        viewer, display = self._editor.viewer, self._editor.viewer.display(self.name)
        if display is None:
            session, state = self._editor.session, viewer.state
            self._show_row(
                visible(session.name) if session is not None else "", state.image_visible, state.image_opacity
            )
            is_labelled = viewer.labelled is not None and state.colour_map == LABELS
            labels = viewer.labelled.labels if viewer.labelled is not None and is_labelled else None
            self.bar.show_look(Look(state.window, state.colour_map, labels))
            return
        is_drawn, are_hidden = display.name in viewer.images, viewer.state.overlays_hidden
        self._show_row(display.name, display.visible and not are_hidden, display.opacity)
        if are_hidden:
            hidden = self._editor.keys.in_words("is hidden with all overlays ({overlays_visible})")
            self.eye.setToolTip(f"“{display.name}” {hidden}; click to show them again, and it")
        elif not is_drawn:
            self.eye.setToolTip(f"Work “{display.name}” out and show it")
        if self._is_resampled:
            self.label.setText(f"{display.name} (resampled)")
        self.bar.setVisible(is_drawn or display.name not in self._editor.displays.unseen)
        image = viewer.images.get(display.name)
        labels = image.labels_of(display) if image is not None else None
        self.bar.show_look(Look(display.window, display.colour_map, labels, display.clear))

    @property
    def _is_resampled(self) -> bool:
        """Whether the image lies on another grid in its file."""
        further = self._editor.session.further.get(self.name) if self._editor.session is not None else None
        return further is not None and further.interpolation is not None

    def _show_row(self, title: str, visible: bool, opacity: float) -> None:
        self.label.setText(title)
        self._is_seen = visible
        self._draw_eye()
        what = "shown; click to hide it" if visible else "hidden; click to show it"
        self.eye.setToolTip(f"“{title}” is {what}")
        self.eye.setAccessibleName(f"Hide {title}" if visible else f"Show {title}")
        self.slider.setAccessibleName(f"Opacity of {title}")
        percent = round(PERCENT * opacity)
        self.slider.setToolTip(f"“{title}” is drawn with an opacity of {percent} %")
        with QSignalBlocker(self.slider):
            self.slider.setValue(percent)

    def choose(self, chosen: bool) -> None:
        """Write in the colours of the row, chosen or not."""
        self._role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        for widget in (self.label, self.bar):
            widget.setForegroundRole(self._role)
        self._draw_eye()

    def _draw_eye(self) -> None:
        self.eye.setIcon(glyph("eye" if self._is_seen else "hidden", self._role))

    def _switch(self) -> None:
        viewer, display = self._editor.viewer, self._editor.viewer.display(self.name)
        if display is not None:
            # While all are hidden it is not seen, so that a click wants it to be.
            visible = viewer.state.overlays_hidden or not display.visible
            viewer.change(overlays_hidden=False)
            if visible != display.visible:
                self._editor.displays.show(self.name, visible)
        else:
            viewer.change(image_visible=not viewer.state.image_visible)

    def _fade(self, percent: int) -> None:
        if self.name:
            self._editor.displays.change(self.name, opacity=percent / PERCENT)
        else:
            self._editor.viewer.change(image_opacity=percent / PERCENT)
