"""The further images that a recipe looks at, opened before it is carried out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.recipe.recipe import Recipe, opened_images
from maskeditor.core.space.mask import in_quotes
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.model.further import FurtherImage, interpolation_of, open_further
from maskeditor.model.session import Session
from maskeditor.model.view.display import Display, first_display
from maskeditor.ui.dialogs import Answer, ask
from maskeditor.ui.files.filters import IMAGE_FILES
from maskeditor.ui.work.editor import Editor


class RecipeImages:
    """Finds and opens them for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, parent: QWidget) -> None:
        self._editor = editor
        self._parent = parent

    def bring(self, recipe: Recipe, path: Path, then: Callable[[], None]) -> None:
        """Open the images that are not there yet, and then do something; one that is not found is asked for.

        Parameters
        ----------
        recipe : Recipe
        path : Path
            The file of the recipe; images are looked for beside it, and beside the image that is open.
        then : callable
            Called once all are there.
        """
        session = self._editor.session
        if session is None:
            return
        missing = [name for name in opened_images(recipe.steps) if name not in session.document.images]
        if not missing:
            then()
            return
        name = missing[0]
        folders = [path.parent, *([session.path.parent] if session.path is not None else [])]
        where = _beside(recipe, name, folders) or self._ask_where(recipe, name, path)
        if where is not None and self._editor.session is session:
            self._open(session, recipe, name, where, lambda: self.bring(recipe, path, then))

    def _ask_where(self, recipe: Recipe, name: str, path: Path) -> Path | None:
        """Have the image chosen."""
        file = str(recipe.images.get(name, {}).get("name") or "")
        answer = ask(
            self._parent,
            "A further image",
            f"The steps of {path.name} look at the image {in_quotes(name)}{f' ({file})' if file else ''}, which does "
            "not lie beside it.",
            yes="Choose the image…",
        )
        if answer is not Answer.YES:
            return None
        chosen, _ = QFileDialog.getOpenFileName(self._parent, f"Choose {name}", str(path.parent), IMAGE_FILES)
        return Path(chosen) if chosen else None

    def _open(self, session: Session, recipe: Recipe, name: str, where: Path, then: Callable[[], None]) -> None:
        grid, recorded = session.document.geometry, recorded_in(recipe.images.get(name, {}))

        def work(progress: Progress) -> tuple[FurtherImage, Display, bool]:
            image = open_further(where, grid, interpolation_of(recipe, name), progress, recorded=recorded)
            first = first_display(name, image.volume, image.labels)
            return image, first, not recorded or image.is_known_by(recorded)

        def opened(found: tuple[FurtherImage, Display, bool]) -> None:
            image, first, is_same = found
            if self._editor.session is not session or not (
                is_same or self._ask_about_other(name, where, why_not_compared(recorded))
            ):
                return
            # Not attempted: whoever waits for it goes on only if it is there.
            try:
                self._editor.displays.add(image, first)
            except MaskEditorError as error:
                self._editor.failed.emit(str(error))
                return
            then()

        self._editor.jobs.run(f"Opening {where.name}", work, opened)

    def _ask_about_other(self, name: str, where: Path, untold: str) -> bool:
        answer = ask(
            self._parent,
            "Another image",
            f"Whether {where.name} is the image {in_quotes(name)} that the steps were made on cannot be told: {untold}."
            if untold
            else f"{where.name} is not the image {in_quotes(name)} that the steps were made on; they may come out "
            "otherwise.",
            yes="Use it",
        )
        return answer is Answer.YES


def _beside(recipe: Recipe, name: str, folders: list[Path]) -> Path | None:
    """Return the file of an image as a recipe names it, in the first of some folders that has it."""
    file = Path(str(recipe.images.get(name, {}).get("name") or "")).name
    # No further than there: a recipe may be anybody's.
    found = (folder / file for folder in folders if file)
    return next((path for path in found if formats.is_image_name(path) and path.is_file()), None)
