"""What is noted of the open image: kept with its session, shown by panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.operation.conditions import Conditions
from maskeditor.model.notes import LONGEST_COMMENT, MOST_PLACES, NotedPlace, Notes, places_as_text
from maskeditor.model.session import Session
from maskeditor.model.view.viewer import Viewer


class Noting(QObject):
    """Notes places and conditions on behalf of widgets.

    Parameters
    ----------
    viewer : Viewer
    session : callable
        Returns the open session, or None.
    """

    #: Something was noted, changed or removed.
    changed = pyqtSignal()
    #: A sentence for the user.
    message = pyqtSignal(str)

    def __init__(self, viewer: Viewer, session: Callable[[], Session | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._open = viewer, session

    @property
    def notes(self) -> Notes:
        """What is noted; nothing without an image."""
        session = self._open()
        return session.notes if session is not None else Notes()

    def _take(self, notes: Notes) -> None:
        session = self._open()
        if session is not None and notes != session.notes:
            session.notes = notes
            self.changed.emit()

    # Places -------------------------------------------------------------------------------------------------------

    def note(self) -> None:
        """Note the place under the crosshair, or say that it is noted already."""
        if self._open() is None:
            return
        state, places = self._viewer.state, self.notes.places
        volume = self._viewer.volume
        is_series = volume is not None and volume.frames > 1
        frame = state.frame if is_series and isinstance(state.frame, int) else None
        known = [place.comment for place in places if (place.voxel, place.frame) == (state.crosshair, frame)]
        if known:
            self.message.emit(f"This place is noted already: {known[0]}.")
        elif len(places) >= MOST_PLACES:
            self.message.emit(f"{MOST_PLACES} places are noted, which is the most; remove some.")
        else:
            taken, number = {place.comment for place in places}, len(places) + 1
            while f"Place {number}" in taken:
                number += 1
            place = NotedPlace(state.crosshair, f"Place {number}", frame)
            self._take(replace(self.notes, places=(*places, place)))
            self.message.emit(f"Noted: {place.comment}.")

    def comment(self, index: int, comment: str) -> None:
        """Give a noted place another comment."""
        places = list(self.notes.places)
        places[index] = replace(places[index], comment=" ".join(comment.split())[:LONGEST_COMMENT])
        self._take(replace(self.notes, places=tuple(places)))

    def remove(self, index: int) -> None:
        """Take a noted place off the list."""
        places = self.notes.places
        self._take(replace(self.notes, places=(*places[:index], *places[index + 1 :])))

    def go_to(self, index: int) -> None:
        """Look at a noted place, of a series at the volume that was shown."""
        place = self.notes.places[index]
        if place.frame is not None:
            self._viewer.set_frame(place.frame)
        self._viewer.set_crosshair(place.voxel)

    def as_text(self) -> str:
        """Return all noted places as a table."""
        volume = self._viewer.volume
        return places_as_text(self.notes.places, volume.geometry) if volume is not None else ""

    # Conditions ---------------------------------------------------------------------------------------------------

    def show_conditions(self, conditions: Conditions) -> None:
        """Have conditions shaded in the curves; without any, none."""
        self._take(replace(self.notes, conditions=conditions))
