"""Previews: what a change that is pending would make of the active mask, or the image that it would make."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.edits import Rewrite
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.model.cut_preview import CutPreview
from maskeditor.model.image_preview import PreviewedImage
from maskeditor.model.preview import ImagePreview, OperationPreview, Preview, RewritePreview
from maskeditor.ops.cut_by_plane import CutByPlane
from maskeditor.ui.work.ground import Ground
from maskeditor.ui.work.preview_lane import PreviewLane, PreviewState


class Previews(QObject):
    """Asks for previews of the masks that are shown, and says what is known of the one on show.

    Parameters
    ----------
    ground : Ground
    lane : PreviewLane
        Works them out and has them drawn.
    """

    #: The one on show is of another volume than the one looked at.
    outdated = pyqtSignal()

    def __init__(self, ground: Ground, lane: PreviewLane, parent: QObject) -> None:
        super().__init__(parent)
        self._ground = ground
        self._lane = lane
        #: Whether one was asked for while something ran, and is to be asked for again.
        self.is_waiting = False
        ground.viewer.changed.connect(self._follow_view)

    # What is known of it ------------------------------------------------------------------------------------------

    @property
    def state(self) -> PreviewState | None:
        """What is known of the preview; None without one."""
        return self._lane.state

    @property
    def known_mask(self) -> Preview | None:
        """The preview of the active mask, once all of it is worked out; None without one."""
        return self._lane.known_mask

    def is_shown_of(self, roi: str) -> bool:
        """Whether an ROI is shown as it would become, and all of that is worked out."""
        return self.known_mask is not None if roi == self._ground.active else roi in self._lane.others

    @property
    def image(self) -> PreviewedImage | None:
        """The image that is previewed, as far as it is worked out; None without one."""
        shown = self._lane.shown
        return shown.image if isinstance(shown, ImagePreview) else None

    # Asking for one -----------------------------------------------------------------------------------------------

    def show(self, operation: Operation, scope: Scope = EVERYWHERE) -> None:
        """Show what an operation would make of the active ROI, or the image that it would make; both take a while."""
        document, ground = self._ground.document, self._ground
        if document is None or self._has_to_wait():
            return
        crosshair = ground.viewer.state.crosshair
        if isinstance(operation, ImageOperation):
            self._unhide_images()
            self._lane.show(ImagePreview(document.snapshot(), ground.active, operation, crosshair, self._volume_shown))
        else:
            ground.unhide_masks()
            if isinstance(operation, CutByPlane) and scope == EVERYWHERE:
                self._lane.show(CutPreview(document.snapshot(), ground.active, operation, self._lane.shown))
                return
            self._lane.show(OperationPreview(document.snapshot(), ground.active, operation, scope, crosshair))

    def show_rewrite(self, rewrite: Rewrite) -> None:
        """Show what the active ROI would become if the steps were rewritten."""
        document, ground = self._ground.document, self._ground
        if document is not None and not self._has_to_wait():
            ground.unhide_masks()
            self._lane.show(RewritePreview(document.snapshot(), ground.active, rewrite, self._volume_shown))

    def _has_to_wait(self) -> bool:
        self.is_waiting = self._ground.jobs.running
        return self.is_waiting

    def _unhide_images(self) -> None:
        if self._ground.viewer.state.overlays_hidden:
            self._ground.viewer.change(overlays_hidden=False)
            self._ground.say("The further images were hidden; they are shown again.")

    @property
    def _volume_shown(self) -> int:
        frame = self._ground.viewer.state.frame
        return frame if isinstance(frame, int) else 0

    def light(self, operation: Operation | None) -> None:
        """Light the voxels that an operation takes for as long as they are pointed at; without one, none any more."""
        document, ground = self._ground.document, self._ground
        lit = None
        if operation is not None and document is not None:
            lit = OperationPreview(document.snapshot(), ground.active, operation)
        # What would take long to be known is not worth the wait.
        ground.layers.lit = lit if lit is not None and lit.is_local else None
        self._lane.redrawn.emit(None)

    def hide(self) -> None:
        """Show the mask as it is; what is pending stays so."""
        self.is_waiting = False
        if self._lane.drop():
            self._lane.redrawn.emit(None)

    def _follow_view(self, changed: frozenset[str]) -> None:
        # Of an image that has as many volumes in time, the one that is shown is previewed.
        shown = self._lane.shown
        if "frame" in changed and shown is not None and shown.of_volume:
            self.outdated.emit()
