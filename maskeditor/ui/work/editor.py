"""Between the session and the widgets: carries out what they ask for, on a worker where it takes time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document, Move
from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.prepare import Prepared, mask_after, put_in, travel
from maskeditor.core.history.timelines import Step, Timeline, Way
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import Adopted, adopt
from maskeditor.core.space.mask import Colour, Roi, in_quotes
from maskeditor.engine.progress import Progress
from maskeditor.model.abilities import Ability, obstacles
from maskeditor.model.changed_place import changed_place
from maskeditor.model.label_files import is_result, numbers_of
from maskeditor.model.new_rois import NewRoi
from maskeditor.model.numbers_in_words import counted
from maskeditor.model.preview import OperationPreview, RewritePreview
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer, ViewState
from maskeditor.ui.work.displays import Displays
from maskeditor.ui.work.image_lanes import ImageLanes
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.moves_in_words import Before, unchanged
from maskeditor.ui.work.pending import Pending, Then, nothing
from maskeditor.ui.work.preview_lane import PreviewLane, PreviewState
from maskeditor.ui.work.rest import Rest
from maskeditor.ui.work.strokes import Strokes
from maskeditor.ui.work.turns import Turns

#: Voxels that undo and redo visit on the interface's thread; more than these go to the worker.
AT_ONCE = 1 << 21


class Editor(QObject):
    """Carries out what widgets ask for; they hold no truth of their own.

    Parameters
    ----------
    viewer : Viewer
        What is looked at.
    layers : Layers
        What lies over the image.
    """

    image_changed = pyqtSignal()
    #: The first volume of a series that is still being read, to be looked at where no image is open; None ends it.
    first_read = pyqtSignal(object)
    document_changed = pyqtSignal()
    #: A mask, a preview or a stroke looks otherwise, inside a `Box` or, with None, anywhere.
    redrawn = pyqtSignal(object)
    #: Undo or redo changed voxels inside a `Box`, which whoever pressed the key wants to see.
    returned = pyqtSignal(object)
    preview_changed = pyqtSignal()
    #: The session keeps another tool, other settings of it, another active ROI, or other displays.
    hands_changed = pyqtSignal()
    message = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, viewer: Viewer, layers: Layers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer
        self.layers = layers
        self.session: Session | None = None
        self.active = ""
        #: Long work, which editing waits for.
        self.jobs = Jobs(self)
        self.jobs.message.connect(self.message)
        self.jobs.failed.connect(self.failed)
        self.jobs.busy_changed.connect(self._make_way)
        #: Whether the image has low numbers that are meant to be bright.
        self._inverted = False
        #: Histograms and means, which no edit waits for.
        self.image_lanes = ImageLanes(viewer, lambda: self.document, self)
        #: Further images over the one that is edited on.
        self.displays = Displays(viewer, self.jobs, lambda: self.session, self)
        self.image_changed.connect(self.displays.begin)
        self.document_changed.connect(self.displays.update)
        self.displays.changed.connect(self.document_changed)
        self.displays.kept.connect(self.hands_changed)
        #: What waits until nothing runs, and until the strokes that were drawn are steps.
        self.turns = Turns(self.jobs, lambda: self.document, self)
        self.jobs.in_turn = self.turns.in_turn
        self.strokes = Strokes(self, self)
        self.strokes.redrawn.connect(self.redrawn)
        self.strokes.message.connect(self.message)
        self.strokes.failed.connect(self.failed)
        #: The change that is set or shown and not yet a step.
        self.pending = Pending(self)
        self.pending.message.connect(self.message)
        self._previews = PreviewLane(layers, self)
        self._previews.changed.connect(self.preview_changed)
        self._previews.redrawn.connect(lambda: self.redrawn.emit(None))
        #: Lets go of what is kept to work faster, once nothing is worked out.
        self.rest = Rest(lambda: self.document, lambda: self.working, self._is_pending, self)
        for stirred in (
            self.document_changed,
            self.image_changed,
            self.preview_changed,
            self.pending.changed,
            self.jobs.busy_changed,
        ):
            stirred.connect(self.rest.stir)

    # What there is ------------------------------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        """The open document."""
        return self.session.document if self.session else None

    @property
    def timeline(self) -> Timeline:
        """The steps that make the masks that are shown; none without an image."""
        return self.document.timeline if self.document is not None else ()

    @property
    def present(self) -> Timeline:
        """The steps that are made, whatever row is looked at; none without an image."""
        return self.document.present if self.document is not None else ()

    @property
    def working(self) -> bool:
        """Whether anything is being worked out, previews and histograms too."""
        lanes = (self.jobs, self.strokes, self._previews, self.image_lanes, self.displays)
        return any(lane.working for lane in lanes)

    def _is_pending(self) -> bool:
        return self.pending.change is not None or self._previews.shown is not None

    def obstacles(self) -> dict[Ability, str]:
        """Return why something cannot be done now."""
        why_no_segmentation = self.session.why_no_segmentation() if self.session is not None else ""
        return obstacles(self.document, self.active, self.jobs.busy, why_no_segmentation, self.strokes.waiting)

    def scene(self) -> Scene:
        """Return the scene of the active ROI, for suggestions."""
        assert self.document is not None
        return replace(self.document.snapshot().scene(self.active), focus=self.viewer.state.crosshair)

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        self.message.emit(sentence)

    def _make_way(self) -> None:
        if self.jobs.busy:
            self._previews.pause()
        else:
            self._previews.resume()
            if self._previews.shown is None:
                self.pending.renew()

    def close(self) -> None:
        """Stop all work."""
        for worker in (self.jobs, self.strokes, self._previews, self.image_lanes, self.displays):
            worker.close()

    # Sessions -----------------------------------------------------------------------------------------------------

    def set_session(self, session: Session) -> None:
        """Show another session."""
        self.clear_preview()
        self.strokes.forget()
        if self.document is not None:
            self.document.moved.disconnect(self._moved)
            self.document.rois_changed.disconnect(self._rois_changed)
        self.session = session
        document = session.document
        self.active = session.hands.active if session.hands is not None else ""
        self._choose_listed()
        document.moved.connect(self._moved)
        document.rois_changed.connect(self._rois_changed)
        self._fill_layers()
        self.viewer.set_volume(document.volume)
        self._invert(bool(session.info and session.info.inverted))
        self.image_changed.emit()
        self.document_changed.emit()

    def _invert(self, inverted: bool) -> None:
        """Show low intensities bright where they are meant to be; any other colour map that was chosen stays."""
        usual, wanted = ("grey", "grey inverted") if inverted else ("grey inverted", "grey")
        if (inverted or self._inverted) and self.viewer.state.colour_map == usual:
            self.viewer.change(colour_map=wanted)
        self._inverted = inverted

    def _fill_layers(self) -> None:
        document = self.document
        assert document is not None
        rois = document.rois
        self.layers.show(
            [Layer(document.mask(roi.id), roi.colour, roi.visible) for roi in rois],
            active=[roi.id for roi in rois].index(self.active),
        )
        self.strokes.show()

    def _moved(self, move: Move) -> None:
        was_previewed = self._previews.drop()
        self.strokes.follow_masks()
        self._choose_listed()
        self._fill_layers()
        places = {roi.id: place for place, roi in enumerate(self._document.rois)}
        box = None
        for roi, changed in move.boxes.items():
            if roi in places:
                self.layers.touch(places[roi], changed)
            box = changed.union(box)
        # What was previewed may lie elsewhere than what has changed: an undo ends the preview of a threshold too.
        self.redrawn.emit(None if was_previewed else box)
        self.document_changed.emit()
        self.pending.renew()

    def _choose_listed(self) -> None:
        listed = [roi.id for roi in self._document.rois]
        if self.active not in listed:
            self.active = listed[0]

    def _rois_changed(self) -> None:
        self._choose_listed()
        self._fill_layers()
        self.redrawn.emit(None)
        self.document_changed.emit()

    @property
    def _document(self) -> Document:
        assert self.document is not None
        return self.document

    # Edits --------------------------------------------------------------------------------------------------------

    def apply(self, operation: Operation, scope: Scope = EVERYWHERE, then: Then = nothing) -> None:
        """Carry out an operation on the active ROI as one step, on the worker.

        Parameters
        ----------
        operation : Operation
        scope : Scope
        then : callable
            Called once the step is made, or is none as it changes no voxel.
        """
        if self.session is not None:
            self.turns.in_turn(lambda: self._put_in(operation, scope, self._known(operation, scope), then))

    def _put_in(
        self, operation: Operation, scope: Scope, known: Patch | None, then: Then = nothing, roi: str = ""
    ) -> None:
        """Work a step out after those that are shown, with the later ones after it, and make that one move."""
        session, document = self.session, self._document
        assert session is not None
        step, snapshot = Step(operation, roi or self.active, scope), document.snapshot()

        def done(prepared: Prepared) -> None:
            self.take(prepared, step, doubts=True)
            then()

        def attempt() -> None:
            if step.roi:
                document.check_unlocked(step.roi)
            self.jobs.run(operation.called, lambda progress: session.put_in(snapshot, [step], progress, known), done)

        self.jobs.attempt(attempt)

    def _known(self, operation: Operation, scope: Scope) -> Patch | None:
        """Return what an operation makes of the mask, if the preview has worked just that out."""
        shown = self._previews.shown
        if not isinstance(shown, OperationPreview) or shown.revision != self._document.revision:
            return None
        wanted = (self.active, operation, scope)
        return shown.patch if (shown.roi, shown.operation, shown.scope) == wanted else None

    def take(self, prepared: Prepared, step: Step, doubts: bool = False) -> None:
        """Make the move that a new step is, and say what it did, and what can hardly be meant."""
        document, operation = self._document, step.operation
        assert self.session is not None
        if not prepared.is_step:
            self.say(unchanged(operation))
            return
        document.check_move(prepared.goal)
        sentence = Before.of(document).sentence(operation, prepared, prepared.goal)
        document.commit(prepared, operation.called)
        self.say(" ".join((sentence, *(self.session.doubts(step.roi) if doubts and step.roi else ()))))

    def apply_now(self, operation: Operation, known: Patch | None = None, roi: str = "") -> None:
        """Carry out a small operation, such as a stroke, at once.

        Parameters
        ----------
        operation : Operation
        known : Patch, optional
            What it makes of the mask that is shown, if that was drawn already.
        roi : str
            The ROI to work on; the active one by default.
        """
        roi = roi or self.active
        document = self._document

        def attempt() -> None:
            if self.jobs.busy:
                self.jobs.say_busy()
            elif document.later:
                # What follows takes as long as it takes.
                self._put_in(operation, EVERYWHERE, known, roi=roi)
            else:
                document.check_unlocked(roi)
                step = Step(operation, roi)
                self.take(put_in(document.snapshot(), [step], known=known), step)

        self.turns.in_turn(lambda: self.jobs.attempt(attempt))

    def bring_in(
        self,
        masks: Mapping[str, Operation],
        findings: tuple[str, ...] = (),
        colours: Mapping[str, Colour] | None = None,
    ) -> None:
        """Give each mask that was read an ROI of its own (the active one, if it is empty), all as one move.

        Parameters
        ----------
        masks : mapping of str to Operation
            By name of the ROI, what puts its voxels in place.
        findings : tuple of str
            What is doubtful about their file, to be shown.
        colours : mapping of str to tuple of 3 int, optional
            Of those that have one already, by name.
        """
        self.turns.in_turn(lambda: self._bring_in(masks, findings, colours or {}))

    def _bring_in(
        self, masks: Mapping[str, Operation], findings: tuple[str, ...], colours: Mapping[str, Colour]
    ) -> None:
        document = self._document
        active = document.roi(self.active)
        # Looked at from before its steps, an ROI is empty and yet not free.
        is_filled = document.voxels(active.id) or any(step.roi == active.id for step in document.later)
        is_free = not (is_filled or active.locked)
        rois = document.draft_rois([*masks][is_free:])
        if is_free:
            rois = (replace(active, name=next(iter(masks))), *rois)
        rois = tuple(replace(roi, colour=colours.get(name, roi.colour)) for roi, name in zip(rois, masks, strict=True))
        steps = [Step(operation, roi.id) for operation, roi in zip(masks.values(), rois, strict=True)]
        names = in_quotes(*masks)

        def done(sentence: str) -> None:
            self.set_active(rois[-1].id)
            self.say(" ".join((sentence, *findings)))

        def none() -> None:
            self.say(" ".join((f"There is no voxel in {names}, so no step was made.", *findings)))

        self._put_in_rois(f"Taking {names} in", rois, steps, f"open {names}", f"Opened {names}.", done, none)

    def make_rois(self, new: Sequence[NewRoi], title: str, sentence: str) -> None:
        """Make ROIs of others as one move, and work on the first of them.

        Parameters
        ----------
        new : sequence of NewRoi
        title : str
            Of the move.
        sentence : str
            That says what was done.
        """
        self.turns.in_turn(lambda: self._make_rois(new, title, sentence))

    def _make_rois(self, new: Sequence[NewRoi], title: str, sentence: str) -> None:
        if self.document is None:
            return
        rois = self.document.draft_rois(one.name for one in new)
        steps = [Step(operation, roi.id) for one, roi in zip(new, rois, strict=True) for operation in one.operations]

        def done(sentence: str) -> None:
            self.set_active(rois[0].id)
            self.say(sentence)

        def none() -> None:
            self.say("There is no voxel to take, so no step was made.")

        self._put_in_rois("Making ROIs", rois, steps, title, sentence, done, none)

    def _put_in_rois(
        self,
        task: str,
        rois: Sequence[Roi],
        steps: Sequence[Step],
        title: str,
        sentence: str,
        then: Callable[[str], None],
        without: Then,
    ) -> None:
        """Put in steps that fill ROIs which come with them, as one move.

        Parameters
        ----------
        task, title : str
            Of the work, and of the move.
        rois : sequence of Roi
        steps : sequence of Step
        sentence : str
            That says what was done.
        then : callable of str
            Called once the move is made, with the sentence and what became of later steps.
        without : callable
            Called if no voxel changes, so that there is no move.
        """
        session, document = self.session, self._document
        assert session is not None
        snapshot = document.snapshot(rois)

        def done(prepared: Prepared) -> None:
            made = prepared.goal[len(snapshot.timeline) :][: len(steps)]
            if any(step.outcome is not None and step.outcome.delta is not None for step in made):
                document.check_move(prepared.goal)
                lost = Before.of(document).consequences(prepared.goal, prepared.taken_back)
                document.commit(prepared, title, rois)
                then(f"{sentence}{lost}")
            else:
                without()

        self.jobs.run(task, lambda progress: session.put_in(snapshot, steps, progress), done)

    def replay(self, recipe: Recipe, compare: bool = False, then: Callable[[Adopted], None] = lambda _: None) -> None:
        """Carry out a recipe's steps after the present ones, as one move, on ROIs of their own.

        Parameters
        ----------
        recipe : Recipe
        compare : bool
            Whether the mask must be the one that the recipe names; a difference is shown.
        then : callable of Adopted
            Called with what was carried out, unless the result differs.
        """
        self.turns.in_turn(lambda: self._replay(recipe, compare, then))

    def _replay(self, recipe: Recipe, compare: bool, then: Callable[[Adopted], None]) -> None:
        session = self.session
        if session is None:
            return
        adopted = adopt(session.document, recipe)
        steps, rois, target = adopted
        snapshot = session.document.snapshot(rois)

        def work(progress: Progress) -> tuple[Prepared, bool]:
            prepared = session.put_in(snapshot, steps, progress)
            masks = {
                roi.id: mask_after(prepared, snapshot, here.id) for roi, here in zip(recipe.rois, rois, strict=True)
            }
            return prepared, not compare or is_result(recipe, masks)

        def done(worked_out: tuple[Prepared, bool]) -> None:
            prepared, same = worked_out
            lost = Before.of(self._document).consequences(prepared.goal, prepared.taken_back)
            self._document.commit(prepared, "the recipe", rois)
            self.set_active(target)
            self.say(f"Carried out {len(steps)} steps.{lost}")
            if same:
                then(adopted)
            elif numbers_of(recipe):
                self.failed.emit(
                    "The steps were carried out, but the ROIs are not those that were saved with them (written by "
                    f"{recipe.program or 'an unknown version'}); look at them before you go on, or undo and open the "
                    "voxels alone."
                )
            else:
                self.failed.emit(
                    f"The steps were carried out, but their mask is not the one that was saved with them "
                    f"({counted(self._document.voxels(target))} voxels instead of "
                    f"{recipe.result.get('voxels', 'unknown')}; written by {recipe.program or 'an unknown version'}); "
                    "look at it before you go on, or undo and open the voxels alone."
                )

        self.jobs.run("Carrying out the recipe", work, done)

    def rewrite(self, rewrite: Rewrite, then: Then = nothing) -> None:
        """Work out the steps from the first that differs, and make that one move; if one fails, nothing changes.

        Parameters
        ----------
        rewrite : Rewrite
            Of the steps that are made, which are shown first if one looks at another row.
        then : callable
            Called once the move is made.
        """
        if self.session is not None:
            self.come_back(lambda: self._rewrite(rewrite, then))

    def _rewrite(self, rewrite: Rewrite, then: Then) -> None:
        session, document = self.session, self._document
        assert session is not None
        start, snapshot = document.timeline, document.snapshot()
        known = self._known_rewrite(rewrite)

        def done(prepared: Prepared) -> None:
            # Steps of a locked ROI may look at what has changed.
            document.check_move(prepared.goal)
            lost = Before.of(document).consequences(prepared.goal)
            document.commit(prepared, rewrite.title)
            self.say(f"Done: {rewrite.title}.{lost}")
            then()

        def work(progress: Progress) -> Prepared:
            if known is not None:
                return session.expect(known)
            return session.prepare(snapshot, rewrite.keep, rewrite.tail, progress)

        def attempt() -> None:
            document.check_move((*start[: rewrite.keep], *rewrite.tail))
            several = len(rewrite.tail) > 1
            self.jobs.run(f"Working out {len(rewrite.tail)} steps" if several else "Working out a step", work, done)

        self.jobs.attempt(attempt)

    def _known_rewrite(self, rewrite: Rewrite) -> Prepared | None:
        """Return what a rewrite makes of the masks, if the preview has worked just that out."""
        shown = self._previews.shown
        if not isinstance(shown, RewritePreview) or shown.revision != self._document.revision:
            return None
        return shown.prepared if shown.is_known and shown.rewrite == rewrite else None

    def undo(self) -> None:
        """Take back the last move, whatever row is looked at."""
        self.turns.in_turn(lambda: self.pending.settle_step(self._undo))

    def _undo(self) -> None:
        if self.document is not None and self.document.history.can_undo:
            self._return(-1, self.document.undo, f"Undone: {self.document.history.undo_title}.")

    def redo(self) -> None:
        """Make the move again that was taken back, whatever row is looked at."""
        self.turns.in_turn(lambda: self.pending.settle_step(self._redo))

    def _redo(self) -> None:
        if self.document is not None and self.document.history.can_redo:
            self._return(1, self.document.redo, f"Redone: {self.document.history.redo_title}.")

    def _return(self, by: int, at_once: Callable[[], object], sentence: str) -> None:
        """Undo or redo, say so, and have what changed be seen."""
        way = self._document.way_by(by)
        place = changed_place(self._document, way)

        def then() -> None:
            self.say(sentence)
            if place.box is not None:
                if place.frame is not None:
                    self.viewer.set_frame(place.frame)
                self.returned.emit(place.box)

        self._travel(way, by, at_once, then)

    def go_to(self, goal: Timeline, then: Then = nothing) -> None:
        """Look at a beginning of the steps made and those undone; then do something."""
        self.turns.in_turn(lambda: self.pending.settle_step(lambda: self._look_at(goal, then)))

    def come_back(self, then: Then = nothing) -> None:
        """Show the present masks again, if one looks at another row; then do something."""
        self.turns.in_turn(lambda: self._look_at(self._document.present, then))

    def _look_at(self, goal: Timeline, then: Then) -> None:
        document = self._document
        if goal == document.timeline:
            then()
            return
        try:
            way = document.way_to(goal)
        except OperationError as error:
            # Steps were made while it waited for its turn.
            self.say(str(error))
            return
        self._travel(way, None, lambda: document.go_to(goal), then)

    @property
    def row_looked_at(self) -> str:
        """In words, the row whose masks are shown instead of the present ones; empty when it is the present one."""
        document = self.document
        if document is None or not document.is_looking:
            return ""
        return f"after step {len(document.timeline)}" if document.timeline else "before the first step"

    def _travel(self, way: Way, by: int | None, at_once: Callable[[], object], then: Then = nothing) -> None:
        """Go where the cursor leads by some moves, or look; few voxels are changed in place, at once."""
        document = self._document

        def go_at_once() -> None:
            at_once()
            then()

        def arrive(travelled: Prepared) -> None:
            document.arrive(travelled, by)
            then()

        if self.jobs.busy:
            self.jobs.say_busy()
        elif way.cost <= AT_ONCE:
            self.jobs.attempt(go_at_once)
        else:
            snapshot = document.snapshot()
            task = "Looking there" if by is None else "Undoing" if by < 0 else "Redoing"
            self.jobs.run(task, lambda progress: travel(snapshot, way, progress), arrive)

    # ROIs ---------------------------------------------------------------------------------------------------------

    def set_active(self, roi: str) -> None:
        """Choose the ROI that operations and tools work on."""
        self.turns.in_turn(lambda: self._set_active(roi))

    def _set_active(self, roi: str) -> None:
        # It may have been deleted before its turn came.
        if self.document is not None and roi != self.active and roi in [there.id for there in self.document.rois]:
            self.active = roi
            self._fill_layers()
            self.hide_preview()
            self.document_changed.emit()
            self.pending.renew()

    def add_roi(self, name: str) -> None:
        """Add an empty ROI and choose it."""
        if self.document is not None:
            self.turns.in_turn(lambda: self.set_active(self._document.add_roi(name).id))

    def delete_roi(self, id: str) -> None:
        """Delete an ROI with its steps; undo brings them back."""
        document = self._document

        def delete() -> None:
            self.come_back(lambda: self.jobs.attempt(lambda: document.delete_roi(id)))

        self.turns.in_turn(lambda: self.pending.settle_step(delete))

    def change_roi(self, id: str, **changes: Any) -> None:
        """Change name, colour, visible or locked of an ROI."""
        self.turns.in_turn(lambda: self._document.change_roi(id, **changes))

    # What is drawn ---------------------------------------------------------------------------------------------------

    def show_masks(self) -> None:
        """Show the active mask where it was hidden, as nothing is to be changed unseen."""
        document = self._document
        self._unhide()
        roi = document.roi(self.active)
        if not roi.visible:
            document.change_roi(roi.id, visible=True)
            self.say(f"{roi.quoted} was hidden; it is shown again.")

    def _unhide(self) -> None:
        state = self.viewer.state
        if state.masks_hidden or not state.opacity:
            self.viewer.change(masks_hidden=False, opacity=state.opacity or ViewState.opacity)
            self.say("The masks were hidden; they are shown again.")

    # Previews -----------------------------------------------------------------------------------------------------

    @property
    def preview_state(self) -> PreviewState | None:
        """What is known of the preview; None without one."""
        return self._previews.state

    def preview(self, operation: Operation, scope: Scope = EVERYWHERE) -> None:
        """Show what an operation would make of the active ROI; counts follow when the values have settled."""
        if self.document is not None and not self.jobs.busy:
            self._unhide()
            self._previews.show(OperationPreview(self.document.snapshot(), self.active, operation, scope))

    def preview_rewrite(self, rewrite: Rewrite) -> None:
        """Show what the active ROI would become if the steps were rewritten."""
        if self.document is not None and not self.jobs.busy:
            self._unhide()
            self._previews.show(RewritePreview(self.document.snapshot(), self.active, rewrite))

    def hide_preview(self) -> None:
        """Show the mask as it is; what is pending stays so."""
        if self._previews.drop():
            self.redrawn.emit(None)

    def clear_preview(self) -> None:
        """Show the mask as it is, and give up what is pending."""
        if self.pending.change is not None:
            self.pending.change.put_away()
        self.hide_preview()
