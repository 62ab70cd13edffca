"""The image that is chosen leaving by itself: the one that is edited on, an opened one, or one that a step makes."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.io import formats
from maskeditor.model.image_files import save_image
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.files.saving import Saving
from maskeditor.ui.work.editor import Editor


class SavingImages:
    """Saves the image that is chosen in the list of images.

    Parameters
    ----------
    editor : Editor
    saving : Saving
        Which knows where files are suggested to go.
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, saving: Saving, parent: QWidget) -> None:
        self._editor = editor
        self._saving = saving
        self._parent = parent

    def save_as(self) -> None:
        """Ask where to save the image, and save it, with how it came about beside it."""
        session, name = self._editor.session, self._editor.viewer.state.chosen_image
        assert session is not None
        called = name or session.name
        suggested = self._saving.beside_image(name or "copy")
        given, _ = QFileDialog.getSaveFileName(
            self._parent, f"Save the image {called}", str(suggested), SAVE_MASK_FILES
        )
        if given:
            path = formats.with_ending(Path(given), formats.WRITTEN.written)
            self._editor.jobs.run(
                f"Saving {path.name}",
                lambda progress: save_image(session, name, path, progress),
                lambda _: self._editor.say(f"Saved the image {called} to {path}."),
            )
