"""The label panel: the labels of an image, found by name or number, gone to, and made ROIs of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PyQt6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PyQt6.QtGui import QColor, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.label_tables import BESIDE, read_table
from maskeditor.model.label_images import LabelImage
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.look.cells import ColourDelegate
from maskeditor.ui.look.roomy_table import RoomyTable
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.docks import come_up
from maskeditor.ui.panels.labels_model import COLOUR, NAME, NUMBER, SHARE, SORT, VOXELS, LabelsModel
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.labels import sentence_of


class _Found(QSortFilterProxyModel):
    """The labels whose number or name holds every word that is typed, in the order that was chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self.setSortRole(SORT)

    def find(self, text: str) -> None:
        """Show what holds some words."""
        self._words = tuple(text.lower().split())
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Whether a row holds all words."""
        model = self.sourceModel()
        assert isinstance(model, LabelsModel)
        text = model.words(row)
        return all(word in text for word in self._words)


class LabelsPanel(QWidget):
    """The list of labels of one image."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._labels = editor, editor.labels
        self._name = ""
        self._image: LabelImage | None = None
        self.images = QComboBox()
        self.images.setAccessibleName("Image of labels")
        self.images.setToolTip("The image whose labels are listed")
        self.images.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.images.activated.connect(lambda _: self._choose(self.images.currentData()))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a label")
        self.search.setAccessibleName("Find a label")
        self.search.setToolTip("Part of a name, or a number")
        self.search.setClearButtonEnabled(True)
        self.table_button = QPushButton("Table…")
        self.table_button.setToolTip("Take names and colours from a file: BIDS, ITK-SNAP, FreeSurfer or FSL")
        self.table_button.clicked.connect(self._take_table)
        self.model = LabelsModel(self)
        self.found = _Found(self)
        self.found.setSourceModel(self.model)
        self.search.textChanged.connect(self.found.find)
        self.search.returnPressed.connect(self._go_to_first)
        self.list = self._table()
        self.count = QLabel()
        self.count.setProperty("quiet", True)
        self.count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        # In a narrow panel it takes two lines, and nothing moves then.
        self.count.setWordWrap(True)
        self.count.setMinimumHeight(2 * self.count.fontMetrics().lineSpacing())
        self.make_button = QPushButton("Make ROI")
        self.make_button.clicked.connect(lambda: self._make(one_each=False))
        self.each_button = QPushButton("One each")
        self.each_button.setToolTip("Make an ROI of each label that is chosen")
        self.each_button.clicked.connect(lambda: self._make(one_each=True))
        self._lay_out()
        for signal in (self._labels.changed, editor.image_changed):
            signal.connect(self._update)
        editor.jobs.busy_changed.connect(self._enable)
        self._update()

    def _table(self) -> RoomyTable:
        table = RoomyTable(NAME, (COLOUR,), (SHARE, VOXELS))
        table.setModel(self.found)
        table.setAccessibleName("Labels")
        table.setItemDelegateForColumn(COLOUR, ColourDelegate(table))
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSortingEnabled(True)
        table.sortByColumn(NUMBER, Qt.SortOrder.AscendingOrder)
        table.size_columns()
        table.clicked.connect(self._click)
        table.doubleClicked.connect(self._double_click)
        sure(table.selectionModel()).selectionChanged.connect(self._enable)
        sure(table.selectionModel()).currentRowChanged.connect(self._follow_keys)
        return table

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.search, 1)
        above.addWidget(self.table_button)
        below.addWidget(self.count, 1)
        below.addWidget(self.each_button)
        below.addWidget(self.make_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.images)
        layout.addLayout(above)
        layout.addWidget(self.list, 1)
        layout.addLayout(below)

    # What is shown ------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        """Count the voxels of labels once somebody sees the list."""
        super().showEvent(event)
        self._update()

    def _update(self) -> None:
        names = self._labels.names
        shown = [self.images.itemData(place) for place in range(self.images.count())]
        if [*names] != shown:
            new = [name for name in names if name not in shown]
            self.images.clear()
            for name in names:
                self.images.addItem(name or "The open image", name)
            self._name = new[0] if new else self._name if self._name in names else names[0] if names else ""
            if new:
                come_up(self)
        self.images.setCurrentIndex(names.index(self._name) if self._name in names else -1)
        self.images.setVisible(len(names) > 1)
        self._image = self._labels.image(self._name) if names else None
        document = self._editor.document
        places = self._labels.places(self._name) if self._image is not None and self.isVisible() else None
        self.model.show_labels(self._image, places, document.geometry if document is not None else None)
        self.list.make_room()
        self._enable()

    def _choose(self, name: str) -> None:
        self._name = name
        self._update()

    @property
    def chosen(self) -> tuple[int, ...]:
        """The labels that are selected, in the order of the list."""
        rows = sure(self.list.selectionModel()).selectedRows(NUMBER)
        return tuple(row.data(SORT) for row in sorted(rows, key=QModelIndex.row))

    def _enable(self) -> None:
        chosen, document = self.chosen, self._editor.document
        is_free = document is not None and not self._editor.jobs.busy
        self.make_button.setEnabled(is_free and bool(chosen))
        self.make_button.setToolTip(
            "Make an ROI of the label, as a double click on it does"
            if len(chosen) == 1
            else "Make one ROI of the labels that are chosen (Ctrl or Shift and click chooses several)"
        )
        self.each_button.setEnabled(is_free and len(chosen) > 1)
        self.table_button.setEnabled(self._image is not None)
        if self._image is None:
            self.count.setText("No labels" if document is not None else "")
        else:
            every = len(self._image.labels)
            self.count.setText(f"{len(chosen)} of {every}" if len(chosen) > 1 else in_number(every, "label"))
        says = "" if self._image is not None else "No image of labels is open; File ▸ Add image… opens one."
        self.count.setToolTip(says or (f"{self.count.text()} chosen" if len(chosen) > 1 else self.count.text()))

    # What is done -------------------------------------------------------------------------------------------------

    def _number(self, index: QModelIndex) -> int:
        number: int = index.siblingAtColumn(NUMBER).data(SORT)
        return number

    def _click(self, index: QModelIndex) -> None:
        if index.column() == COLOUR:
            self._change_colour(self._number(index))
        else:
            self._labels.go_to(self._name, self._number(index))

    def _follow_keys(self, index: QModelIndex) -> None:
        # A click goes there as well, once.
        if index.isValid() and self.list.hasFocus():
            self._labels.go_to(self._name, self._number(index))

    def _double_click(self, index: QModelIndex) -> None:
        if index.column() != COLOUR and self.make_button.isEnabled():
            self._make(one_each=False)

    def _go_to_first(self) -> None:
        """Choose the first label that was found, and go there."""
        if self.found.rowCount():
            self.list.selectRow(0)
            self._labels.go_to(self._name, self.found.index(0, NUMBER).data(SORT))

    def _make(self, one_each: bool) -> None:
        groups = [(number,) for number in self.chosen] if one_each else [self.chosen]
        new = [self._labels.roi_of(self._name, group) for group in groups]
        self._editor.bringing_in.rois(
            new, f"ROI of {in_number(len(self.chosen), 'label')}", sentence_of(new), fill=True
        )

    def _change_colour(self, number: int) -> None:
        image = self._image
        assert image is not None
        before = QColor(*image.colour(number))
        chosen = QColorDialog.getColor(before, self, f"Colour of label {image.in_words(number)}")
        if chosen.isValid():
            colour = (chosen.red(), chosen.green(), chosen.blue())
            self._call({**image.named, number: NamedLabel(image.name(number), colour)})

    def _take_table(self) -> None:
        path = self._editor.session.path if self._editor.session is not None else None
        beside, shown = str(path.parent) if path is not None else "", f"Tables ({formats.patterns(BESIDE)})"
        name, _ = QFileDialog.getOpenFileName(self, "Choose a table of labels", beside, shown)
        if not name:
            return
        try:
            self._call(read_table(Path(name)))
        except MaskEditorError as error:
            self._editor.failed.emit(str(error))

    def _call(self, named: Mapping[int, NamedLabel]) -> None:
        self._labels.call(self._name, named)


PANEL = PanelDeclaration(
    id="labels",
    title="Labels",
    area=Qt.DockWidgetArea.RightDockWidgetArea,
    order=5,
    make=LabelsPanel,
    beside="images",
    open=False,  # it comes up with an image of labels
)
