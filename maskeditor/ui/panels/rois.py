"""The ROI panel: which masks there are, how they look, how large they are."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QFont, QMouseEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.history.document import Document
from maskeditor.core.space.mask import Roi, in_quotes
from maskeditor.model.numbers_in_words import counted, share_in_words, sizes_in_words, volume_in_words
from maskeditor.ui.look.cells import GLYPH, ColourDelegate, GlyphDelegate
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.roomy_table import RoomyTable
from maskeditor.ui.panels.columns import RIGHT, ColumnsModel
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor

VISIBLE, COLOUR, NAME, VOXELS, VOLUME, SHARE, LOCKED = range(7)
#: Columns of how large it is.
SIZES = (VOXELS, VOLUME, SHARE)
#: Heading, and what it means.
COLUMNS = (
    ("", "Whether it is drawn"),
    ("", "Colour"),
    ("ROI", "Name; double click or F2 to change it"),
    ("Voxels", "Number of voxels"),
    ("mL", "Volume"),
    ("%", "Share of the image"),
    ("", "Whether it is kept from changes"),
)


class RoisModel(ColumnsModel):
    """The ROIs of the open document."""

    columns = COLUMNS

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        # Of what is previewed.
        self._slanted = QFont()
        self._slanted.setItalic(True)
        self.rois: tuple[Roi, ...] = ()

    def update(self) -> None:
        """Show the ROIs as they are now."""
        document = self._editor.document
        rois = tuple(document.rois) if document is not None else ()
        if [roi.id for roi in rois] != [roi.id for roi in self.rois]:
            self.beginResetModel()
            self.rois = rois
            self.endResetModel()
        elif rois:
            self.rois = rois
            self.dataChanged.emit(self.index(0, 0), self.index(len(rois) - 1, len(COLUMNS) - 1))

    @property
    def rows(self) -> int:
        """How many ROIs there are."""
        return len(self.rois)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return headings and their meaning, with glyphs for those without words."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DecorationRole and section in (VISIBLE, LOCKED):
                return glyph("eye" if section == VISIBLE else "locked")
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter if section == NAME else RIGHT
        return super().headerData(section, orientation, role)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        document = self._editor.document
        if document is None or not 0 <= index.row() < len(self.rois):
            return None
        roi, column = self.rois[index.row()], index.column()
        if role == GLYPH:
            shown = "eye" if roi.visible and not self._are_hidden else "hidden"
            kept = "locked" if roi.locked else "unlocked"
            return {VISIBLE: shown, LOCKED: kept}.get(column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if column == NAME:
                return roi.name
            if column in SIZES:
                return self._size(roi, column, document)
        if role == Qt.ItemDataRole.FontRole and column in SIZES and self._editor.previews.is_shown_of(roi.id):
            return self._slanted
        if role == Qt.ItemDataRole.DecorationRole and column == COLOUR:
            return QColor(*roi.colour)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in SIZES:
            return RIGHT
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._describe(roi, column)
        return None

    def _size(self, roi: Roi, column: int, document: Document) -> str:
        voxels = self._editor.voxels_of(roi.id)
        if voxels is None:
            return "…"
        if column == VOXELS:
            return counted(voxels)
        if column == SHARE:
            return share_in_words(voxels, math.prod(document.geometry.shape)).removesuffix(" %")
        millilitres = voxels * document.geometry.voxel_volume
        return volume_in_words(millilitres).removesuffix(" mL") if millilitres else "0"

    def size_in_words(self, roi: Roi, columns: Collection[int] = SIZES) -> str:
        """Return how large an ROI is, as it is shown, by what some of the columns say."""
        document = self._editor.document
        assert document is not None
        voxels = self._editor.voxels_of(roi.id)
        if voxels is None:
            return "counting …"
        parts = zip(SIZES, sizes_in_words(voxels, document.geometry), strict=True)
        return ", ".join(words for column, words in parts if column in columns)

    @property
    def _are_hidden(self) -> bool:
        """Whether no mask is drawn, whatever is said of each."""
        return self._editor.viewer.state.masks_hidden

    def _describe(self, roi: Roi, column: int) -> str | None:
        size = f"{self.size_in_words(roi)}{' previewed' if self._editor.previews.is_shown_of(roi.id) else ''}"
        seen = "shown; click to hide it" if roi.visible else "hidden; click to show it"
        if self._are_hidden:
            seen = self._editor.keys.in_words("hidden with all masks ({mask_visible}); click to show them, and it")
        return {
            VISIBLE: f"{roi.quoted} is {seen}",
            COLOUR: f"Colour of {roi.quoted}; click to choose another",
            NAME: f"{roi.name}: {size}",
            VOXELS: size,
            VOLUME: size,
            SHARE: size,
            LOCKED: f"{roi.quoted} is {'locked; click to unlock it' if roi.locked else 'unlocked; click to lock it'}",
        }.get(column)

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Give an ROI another name."""
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME or not name:
            return False
        roi = self.rois[index.row()]
        if any(other.name == name and other.id != roi.id for other in self.rois):
            self._editor.say(f"There is another ROI named {in_quotes(name)}; choose a different name.")
            return False
        if name != roi.name:
            self._editor.change_roi(roi.id, name=name)
        return True

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Names can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags


