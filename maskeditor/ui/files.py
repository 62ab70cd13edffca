"""What the File menu does: opening, saving, recipes, and the questions that come with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QSettings, QStandardPaths
from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.binding import Bound, fitted
from maskeditor.core.errors import GeometryMismatch, MaskEditorError
from maskeditor.core.operation import Operation
from maskeditor.core.recipe import Recipe, dumps
from maskeditor.io.nifti import is_nifti_name, nifti_stem
from maskeditor.io.save import write_text
from maskeditor.model.recording import ENDING
from maskeditor.model.replay import bound_elsewhere, few
from maskeditor.model.session import Sample, Session, read_recipe
from maskeditor.ui.dialogs import MASK_FILES, OPEN_FILES, RECIPE_FILES, Answer, ask
from maskeditor.ui.editor import Editor
from maskeditor.ui.opening import Opening

MOST_RECENT = 10


class Files:
    """Opens and saves for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, parent: QWidget) -> None:
        self._editor = editor
        self._parent = parent
        #: Opens a saved session, and then does something.
        self.open_session: Callable[[Path, Callable[[], None] | None], None] = lambda path, then: None

    # Opening ------------------------------------------------------------------------------------------------------

    def open_file(self) -> None:
        """Ask for a file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open", str(self.folder()), OPEN_FILES)
        if name:
            self.open_path(Path(name))

    def open_folder(self) -> None:
        """Ask for a DICOM folder and open it."""
        name = QFileDialog.getExistingDirectory(self._parent, "Open DICOM folder", str(self.folder()))
        if name:
            self.open_path(Path(name))

    def drop(self, path: Path) -> None:
        """Open what was dropped; a NIfTI file on an open image may also be its mask, so that is asked."""
        if self._editor.document is not None and is_nifti_name(path):
            answer = ask(
                self._parent,
                "Open",
                f"Is {path.name} a mask for the open image, or another image?",
                yes="Open as mask",
                no="Open as image",
            )
            if answer is Answer.YES:
                self.open_mask_path(path)
            if answer is not Answer.NO:
                return
        self.open_path(path)

    def open_path(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Open an image or a session, once unsaved changes are dealt with; of several images the user chooses one."""
        if path.suffix.lower() == ENDING:
            self.open_session(path, then)
            return

        def opened(session: Session) -> None:
            self.remember(path)
            self.show(session)
            if then is not None:
                then()

        self.after_saving(lambda: Opening(self._editor, self._parent, path, opened).start())

    def open_sample(self, kind: Sample) -> None:
        """Make the embedded sample and show it."""
        self.after_saving(
            lambda: self._editor.run("Making the sample", lambda progress: Session.sample(kind, progress), self.show)
        )

    def show(self, session: Session) -> None:
        """Show a session that was opened."""
        self._editor.set_session(session)
        findings = session.document.volume.findings
        self._editor.say(" ".join(findings) if findings else f"Opened {session.name}.")

    def open_mask(self) -> None:
        """Ask for a mask file and bring it in as a step."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open mask", str(self.folder()), MASK_FILES)
        if name:
            self.open_mask_path(Path(name))

    def open_mask_path(self, path: Path, resample: bool = False) -> None:
        """Bring a mask file in as a step; on another grid only after showing how it differs."""
        session = self._editor.session
        assert session is not None

        def failed(error: MaskEditorError) -> None:
            if not isinstance(error, GeometryMismatch):
                self._editor.failed.emit(str(error))
                return
            answer = ask(
                self._parent,
                "Another grid",
                f"{path.name} does not lie on the grid of the image.",
                yes="Resample to the image",
                details=error.differences,
            )
            if answer is Answer.YES:
                self.open_mask_path(path, resample=True)

        self._editor.run(
            f"Opening {path.name}",
            lambda progress: session.import_mask(path, progress, resample),
            self._import,
            failed,
        )

    def _import(self, masks: dict[str, Operation]) -> None:
        editor = self._editor
        assert editor.document is not None
        for name, operation in masks.items():
            if editor.document.voxels(editor.active) or editor.document.roi(editor.active).locked:
                editor.add_roi(name)
            else:
                editor.change_roi(editor.active, name=name)
            editor.apply_now(operation)

    # Saving -------------------------------------------------------------------------------------------------------

    def save_mask(self, then: Callable[[], None] | None = None) -> None:
        """Save the active ROI where it was saved before, or ask where."""
        session = self._editor.session
        assert session is not None
        path = session.files.get(self._editor.active)
        if path is None:
            self.save_mask_as(then)
        else:
            self._save(path, then)

    def save_mask_as(self, then: Callable[[], None] | None = None) -> None:
        """Ask where to save the active ROI, and save it."""
        name, _ = QFileDialog.getSaveFileName(self._parent, "Save mask", str(self._suggested()), MASK_FILES)
        if name:
            path = Path(name)
            self._save(path if is_nifti_name(path) else path.with_name(path.name + ".nii.gz"), then)

    def _suggested(self) -> Path:
        session = self._editor.session
        assert session is not None
        source = session.path
        if source is None:
            folder, stem = self.folder(), session.name
        elif is_nifti_name(source):
            folder, stem = source.parent, nifti_stem(source)
        else:
            folder, stem = (source if source.is_dir() else source.parent).parent, session.name
        roi = session.document.roi(self._editor.active).name
        safe = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in f"{stem}_{roi}")
        return folder / f"{safe}.nii.gz"

    def _save(self, path: Path, then: Callable[[], None] | None) -> None:
        session, roi = self._editor.session, self._editor.active
        assert session is not None

        def done(_: None) -> None:
            self._editor.say(f"Saved {path}.")
            self._editor.document_changed.emit()
            if then is not None:
                then()

        self._editor.run(f"Saving {path.name}", lambda progress: session.save_mask(roi, path, progress), done)

    def after_saving(self, go_on: Callable[[], None]) -> None:
        """Go on once unsaved masks are saved or given up; do not when the user cancels."""
        session = self._editor.session
        unsaved = session.unsaved() if session is not None else ()
        if session is None or not unsaved:
            go_on()
            return
        names = ", ".join(session.document.roi(roi).name for roi in unsaved)
        answer = ask(
            self._parent,
            "Unsaved changes",
            f"{names} {'has' if len(unsaved) == 1 else 'have'} changes that are not saved.",
            yes="Save",
            no="Discard",
        )
        if answer is Answer.NO:
            go_on()
        elif answer is Answer.YES:
            self._editor.set_active(unsaved[0])
            self.save_mask(then=lambda: self.after_saving(go_on))

    # Recipes ------------------------------------------------------------------------------------------------------

    def save_recipe(self) -> None:
        """Ask where to save the steps of the active ROI, and save them."""
        session, roi = self._editor.session, self._editor.active
        assert session is not None
        suggested = self._suggested()
        start = suggested.with_name(nifti_stem(suggested) + "_recipe.json")
        name, _ = QFileDialog.getSaveFileName(self._parent, "Save recipe", str(start), "Recipes (*.json)")
        if name:
            path = Path(name)
            self._editor.run(
                f"Saving {path.name}",
                lambda progress: write_text(path, dumps(session.recipe(roi))),
                lambda _: self._editor.say(f"Saved {path}."),
            )

    def run_recipe(self) -> None:
        """Ask for a recipe and carry it out."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Run recipe", str(self.folder()), RECIPE_FILES)
        if name:
            self.run_recipe_path(Path(name))

    def run_recipe_path(self, path: Path) -> None:
        """Carry out the steps of a recipe, or of a saved mask, after the present ones."""
        document = self._editor.document
        if document is None:
            return
        volume = document.volume

        def read(_: object) -> tuple[Recipe, tuple[str, ...]]:
            recipe = read_recipe(path)
            return recipe, bound_elsewhere(recipe, volume)

        self._editor.run(f"Reading {path.name}", read, lambda found: self._replay(*found))

    def _replay(self, recipe: Recipe, bound: tuple[str, ...]) -> None:
        """Carry out a recipe, once it is known what becomes of the steps that belong to another image."""
        document = self._editor.document
        if document is None or not bound:
            self._editor.replay(recipe)
            return
        answer = ask(
            self._parent,
            "Another image",
            "The recipe was made on another image, to which these steps belong.",
            yes="Keep in place",
            no="Leave out",
            details=(*few(bound), "Kept, they do the same at the same place in the world."),
        )
        if answer is Answer.CANCEL:
            return
        choice, grid = Bound.KEEP if answer is Answer.YES else Bound.LEAVE_OUT, document.geometry
        self._editor.run("Fitting the recipe", lambda _: fitted(recipe, grid, choice), self._editor.replay)

    # Places -------------------------------------------------------------------------------------------------------

    @staticmethod
    def recent() -> list[Path]:
        """Return what was opened lately and is still there, newest first."""
        kept = QSettings().value("files/recent", [], list) or []
        return [path for path in map(Path, kept) if path.exists()]

    def remember(self, path: Path) -> None:
        """Put a path first among those opened lately."""
        absolute = path.absolute()
        kept = [absolute, *(other for other in self.recent() if other != absolute)][:MOST_RECENT]
        QSettings().setValue("files/recent", [str(other) for other in kept])

    def folder(self) -> Path:
        """Return where dialogs begin: beside what was opened last."""
        recent = self.recent()
        if recent:
            return recent[0].parent
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation))
