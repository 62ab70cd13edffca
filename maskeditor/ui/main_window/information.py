"""What is known of the images, on demand; the only place that shows who the patient is."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QTableWidget, QTabWidget, QVBoxLayout, QWidget

from maskeditor.core.operation.scene import Derived
from maskeditor.io.dicom.information import dicom_information
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import table
from maskeditor.ui.main_window.image_page import (
    ImagePage,
    Rows,
    base_rows,
    derived_rows,
    opened_rows,
    worked_out,
)
from maskeditor.ui.qt import sure
from maskeditor.ui.work.worker import Lane


class InformationDialog(QDialog):
    """Shows what is known of each image, and what the DICOM files say once that is asked for.

    Parameters
    ----------
    parent : QWidget
    session : Session
    chosen : str
        The name of the image that is shown first; "" is the one that is edited on.
    """

    def __init__(self, parent: QWidget, session: Session, chosen: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle("Image information")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        lane = Lane("statistics", parent=self)
        self.finished.connect(lambda _: self.deleteLater())
        document = session.document
        snapshot = document.snapshot()
        #: Of each image, by its name.
        self.pages = {"": ImagePage(base_rows(session), worked_out(snapshot, "", is_derived=False), lane)}
        for name, source in document.further_images().items():
            is_derived = isinstance(source, Derived)
            rows = (
                derived_rows(name, source, document.volume)
                if isinstance(source, Derived)
                else opened_rows(name, session.further[name])
            )
            self.pages[name] = ImagePage(rows, worked_out(snapshot, name, is_derived), lane)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Images")
        for name, page in self.pages.items():
            self.tabs.addTab(page, name or "Image")
        info = session.info
        if info is not None and info.series_uid is not None and info.files:
            header = _Header(Path(info.files[len(info.files) // 2]))
            self.tabs.insertTab(1, header, "DICOM header")
        # Alone, it needs no tab.
        sure(self.tabs.tabBar()).setVisible(self.tabs.count() > 1)
        self.tabs.setCurrentWidget(self.pages.get(chosen, self.pages[""]))
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs)
        layout.addWidget(buttons)
        self.resize(min(900, parent.width()), min(640, parent.height()))


class _Header(QWidget):
    """The attributes of a DICOM file, read when they are first shown."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path: Path | None = path
        self._lane = Lane("information", parent=self)
        self._note = QLabel(f"{path.name}: this names the patient; none of it is kept anywhere.")
        self._note.setWordWrap(True)
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find an attribute")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(self._filter)
        self._table: QTableWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self._note)
        self._layout.addWidget(self._find)
        self._layout.addStretch(1)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Read the file the first time."""
        super().showEvent(event)
        path, self._path = self._path, None
        if path is not None:
            self._lane.submit(lambda progress: dicom_information(path), self._show, self._failed)

    def _show(self, rows: Rows) -> None:
        self._table = table(("Attribute", "Value"), rows, "DICOM header")
        self._table.setColumnWidth(0, min(360, self._table.columnWidth(0)))
        sure(self._layout.takeAt(2))
        self._layout.addWidget(self._table, 1)
        self._filter(self._find.text())

    def _failed(self, error: Exception) -> None:
        self._note.setText(str(error))

    def _filter(self, text: str) -> None:
        if self._table is None:
            return
        for row in range(self._table.rowCount()):
            cells = (self._table.item(row, column) for column in (0, 1))
            self._table.setRowHidden(row, not any(cell and text.lower() in cell.text().lower() for cell in cells))