class _RoisTable(RoomyTable):
    """A table in which a click on eye, colour or lock chooses no row: it is about that ROI, whichever is worked on."""

    #: One of these cells was clicked.
    switched = pyqtSignal(QModelIndex)

    def _switch_at(self, event: QMouseEvent | None) -> QModelIndex | None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return None
        index = self.indexAt(event.position().toPoint())
        return index if index.isValid() and index.column() in (VISIBLE, COLOUR, LOCKED) else None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Leave the choice as it is where a cell is a switch."""
        if self._switch_at(event) is None:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Turn a switch."""
        index = self._switch_at(event)
        if index is None:
            super().mouseReleaseEvent(event)
        else:
            self.switched.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Take a second click on a switch as another one."""
        if self._switch_at(event) is None:
            super().mouseDoubleClickEvent(event)


class RoisPanel(QWidget):
    """The table of ROIs; the row that is chosen is the ROI that operations and tools work on."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._is_following = False
        self.model = RoisModel(editor, self)
        self.table = _RoisTable(NAME, (VISIBLE, COLOUR, LOCKED), (SHARE, VOXELS, VOLUME), self)
        self.table.setModel(self.model)
        for column in (VISIBLE, LOCKED):
            self.table.setItemDelegateForColumn(column, GlyphDelegate(self.table))
        self.table.setItemDelegateForColumn(COLOUR, ColourDelegate(self.table))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setAccessibleName("ROIs")
        self.table.size_columns()
        self.add_button = self._button("plus", "Add an empty ROI", self._add)
        self.delete_button = self._button("minus", "Delete the ROI and its steps; undo brings it back", self._delete)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.delete_button)
        # How large the active one is, as far as the table has no room for it.
        self.size_label = ElidedLabel("Size of the active ROI", "How large it is; % is its share of the image.")
        self.size_label.setProperty("quiet", True)
        self.size_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        buttons.addWidget(self.size_label, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._choose)
        self.table.switched.connect(self._click)
        editor.document_changed.connect(self._update)
        editor.image_changed.connect(self._update)
        editor.jobs.busy_changed.connect(self._enable)
        editor.preview_changed.connect(self._follow_preview)
        editor.viewer.changed.connect(self._follow_view)
        self.table.room_made.connect(self._show_size)
        self._update()

    def offer(self, actions: Sequence[QAction]) -> None:
        """Have a right click on a row, or the menu key, offer actions on that ROI."""
        self.table.addActions(actions)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _button(self, picture: str, tip: str, act: Any) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(glyph(picture))
        button.setAccessibleName(tip.split(";")[0])
        button.setToolTip(tip)
        button.clicked.connect(lambda: act())
        return button

    def _update(self) -> None:
        self.model.update()
        self.table.make_room()
        ids = [roi.id for roi in self.model.rois]
        if self._editor.active in ids:
            row = ids.index(self._editor.active)
            if self.table.currentIndex().row() != row:
                self._is_following = True
                self.table.setCurrentIndex(self.model.index(row, NAME))
                self._is_following = False
        self._enable()

    def _enable(self) -> None:
        some = self._editor.document is not None and not self._editor.jobs.busy
        self.add_button.setEnabled(some)
        self.delete_button.setEnabled(some and self.model.rows > 1)

    def _follow_preview(self) -> None:
        self.model.update()
        self.table.make_room()

    def _show_size(self) -> None:
        """Show how large the active ROI is, by what has no room in the table."""
        hidden = [column for column in SIZES if self.table.isColumnHidden(column)]
        active = [roi for roi in self.model.rois if roi.id == self._editor.active]
        font = self.size_label.font()
        font.setItalic(self._editor.previews.is_shown_of(self._editor.active))
        self.size_label.setFont(font)
        self.size_label.setText(self.model.size_in_words(active[0], hidden) if hidden and active else "")

    def _follow_view(self, changed: frozenset[str]) -> None:
        if "masks_hidden" in changed:
            self.model.update()

    def _choose(self, index: QModelIndex) -> None:
        # A row that follows the active ROI is none that was chosen: another may be, and wait for its turn.
        if not self._is_following and index.isValid() and index.row() < len(self.model.rois):
            self._editor.set_active(self.model.rois[index.row()].id)

    def _click(self, index: QModelIndex) -> None:
        roi = self.model.rois[index.row()]
        if index.column() == VISIBLE:
            self._switch(roi.id, "visible")
        elif index.column() == LOCKED:
            self._switch(roi.id, "locked")
        elif index.column() == COLOUR:
            chosen = QColorDialog.getColor(QColor(*roi.colour), self, f"Colour of {roi.quoted}")
            if chosen.isValid():
                self._editor.change_roi(roi.id, colour=(chosen.red(), chosen.green(), chosen.blue()))

    def _switch(self, id: str, what: str) -> None:
        """Turn an ROI's switch, as it stands once it is its turn."""

        def switch() -> None:
            document = self._editor.document
            if document is None:
                return
            on, viewer = not getattr(document.roi(id), what), self._editor.viewer
            if what == "visible" and viewer.state.masks_hidden:
                # It is not seen, so that a click wants it to be.
                viewer.change(masks_hidden=False)
                on = True
            self._editor.change_roi(id, **{what: on})

        self._editor.turns.in_turn(switch)

    def _add(self) -> None:
        self._editor.add_roi("ROI")

    def _delete(self) -> None:
        self._editor.turns.in_turn(lambda: self._editor.delete_roi(self._editor.active))


PANEL = PanelDeclaration(
    id="rois", title="ROIs", area=Qt.DockWidgetArea.RightDockWidgetArea, order=2, make=RoisPanel, share=2
)
