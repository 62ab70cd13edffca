"""A table in the window: sorted by its headings, copied and saved as text, and a way to places in the views."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PyQt6.QtCore import QModelIndex, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from maskeditor.engine.box import Voxel
from maskeditor.io import formats
from maskeditor.io.columns import SEPARATORS, Table
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.data.columns_button import ColumnsButton
from maskeditor.ui.data.table_model import TableModel
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.flowing import FlowingRow
from maskeditor.ui.look.tables import PythonTable
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

_FILES = f"Tables ({formats.patterns(tuple(SEPARATORS))})"


class TableView(QWidget):
    """Shows a table, with a line below it of what can be done with it.

    Parameters
    ----------
    editor : Editor
        Whose view goes to places, and what is said to.
    name : str
        What the table is, in one or two words: for people who hear it, and in the names of its files.
    spared : collection of str
        Columns that are not shown until somebody chooses them.
    """

    #: A row, as it stands in the table, was chosen by hand.
    chosen = pyqtSignal(int)
    #: Delete was pressed on it.
    deleted = pyqtSignal()

    def __init__(self, editor: Editor, name: str, spared: Collection[str] = ()) -> None:
        super().__init__()
        self._editor, self._name = editor, name
        self._places: Sequence[Voxel | None] = ()
        self.model = TableModel(self)
        self.columns = ColumnsButton(name, spared)
        self.columns.changed.connect(self._show_columns)
        self.list = self._list()
        self.sentence = ElidedLabel("About the table")
        self.sentence.setProperty("quiet", True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        #: What is doubtful, which has all the lines that it needs.
        self.findings = QLabel()
        self.findings.setWordWrap(True)
        self.findings.setAccessibleName("What is doubtful about the table")
        self.findings.hide()
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip(
            "Copy the table as text, in the order and with the columns that are shown, to be pasted into a sheet."
        )
        self.copy_button.clicked.connect(lambda _: self.copy())
        self.save_button = QPushButton("Save…")
        self.save_button.setToolTip("Save the table as TSV or CSV, with all its columns and all digits of its numbers.")
        self.save_button.clicked.connect(lambda _: self.save())
        #: For buttons of whoever shows the table.
        self.line = FlowingRow()
        for widget in (self.sentence, self.columns, self.copy_button, self.save_button):
            self.line.addWidget(widget, int(widget is self.sentence))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.findings)
        layout.addLayout(self.line)
        self.show_table(Table({}))

    def _list(self) -> PythonTable:
        view = PythonTable()
        view.setModel(self.model)
        view.setAccessibleName(self._name)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setSortingEnabled(True)
        # As it was worked out, until a heading is clicked.
        view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        rows, columns = sure(view.verticalHeader()), sure(view.horizontalHeader())
        rows.hide()
        rows.setDefaultSectionSize(view.fontMetrics().height() + 8)
        columns.setHighlightSections(False)
        columns.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        columns.customContextMenuRequested.connect(self._offer_columns)
        # As wide as needed, which Qt would find anew of every column, hidden or not, with each that is hidden.
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setResizeContentsPrecision(16)  # rows that are looked at: of sixty, all would take a moment
        bar = sure(view.horizontalScrollBar()).sizeHint().height()
        view.setMinimumHeight(columns.sizeHint().height() + 2 * rows.defaultSectionSize() + 2 * view.frameWidth() + bar)
        view.clicked.connect(self._go_to)
        sure(view.selectionModel()).currentRowChanged.connect(self._follow_keys)
        for key, act in ((QKeySequence.StandardKey.Copy, self.copy), (QKeySequence.StandardKey.Delete, self.deleted)):
            shortcut = QShortcut(QKeySequence(key), view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        return view

    def wrap_last(self) -> None:
        """Let the last column have the room that is left, in as many lines as its words need."""
        self.list.setWordWrap(True)
        sure(self.list.verticalHeader()).setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the planes most of the window."""
        return QSize(300, 160)

    @property
    def table(self) -> Table:
        """The table that is shown."""
        return self.model.table

    def show_table(
        self,
        table: Table,
        places: Sequence[Voxel | None] = (),
        sentence: str = "",
        findings: Sequence[str] = (),
    ) -> None:
        """Show a table.

        Parameters
        ----------
        table : Table
        places : sequence of (tuple of 3 int or None)
            Of each row, the voxel that a click on it goes to; none of any, if it is empty.
        sentence : str
            What stands below; how many rows there are, by default.
        findings : sequence of str
            What is doubtful, a sentence each: the first is shown, and all in the tool tip.
        """
        self._places = places
        self.model.show_table(table)
        self.columns.offer(table.names)
        self._show_columns()
        self.sentence.setText(sentence or (in_number(len(table), "row") if len(table) else ""))
        more = f" (And {in_number(len(findings) - 1, 'sentence')} more; point here.)" if len(findings) > 1 else ""
        self.findings.setText(f"{findings[0]}{more}" if findings else "")
        self.findings.setToolTip("\n".join(findings))
        self.findings.setVisible(bool(findings))
        for button in (self.copy_button, self.save_button):
            button.setEnabled(bool(len(table)))

    def _offer_columns(self, at: QPoint) -> None:
        self.columns.pop_up(sure(self.list.horizontalHeader()).mapToGlobal(at))

    def _show_columns(self) -> None:
        shown, header = frozenset(self.columns.shown), sure(self.list.horizontalHeader())
        for column, name in enumerate(self.table.names):
            self.list.setColumnHidden(column, name not in shown)
            if name in shown:
                width = max(self.list.sizeHintForColumn(column), header.sectionSizeHint(column))
                header.resizeSection(column, width)
        if self.list.wordWrap() and self.table.names:
            header.setSectionResizeMode(len(self.table.names) - 1, QHeaderView.ResizeMode.Stretch)

    @property
    def rows(self) -> list[int]:
        """The rows that are selected, as they stand in the table, in the order that is shown."""
        selected = sure(self.list.selectionModel()).selectedRows()
        return [self.model.order[index.row()] for index in sorted(selected, key=QModelIndex.row)]

    def _go_to(self, index: QModelIndex) -> None:
        row = self.model.order[index.row()]
        place = self._places[row] if row < len(self._places) else None
        if place is not None:
            self._editor.viewer.set_crosshair(place)
        self.chosen.emit(row)

    def _follow_keys(self, index: QModelIndex) -> None:
        # A click goes there as well, once.
        if index.isValid() and self.list.hasFocus():
            self._go_to(index)

    def _with(self, names: Sequence[str]) -> Table:
        """Return some columns of the table, with its rows in the order that is shown."""
        columns = {name: [self.table.cell(row, name) for row in self.model.order] for name in names}
        return Table(columns, self.table.meanings)

    def copy(self) -> None:
        """Put the table on the clipboard."""
        if len(self.table):
            sure(QGuiApplication.clipboard()).setText(self._with(self.columns.shown).text())
            self._editor.say(f"Copied the table of {self._name.lower()} ({in_number(len(self.table), 'row')}).")

    def save(self) -> None:
        """Ask where to, and save the table."""
        session = self._editor.session
        if not len(self.table) or session is None:
            return
        endings, table = tuple(SEPARATORS), self._with(self.table.names)
        suggested = beside_image(session, self._name.lower(), endings[0])
        name, _ = QFileDialog.getSaveFileName(self, f"Save the table of {self._name.lower()}", str(suggested), _FILES)
        if name:
            path = formats.with_ending(Path(name), endings)
            self._editor.jobs.run(
                f"Saving {path.name}", lambda _: table.write(path), lambda _: self._editor.say(f"Saved {path}.")
            )
