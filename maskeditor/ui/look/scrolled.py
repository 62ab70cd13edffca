"""Room for what may grow: as large as it needs where there is room, with scroll bars where there is none."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStyle, QWidget

from maskeditor.ui.qt import sure

#: What changes the size that a widget would like.
_GROWS = (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent)


class Scrolled(QScrollArea):
    """Holds a widget that is never made smaller than it can be, and is scrolled where it is too high.

    Parameters
    ----------
    body : QWidget
    least : int
        Pixels of height that it is content with.
    fills : bool
        Whether it takes what room there is; else it is no higher than what it holds.
    narrowest : int, optional
        Pixels of width that it is content with, so that it is scrolled sideways too; else it is as wide as what it
        holds.
    asks : int, optional
        Pixels of height that it asks for, whatever it holds.
    """

    def __init__(
        self,
        body: QWidget,
        least: int,
        fills: bool,
        parent: QWidget | None = None,
        *,
        narrowest: int | None = None,
        asks: int | None = None,
    ) -> None:
        super().__init__(parent)
        self._least, self._narrowest, self._asks = least, narrowest, asks
        self.setWidget(body)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # What it holds takes the keyboard, and is brought into sight then.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        vertical = QSizePolicy.Policy.Expanding if fills else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)
        if narrowest is None:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body.installEventFilter(self)

    @property
    def _body(self) -> QWidget:
        return sure(self.widget())

    @property
    def _bar(self) -> int:
        """Width in pixels of the scroll bar."""
        return sure(self.style()).pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)

    def sizeHint(self) -> QSize:
        """Return the size of what it holds, at its width."""
        if self._body.isHidden():
            return QSize(0, 0)
        hint, layout = self._body.sizeHint(), self._body.layout()
        if layout is not None and layout.hasHeightForWidth():
            hint.setHeight(layout.totalHeightForWidth(max(self.width(), self.minimumSizeHint().width())))
        if self._asks is not None:
            hint.setHeight(self._asks)
        return hint

    def minimumSizeHint(self) -> QSize:
        """Return the least width of what it holds, and of a bar beside it where that may be needed."""
        if self._body.isHidden():
            return QSize(0, 0)
        least = self._body.minimumSizeHint().expandedTo(self._body.minimumSize())
        width = least.width() + self._bar * (least.height() > self._least)
        if self._narrowest is not None:
            width = min(width, self._narrowest)
        return QSize(width, min(self._least, least.height()))

    def _fit(self) -> None:
        """Give what it holds all its room, and more height where it is content with no less."""
        # Not left to Qt, which makes whatever has lines that wrap as high as it would like to be.
        room, layout = self.maximumViewportSize(), self._body.layout()
        least, narrow = self._body.minimumSizeHint().height(), 0
        if self._narrowest is not None:
            narrow = self._body.minimumSizeHint().width()
            room.setHeight(room.height() - self._bar * (narrow > room.width()))
        if layout is not None and layout.hasHeightForWidth():
            least = layout.minimumHeightForWidth(room.width())
            if least > room.height():
                least = layout.minimumHeightForWidth(room.width() - self._bar)
        width = room.width() - self._bar * (least > room.height())
        self._body.resize(max(width, narrow), max(least, room.height()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the room."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take another height when what it holds has grown or shrunk."""
        if event is not None and event.type() in _GROWS:
            self.updateGeometry()
            self._fit()
        return super().eventFilter(watched, event)
