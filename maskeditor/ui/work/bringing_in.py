"""What comes with ROIs of its own: masks that were read, ROIs made of others, a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, mask_after
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import Adopted, adopt
from maskeditor.core.space.mask import Roi, in_quotes
from maskeditor.engine.progress import Progress
from maskeditor.model.label_files import is_result, numbers_of
from maskeditor.model.new_rois import NewRoi, RoiLook
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.model.view.pixels import MOST_LAYERS
from maskeditor.ui.work.ground import Ground
from maskeditor.ui.work.moves import Moves
from maskeditor.ui.work.moves_in_words import Before
from maskeditor.ui.work.pending import Then


class BringingIn(QObject):
    """Brings in what was read or made elsewhere, each time as one move.

    Parameters
    ----------
    ground : Ground
    moves : Moves
    """

    #: A sentence that the user must see.
    failed = pyqtSignal(str)

    def __init__(self, ground: Ground, moves: Moves, parent: QObject) -> None:
        super().__init__(parent)
        self._ground = ground
        self._moves = moves

    # Asked for, and done in turn ----------------------------------------------------------------------------------

    def masks(
        self,
        masks: Mapping[str, Operation],
        findings: tuple[str, ...] = (),
        looks: Mapping[str, RoiLook] | None = None,
    ) -> None:
        """Give each mask that was read an ROI of its own (the active one, if it is empty).

        Parameters
        ----------
        masks : mapping of str to Operation
            By name of the ROI, what puts its voxels in place.
        findings : tuple of str
            What is doubtful about their file, to be shown.
        looks : mapping of str to RoiLook, optional
            What they bring along, by name.
        """
        self._ground.turns.in_turn(lambda: self._masks(masks, findings, looks or {}))

    def rois(self, new: Sequence[NewRoi], title: str, sentence: str, fill: bool = False) -> None:
        """Make ROIs of others, and work on the first of them.

        Parameters
        ----------
        new : sequence of NewRoi
        title : str
            Of the move.
        sentence : str
            That says what was done.
        fill : bool
            Whether the active ROI is the first of them, if it is empty.
        """
        self._ground.turns.in_turn(lambda: self._rois(new, title, sentence, fill))

    def several(self, operations: Mapping[str, Operation], title: str, sentence: str, then: Then) -> None:
        """Carry out an operation on each of several ROIs, by their ids.

        Parameters
        ----------
        operations : mapping of str to Operation
        title : str
            Of the move.
        sentence : str
            That says what was done.
        then : callable
            Called once the move is made.
        """
        self._ground.turns.in_turn(lambda: self._several(operations, title, sentence, then))

    def recipe(
        self,
        recipe: Recipe,
        compare: bool = False,
        then: Callable[[Adopted], None] = lambda _: None,
        findings: tuple[str, ...] = (),
    ) -> None:
        """Carry out a recipe's steps after the present ones, on ROIs of their own.

        Parameters
        ----------
        recipe : Recipe
        compare : bool
            Whether the mask must be the one that the recipe names; a difference is shown.
        then : callable of Adopted
            Called with what was carried out, unless the result differs.
        findings : tuple of str
            What is doubtful about its file, which is said.
        """
        self._ground.turns.in_turn(lambda: self._recipe(recipe, compare, then, findings))

    # How ----------------------------------------------------------------------------------------------------------

    def _masks(self, masks: Mapping[str, Operation], findings: tuple[str, ...], looks: Mapping[str, RoiLook]) -> None:
        document, ground = self._ground.document, self._ground
        assert document is not None
        drafts = self._drafts(document, [*masks])
        rois = tuple(looks.get(name, RoiLook()).of(roi) for roi, name in zip(drafts, masks, strict=True))
        if not self._have_room(rois):
            return
        steps = [Step(operation, roi.id) for operation, roi in zip(masks.values(), rois, strict=True)]
        names = in_quotes(*masks)

        def done(sentence: str) -> None:
            ground.set_active(rois[-1].id)
            ground.say(" ".join((sentence, *findings)))

        def none() -> None:
            ground.say(" ".join((f"There is no voxel in {names}, so no step was made.", *findings)))

        self._moves.put_in_rois(f"Taking {names} in", rois, steps, f"open {names}", f"Opened {names}.", done, none)

    def _drafts(self, document: Document, names: Sequence[str]) -> tuple[Roi, ...]:
        """Return ROIs of some names that may be added; the first is the active one, if that is empty."""
        active = document.roi(self._ground.active)
        # Looked at from before its steps, an ROI is empty and yet not free.
        is_filled = document.voxels(active.id) or any(step.roi == active.id for step in document.later)
        if is_filled or active.locked:
            return document.draft_rois(names)
        taken = {roi.name for roi in document.rois} - {active.name}
        first = names[0] if names[0] not in taken else document.draft_rois(names[:1])[0].name
        others = (f"{name} 2" if name == first else name for name in names[1:])
        return (replace(active, name=first), *document.draft_rois(others))

    def _have_room(self, rois: Sequence[Roi]) -> bool:
        """Whether some ROIs can be shown beside those that there are; else say that they cannot."""
        document = self._ground.document
        assert document is not None
        count = len({roi.id for roi in (*document.rois, *rois)})
        if count > MOST_LAYERS:
            self.failed.emit(f"There would be {counted(count)} ROIs, but {MOST_LAYERS} are the most; take fewer.")
        return count <= MOST_LAYERS

    def _rois(self, new: Sequence[NewRoi], title: str, sentence: str, fill: bool) -> None:
        document, ground = self._ground.document, self._ground
        if document is None:
            return
        names = [one.name for one in new]
        drafts = self._drafts(document, names) if fill else document.draft_rois(names)
        rois = tuple(one.look.of(draft) for one, draft in zip(new, drafts, strict=True))
        if not self._have_room(rois):
            return
        steps = [Step(operation, roi.id) for one, roi in zip(new, rois, strict=True) for operation in one.operations]

        def done(sentence: str) -> None:
            ground.set_active(rois[0].id)
            ground.say(sentence)

        def none() -> None:
            ground.say("There is no voxel to take, so no step was made.")

        self._moves.put_in_rois("Making ROIs", rois, steps, title, sentence, done, none)

    def _several(self, operations: Mapping[str, Operation], title: str, sentence: str, then: Then) -> None:
        document, ground = self._ground.document, self._ground
        if document is None:
            return
        rois = [document.roi(id) for id in operations]
        steps = [Step(operation, id) for id, operation in operations.items()]

        def done(sentence: str) -> None:
            ground.say(sentence)
            then()

        def none() -> None:
            ground.say("No voxel would change, so no step was made.")

        self._moves.put_in_rois(title, rois, steps, title, sentence, done, none)

    def _recipe(
        self, recipe: Recipe, compare: bool, then: Callable[[Adopted], None], findings: tuple[str, ...]
    ) -> None:
        session, ground = self._ground.session, self._ground
        if session is None:
            return
        recipe = recipe.without_idle_rois()
        document = session.document
        try:
            adopted = adopt(document, recipe)
        except RecipeError as error:  # an image may have gone while it waited for its turn
            self.failed.emit(str(error))
            return
        numbers = numbers_of(recipe)
        steps, rois, target = adopted
        rois = tuple(
            replace(here, label=numbers.get(roi.id, here.label)) for roi, here in zip(recipe.rois, rois, strict=True)
        )
        if not self._have_room(rois):
            return
        snapshot = document.snapshot(rois)

        def work(progress: Progress) -> tuple[Prepared, bool]:
            prepared = session.put_in(snapshot, steps, progress)
            masks = {
                roi.id: mask_after(prepared, snapshot, here.id) for roi, here in zip(recipe.rois, rois, strict=True)
            }
            return prepared, not compare or is_result(recipe, masks)

        def done(worked_out: tuple[Prepared, bool]) -> None:
            prepared, same = worked_out
            lost = Before.of(document).consequences(prepared.goal, prepared.taken_back)
            document.commit(prepared, "the recipe", rois)
            ground.set_active(target)
            ground.say(" ".join((f"Carried out {in_number(len(steps), 'step')}.{lost}", *findings)))
            if same:
                then(adopted)
            elif numbers:
                self.failed.emit(
                    "The steps were carried out, but the ROIs are not those that were saved with them (written by "
                    f"{recipe.program or 'an unknown version'}); look at them before you go on, or undo and open the "
                    "voxels alone."
                )
            else:
                self.failed.emit(
                    f"The steps were carried out, but their mask is not the one that was saved with them "
                    f"({in_number(document.voxels(target), 'voxel')} instead of "
                    f"{recipe.result.get('voxels', 'unknown')}; written by {recipe.program or 'an unknown version'}); "
                    "look at it before you go on, or undo and open the voxels alone."
                )

        ground.jobs.run("Carrying out the recipe", work, done)
