"""What the parts of the editor stand on: the open session, the ROI worked on, and what they share."""

from __future__ import annotations

from typing import Protocol

from maskeditor.core.history.document import Document
from maskeditor.model.changed_place import DrawnOn
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.turns import Turns


class Ground(Protocol):
    """The editor, as its parts know it."""

    viewer: Viewer
    layers: Layers
    jobs: Jobs
    turns: Turns
    session: Session | None
    drawn_on: DrawnOn
    active: str

    @property
    def document(self) -> Document | None:
        """The open document."""
        ...

    def set_active(self, roi: str) -> None:
        """Choose the ROI that operations and tools work on."""
        ...

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        ...
