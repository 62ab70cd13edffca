"""A row of words below the histogram: what was found, what is left out, and what is no number."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from maskeditor.model.numbers_in_words import counted
from maskeditor.ui.look.plain_text import without_shortcut
from maskeditor.ui.qt import sure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maskeditor.core.operation.found import Found
    from maskeditor.model.histogram import Histogram
    from maskeditor.model.intensity_range import Bounds


class SaidRow(QWidget):
    """Buttons and a label, each seen only while it has something to say; a click on what was found copies it."""

    #: The range between two intensities that part classes was chosen: both ends, None for none.
    offered = pyqtSignal(object)
    #: What was found was copied, in a sentence.
    copied = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[Found, ...] = ()
        self._words = ""
        self._shown: tuple[object, object] = ((), None)
        self.found = QToolButton(self)
        self.found.setAccessibleName("Found in the image")
        self.found.setToolTip("What the operation found in the image; a click copies the numbers")
        self.found.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.found.clicked.connect(self._copy)
        self.not_numbers = QLabel(self)
        self.not_numbers.setProperty("quiet", True)
        self.left_out = QToolButton(self)
        self.left_out.setAccessibleName("Left out of the bars")
        self.left_out.setToolTip("Count it again")
        for button in (self.found, self.left_out):
            button.setAutoRaise(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.found, 1)
        for widget in (self.not_numbers, self.left_out):
            row.addWidget(widget)
        self._height = max(widget.sizeHint().height() for widget in (self.found, self.left_out))
        for widget in (self.found, self.not_numbers, self.left_out):
            widget.hide()

    def sizeHint(self) -> QSize:
        """Return the room of a row also while there is nothing to say: where there is room, bars do not jump then."""
        return QSize(super().sizeHint().width(), self._height)

    def show_found(self, found: tuple[Found, ...], histogram: Histogram | None, names: Mapping[str, str]) -> None:
        """Say what was found in the image of a histogram, or in an ROI, whose name is among those by id."""
        titled = tuple(
            one._replace(title=f"{one.title} of {names[one.roi]}") if one.roi in names else one for one in found
        )
        if (titled, histogram) == self._shown:
            return
        self._shown, self._found = (titled, histogram), titled
        # Those of an ROI stand behind its name, or they would read as if the histogram were of it.
        words = (
            (names.get(roi, ""), ", ".join(one.in_words() for one in those))
            for roi, those in groupby(found, lambda one: one.roi)
        )
        self._words = "; ".join(f"{name}: {said}" if name else said for name, said in words)
        self.found.setText(without_shortcut(self._words))
        self.found.setVisible(bool(found))
        self._offer(classes_among([one.value for one in found if one.parts], histogram))

    def _offer(self, ranges: list[Bounds]) -> None:
        """Offer the ranges of classes."""
        from maskeditor.core.operation.intensity_range import range_words  # brings in pydantic

        menu = self.found.menu()
        menu = QMenu(self.found) if menu is None else menu
        menu.clear()
        for bounds in ranges:
            action = sure(menu.addAction(f"Take the range {range_words(*bounds)}"))
            action.triggered.connect(lambda _=False, bounds=bounds: self.offered.emit(bounds))
        self.found.setMenu(menu if ranges else None)
        popup = QToolButton.ToolButtonPopupMode.MenuButtonPopup
        self.found.setPopupMode(popup if ranges else QToolButton.ToolButtonPopupMode.DelayedPopup)

    def show_not_numbers(self, voxels: int) -> None:
        """Say how many voxels are no numbers."""
        words = "1 voxel is no number" if voxels == 1 else f"{counted(voxels)} voxels are no numbers"
        self.not_numbers.setText(words)
        self.not_numbers.setVisible(bool(voxels))

    def show_left_out(self, intensities: tuple[float, ...]) -> None:
        """Say which intensities are not counted."""
        self.left_out.setText(", ".join(f"without {value:g}" for value in intensities))
        self.left_out.setVisible(bool(intensities))

    def _copy(self) -> None:
        """Put what was found on the clipboard, as a table."""
        rows = ((one.title, one.value, *(() if one.upper is None else (one.upper,))) for one in self._found)
        sure(QApplication.clipboard()).setText("\n".join("\t".join(map(str, row)) for row in rows))
        self.copied.emit(f"Copied {self._words} to the clipboard.")


def classes_among(parting: list[float], histogram: Histogram | None) -> list[Bounds]:
    """Return the ranges that some intensities part the image of a histogram in, both ends included; None is no bound.

    The darker class ends with the intensity, the brighter one begins with the next that an image can have.
    """
    if histogram is None:
        return []
    lowest, step = histogram.minimum, histogram.step
    inside = sorted(value for value in parting if lowest <= value < histogram.maximum)
    # As rounded intensities are: a millionth of a step below one is that one.
    above = [
        lowest + (math.floor((value - lowest) / step + 1e-6) + 1) * step if step else math.nextafter(value, math.inf)
        for value in inside
    ]
    return list(zip([None, *above], [*inside, None], strict=True)) if inside else []
