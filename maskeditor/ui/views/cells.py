"""Where planes and what belongs to them stand: the layouts, and the cells that they share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QSplitter, QWidget


class Layout(StrEnum):
    """What shares the room in the middle of the window."""

    THREE = "three"
    ONE = "one"
    FOUR = "four"
    MONTAGE = "montage"


def layout_of(name: object) -> Layout:
    """Return the layout of a name that was kept, or else that of the start.

    Examples
    --------
    >>> layout_of("four"), layout_of(None)
    (<Layout.FOUR: 'four'>, <Layout.THREE: 'three'>)
    """
    return Layout(str(name)) if name in set(Layout) else Layout.THREE


class Placing(NamedTuple):
    """Which widgets stand where.

    Parameters
    ----------
    top, bottom : tuple of QWidget
        The two rows, some of whose widgets may be hidden.
    beside : QWidget or None
        Stands on the right of the rows, or below them.
    orientation : Qt.Orientation
        Horizontal if it stands on the right.
    """

    top: tuple[QWidget, ...] = ()
    bottom: tuple[QWidget, ...] = ()
    beside: QWidget | None = None
    orientation: Qt.Orientation = Qt.Orientation.Horizontal


class _Row(QSplitter):
    """A row of cells that says when they have got other sizes by themselves."""

    laid_out = pyqtSignal()

    def event(self, event: QEvent | None) -> bool:
        """Share the room anew, and say so."""
        is_taken = super().event(event)
        if event is not None and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.laid_out.emit()
        return is_taken


class Cells(QSplitter):
    """Two rows whose cells stay in line, and a widget beside or below them; what was dragged wider stays so."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.placing = Placing()
        self._columns = QSplitter(Qt.Orientation.Vertical)
        self._top, self._bottom = QSplitter(), _Row()
        self.addWidget(self._columns)
        for row in (self._top, self._bottom):
            self._columns.addWidget(row)
        self._splitters = (self, self._columns, self._top, self._bottom)
        for splitter in self._splitters:
            splitter.setChildrenCollapsible(False)
        self._top.splitterMoved.connect(lambda: _align(self._top, self._bottom))
        # What stands below may not get as narrow as a plane.
        for moved in (self._bottom.splitterMoved, self._bottom.laid_out):
            moved.connect(lambda: _align(self._bottom, self._top))
        #: The sizes of all four that hands have given them, by who shared them. (What a lower room left is none.)
        self._sizes: dict[Placing, list[list[int]]] = {}
        for splitter in self._splitters:
            splitter.splitterMoved.connect(self._keep)

    def _keep(self) -> None:
        self._sizes[self.placing] = [splitter.sizes() for splitter in self._splitters]

    def place(self, placing: Placing) -> None:
        """Put widgets into their cells: in the sizes that they had there before, or else of one size."""
        if placing == self.placing:
            return
        self.placing = placing
        for row, widgets in ((self._top, placing.top), (self._bottom, placing.bottom)):
            for place, widget in enumerate(widgets):
                row.insertWidget(place, widget)
            row.setVisible(bool(widgets))
        self.setOrientation(placing.orientation)
        if placing.beside is not None:
            self.addWidget(placing.beside)
        kept = self._sizes.get(placing)
        for splitter, sizes in zip(self._splitters, kept or self._usual(placing), strict=True):
            splitter.setSizes(sizes)

    def _usual(self, placing: Placing) -> list[list[int]]:
        """Return the sizes that nobody has changed."""
        least = placing.beside.minimumSizeHint() if placing.beside is not None else QSize(0, 0)
        is_right = placing.orientation is Qt.Orientation.Horizontal
        whole, other = (self.width(), least.width()) if is_right else (self.height(), least.height())
        # Three planes in a row are higher than what stands below them.
        heights = [700, 300] if len(placing.top) > 2 and placing.bottom else [500, 500]
        return [[max(1, whole - other), other], heights, [1000] * self._top.count(), [1000] * self._bottom.count()]


def _align(moved: QSplitter, other: QSplitter) -> None:
    """Keep the cells of both rows in line; those that are hidden have no room."""
    sizes = [size for size in moved.sizes() if size]
    hidden = [size == 0 for size in other.sizes()]
    if len(sizes) == hidden.count(False):
        rest = iter(sizes)
        other.setSizes([0 if is_hidden else next(rest) for is_hidden in hidden])


def has_room_beside(room: QSize, other: QSize) -> bool:
    """Whether a square gets larger with something of a size beside it than with that below it.

    Examples
    --------
    >>> has_room_beside(QSize(900, 500), QSize(200, 200)), has_room_beside(QSize(500, 900), QSize(200, 200))
    (True, False)
    """
    width, height = room.width(), room.height()
    return min(width - other.width(), height) > min(width, height - other.height())


def large(shown: Sequence[QWidget], beside: QWidget | None, room: QSize) -> Placing:
    """Return where one of several widgets, of which the others are hidden, gets largest."""
    is_right = beside is not None and has_room_beside(room, beside.minimumSizeHint())
    orientation = Qt.Orientation.Horizontal if is_right else Qt.Orientation.Vertical
    return Placing(tuple(shown), (), beside, orientation)
