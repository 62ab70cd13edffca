"""The first volume of a series that is still being read, over the image that is open until then."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from maskeditor.core.space.volume import Volume
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.views.triplanar import TriplanarView


class FirstLook(QWidget):
    """Planes of an image that is not open yet; the image under them, and its masks, stay as they are.

    Parameters
    ----------
    views : QWidget
        The planes that it covers.
    """

    def __init__(self, views: QWidget) -> None:
        super().__init__(views)
        self.viewer = Viewer()
        #: What is said above the planes.
        self.heading = QLabel()
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setMargin(6)
        self._planes: TriplanarView | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.heading)
        self.setAutoFillBackground(True)
        # Hands reach neither these planes nor those below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.hide()
        views.installEventFilter(self)

    def look_at(self, volume: Volume | None) -> None:
        """Show an image, or none: then the planes below are seen again."""
        if volume is None:
            self.hide()
            self.viewer.set_volume(None)
            return
        if self._planes is None:
            self._planes = TriplanarView(self.viewer, Layers())
            self._planes.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.viewer.changed.connect(self._planes.follow)
            self._layout.addWidget(self._planes, 1)
        self.heading.setText(f"{volume.name}: the first of its volumes, until the others are read.")
        self.viewer.set_volume(volume)
        self._cover()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay as large as what is covered."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def _cover(self) -> None:
        covered = self.parentWidget()
        if covered is not None:
            self.setGeometry(covered.rect())
