"""Opening masks: their voxels as a step, or the steps that made them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PyQt6.QtWidgets import QWidget

from maskeditor.core.errors import GeometryMismatch
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import Adopted
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Progress
from maskeditor.model.label_files import is_result, numbers_of
from maskeditor.model.mask_files import Imported, ImportedLabel, import_mask
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.model.recipes import Carried, carried
from maskeditor.model.session import Session
from maskeditor.model.view.pixels import MOST_LAYERS
from maskeditor.ui.choice import Row, choose
from maskeditor.ui.dialogs import Answer, ask
from maskeditor.ui.files.recipe_images import RecipeImages
from maskeditor.ui.work.editor import Editor


class _Found(NamedTuple):
    """What is in a file: masks by name, unless they lie on another grid, and the recipe it came with."""

    imported: Imported
    differences: tuple[str, ...]
    carried: Carried | None
    as_made: bool


class OpeningMasks:
    """Opens mask files for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialogs they are.
    run_recipe : callable of Path
        Carries out the recipe of a file.
    """

    def __init__(self, editor: Editor, parent: QWidget, run_recipe: Callable[[Path], None]) -> None:
        self._editor = editor
        self._parent = parent
        self._run_recipe = run_recipe
        self._images = RecipeImages(editor, parent)

    def open(self, path: Path) -> None:
        """Bring a mask in: its steps, where it was made on this image and the user wants them, or its voxels."""
        self._open(path, self._ask)

    def open_as_usual(self, path: Path) -> None:
        """Bring a mask in and ask nothing but what cannot be known: the steps that made it here, or its voxels."""
        self._open(path, self._take)

    def _open(self, path: Path, then: Callable[[Session, Path, _Found], None]) -> None:
        session = self._editor.session
        assert session is not None
        self._editor.jobs.run(
            f"Opening {path.name}",
            lambda progress: _look_into(session, path, progress),
            lambda found: then(session, path, found),
        )

    def _take(self, session: Session, path: Path, found: _Found) -> None:
        """Bring in what is meant as a rule; of a mask on another grid, that is asked."""
        if not self._is_still(session, path):
            return
        if found.differences:
            self._ask(session, path, found)
        elif found.as_made and found.carried is not None and found.carried.from_here:
            self._bring_steps(found.carried.recipe, path, as_made=True)
        else:
            self._bring_in(path, found.imported, every=True)

    def _is_still(self, session: Session, path: Path) -> bool:
        """Whether the session is still the open one, on which the mask was opened; else say that it is not.

        While the mask is read or asked about, another session may be restored.
        """
        if self._editor.session is session:
            return True
        self._editor.say(f"{path.name} was not brought in, as another image was opened meanwhile.")
        return False

    def _ask(self, session: Session, path: Path, found: _Found) -> None:
        recipe = found.carried.recipe if found.carried is not None else None
        if not self._is_still(session, path):
            return
        if found.differences:
            answer = self._answer(
                session,
                path,
                "Another grid",
                f"{path.name} does not lie on the grid of the image.",
                yes="Resample to the image",
                no="Run its recipe" if recipe is not None else "",
                details=found.differences,
            )
            if answer is Answer.YES:
                self._resample(path)
            elif answer is Answer.NO:
                self._run_recipe(path)
        elif found.carried is None or recipe is None:
            self._bring_in(path, found.imported)
        elif found.carried.from_here:
            steps = in_number(len(recipe.steps), "step")
            changed = "Its voxels were changed since, by another program; of that the steps know nothing."
            answer = self._answer(
                session,
                path,
                "Steps of the mask",
                f"{path.name} was made on this image and carries the {steps} that made it.",
                yes=f"Bring its {steps} back",
                no="Only its voxels",
                details=() if found.as_made else (changed,),
            )
            if answer is Answer.YES:
                self._bring_steps(recipe, path, found.as_made)
            elif answer is Answer.NO:
                self._bring_in(path, found.imported)
        else:
            answer = self._answer(
                session,
                path,
                "Steps of the mask",
                f"{path.name} was made on another image, {recipe.source.get('name', 'unknown')}.",
                yes="Only its voxels",
                no="Run its recipe",
                details=("Its recipe would make a mask of this image by the same steps.",),
            )
            if answer is Answer.YES:
                self._bring_in(path, found.imported)
            elif answer is Answer.NO:
                self._run_recipe(path)

    def _bring_steps(self, recipe: Recipe, path: Path, as_made: bool) -> None:
        """Carry out the steps that made a mask."""
        self._images.bring(
            recipe,
            path,
            lambda: self._editor.bringing_in.recipe(
                recipe, compare=True, then=lambda adopted: self._is_saved(recipe, adopted, path, as_made)
            ),
        )

    def _bring_in(self, path: Path, imported: Imported, every: bool = False) -> None:
        """Bring in the mask of a file; of several labels, those that the user chooses, or all that have room."""
        names = [*imported.masks]
        if len(names) > 1 and not (every and len(names) <= self._room()):
            session, rows = self._editor.session, [_row(name, label) for name, label in imported.labels.items()]
            room = self._room()
            many = (
                f" There is room for {counted(room)}; all are seen, and some can be made ROIs, once it lies over the "
                "image (File ▸ Add image…)."
            )
            chosen = choose(
                self._parent,
                "Labels",
                f"{path.name} holds {counted(len(names))} labels. Which of them are to be ROIs?"
                f"{many if len(rows) > room else ''}",
                rows,
                range(len(rows)) if len(rows) <= room else (),
                yes="Open as ROIs",
                most=room,
            )
            if not chosen or session is None or not self._is_still(session, path):
                return
            imported = imported.only([names[place] for place in chosen])
        looks = {name: label.look for name, label in imported.labels.items()}
        self._editor.bringing_in.masks(imported.masks, imported.findings, looks)

    def _room(self) -> int:
        """Return how many ROIs can come; an active one that is empty is filled."""
        document = self._editor.document
        if document is None:
            return 0
        return MOST_LAYERS - len(document.rois) + (document.voxels(self._editor.active) == 0)

    def _answer(self, session: Session, path: Path, title: str, text: str, **choices: Any) -> Answer:
        """Ask; an answer that comes when another image is open means nothing."""
        answer = ask(self._parent, title, text, **choices)
        return answer if answer is Answer.CANCEL or self._is_still(session, path) else Answer.CANCEL

    def _is_saved(self, recipe: Recipe, adopted: Adopted, path: Path, as_made: bool) -> None:
        """Remember that the ROI that a recipe made, or all of them, are those of a file."""
        session = self._editor.session
        if session is not None and as_made:
            if numbers_of(recipe):
                session.took_labels(path, [roi.id for roi in adopted.rois])
            else:
                session.took_mask(adopted.target, path)
            self._editor.document_changed.emit()

    def _resample(self, path: Path) -> None:
        session = self._editor.session
        assert session is not None
        self._editor.jobs.run(
            f"Opening {path.name}",
            lambda progress: import_mask(session, path, progress, resample=True),
            lambda imported: self._bring_in(path, imported),
        )


def _row(name: str, label: ImportedLabel) -> Row:
    return f"{name} ({label.number}): {in_number(label.voxels, 'voxel')}", label.colour


def _look_into(session: Session, path: Path, progress: Progress) -> _Found:
    recipe = carried(path, session.source)
    try:
        imported = import_mask(session, path, progress)
    except GeometryMismatch as error:
        return _Found(Imported({}, (), {}), error.differences, recipe, False)
    return _Found(imported, (), recipe, recipe is not None and _is_as_made(recipe.recipe, imported))


def _is_as_made(recipe: Recipe, imported: Imported) -> bool:
    """Whether the voxels of a file are still those that its recipe made."""
    places = {number: roi for roi, number in numbers_of(recipe).items()} or {
        label.number: recipe.target for label in imported.labels.values()
    }
    found = {places.get(label.number): name for name, label in imported.labels.items()}
    if None in found or len(found) != len(imported.labels):
        return False
    shape = next(iter(imported.masks.values())).shape
    masks = {roi.id: MaskBits(shape) for roi in recipe.rois}
    masks |= {roi: MaskBits.of(imported.masks[name].mask()) for roi, name in found.items() if roi is not None}
    return is_result(recipe, masks)
