"""The list of steps: how rows are drawn, and dragged."""

from __future__ import annotations

import re

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QDrag, QFont, QFontMetrics, QPainter, QPalette, QPen, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from maskeditor.ui.look.tables import PythonTable
from maskeditor.ui.panels.steps_model import AHEAD, CHANGE, COLOUR, CURRENT, OFF, UNDONE, StepsModel
from maskeditor.ui.qt import sure

#: A range of numbers, with what stands right behind it.
_RANGE = re.compile(r"-?\d\S*–-?\d")

#: The share of a row that a count may take from a title that is longer than the rest.
_SHARE_OF_COUNT = 0.3


def elided(title: str, metrics: QFontMetrics, width: int) -> str:
    """Return a title cut to a width in pixels: between words, and as steps of one operation often differ at their ends,
    rather in its middle.
    """
    if metrics.horizontalAdvance(title) <= width:
        return title
    words = title.split(" ")
    if (with_range := _around_range(words, metrics, width)) is not None:
        return with_range
    by_letters = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, width)
    # The number, two spaces and the first word stay; of the others as many as there is room for, from the end.
    for last in range(4, len(words)):
        cut = " ".join((*words[:3], "…", *words[last:]))
        # A long word that tells steps apart is rather cut than left out.
        if metrics.horizontalAdvance(cut) <= width and len(cut) + 3 >= len(by_letters):
            return cut
    return by_letters


def _around_range(words: list[str], metrics: QFontMetrics, width: int) -> str | None:
    """Return a title in which both ends of a range are read: its name cut, and then also what follows the range.

    None where it has no range beside its name, or no room for it.
    """
    if len(words) < 4 or not _RANGE.match(words[3]):
        return None
    number, space, name, *behind = words
    for end in (behind, [behind[0], "…"]):
        for letters in range(len(name), 2, -1):
            cut = name if letters == len(name) else f"{name[:letters]}…"
            if metrics.horizontalAdvance(shown := " ".join((number, space, cut, *end))) <= width:
                return shown
    return None


def brief(change: str, title: str, metrics: QFontMetrics, width: int) -> str:
    """Return of what a step changed all, or its first part, where that leaves room for its title or is short itself.

    A long title is rather cut than every count left out; the tool tip has all of both.
    """
    first = change.split(" ")[0]
    cut = first if first == change else f"{first} …"
    for shown in (change, cut):
        if metrics.horizontalAdvance(title) + metrics.horizontalAdvance(shown) <= width:
            return shown
    return cut if metrics.horizontalAdvance(cut) <= width * _SHARE_OF_COUNT else ""


class _StepDelegate(QStyledItemDelegate):
    """Draws a row: mark of the present state, colour of the ROI or a frame for an image, title, voxels changed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(120, option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None
        painter.save()
        palette, place = option.palette, option.rect
        faint = index.data(AHEAD) or index.data(OFF)
        group = QPalette.ColorGroup.Disabled if faint else QPalette.ColorGroup.Active
        text = palette.color(group, QPalette.ColorRole.Text)
        quiet = palette.color(group, QPalette.ColorRole.PlaceholderText)
        accent = palette.color(QPalette.ColorRole.Highlight)
        # Colour stands for the present state, not for what the view has selected to let it be dragged.
        painter.fillRect(place, palette.color(QPalette.ColorRole.Base))
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
        if index.data(CURRENT):
            tint = QColor(accent)
            tint.setAlpha(70)
            painter.fillRect(place, tint)
            painter.fillRect(QRect(place.left(), place.top(), 3, place.height()), accent)
        view = self.parent()
        is_changed = isinstance(view, StepsView) and index.row() == view.changed_row
        if is_changed or option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(accent, 2 if is_changed else 1))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
        painter.setPen(quiet)
        self._draw_dot(painter, place, index)
        metrics = QFontMetrics(option.font)
        change = brief(index.data(CHANGE) or "", index.data(), metrics, place.width() - 24 - 14)
        width = metrics.horizontalAdvance(change)
        painter.setFont(option.font)
        painter.setPen(quiet)
        painter.drawText(place.adjusted(0, 0, -6, 0), int(Qt.AlignmentFlag.AlignRight | _MIDDLE), change)
        painter.setPen(text)
        font = QFont(option.font)
        font.setStrikeOut(bool(index.data(OFF)))
        font.setItalic(bool(index.data(UNDONE)))
        font.setBold(is_changed)
        painter.setFont(font)
        room = place.adjusted(24, 0, -width - 14, 0)
        title = elided(index.data(), metrics, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | _MIDDLE), title)
        painter.restore()

    @staticmethod
    def _draw_dot(painter: QPainter, place: QRect, index: QModelIndex) -> None:
        colour = index.data(COLOUR)
        if index.row() == 0:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if colour is None:  # it makes an image, and no mask
            painter.drawRect(QRectF(place.left() + 9, place.center().y() - 3, 8, 7))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        shade = QColor(*colour)
        shade.setAlpha(90 if index.data(AHEAD) else 255)
        painter.setBrush(shade)
        painter.drawEllipse(QRectF(place.left() + 9, place.center().y() - 3.5, 8, 8))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class StepsView(PythonTable):
    """A list of steps to drag.

    It is a table of one column: lists and trees look at all of ten thousand rows again for each new one.
    """

    def __init__(self, model: StepsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: The row whose form is open, which stands out as long as it is; -1 is none.
        self.changed_row = -1
        self.setModel(model)
        self.setItemDelegate(_StepDelegate(self))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setDragDropOverwriteMode(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        rows, columns = sure(self.verticalHeader()), sure(self.horizontalHeader())
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        columns.hide()
        columns.setStretchLastSection(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("History")
        self.setAccessibleDescription(
            "The steps that make the masks; a click goes to the state after one, Enter changes it."
        )
        # Three rows, with which the panel fits into the least room that it may get.
        self.setMinimumHeight(62)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)

    def show_changed(self, row: int) -> None:
        """Have a row stand out whose form is open; -1 is none."""
        self.changed_row = row
        sure(self.viewport()).update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the row at the cursor whole, unless somebody has scrolled it out of sight."""
        super().resizeEvent(event)
        row, before = self.currentIndex(), event.oldSize() if event is not None else QSize()
        if self.visualRect(row).intersects(QRect(QPoint(0, 0), before)):
            self.scrollTo(row)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag the step at the cursor; without a picture of it, which would hide where it is dropped."""
        model, place = sure(self.model()), self.currentIndex()
        if model.flags(place) & Qt.ItemFlag.ItemIsDragEnabled:
            drag = QDrag(self)
            drag.setMimeData(model.mimeData([place]))
            drag.exec(Qt.DropAction.MoveAction)
