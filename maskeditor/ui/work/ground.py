"""What the parts of the editor stand on: the open session, the ROI worked on, and what they share."""

from __future__ import annotations

from typing import Protocol

from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scope import EVERYWHERE, Scope
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
    active: str

    @property
    def document(self) -> Document | None:
        """The open document."""
        ...

    def set_active(self, roi: str) -> None:
        """Choose the ROI that operations and tools work on."""
        ...

    def unhide_masks(self) -> None:
        """Show all masks again, if they were hidden together."""
        ...

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        ...


def new_step(ground: Ground, operation: Operation, roi: str, scope: Scope = EVERYWHERE) -> Step:
    """Return a step that is made now; what is drawn or clicked notes the volume of the series that is shown."""
    document, frame = ground.document, ground.viewer.state.frame
    is_noted = document is not None and document.volume.frames > 1 and operation.is_bound()
    # Of a mean there is no volume to go back to.
    return Step(operation, roi, scope, frame=frame if is_noted and isinstance(frame, int) else None)
