"""What is known of the image, on demand; the only place that shows who the patient is."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from maskeditor.io.dicom.information import dicom_information
from maskeditor.model.image_statistics import PERCENTILES, ImageStatistics, image_statistics
from maskeditor.model.numbers_in_words import counted
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import table
from maskeditor.ui.qt import sure
from maskeditor.ui.work.worker import Lane

Rows = list[tuple[str, str]]
#: The row of the image's smallest and largest intensity, until which one waits.
INTENSITIES = "Intensities"


def image_rows(session: Session) -> Rows:
    """Return what the program makes of the image; nothing of the patient."""
    volume = session.document.volume
    geometry, info = volume.geometry, session.info
    rows = [
        ("Name", session.name),
        ("File", str(session.path) if session.path else "embedded sample"),
        *([("Kind", info.kind)] if info is not None else []),
        *([("Files", str(len(info.files)))] if info is not None and len(info.files) > 1 else []),
        *([("Date", info.date)] if info is not None and info.date else []),
        ("Shape", " × ".join(map(str, volume.stored.shape))),
        ("Zooms", " × ".join(f"{zoom:.4g}" for zoom in geometry.zooms) + " mm"),
        ("Axis codes", "".join(geometry.axis_codes) + (", oblique" if geometry.is_oblique else "")),
        ("Stored as", str(volume.stored.dtype)),
        ("Slope and intercept", f"{volume.slope:g}, {volume.intercept:g}"),
        (INTENSITIES, "being worked out …"),
        *(
            (f"Affine, row {row + 1}", "   ".join(f"{value:.5g}" for value in values))
            for row, values in enumerate(geometry.affine[:3])
        ),
    ]
    return rows + [("Finding", finding) for finding in volume.findings]


def statistics_rows(found: ImageStatistics) -> Rows:
    """Return what all intensities of the image are like."""
    percents = ", ".join(f"{percent:g}" for percent in PERCENTILES)
    rows = [
        (INTENSITIES, f"{found.minimum:.6g} to {found.maximum:.6g}"),
        (f"Percentiles {percents}", ", ".join(f"{value:.6g}" for value in found.percentiles)),
    ]
    return [*rows, ("NaN or infinite", f"{counted(found.not_finite)} left out")] if found.not_finite else rows


class InformationDialog(QDialog):
    """Shows what is known of the image, and what its DICOM files say once that is asked for.

    Parameters
    ----------
    parent : QWidget
    session : Session
    """

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setWindowTitle("Image information")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        rows = image_rows(session)
        self._waiting = [name for name, _ in rows].index(INTENSITIES)
        self.image = table(("", ""), rows, "Image")
        layout.addWidget(self._tabs(session))
        layout.addWidget(buttons)
        lane = Lane("statistics", parent=self)
        # However it ends, by its button or with the window.
        self.destroyed.connect(lambda _: lane.close())
        self.finished.connect(lambda _: self.deleteLater())
        volume = session.document.volume
        lane.submit(lambda progress: image_statistics(volume, progress), self._show_statistics, self._say_failure)
        self.resize(min(900, parent.width()), min(640, parent.height()))

    def _show_statistics(self, found: ImageStatistics) -> None:
        self._replace_waiting(statistics_rows(found))

    def _say_failure(self, error: Exception) -> None:
        self._replace_waiting([(INTENSITIES, str(error))])

    def _replace_waiting(self, rows: Rows) -> None:
        for row, cells in enumerate(rows, self._waiting):
            if row > self._waiting:
                self.image.insertRow(row)
            for column, cell in enumerate(cells):
                self.image.setItem(row, column, QTableWidgetItem(cell))
        self.image.resizeColumnToContents(0)

    def _tabs(self, session: Session) -> QWidget:
        image, info = self.image, session.info
        if info is None or info.series_uid is None or not info.files:
            return image
        tabs = QTabWidget()
        tabs.addTab(image, "Image")
        header = _Header(Path(info.files[len(info.files) // 2]))
        tabs.addTab(header, "DICOM header")
        self.finished.connect(lambda _: header.stop())
        return tabs


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

    def stop(self) -> None:
        """Wait for no file any more."""
        self._lane.close()

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
