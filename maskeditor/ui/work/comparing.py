"""Looking at the image together with a further one: begins, ends, and has them take turns."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from maskeditor.model.view.comparison import Comparison, How
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.displays import Displays


class Comparing(QObject):
    """Compares the image that is edited on with a further one.

    Parameters
    ----------
    viewer : Viewer
    displays : Displays
        Has a derived image worked out before it is compared.
    """

    #: A sentence in passing.
    message = pyqtSignal(str)

    def __init__(self, viewer: Viewer, displays: Displays, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._displays = viewer, displays
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._take_turns)
        viewer.changed.connect(self._follow)

    @property
    def how(self) -> How | None:
        """How images are compared now; None if none are."""
        compared = self._viewer.compared
        return compared[0].how if compared is not None else None

    @property
    def other(self) -> str:
        """The further image to compare with: the one chosen, else the one compared already, or on top; "" without."""
        names, compared = self._displays.names, self._viewer.compared
        seen = [display.name for display, _ in self._viewer.overlays]
        first = (self._viewer.state.chosen_image, compared[0].other if compared is not None else "")
        return next((name for name in (*first, *reversed(seen), *reversed(names)) if name in names), "")

    def toggle(self, how: How) -> None:
        """Compare in one way, or no more if that is how the image is compared already."""
        if self.how == how and self.other == self._displays.compared:
            self.stop()
        else:
            self.start(how)

    def start(self, how: How, other: str = "") -> None:
        """Compare with a further image, by default that of `other`; a derived one is worked out first."""
        other = other or self.other
        if not other:
            self.message.emit("There is no further image to compare with; add one by File ▸ Add image….")
            return
        self._displays.once_there(other, lambda: self._start(how, other))

    def _start(self, how: How, other: str) -> None:
        before, state = self._displays.compared, self._viewer.state
        # What was set of another way, such as where the line is, stays for the next time.
        made = state.comparison.changed(how=how, other=other) if state.comparison else Comparison(other, how)
        self._viewer.change(comparison=made.changed(plays=True, swapped=False), chosen_image=other)
        if before not in ("", other):
            self._displays.let_go(before)

    def stop(self) -> bool:
        """Compare no more; return whether anything was compared."""
        other = self._displays.compared
        if self._viewer.compared is None:
            return False
        self._viewer.change(comparison=None)
        self._displays.let_go(other)
        return True

    def swap(self) -> None:
        """Let both images change places, by hand from now on; without two, the chosen one with the one below it."""
        compared = self._viewer.compared
        if compared is not None:
            self._viewer.change_comparison(plays=False, swapped=not compared[0].swapped)
        elif self.other:
            names = self._displays.names
            self._displays.move(self.other, 1 if self.other == names[0] else -1)

    def _take_turns(self) -> None:
        compared = self._viewer.compared
        if compared is not None:
            self._viewer.change_comparison(swapped=not compared[0].swapped)

    def _follow(self, changed: frozenset[str]) -> None:
        if not changed & {"comparison", "images"}:
            return
        compared = self._viewer.compared
        if compared is None or compared[0].how != "blink" or not compared[0].plays:
            self._turns.stop()
            return
        pace = round(1000 * compared[0].turn)
        if not self._turns.isActive() or self._turns.interval() != pace:
            self._turns.start(pace)
