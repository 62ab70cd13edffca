"""Adding further images: opened beside the one that is edited on, brought onto its grid by choice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.errors import GeometryMismatch
from maskeditor.core.operation.image_operation import unlike
from maskeditor.core.operation.parameter_types import LONGEST_NAME
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.open import Opened
from maskeditor.io.resample import Interpolation
from maskeditor.model.further import FurtherImage
from maskeditor.model.session import Session
from maskeditor.model.source import series_mark
from maskeditor.model.view.display import Display, first_display
from maskeditor.ui.dialogs import Answer, ask
from maskeditor.ui.files.filters import IMAGE_FILES
from maskeditor.ui.files.opening import Opening
from maskeditor.ui.files.recent import start_folder
from maskeditor.ui.work.editor import Editor

#: What is offered for an image on another grid: of numbers that may be labels, and of others.
_OF_LABELS: tuple[tuple[str, Interpolation], ...] = (("As labels (nearest)", "nearest"), ("Linear", "linear"))
_OF_OTHERS: tuple[tuple[str, Interpolation], ...] = (("Linear", "linear"), ("Continuous", "continuous"))
#: What is said of those.
_MEANING = {
    "nearest": "As labels: each voxel takes the number of the nearest one.",
    "linear": "Linear: intensities between voxels are found along straight lines.",
    "continuous": "Continuous: along cubic splines, which keep fine detail and may swing a little beyond the values.",
}


class AddingImages:
    """Adds further images for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, parent: QWidget) -> None:
        self._editor = editor
        self._parent = parent

    def add_file(self) -> None:
        """Ask for a file and add its image."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Add image", str(start_folder()), IMAGE_FILES)
        if name:
            self.add(Path(name))

    def add_folder(self) -> None:
        """Ask for a DICOM folder and add its image."""
        name = QFileDialog.getExistingDirectory(self._parent, "Add DICOM folder", str(start_folder()))
        if name:
            self.add(Path(name))

    def add(self, path: Path) -> None:
        """Add the image at a path; of several the user chooses one."""
        session = self._editor.session
        if session is not None:
            Opening(self._editor, self._parent, path, partial(self._opened, session, path), _as_it_is).start()

    def _opened(self, session: Session, path: Path, opened: Opened) -> None:
        self._bring(session, path, opened, None)

    def _bring(self, session: Session, path: Path, opened: Opened, how: Interpolation | None) -> None:
        def failed(error: MaskEditorError) -> None:
            if isinstance(error, GeometryMismatch):
                self._ask(session, path, opened, error)
            else:
                self._editor.failed.emit(str(error))

        grid, mark = session.document.geometry, series_mark(opened.info.key)
        self._editor.jobs.run(
            f"{'Resampling' if how else 'Adding'} {path.name}",
            lambda progress: _further(FurtherImage(opened.volume, grid, how, path, mark, progress=progress), path),
            partial(self._add, session, path),
            failed,
        )

    def _ask(self, session: Session, path: Path, opened: Opened, error: GeometryMismatch) -> None:
        volume = opened.volume
        (first, one), (second, other) = _OF_LABELS if volume.is_integral and volume.frames == 1 else _OF_OTHERS
        answer = ask(
            self._parent,
            "Another grid",
            f"{path.name} does not lie on the grid of the image. Resample it to that?",
            yes=first,
            no=second,
            details=(*error.differences, "", _MEANING[one], _MEANING[other]),
        )
        if answer is not Answer.CANCEL and self._is_still(session, path):
            self._bring(session, path, opened, one if answer is Answer.YES else other)

    def _add(self, session: Session, path: Path, added: tuple[FurtherImage, Display]) -> None:
        if not self._is_still(session, path):
            return
        image, first = added
        name = unlike(first.name, session.document.taken_image_names)
        self._editor.displays.add(image, replace(first, name=name))
        resampled = f", resampled ({image.interpolation})" if image.interpolation else ""
        self._editor.say(" ".join((f"Added {name}{resampled}.", *image.volume.findings)))

    def _is_still(self, session: Session, path: Path) -> bool:
        """Whether the session is still the open one, to which the image was to be added; else say that it is not."""
        if self._editor.session is session:
            return True
        self._editor.say(f"{path.name} was not added, as another image was opened meanwhile.")
        return False


def _further(image: FurtherImage, path: Path) -> tuple[FurtherImage, Display]:
    """Return an image with how it is looked at first, which takes a while to find for a big one."""
    return image, first_display(_name(path), image.volume, image.labels)


def _as_it_is(opened: Opened) -> Opened:
    return opened


def _name(path: Path) -> str:
    """Return what an image may be called, of the file's or folder's name."""
    seen = "".join(letter for letter in formats.stem(path) if letter.isprintable()).strip()
    # Room for a number that makes it unlike others.
    return seen[: LONGEST_NAME - 4].strip() or "image"
