"""Cells of tables that are pictures: a colour, or a glyph."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPalette
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from maskeditor.ui.look.glyphs import draw

#: The role of the name of the glyph that a cell shows.
GLYPH = Qt.ItemDataRole.UserRole + 1
#: Of glyphs that say that something is not so.
_FAINT = ("hidden", "unlocked")


def _begun(painter: QPainter, option: QStyleOptionViewItem) -> QRectF:
    """Fill a cell that is selected, and return the square in its middle."""
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
    side = min(16, option.rect.height() - 4, option.rect.width() - 2)
    place = QRectF(0, 0, side, side)
    place.moveCenter(QRectF(option.rect).center())
    return place


class ColourDelegate(QStyledItemDelegate):
    """Draws the colour of a cell as a square with round corners."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a cell."""
        assert painter is not None
        place = _begun(painter, option)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(option.palette.color(QPalette.ColorRole.Dark))
        painter.setBrush(index.data(Qt.ItemDataRole.DecorationRole))
        painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 3, 3)
        painter.restore()


class GlyphDelegate(QStyledItemDelegate):
    """Draws the glyph of a cell."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a cell."""
        assert painter is not None
        place, name = _begun(painter, option), index.data(GLYPH)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        colour = QColor(option.palette.color(role))
        colour.setAlpha(110 if name in _FAINT else 255)
        draw(painter, name, place, colour)
