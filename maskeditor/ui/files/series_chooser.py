"""The list of images at a path, of which one is chosen; it fills while the search goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QIcon, QImage, QPalette, QPixmap
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.open import Found
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.files.thumbnails import SIZE, thumbnail
from maskeditor.ui.look.tables import PythonTable
from maskeditor.ui.qt import sure
from maskeditor.ui.work.worker import Lane

TITLES = ("", "Description", "Modality", "Kind", "Matrix", "Volumes", "Zooms (mm)", "Date", "Files", "Findings")
_THUMBNAIL, _FINDINGS = 0, len(TITLES) - 1
#: What is not known before all headers were read.
_LATER = "…"
#: Files whose images are let go at a time.
_AT_ONCE = 200
#: Milliseconds without scrolling before thumbnails of what is seen are made.
_STILL = 60


def cells(found: Found) -> tuple[str, ...]:
    """Return what a row says of an image."""
    info = found.info
    matrix, volumes = " × ".join(map(str, info.shape[:3])), str(info.shape[3] if len(info.shape) == 4 else 1)
    return (
        "",
        info.title,
        info.modality or "",
        info.kind,
        matrix if found.complete else _LATER,
        volumes if found.complete else _LATER,
        " × ".join(f"{zoom:.3g}" for zoom in info.zooms) if found.complete else _LATER,
        info.date,
        str(found.files),
        " ".join(info.findings),
    )


def forget(images: list[Found], then: Callable[[], object]) -> None:
    """Empty a list, some images at a time and all else between: ten thousand files take a tenth of a second."""
    files = 0
    while images and files < _AT_ONCE:
        files += images.pop().files
    QTimer.singleShot(0, partial(forget, images, then) if images else then)


class SeriesModel(QAbstractTableModel):
    """The images found so far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[Found] = []
        self.keys: list[str] = []
        #: What the rows say that were looked at: of ten thousand, few are ever seen.
        self._cells: dict[int, tuple[str, ...]] = {}
        self._icons: dict[str, QIcon] = {}

    def show(self, images: list[Found]) -> bool:
        """Show these images; return whether rows went or moved, so that the selection is lost."""
        before, after = self.keys, [one.info.key for one in images]
        goes_on = before == after[: len(before)]
        if not goes_on:
            self.beginResetModel()
        elif len(after) > len(before):
            self.beginInsertRows(QModelIndex(), len(before), len(after) - 1)
        self.images, self.keys = images, after
        self._cells.clear()
        if not goes_on:
            self.endResetModel()
            return True
        if len(after) > len(before):
            self.endInsertRows()
        if before:
            self.dataChanged.emit(self.index(0, 0), self.index(len(before) - 1, _FINDINGS))
        return False

    def set_thumbnail(self, key: str, image: QImage | None) -> None:
        """Show a thumbnail in the row of a key; an empty one where none can be made."""
        icon = self._icons[key] = QIcon()
        if image is not None:
            for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # else a selected one is tinted
                icon.addPixmap(QPixmap.fromImage(image), mode)
        for row, other in enumerate(self.keys):
            if other == key:
                self.dataChanged.emit(self.index(row, _THUMBNAIL), self.index(row, _THUMBNAIL))

    def wants_thumbnail(self, row: int) -> bool:
        """Whether a row is known well enough for a thumbnail, and has none."""
        one = self.images[row]
        return one.complete and one.info.key not in self._icons

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of images."""
        return 0 if parent.isValid() else len(self.images)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        found, column = self.images[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if index.row() not in self._cells:
                self._cells[index.row()] = cells(found)
            return self._cells[index.row()][column]
        if role == Qt.ItemDataRole.DecorationRole and column == _THUMBNAIL:
            return self._icons.get(found.info.key)
        if role == Qt.ItemDataRole.ToolTipRole and column == _FINDINGS:
            return "\n".join(found.info.findings) or None
        if role == Qt.ItemDataRole.ForegroundRole and found.complete and not found.info.can_open:
            return QApplication.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == _THUMBNAIL:
            return f"Middle slice of {found.info.title}"
        return None


class SeriesChooser(QDialog):
    """Lets one of several images be chosen, while more are still being found.

    Parameters
    ----------
    parent : QWidget
    """

    #: An image was chosen, of which all is known: a `Found`.
    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose an image")
        self.model = SeriesModel(self)
        self._searching = True
        self._wanted = ""
        #: Whether the user selected a row; until then it is the first.
        self._selected = False
        self._updating = False
        self._heading = QLabel()
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(240)
        self.table = self._table()
        self._doubts = QLabel()
        self._doubts.setWordWrap(True)
        self._doubts.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._doubts.setTextFormat(Qt.TextFormat.PlainText)
        self._doubts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._doubts.setMargin(4)
        doubts = QScrollArea()
        doubts.setAccessibleName("Findings of the chosen image")
        doubts.setWidgetResizable(True)
        doubts.setFixedHeight(4 * self.fontMetrics().lineSpacing() + 14)
        doubts.setWidget(self._doubts)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self._open = sure(buttons.button(QDialogButtonBox.StandardButton.Open))
        self._open.setDefault(True)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        self.table.doubleClicked.connect(self._choose)
        top = QHBoxLayout()
        top.addWidget(self._heading, 1)
        top.addWidget(self._bar)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(doubts)
        layout.addWidget(buttons)
        self._previews = Lane("thumbnails", parent=self)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(_STILL)
        self._still.timeout.connect(self._make_thumbnails)
        sure(self.table.verticalScrollBar()).valueChanged.connect(lambda _: self._still.start())
        sure(self.table.selectionModel()).currentRowChanged.connect(lambda *_: self._row_changed())
        # Not waited for: a picture may be of a large file.
        self.finished.connect(lambda _: self._previews.stop())
        self.resize(min(1180, parent.width()), min(600, parent.height()))
        self._show_state()

    def _table(self) -> PythonTable:
        table = PythonTable()
        table.setAccessibleName("Images")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setIconSize(QSize(SIZE, SIZE))
        vertical, horizontal = sure(table.verticalHeader()), sure(table.horizontalHeader())
        vertical.hide()
        vertical.setDefaultSectionSize(SIZE + 6)
        horizontal.setHighlightSections(False)
        horizontal.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        horizontal.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        horizontal.setResizeContentsPrecision(0)  # columns are as wide as what is seen of them
        horizontal.setSectionResizeMode(_FINDINGS, QHeaderView.ResizeMode.Stretch)
        return table

    # What is known ------------------------------------------------------------------------------------------------

    def show_images(self, images: list[Found]) -> None:
        """Show what was found so far."""
        selected = self._current() if self._selected else None
        scrolled = sure(self.table.verticalScrollBar()).value()
        grown = len(images) > len(self.model.images)
        self._updating = True
        if self.model.show(images) or selected is None:
            self._select(selected.info.key if selected is not None else "")
            sure(self.table.verticalScrollBar()).setValue(scrolled)
        self._updating = False
        if grown:
            self._fit_columns()
        self._show_state()
        self._still.start()

    def show_progress(self, fraction: float) -> None:
        """Show how much of the search is done, 0 to 1."""
        self._bar.setValue(round(1000 * min(1.0, fraction)))

    def finish(self, images: list[Found]) -> None:
        """Show all that was found; open what was chosen meanwhile."""
        self._searching = False
        self._bar.hide()
        self.show_images(images)
        self._fit_columns()
        wanted, self._wanted = self._wanted, ""
        current = self._current()
        if wanted and current is not None and current.info.key == wanted:
            self._choose()
        else:
            self._show_state()

    def let_go(self, then: Callable[[], object]) -> None:
        """Hold no image any more; do something once all of them are gone."""
        images = self.model.images
        self.model.show([])
        forget(images, then)

    def _fit_columns(self) -> None:
        self.table.resizeColumnsToContents()
        self.table.setColumnWidth(_THUMBNAIL, SIZE + 12)
        self.table.setColumnWidth(1, min(self.table.columnWidth(1), 260))

    def _select(self, key: str) -> None:
        """Select the image of a key or, if it turned out to be several, the first of them."""
        keys, images = self.model.keys, self.model.images
        same = (row for row, other in enumerate(keys) if key and other == key)
        parts = (row for row, other in enumerate(keys) if key and other.startswith(f"{key}:"))
        others = (row for row, one in enumerate(images) if one.info.can_open)
        if keys:
            self.table.selectRow(next(chain(same, parts, others), 0))

    def _row_changed(self) -> None:
        self._selected = self._selected or not self._updating
        self._show_state()

    def _current(self) -> Found | None:
        row = self.table.currentIndex().row()
        return self.model.images[row] if 0 <= row < len(self.model.images) else None

    def _show_state(self) -> None:
        count, current = len(self.model.images), self._current()
        if self._wanted:
            heading = "The image opens once all headers were read, as more files may belong to it."
        elif self._searching:
            heading = f"{in_number(count, 'image')} so far; reading headers …"
        else:
            heading = f"{in_number(count, 'image')} here. Which one do you want to edit on?"
        self._heading.setText(heading)
        self._doubts.setText("\n".join(current.info.findings) if current is not None else "")
        self._open.setEnabled(current is not None and (current.info.can_open or not current.complete))

    # What is done -------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        current = self._current()
        if current is None or not self._open.isEnabled():
            return
        if self._searching:
            self._wanted = current.info.key
            self._show_state()
        else:
            self.accept()
            self.chosen.emit(current)

    def _make_thumbnails(self) -> None:
        """Make the thumbnails of the rows that are seen, and no others."""
        self._previews.cancel()
        first, last = self.table.rowAt(0), self.table.rowAt(sure(self.table.viewport()).height() - 1)
        last = len(self.model.images) - 1 if last < 0 else last
        for row in range(max(0, first), last + 1):
            if self.model.wants_thumbnail(row):
                self._make_thumbnail(self.model.images[row])

    def _make_thumbnail(self, found: Found) -> None:
        key = found.info.key

        def failed(error: Exception) -> None:
            if isinstance(error, MaskEditorError):  # the list says elsewhere what is wrong with the image
                self.model.set_thumbnail(key, None)
            else:
                raise error

        self._previews.submit(
            lambda progress: thumbnail(found), lambda image: self.model.set_thumbnail(key, image), failed
        )
