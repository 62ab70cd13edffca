"""A table that gives up columns where there is little room, so that names can be read."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from maskeditor.ui.look.tables import PythonTable
from maskeditor.ui.qt import sure

#: Letters of a name that can be read at least.
_LETTERS = 14
#: Pixels of a cell that holds a picture.
_PICTURE = 26


class RoomyTable(PythonTable):
    """A list of named things in rows, one column of which holds their names.

    Parameters
    ----------
    name : int
        The column of names, which takes the room that the others leave.
    pictures : tuple of int
        Columns of pictures.
    spare : tuple of int
        The columns that are not shown where names would be too narrow for them; the first goes first.
    """

    #: Columns were given room, or taken away.
    room_made = pyqtSignal()

    def __init__(
        self, name: int, pictures: tuple[int, ...], spare: tuple[int, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._pictures, self._spare = name, pictures, spare
        #: Pixels of the widest that each column has held: numbers that get shorter bring no column back.
        self._widest: dict[int, int] = {}
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        # Names of labels of one file differ at their ends.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)

    def size_columns(self) -> None:
        """Give each column the room that it needs, once there is a model."""
        rows, columns = sure(self.verticalHeader()), sure(self.horizontalHeader())
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(20)
        stretch, fit = QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.ResizeToContents
        for column in range(sure(self.model()).columnCount()):
            if column in self._pictures:
                columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                columns.resizeSection(column, _PICTURE)
            else:
                columns.setSectionResizeMode(column, stretch if column == self._name else fit)
        # Some rows can be seen, whatever else wants room.
        self.setMinimumHeight(columns.sizeHint().height() + 2 * rows.defaultSectionSize() + 2 * self.frameWidth())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show the columns that can be spared only where names have room beside them."""
        super().resizeEvent(event)
        self.make_room()

    def make_room(self) -> None:
        """Look whether names have room, as the numbers beside them may have grown."""
        columns = [column for column in range(sure(self.model()).columnCount()) if column != self._name]
        header = sure(self.horizontalHeader())
        for column in columns:
            if column in self._pictures:
                self._widest[column] = _PICTURE
                continue
            width = max(self.sizeHintForColumn(column), header.sectionSizeHint(column))
            self._widest[column] = max(width, self._widest.get(column, 0))
        widths = dict(self._widest)
        room = sure(self.viewport()).width() - _LETTERS * self.fontMetrics().averageCharWidth()
        for column in self._spare:
            is_narrow = sum(widths.values()) > room
            self.setColumnHidden(column, is_narrow)
            if is_narrow:
                del widths[column]
        self.room_made.emit()
