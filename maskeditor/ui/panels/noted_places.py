"""The panel of noted places: a list with comments; a click goes there."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.model.notes import NotedPlace
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.docks import come_up
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

NONE_YET = "No place is noted. View ▸ Note this place puts the one under the crosshair here."
COMMENT, WORLD, VOXEL, VOLUME = range(4)


class PlacesList(QTreeWidget):
    """The list, which asks for few rows at first: below the planes, it takes its room from them."""

    #: How many.
    ROWS = 3

    def sizeHint(self) -> QSize:
        """Return room for the headings and a few rows."""
        return QSize(super().sizeHint().width(), round((self.ROWS + 1.5) * 1.3 * self.fontMetrics().height()))


class NotedPlacesPanel(QWidget):
    """Lists the noted places; comments are changed by a double click or F2."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor, self._noting = editor, editor.noting
        self.list = PlacesList()
        self.list.setAccessibleName("Noted places")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels(["Comment", "RAS mm", "Voxel", "Volume"])
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.list.setMinimumHeight(60)
        header = sure(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(COMMENT, QHeaderView.ResizeMode.Stretch)
        self.sentence = QLabel(NONE_YET)
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("quiet", True)
        self.add_button = self._tool("plus", "Note the place under the crosshair")
        self.remove_button = self._tool("minus", "Remove the chosen place (Del)")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy all places as a table: comments, mm, voxels and volumes.")
        buttons = QHBoxLayout()
        for button in (self.add_button, self.remove_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.addWidget(self.sentence)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self.add_button.clicked.connect(self._noting.note)
        self.remove_button.clicked.connect(self._remove)
        self.copy_button.clicked.connect(self.copy)
        self.list.itemClicked.connect(lambda item, _: self._noting.go_to(self.list.indexOfTopLevelItem(item)))
        self.list.itemActivated.connect(lambda item, _: self._noting.go_to(self.list.indexOfTopLevelItem(item)))
        self.list.itemChanged.connect(self._rename)
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        remove = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list)
        remove.setContext(Qt.ShortcutContext.WidgetShortcut)
        remove.activated.connect(self._remove)
        self._noting.changed.connect(self._show)
        editor.image_changed.connect(self._open)
        self._show()

    @staticmethod
    def _tool(picture: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(glyph(picture))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _open(self) -> None:
        """Show the places that came with a session."""
        self._show()
        if self._noting.notes.places:
            come_up(self)

    def _show(self) -> None:
        places, document = self._noting.notes.places, self._editor.document
        before = self.list.topLevelItemCount()
        chosen = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else -1
        with QSignalBlocker(self.list):
            self.list.clear()
            for place in places:
                self.list.addTopLevelItem(self._row(place))
            # What was just noted is chosen, to be renamed; else what was.
            chosen = len(places) - 1 if len(places) > before else min(chosen, len(places) - 1)
            if chosen >= 0:
                self.list.setCurrentItem(self.list.topLevelItem(chosen))
            for column in (WORLD, VOXEL, VOLUME):
                self.list.resizeColumnToContents(column)
        self.list.setColumnHidden(VOLUME, document is None or document.volume.frames == 1)
        self.sentence.setVisible(not places)
        self.add_button.setEnabled(document is not None)
        self._show_buttons()

    def _row(self, place: NotedPlace) -> QTreeWidgetItem:
        document = self._editor.document
        assert document is not None
        world = ", ".join(f"{value + 0.0:.1f}" for value in document.geometry.to_world(place.voxel).round(1))
        frame = "" if place.frame is None else str(place.frame)
        row = QTreeWidgetItem([place.comment, world, ", ".join(map(str, place.voxel)), frame])
        row.setFlags(row.flags() | Qt.ItemFlag.ItemIsEditable)
        row.setToolTip(COMMENT, f"{place.comment}; click to go there, double click to change the comment")
        return row

    def _show_buttons(self) -> None:
        there = self.list.topLevelItemCount() > 0
        self.copy_button.setEnabled(there)
        self.remove_button.setEnabled(there and self.list.currentItem() is not None)

    def _rename(self, row: QTreeWidgetItem, column: int) -> None:
        if column == COMMENT and row.text(COMMENT).strip():
            self._noting.comment(self.list.indexOfTopLevelItem(row), row.text(COMMENT))
        # Of the other columns, and without a comment, what was there is shown again.
        self._show()

    def _remove(self) -> None:
        row = self.list.currentItem()
        if row is not None:
            self._noting.remove(self.list.indexOfTopLevelItem(row))

    def copy(self) -> None:
        """Put all places on the clipboard."""
        sure(QGuiApplication.clipboard()).setText(self._noting.as_text())
        count = len(self._noting.notes.places)
        self._editor.say(f"Copied {in_number(count, 'place')} to the clipboard.")


PANEL = PanelDeclaration(
    id="places",
    title="Noted places",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=7,
    make=NotedPlacesPanel,
    open=False,  # until a place is noted
)
