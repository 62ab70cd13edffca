"""The labels of an image as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtGui import QColor

from maskeditor.core.space.geometry import Geometry
from maskeditor.model.label_census import LabelPlace
from maskeditor.model.label_images import LabelImage
from maskeditor.model.numbers_in_words import counted, share_in_words, size_in_words, volume_in_words
from maskeditor.ui.panels.columns import RIGHT, ColumnsModel

COLOUR, NUMBER, NAME, VOXELS, VOLUME, SHARE = range(6)
#: Heading, and what it means.
COLUMNS = (
    ("", "Colour; click to choose another"),
    ("No.", "The number in the image"),
    ("Label", "Click to go there, double click to make an ROI"),
    ("Voxels", "Number of voxels"),
    ("mL", "Volume"),
    ("%", "Share of the image"),
)
#: What rows are ordered by.
SORT = Qt.ItemDataRole.UserRole


class LabelsModel(ColumnsModel):
    """The labels of an image, with what is known of each."""

    columns = COLUMNS

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._image: LabelImage | None = None
        self._places: Mapping[int, LabelPlace] = {}
        self._geometry: Geometry | None = None
        self.numbers: tuple[int, ...] = ()

    def show_labels(
        self, image: LabelImage | None, places: Mapping[int, LabelPlace] | None, geometry: Geometry | None
    ) -> None:
        """Show the labels of an image, or none.

        Parameters
        ----------
        image : LabelImage or None
        places : mapping of int to LabelPlace, or None
            As long as they are not known.
        geometry : Geometry or None
            Of the image; None without one.
        """
        now = (image, places or {}, geometry)
        numbers = image.labels if image is not None else ()
        is_listed = numbers == self.numbers
        if not is_listed:
            self.beginResetModel()
        self._image, self._places, self._geometry = now
        self.numbers = numbers
        if not is_listed:
            self.endResetModel()
        elif numbers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(numbers) - 1, len(COLUMNS) - 1))

    def words(self, row: int) -> str:
        """Return what a row is found by, in small letters."""
        number = self.numbers[row]
        return f"{number} {self._image.name(number) if self._image is not None else ''}".lower()

    @property
    def rows(self) -> int:
        """How many labels there are."""
        return len(self.numbers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return headings and their meaning; of numbers, on the right."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if section not in (COLOUR, NAME) else Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, and what it is ordered by."""
        if self._image is None or not 0 <= index.row() < len(self.numbers):
            return None
        number, column = self.numbers[index.row()], index.column()
        place = self._places.get(number)
        if role == SORT:
            if column in (VOXELS, VOLUME, SHARE):
                return place.voxels if place is not None else 0
            return self._image.name(number).lower() if column == NAME else number
        if role == Qt.ItemDataRole.DisplayRole:
            if column in (VOXELS, VOLUME, SHARE):
                return self._amount(place, column)
            return {NUMBER: str(number), NAME: self._image.name(number)}.get(column)
        if role == Qt.ItemDataRole.DecorationRole and column == COLOUR:
            return QColor(*self._image.colour(number))
        if role == Qt.ItemDataRole.TextAlignmentRole and column not in (COLOUR, NAME):
            return RIGHT
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and column in (COLOUR, NAME):
            words = self._image.in_words(number)
            if column == NAME and place is not None:
                assert self._geometry is not None
                words += f": {size_in_words(place.voxels, self._geometry)}"
            return f"Colour of {words}; click to choose another" if column == COLOUR else words
        return None

    def _amount(self, place: LabelPlace | None, column: int) -> str:
        if place is None or self._geometry is None:
            return "…"
        if column == VOXELS:
            return counted(place.voxels)
        if column == SHARE:
            return share_in_words(place.voxels, math.prod(self._geometry.shape)).removesuffix(" %")
        return volume_in_words(place.voxels * self._geometry.voxel_volume).removesuffix(" mL")
