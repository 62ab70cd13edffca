"""What the File menu does: opening, saving, recipes, and the questions that come with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.history.document import Document
from maskeditor.core.recipe.onto_another_image import Bound, fitted
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.io import formats
from maskeditor.io.formats.session import SESSION
from maskeditor.io.save import write_text
from maskeditor.model.recipes import (
    Carried,
    absolute_elsewhere,
    bound_elsewhere,
    carried,
    few,
    recipe_and_doubts,
    recipe_target,
    recipe_with,
    why_untold,
)
from maskeditor.model.sample import Sample
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import Answer, ask, choose
from maskeditor.ui.files.adding_images import AddingImages
from maskeditor.ui.files.dropping import MASK, OVERLAY, RECIPE, Dropping
from maskeditor.ui.files.filters import IMAGE_FILES, MASK_FILES, OPEN_FILES, RECIPE_FILES
from maskeditor.ui.files.opening import Opening, show_session
from maskeditor.ui.files.opening_masks import OpeningMasks
from maskeditor.ui.files.recent import remember, start_folder
from maskeditor.ui.files.recipe_images import RecipeImages
from maskeditor.ui.files.saving import Saving
from maskeditor.ui.files.saving_images import SavingImages
from maskeditor.ui.files.saving_labels import SavingLabels
from maskeditor.ui.files.sessions import Sessions
from maskeditor.ui.work.editor import Editor


class Files:
    """Opens and saves for the window.

    Parameters
    ----------
    editor : Editor
    saving : Saving
    sessions : Sessions
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, saving: Saving, sessions: Sessions, parent: QWidget) -> None:
        self._editor = editor
        self._sessions = sessions
        self._parent = parent
        self.saving = saving
        self.saving_labels = SavingLabels(editor, saving, parent)
        self.saving_images = SavingImages(editor, saving, parent)
        self.images = AddingImages(editor, parent)
        self._recipe_images = RecipeImages(editor, parent)
        self.masks = OpeningMasks(editor, parent, self.run_recipe_path)
        go_with = {OVERLAY: self.images.add, MASK: self.masks.open_as_usual, RECIPE: self.run_recipe_path}
        self._dropping = Dropping(editor, parent, self._open_at_once, go_with)

    # Opening ------------------------------------------------------------------------------------------------------

    def open_file(self) -> None:
        """Ask for a file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open", str(start_folder()), OPEN_FILES)
        if name:
            self.open_path(Path(name))

    def open_folder(self) -> None:
        """Ask for a DICOM folder and open it."""
        name = QFileDialog.getExistingDirectory(self._parent, "Open DICOM folder", str(start_folder()))
        if name:
            self.open_path(Path(name))

    def drop(self, paths: Sequence[Path]) -> None:
        """Open what was dropped; an image may also belong to the open one, so that is asked."""
        if len(paths) > 1:
            self._dropping.drop(paths)
            return
        (path,) = paths
        if self._editor.document is None or SESSION.ending(path):
            self.open_path(path)
            return
        choices = {"Add as overlay": self.images.add, "Open as image": self.open_path}
        if formats.is_image_file(path):
            choices = {"Open as mask": self.open_mask_path, **choices}
        chosen = choose(self._parent, "Open", f"What is {path.name} to the open image?", tuple(choices))
        if chosen:
            choices[chosen](path)

    def open_path(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Open an image or a session, once unsaved changes are dealt with; of several images the user chooses one."""
        if SESSION.ending(path):
            self._sessions.open(path, then)
            return

        if not formats.is_image_name(path):
            self._open_image(path, then)
            return
        session = self._editor.session

        def look(_: object) -> Carried | None:
            if session is not None:
                return carried(path, session.source)
            recipe = recipe_with(path)
            return Carried(recipe, False) if recipe is not None else None

        def looked(found: Carried | None) -> None:
            if found is None:
                self._open_image(path, then)
            elif found.from_here:
                self._ask_whether_it_goes_here(path, then)
            else:
                self._ask_what_it_is(path, found.recipe, then)

        self._editor.jobs.run(f"Looking into {path.name}", look, looked)

    def _ask_whether_it_goes_here(self, path: Path, then: Callable[[], None] | None) -> None:
        """Ask about a mask that was made on the image that is open: it is meant to come back there, as a rule."""
        answer = ask(
            self._parent,
            "Open a mask",
            f"{path.name} is a mask that was made on the image that is open, and carries the steps that made it.",
            yes="Bring it in",
            no="Open it as an image",
        )
        if answer is Answer.YES:
            self.masks.open_as_usual(path)
        elif answer is Answer.NO:
            self._open_image(path, then)

    def _open_at_once(self, path: Path, then: Callable[[], None]) -> None:
        """Open an image or a session, known as such."""
        if SESSION.ending(path):
            self._sessions.open(path, then)
        else:
            self._open_image(path, then)

    def _open_image(self, path: Path, then: Callable[[], None] | None = None) -> None:
        def opened(session: Session) -> None:
            remember(path, session)
            show_session(self._editor, session)
            if then is not None:
                then()

        # Read first: what cannot be opened takes nothing away, so that there is nothing to ask.
        Opening(self._editor, self._parent, path, lambda one: self.saving.after_saving(lambda: opened(one))).start()

    def _ask_what_it_is(self, path: Path, recipe: Recipe, then: Callable[[], None] | None) -> None:
        """Ask about a mask that carries its steps: it is seldom meant to be the image."""
        name = str(recipe.source.get("name") or "an image")
        # No further than beside it: a recipe may be anybody's.
        beside = path.with_name(Path(name).name)
        is_there = beside != path and formats.is_image_name(beside) and beside.is_file()
        answer = ask(
            self._parent,
            "Open a mask",
            f"{path.name} is a mask that was made on {name}, and carries the steps that made it.",
            yes="Open its image with it" if is_there else "Choose its image…",
            no="Open it as an image",
        )
        if answer is Answer.NO:
            self._open_image(path, then)
        if answer is not Answer.YES:
            return
        image = str(beside) if is_there else ""
        if not is_there:
            image, _ = QFileDialog.getOpenFileName(self._parent, "Choose the image", str(path.parent), IMAGE_FILES)
        if image:
            self._open_image(Path(image), lambda: self.open_mask_path(path))

    def open_sample(self, kind: Sample, then: Callable[[], None] | None = None) -> None:
        """Make the embedded sample and show it."""

        def made(session: Session) -> None:
            show_session(self._editor, session)
            if then is not None:
                then()

        # At the start the window shows it already.
        shown = self._editor.viewer.volume if self._editor.session is None and kind == "t1" else None
        self.saving.after_saving(
            lambda: self._editor.jobs.run(
                "Making the sample", lambda progress: Session.sample(kind, progress, shown), made
            )
        )

    def open_mask(self) -> None:
        """Ask for a mask file and bring it in as a step."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open mask", str(start_folder()), MASK_FILES)
        if name:
            self.open_mask_path(Path(name))

    def open_mask_path(self, path: Path) -> None:
        """Bring a mask file in: the steps that it carries, or its voxels as a step."""
        self.masks.open(path)

    # Recipes ------------------------------------------------------------------------------------------------------

    def save_recipe(self) -> None:
        """Ask where to save the steps of the active ROI, and save them."""
        session, roi = self._editor.session, self._editor.active
        assert session is not None
        suggested = self.saving.suggested()
        start = suggested.with_name(formats.stem(suggested) + "_recipe.json")
        name, _ = QFileDialog.getSaveFileName(self._parent, "Save recipe", str(start), "Recipes (*.json)")
        if name:
            path = Path(name)
            self._editor.jobs.run(
                f"Saving {path.name}",
                lambda progress: write_text(recipe_target(path), dumps(session.recipe(roi))),
                lambda _: self._editor.say(f"Saved {path}."),
            )

    def run_recipe(self) -> None:
        """Ask for a recipe and carry it out."""
        name, _ = QFileDialog.getOpenFileName(self._parent, "Run recipe", str(start_folder()), RECIPE_FILES)
        if name:
            self.run_recipe_path(Path(name))

    def run_recipe_path(self, path: Path) -> None:
        """Carry out the steps of a recipe, or of a saved mask, after the present ones."""
        session = self._editor.session
        if session is None:
            return
        document, source, volume = session.document, session.source, session.document.volume

        def read(_: object) -> tuple[Recipe, tuple[str, ...], tuple[str, ...]]:
            recipe, doubts = recipe_and_doubts(path)
            return recipe, (*doubts, *absolute_elsewhere(recipe, source)), bound_elsewhere(recipe, volume)

        self._editor.jobs.run(f"Reading {path.name}", read, lambda found: self._replay(path, document, *found))

    def _replay(
        self, path: Path, document: Document, recipe: Recipe, doubts: tuple[str, ...], bound: tuple[str, ...]
    ) -> None:
        """Carry out a recipe, once it is known what becomes of the steps that belong to another image."""
        if not self._is_still(document, path):
            return
        if not bound:
            self._recipe_images.bring(recipe, path, lambda: self._editor.bringing_in.recipe(recipe, findings=doubts))
            return
        answer = ask(
            self._parent,
            "Another image",
            f"Whether the recipe was made on this image, to which these steps would belong, cannot be told: {untold}."
            if (untold := why_untold(recipe, document.volume))
            else "The recipe was made on another image, to which these steps belong.",
            yes="Keep in place",
            no="Leave out",
            details=(*few(bound), "Kept, they do the same at the same place in the world."),
        )
        if answer is Answer.CANCEL or not self._is_still(document, path):
            return
        choice, grid = Bound.KEEP if answer is Answer.YES else Bound.LEAVE_OUT, document.geometry

        def replay(fit: Recipe) -> None:
            self._recipe_images.bring(fit, path, lambda: self._editor.bringing_in.recipe(fit, findings=doubts))

        self._editor.jobs.run("Fitting the recipe", lambda _: fitted(recipe, grid, choice), replay)

    def _is_still(self, document: Document, path: Path) -> bool:
        """Whether a document is still the open one, for which a recipe was asked; else say that it is not."""
        if self._editor.document is document:
            return True
        self._editor.say(f"{path.name} was not carried out, as another image was opened meanwhile.")
        return False
