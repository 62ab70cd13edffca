"""What is known of one image: where it is from, its grid, its units, and what its intensities are like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QTableWidgetItem, QVBoxLayout, QWidget

from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scene import Derived, repetition_time_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import visible
from maskeditor.engine.progress import Progress
from maskeditor.model.further import FurtherImage
from maskeditor.model.image_statistics import PERCENTILES, ImageStatistics, image_statistics
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import table
from maskeditor.ui.work.worker import Lane

Rows = list[tuple[str, str]]
#: The row of the image's smallest and largest intensity, until which one waits.
INTENSITIES = "Intensities"
WAITING = (INTENSITIES, "being worked out …")


def base_rows(session: Session) -> Rows:
    """Return what the program makes of the image that is edited on; nothing of the patient."""
    volume, info = session.document.volume, session.info
    return [
        ("Name", visible(session.name)),
        ("File", _in_full(session.path) if session.path else "embedded sample"),
        *([("Kind", info.kind)] if info is not None else []),
        *([("Files", str(len(info.files)))] if info is not None and len(info.files) > 1 else []),
        *([("Date", info.date)] if info is not None and info.date else []),
        *grid_rows(volume, volume.frames, volume.repetition_time, info is not None and info.modality == "CT"),
        *stored_rows(volume),
        WAITING,
        *affine_rows(volume),
    ]


def opened_rows(name: str, image: FurtherImage) -> Rows:
    """Return what is known of a further image that was opened."""
    volume, labels = image.volume, image.labels
    how = f"to the grid of the open image ({image.interpolation})"
    return [
        ("Name", name),
        ("File", _in_full(image.path) if image.path is not None else "given by Python"),
        *(source_rows(image) if image.interpolation else []),
        ("Resampled", how if image.interpolation else "no: it lies on the grid of the open image"),
        *([("Labels", in_number(len(labels.labels), "label"))] if labels is not None else []),
        *grid_rows(volume, volume.frames, volume.repetition_time),
        *stored_rows(volume),
        WAITING,
        *affine_rows(volume),
    ]


def _in_full(path: Path) -> str:
    """Return a path without the way there and back again that it was given by."""
    return visible(str(path.parent.resolve() / path.name))


def source_rows(image: FurtherImage) -> Rows:
    """Return the grid of an image as it was before it was resampled, and how that differs from the open image's."""
    grid = image.source_grid
    return [
        ("In its file", f"{' × '.join(map(str, grid.shape))} voxels, {image.source_type}"),
        ("Zooms there", " × ".join(f"{zoom:.4g}" for zoom in grid.zooms) + " mm"),
        ("Axis codes there", _axes(grid)),
        *(("Difference", sentence) for sentence in image.volume.geometry.differences(grid)),
    ]


def _axes(grid: Geometry) -> str:
    return "".join(grid.axis_codes) + (", oblique" if grid.is_oblique else "")


def derived_rows(name: str, source: Derived, base: Volume) -> Rows:
    """Return what is known of an image that a step makes, before it is worked out."""
    operation = source.operation
    assert isinstance(operation, ImageOperation)
    return [
        ("Name", name),
        ("Made by", operation.summary()),
        *grid_rows(base, source.frames, repetition_time_of(source)),
        WAITING,
        *affine_rows(base),
    ]


def grid_rows(volume: Volume, frames: int, seconds: float, is_ct: bool = False) -> Rows:
    """Return the grid of an image, and what it is measured in."""
    geometry = volume.geometry
    shape = (*geometry.shape, frames) if frames > 1 else geometry.shape
    time = f"; {seconds:g} s from one volume to the next" if seconds else "; no time between volumes is stated"
    intensities = "; intensities in HU" if is_ct else ""
    return [
        ("Shape", " × ".join(map(str, shape))),
        ("Zooms", " × ".join(f"{zoom:.4g}" for zoom in geometry.zooms) + " mm"),
        ("Units", f"lengths in mm{time if frames > 1 else ''}{intensities}"),
        ("Axis codes", _axes(geometry)),
    ]


def stored_rows(volume: Volume) -> Rows:
    """Return how the values of an image are stored."""
    return [
        ("Stored as", str(volume.stored.dtype)),
        ("Slope and intercept", f"{volume.slope:g}, {volume.intercept:g}"),
    ]


def affine_rows(volume: Volume) -> Rows:
    """Return the affine of an image, and what is doubtful about it."""
    lines = enumerate(volume.geometry.affine[:3])
    rows = [(f"Affine, row {row + 1}", "   ".join(f"{value:.5g}" for value in values)) for row, values in lines]
    return rows + [("Finding", finding) for finding in volume.findings]


def statistics_rows(found: ImageStatistics) -> Rows:
    """Return what all intensities of an image are like."""
    percents = ", ".join(f"{percent:g}" for percent in PERCENTILES)
    rows = [
        (INTENSITIES, f"{found.minimum:.6g} to {found.maximum:.6g}"),
        (f"Percentiles {percents}", ", ".join(f"{value:.6g}" for value in found.percentiles)),
    ]
    return [*rows, ("NaN or infinite", f"{counted(found.not_finite)} left out")] if found.not_finite else rows


class ImagePage(QWidget):
    """The table of one image; what its intensities are like is worked out once it is looked at.

    Parameters
    ----------
    rows : list of pairs of str
        `WAITING` among them.
    work : callable of Progress
        Returns what is put in the place of that; called on the lane.
    lane : Lane
    """

    def __init__(self, rows: Rows, work: Callable[[Progress], Rows], lane: Lane) -> None:
        super().__init__()
        self._waiting = rows.index(WAITING)
        self._work: Callable[[Progress], Rows] | None = work
        self._lane = lane
        self.table = table(("", ""), rows, "Image")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin to work out what is due, the first time."""
        super().showEvent(event)
        work, self._work = self._work, None
        if work is not None:
            self._lane.submit(
                work, self._replace_waiting, lambda error: self._replace_waiting([(INTENSITIES, str(error))])
            )

    def _replace_waiting(self, rows: Rows) -> None:
        for row, cells in enumerate(rows, self._waiting):
            if row > self._waiting:
                self.table.insertRow(row)
            for column, cell in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(cell))
        self.table.resizeColumnToContents(0)


def worked_out(snapshot: Snapshot, name: str, is_derived: bool) -> Callable[[Progress], Rows]:
    """Return what finds out what is due of an image; one that a step makes is worked out for it."""

    def work(progress: Progress) -> Rows:
        volume = snapshot.image(name, progress)
        return (stored_rows(volume) if is_derived else []) + statistics_rows(image_statistics(volume, progress))

    return work
