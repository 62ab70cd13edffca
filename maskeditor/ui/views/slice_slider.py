"""A slim slider for slices."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPaintEvent, QPalette, QShowEvent, QWheelEvent
from PyQt6.QtWidgets import QSlider

from maskeditor.ui.look.painting import painting

GROOVE, GROOVE_WIDTH = QColor(60, 63, 67), 4.0
HANDLE, HANDLE_HEIGHT = QColor(190, 194, 199), 18.0
#: Angle of one step of an ordinary wheel, in eighths of a degree.
WHEEL_STEP = 120


class SliceSlider(QSlider):
    """An upright slider that goes to where it is pressed, top the greatest.

    It draws itself: the style's own drawing takes longer than that of a slice, and there is one at every scroll.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._turned = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedWidth(14)

    def sizeHint(self) -> QSize:
        """Return the size it would like."""
        return QSize(14, 80)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Be painted alone."""
        super().showEvent(event)
        self._cover_all()

    def changeEvent(self, event: QEvent | None) -> None:
        """Be painted alone in another style, too."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._cover_all()

    def _cover_all(self) -> None:
        """Tell Qt that nothing shines through, or all that it stands in is painted with it.

        The style takes that of every slider for not so, before it is first shown.
        """
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def _room(self) -> float:
        return max(1.0, self.height() - HANDLE_HEIGHT)

    def _value_at(self, y: float) -> int:
        share = 1 - (y - HANDLE_HEIGHT / 2) / self._room
        return self.minimum() + round(share * (self.maximum() - self.minimum()))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to where it is pressed."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._value_at(event.position().y()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Follow the pointer."""
        assert event is not None
        if self.isSliderDown():
            self.setSliderPosition(self._value_at(event.position().y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Go one slice a step, as over the plane itself."""
        assert event is not None
        self._turned += event.angleDelta().y()
        steps = int(self._turned / WHEEL_STEP)
        self._turned -= steps * WHEEL_STEP
        self.setValue(self.value() + steps)
        event.accept()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw groove and handle; with the focus, the handle in the palette's highlight."""
        span = max(1, self.maximum() - self.minimum())
        top = (1 - (self.sliderPosition() - self.minimum()) / span) * self._room
        middle = self.width() / 2
        handle = self.palette().color(QPalette.ColorRole.Highlight) if self.hasFocus() else HANDLE
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            painter.fillRect(QRectF(middle - GROOVE_WIDTH / 2, 2, GROOVE_WIDTH, self.height() - 4), GROOVE)
            painter.fillRect(QRectF(QPointF(middle - 5, top + 1), QPointF(middle + 5, top + HANDLE_HEIGHT - 1)), handle)
