"""What the Edit menu makes of ROIs: copies, unions, and an ROI for each component."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.mask import Roi
from maskeditor.engine.progress import Progress
from maskeditor.model.new_rois import NewRoi, components_of, copied, merged
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.ui.choice import choose
from maskeditor.ui.work.editor import Editor


class RoiCommands:
    """Makes ROIs of others, each time as one move.

    Parameters
    ----------
    editor : Editor
    window : QWidget
        Parent of dialogs.
    """

    def __init__(self, editor: Editor, window: QWidget) -> None:
        self._editor = editor
        self._window = window

    def copy(self) -> None:
        """Make a copy of the active ROI."""
        roi = self._active
        self._editor.bringing_in.rois([copied(roi)], f"copy {roi.quoted}", f"Copied {roi.quoted}.")

    def mirror(self) -> None:
        """Swap left and right of the active ROI."""
        self._editor.apply(make("mirror", {}))

    def merge(self) -> None:
        """Ask which ROIs are to be one, and make a new one of them."""
        document = self._editor.document
        assert document is not None
        rois = [roi for roi in document.rois if document.voxels(roi.id)]
        if len(rois) < 2:
            self._editor.say("There are not two ROIs with voxels to merge; make another first.")
            return
        # Of two there is no choice; of more, who merges means this one and others.
        ticked = [place for place, roi in enumerate(rois) if len(rois) == 2 or roi.id == self._editor.active]
        chosen = choose(
            self._window,
            "Merge ROIs",
            "Which ROIs are to be merged? The new ROI is their union; they stay as they are.",
            [(f"{roi.name}: {in_number(document.voxels(roi.id), 'voxel')}", roi.colour) for roi in rois],
            ticked,
            yes="Merge",
            least=2,
        )
        if chosen and self._editor.document is document:
            of = [rois[place] for place in chosen]
            self._editor.bringing_in.rois([merged(of)], f"merge {len(of)} ROIs", f"Merged {len(of)} ROIs.")

    def split(self) -> None:
        """Make an ROI of each component of the active one, the largest first."""
        document, roi = self._editor.document, self._active
        assert document is not None
        snapshot = document.snapshot()

        def done(found: tuple[list[NewRoi], int]) -> None:
            new, count = found
            if count < 2:
                self._editor.say(f"{roi.quoted} has only one component, so there is nothing to split.")
                return
            of = f"the {len(new)} largest of {counted(count)}" if count > len(new) else f"all {count}"
            self._editor.bringing_in.rois(
                new, f"split {roi.quoted}", f"Made an ROI of each of {of} components of {roi.quoted}, largest first."
            )

        def work(progress: Progress) -> tuple[list[NewRoi], int]:
            return components_of(roi, snapshot, progress)

        self._editor.jobs.run("Finding components", work, done)

    @property
    def _active(self) -> Roi:
        document = self._editor.document
        assert document is not None
        return document.roi(self._editor.active)
