"""The image panel: which images there are, and how they lie over one another."""

from __future__ import annotations

from typing import Any, NamedTuple

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.model.label_images import LabelImage
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.view.display import LABELS
from maskeditor.ui.colour_maps import COLOUR_MAPS, colour_strip, strip_of_labels
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: Of the view, what a row shows.
SHOWN = frozenset({"volume", "window", "colour_map", "displays", "images"})
#: What a slider of opacity counts in.
PERCENT = 100


class Look(NamedTuple):
    """What is drawn of an image in its row; of one of labels, their colours."""

    window: tuple[float, float]
    colour_map: str
    labels: LabelImage | None = None


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
            self.setToolTip(f"Drawn from {low} to {high} in {look.colour_map}.")
            self.setAccessibleName(f"Colours from {low} to {high}")
        self.update()

    @property
    def ends(self) -> tuple[str, str]:
        """The intensities at both ends in words; of labels, how many there are."""
        if self._look.labels is not None:
            return "", in_number(len(self._look.labels.labels), "label")
        low, high = self._look.window
        return f"{low:.4g}", f"{high:.4g}"

    def sizeHint(self) -> QSize:
        """Return the height of a line."""
        return QSize(100, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the ends and the colours between them."""
        painter, metrics = QPainter(self), self.fontMetrics()
        low, high = self.ends
        left, right = metrics.horizontalAdvance(low) + 4, metrics.horizontalAdvance(high) + 4
        painter.setPen(self.palette().color(self.foregroundRole()))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, high)
        strip = QRect(left, self.height() // 4, max(0, self.width() - left - right), self.height() // 2)
        labels = self._look.labels
        painter.drawImage(strip, colour_strip(self._look.colour_map) if labels is None else strip_of_labels(labels))
        painter.end()


class ImageRow(QWidget):
    """One image: an eye, its name, how opaque it is, and its colours.

    Parameters
    ----------
    editor : Editor
    name : str
        Of a further image; "" is the one that is edited on, which lies below all and is always seen.
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
        for widget in (self.eye, self.slider):
            widget.setVisible(bool(name))

    def show_image(self) -> None:
        """Show how the image is looked at now."""
        viewer, display = self._editor.viewer, self._editor.viewer.display(self.name)
        if display is None:
            session = self._editor.session
            self.label.setText(session.name if session is not None else "")
            self.bar.show_look(Look(viewer.state.window, viewer.state.colour_map))
            return
        is_drawn = display.name in viewer.images
        self.label.setText(display.name)
        self.eye.setIcon(glyph("eye" if display.visible else "hidden"))
        what = "shown; click to hide it" if display.visible else "hidden; click to show it"
        self.eye.setToolTip(f"“{display.name}” is {what}" if is_drawn else f"Work “{display.name}” out and show it")
        self.eye.setAccessibleName(f"Hide {display.name}" if display.visible else f"Show {display.name}")
        self.slider.setAccessibleName(f"Opacity of {display.name}")
        percent = round(PERCENT * display.opacity)
        self.slider.setToolTip(f"“{display.name}” is drawn with an opacity of {percent} %")
        self.slider.blockSignals(True)
        self.slider.setValue(percent)
        self.slider.blockSignals(False)
        self.bar.setVisible(is_drawn or display.name not in self._editor.displays.unseen)
        image = viewer.images.get(display.name)
        labels = image.labels_of(display) if image is not None else None
        self.bar.show_look(Look(display.window, display.colour_map, labels))

    def choose(self, chosen: bool) -> None:
        """Write in the colours of the row, chosen or not."""
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        for widget in (self.label, self.bar):
            widget.setForegroundRole(role)

    def _switch(self) -> None:
        display = self._editor.viewer.display(self.name)
        if display is not None:
            self._editor.displays.show(self.name, not display.visible)

    def _fade(self, percent: int) -> None:
        self._editor.displays.change(self.name, opacity=percent / PERCENT)


class ImagesPanel(QWidget):
    """The list of images, the lowest first, and how the chosen one is looked at."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._viewer = editor, editor.viewer
        self.rows: list[ImageRow] = []
        self.list = QListWidget()
        self.list.setAccessibleName("Images")
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setMinimumHeight(48)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._show_chosen)
        self.colours = QComboBox()
        self.colours.activated.connect(lambda _: self._change(colour_map=self.colours.currentData()))
        self.outline = QCheckBox("Outlines only")
        self.outline.setToolTip("Draw the borders of labels instead of filling them.")
        self.outline.clicked.connect(lambda on: self._change(outline=on))
        self.low, self.high, self.threshold = NumberField(), NumberField(), NumberField(blank="nothing")
        for field, name, tip in (
            (self.colours, "Colour map", "The colours that intensities are drawn in."),
            (self.low, "Darkest", "The intensity that is drawn in the first colour."),
            (self.high, "Brightest", "The intensity that is drawn in the last colour."),
            (self.threshold, "Threshold", "What is no further from zero, on either side, is clear; empty for nothing."),
        ):
            field.setAccessibleName(name)
            field.setToolTip(tip)
        for field in (self.low, self.high):
            field.editingFinished.connect(self._set_window)
        self.threshold.editingFinished.connect(self._set_threshold)
        window = QHBoxLayout()
        window.addWidget(self.low)
        window.addWidget(self.high)
        self.fields = QFormLayout()
        self._window = window
        self.fields.addRow("Window", window)
        self.fields.addRow("Clear up to ±", self.threshold)
        self.up_button = self._button("up", "Move the image up the list, below the other", lambda: self._move(-1))
        self.down_button = self._button("down", "Move the image down the list, over the other", lambda: self._move(1))
        self.remove_button = self._button("minus", "Remove the image that was opened", self._remove)
        line = QHBoxLayout()
        for button in (self.up_button, self.down_button, self.remove_button):
            line.addWidget(button)
        line.addWidget(self.colours, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.list, 1)
        layout.addLayout(line)
        layout.addLayout(self.fields)
        layout.addWidget(self.outline)
        for signal in (editor.displays.listed, editor.image_changed):
            signal.connect(self._list)
        editor.jobs.busy_changed.connect(self._enable)
        self._viewer.changed.connect(self._follow)
        self._list()

    def _button(self, picture: str, tip: str, act: Any) -> QToolButton:
        button = QToolButton()
        button.setIcon(glyph(picture))
        button.setAccessibleName(tip.split(",")[0])
        button.setToolTip(tip)
        button.clicked.connect(act)
        return button

    # What is shown ------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The name of the image whose row is chosen; "" for the one that is edited on."""
        row = self.list.currentRow()
        return self.rows[row].name if 0 <= row < len(self.rows) else ""

    def _list(self) -> None:
        is_open = self._editor.document is not None
        names = ["", *self._editor.displays.names] if is_open else []
        if names != [row.name for row in self.rows]:
            # What has come is looked at.
            new = [name for name in names if name not in [row.name for row in self.rows]]
            before = new[-1] if new else self.chosen
            self.list.blockSignals(True)
            self.list.clear()
            self.rows = [ImageRow(self._editor, name) for name in names]
            for row in self.rows:
                item = QListWidgetItem()
                item.setData(Qt.ItemDataRole.AccessibleTextRole, row.name or "The image that is edited on")
                self.list.addItem(item)
                self.list.setItemWidget(item, row)
            self.list.setCurrentRow(names.index(before) if before in names else 0)
            self.list.blockSignals(False)
        self._show()

    def _follow(self, changed: frozenset[str]) -> None:
        if changed & SHOWN:
            self._show()

    def _show(self) -> None:
        for place, row in enumerate(self.rows):
            if row.name and self._viewer.display(row.name) is None:
                return  # the list follows
            row.show_image()
            sure(self.list.item(place)).setSizeHint(QSize(0, row.sizeHint().height()))
        self._show_chosen()

    def _show_chosen(self) -> None:
        state, display = self._viewer.state, self._viewer.display(self.chosen)
        for place, row in enumerate(self.rows):
            row.choose(place == self.list.currentRow())
        low, high = state.window if display is None else display.window
        name = state.colour_map if display is None else display.colour_map
        image = self._viewer.images.get(self.chosen)
        maps = (*COLOUR_MAPS, LABELS) if image is not None and image.labels is not None else COLOUR_MAPS
        if maps != tuple(map(self.colours.itemData, range(self.colours.count()))):
            self.colours.clear()
            for one in maps:
                self.colours.addItem(one.capitalize(), one)
        self.colours.setCurrentIndex(maps.index(name) if name in maps else -1)
        for field, number in ((self.low, low), (self.high, high)):
            _show_number(field, number)
        is_labels = display is not None and display.shows_labels
        self.fields.setRowVisible(self._window, not is_labels)
        self.fields.setRowVisible(self.threshold, display is not None and not is_labels)
        self.outline.setVisible(is_labels)
        if display is not None:
            _show_number(self.threshold, display.threshold)
            self.outline.setChecked(display.outline)
        self._enable()

    def _enable(self) -> None:
        displays, names = self._editor.displays, self._editor.displays.names
        # What nobody has looked at yet has no window to be changed.
        is_known = bool(self.rows) and self.chosen not in displays.unseen
        for field in (self.colours, self.low, self.high, self.threshold):
            field.setEnabled(is_known)
        place = names.index(self.chosen) if self.chosen in names else -1
        self.up_button.setEnabled(place > 0)
        self.down_button.setEnabled(0 <= place < len(names) - 1)
        self.remove_button.setEnabled(displays.is_opened(self.chosen) and not self._editor.jobs.busy)

    # What is chosen -----------------------------------------------------------------------------------------------

    def _change(self, **values: object) -> None:
        if self.chosen:
            self._editor.displays.change(self.chosen, **values)
        elif "window" in values:
            low, high = self.low.value(), self.high.value()
            self._editor.jobs.attempt(lambda: self._viewer.set_window(low, high))
        else:
            self._viewer.change(**values)

    def _set_window(self) -> None:
        display = self._viewer.display(self.chosen)
        before, now = (display or self._viewer.state).window, (self.low.value(), self.high.value())
        if display is not None and display.is_diverging and now != before:
            # The end that was typed counts, and the other follows.
            now = (now[0], -now[0]) if now[0] != before[0] else (-now[1], now[1])
        if now != before:
            self._change(window=now)

    def _set_threshold(self) -> None:
        display = self._viewer.display(self.chosen)
        if display is not None and self.threshold.number() != display.threshold:
            self._change(threshold=self.threshold.number())
            self._show_chosen()

    def _move(self, by: int) -> None:
        name = self.chosen
        self._editor.displays.move(name, by)
        self.list.setCurrentRow([row.name for row in self.rows].index(name))

    def _remove(self) -> None:
        name = self.chosen
        self._editor.turns.in_turn(lambda: self._editor.displays.remove(name))


def _show_number(field: NumberField, number: float | None) -> None:
    # What is being typed stays.
    if field.number() != number:
        field.set_number(number)


PANEL = PanelDeclaration(
    id="images", title="Images", area=Qt.DockWidgetArea.RightDockWidgetArea, order=3, make=ImagesPanel, share=2
)
