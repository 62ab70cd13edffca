"""Between the session and the widgets: carries out what they ask for, on a worker where it takes time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.document import Document, Move
from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import Adopted
from maskeditor.model.abilities import Ability, obstacles
from maskeditor.model.image_preview import PreviewedImage
from maskeditor.model.new_rois import NewRoi, RoiLook
from maskeditor.model.preview import ImagePreview, OperationPreview, Preview, RewritePreview
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.pixels import MOST_LAYERS
from maskeditor.model.view.state import ViewState
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.work.bringing_in import BringingIn
from maskeditor.ui.work.comparing import Comparing
from maskeditor.ui.work.displays import Displays
from maskeditor.ui.work.image_lanes import ImageLanes
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.labels import Labels
from maskeditor.ui.work.moves import Moves
from maskeditor.ui.work.noting import Noting
from maskeditor.ui.work.pending import Pending, Then, nothing
from maskeditor.ui.work.preferred import Preferred
from maskeditor.ui.work.preview_lane import PreviewLane, PreviewState
from maskeditor.ui.work.rest import Rest
from maskeditor.ui.work.strokes import Strokes
from maskeditor.ui.work.surfaces import Surfaces
from maskeditor.ui.work.travels import Travels
from maskeditor.ui.work.turns import Turns


class Worker(Protocol):
    """What works beside the interface."""

    @property
    def working(self) -> bool:
        """Whether anything is being worked out."""
        ...

    def close(self) -> None:
        """Stop all work."""
        ...


class Editor(QObject):
    """Carries out what widgets ask for; they hold no truth of their own.

    Parameters
    ----------
    viewer : Viewer
        What is looked at.
    layers : Layers
        What lies over the image.
    keys : Keys, optional
        Which keys do what, for tips that name them.
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
    #: The session keeps another tool, other settings of it, another active ROI, other displays, or other notes.
    hands_changed = pyqtSignal()
    message = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, viewer: Viewer, layers: Layers, parent: QObject | None = None, keys: Keys | None = None) -> None:
        super().__init__(parent)
        self.keys = keys if keys is not None else Keys(parent=self)
        #: Does something that closes the open image, once what is unsaved is dealt with; the window says how.
        self.leave: Callable[[Then], None] = lambda go_on: go_on()
        self.viewer = viewer
        self.layers = layers
        self.session: Session | None = None
        self.active = ""
        self.preferred = Preferred(self)
        #: What waits until nothing is under way, and until the strokes that were drawn are steps.
        self.turns = Turns(lambda: self.document, self)
        self.turns.message.connect(self.message)
        #: Long work, which editing waits for.
        self.jobs = Jobs(self.turns, self)
        self.jobs.message.connect(self.message)
        self.jobs.failed.connect(self.failed)
        self.jobs.busy_changed.connect(self._make_way)
        #: Whether the image has low numbers that are meant to be bright.
        self._inverted = False
        #: Histograms and means, which no edit waits for.
        self.image_lanes = ImageLanes(viewer, lambda: self.document, self)
        #: Further images over the one that is edited on.
        self.displays = Displays(viewer, self.jobs, lambda: self.session, self)
        #: The image beside one of them.
        self.comparing = Comparing(viewer, self.displays, self)
        self.comparing.message.connect(self.message)
        self.image_changed.connect(self.displays.begin)
        self.document_changed.connect(self.displays.update)
        self.displays.changed.connect(self.document_changed)
        self.displays.kept.connect(self.hands_changed)
        #: The masks in three dimensions.
        self.surfaces = Surfaces(viewer, layers, self)
        self.redrawn.connect(self.surfaces.look)
        self.image_changed.connect(self.surfaces.look)
        #: Images of labels, the open one among them.
        self.labels = Labels(viewer, self.displays, lambda: self.session, self)
        self.image_changed.connect(self.labels.begin)
        #: Places and conditions that are noted.
        self.noting = Noting(viewer, lambda: self.session, self)
        self.noting.message.connect(self.message)
        self.noting.changed.connect(self.hands_changed)
        self._previews = PreviewLane(layers, self.displays, self)
        self._previews.changed.connect(self.preview_changed)
        self._previews.redrawn.connect(lambda: self.redrawn.emit(None))
        self._previews.others_changed.connect(self._fill_layers)
        viewer.changed.connect(self._follow_view)
        #: Works steps out and makes them.
        self._moves = Moves(self, self._previews)
        self._bringing_in = BringingIn(self, self._moves, self)
        self._bringing_in.failed.connect(self.failed)
        self._travels = Travels(self, self)
        self._travels.returned.connect(self.returned)
        self.strokes = Strokes(self, self._moves, self)
        self.strokes.redrawn.connect(self.redrawn)
        self.strokes.message.connect(self.message)
        self.strokes.failed.connect(self.failed)
        #: The change that is set or shown and not yet a step.
        self.pending = Pending(self)
        self.pending.message.connect(self.message)
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
        return self.turns.more_to_come or any(worker.working for worker in self._workers)

    @property
    def _workers(self) -> tuple[Worker, ...]:
        work = (self.jobs, self.strokes, self._previews)
        return (*work, self.image_lanes, self.displays, self.labels, self.surfaces)

    def _is_pending(self) -> bool:
        return self.pending.change is not None or self._previews.shown is not None

    def obstacles(self) -> dict[Ability, str]:
        """Return why something cannot be done now."""
        why_no_segmentation = self.session.why_no_segmentation() if self.session is not None else ""
        more_to_come = self.strokes.waiting or self.turns.more_to_come
        return obstacles(self.document, self.active, self.jobs.busy, why_no_segmentation, more_to_come)

    def scene(self) -> Scene:
        """Return the scene of the active ROI, for suggestions."""
        assert self.document is not None
        return replace(self.document.snapshot().scene(self.active), focus=self.viewer.state.crosshair)

    def say(self, sentence: str) -> None:
        """Show a sentence in the status line."""
        self.message.emit(sentence)

    def _make_way(self) -> None:
        if self.jobs.running:
            self._previews.pause()
        else:
            self._previews.resume()
            if self._previews.shown is None:
                self.pending.renew()

    def close(self) -> None:
        """Stop all work."""
        self.preferred.keep()
        for worker in self._workers:
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
        rois, others = document.rois, self._previews.others
        self.layers.show(
            [Layer(others.get(roi.id, document.mask(roi.id)), roi.colour, roi.visible) for roi in rois],
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

    def apply(self, operation: Operation, scope: Scope = EVERYWHERE, then: Then = nothing, called: str = "") -> None:
        """Carry out an operation on the active ROI as one step, on the worker.

        Parameters
        ----------
        operation : Operation
        scope : Scope
        then : callable
            Called once the step is made, or is none as it changes no voxel.
        called : str
            What the move is called, where a tool has another name than its operation.
        """
        if self.session is not None:
            self.turns.in_turn(lambda: self._moves.put_in(operation, scope, then, called))

    def apply_now(
        self, operation: Operation, known: Patch | None = None, roi: str = "", scope: Scope = EVERYWHERE
    ) -> None:
        """Carry out a small operation, such as a stroke, at once.

        Parameters
        ----------
        operation : Operation
        known : Patch, optional
            What it makes of the mask that is shown, if that was drawn already.
        roi : str
            The ROI to work on; the active one by default.
        scope : Scope
            Where it may change the mask.
        """
        roi = roi or self.active
        self.turns.in_turn(lambda: self._moves.put_in_now(operation, known, roi, scope))

    def bring_in(
        self,
        masks: Mapping[str, Operation],
        findings: tuple[str, ...] = (),
        looks: Mapping[str, RoiLook] | None = None,
    ) -> None:
        """Give each mask that was read an ROI of its own (the active one, if it is empty), all as one move.

        Parameters
        ----------
        masks : mapping of str to Operation
            By name of the ROI, what puts its voxels in place.
        findings : tuple of str
            What is doubtful about their file, to be shown.
        looks : mapping of str to RoiLook, optional
            What they bring along, by name.
        """
        self.turns.in_turn(lambda: self._bringing_in.masks(masks, findings, looks or {}))

    def make_rois(self, new: Sequence[NewRoi], title: str, sentence: str, fill: bool = False) -> None:
        """Make ROIs of others as one move, and work on the first of them.

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
        self.turns.in_turn(lambda: self._bringing_in.rois(new, title, sentence, fill))

    def put_in_several(self, operations: Mapping[str, Operation], title: str, sentence: str, then: Then) -> None:
        """Carry out an operation on each of several ROIs, by their ids, all as one move.

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
        self.turns.in_turn(lambda: self._bringing_in.several(operations, title, sentence, then))

    def replay(
        self,
        recipe: Recipe,
        compare: bool = False,
        then: Callable[[Adopted], None] = lambda _: None,
        findings: tuple[str, ...] = (),
    ) -> None:
        """Carry out a recipe's steps after the present ones, as one move, on ROIs of their own.

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
        self.turns.in_turn(lambda: self._bringing_in.recipe(recipe, compare, then, findings))

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
            self.come_back(lambda: self._moves.rewrite(rewrite, then))

    # Ways through the history -------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take back the last move, whatever row is looked at."""
        self._settled(self._travels.undo)

    def redo(self) -> None:
        """Make the move again that was taken back, whatever row is looked at."""
        self._settled(self._travels.redo)

    def go_to(self, goal: Timeline, then: Then = nothing) -> None:
        """Look at a beginning of the steps made and those undone; then do something."""
        self._settled(lambda: self._travels.look_at(goal, then))

    def come_back(self, then: Then = nothing) -> None:
        """Show the present masks again, if one looks at another row; then do something."""
        self.turns.in_turn(lambda: self._travels.look_at(self._document.present, then))

    def _settled(self, act: Then) -> None:
        """Do what may take away the step whose form is open, in turn; nothing is asked in vain while it cannot be."""

        def settle() -> None:
            if self.jobs.busy:
                self.jobs.say_busy()
            else:
                self.pending.settle_step(act)

        self.turns.in_turn(settle)

    @property
    def row_looked_at(self) -> str:
        """In words, the row whose masks are shown instead of the present ones; empty when it is the present one."""
        document = self.document
        if document is None or not document.is_looking:
            return ""
        return f"after step {len(document.timeline)}" if document.timeline else "before the first step"

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
        if self.document is not None and len(self.document.rois) >= MOST_LAYERS:
            self.failed.emit(f"There are {MOST_LAYERS} ROIs already, which are the most; delete one first.")
        elif self.document is not None:
            self.turns.in_turn(lambda: self.set_active(self._document.add_roi(name).id))

    def delete_roi(self, id: str) -> None:
        """Delete an ROI with its steps; undo brings them back."""
        document = self._document

        def delete() -> None:
            self.come_back(lambda: self.jobs.attempt(lambda: document.delete_roi(id)))

        self._settled(delete)

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

    def _unhide_images(self) -> None:
        if self.viewer.state.overlays_hidden:
            self.viewer.change(overlays_hidden=False)
            self.say("The further images were hidden; they are shown again.")

    # Previews -----------------------------------------------------------------------------------------------------

    @property
    def preview_state(self) -> PreviewState | None:
        """What is known of the preview; None without one."""
        return self._previews.state

    @property
    def previewed_mask(self) -> Preview | None:
        """The preview of the active mask, once all of it is worked out; None without one."""
        return self._previews.known_mask

    @property
    def voxels(self) -> int | None:
        """Voxels that the active mask has as it is shown, previewed ones too; None while those are counted."""
        state, document = self.preview_state, self._document
        if state is None or state.of_image or state.error:
            return document.voxels(self.active)
        return None if state.grown is None else document.voxels(self.active) + state.grown

    def preview(self, operation: Operation, scope: Scope = EVERYWHERE) -> None:
        """Show what an operation would make of the active ROI, or the image that it would make; both take a while."""
        if self.document is None or self.jobs.running:
            return
        if isinstance(operation, ImageOperation):
            self._unhide_images()
            crosshair, place = self.viewer.state.crosshair, self._volume_shown
            self._previews.show(ImagePreview(self.document.snapshot(), self.active, operation, crosshair, place))
        else:
            self._unhide()
            self._previews.show(OperationPreview(self.document.snapshot(), self.active, operation, scope))

    def preview_rewrite(self, rewrite: Rewrite) -> None:
        """Show what the active ROI would become if the steps were rewritten."""
        if self.document is not None and not self.jobs.running:
            self._unhide()
            self._previews.show(RewritePreview(self.document.snapshot(), self.active, rewrite, self._volume_shown))

    @property
    def _volume_shown(self) -> int:
        frame = self.viewer.state.frame
        return frame if isinstance(frame, int) else 0

    @property
    def previewed_image(self) -> PreviewedImage | None:
        """The image that is previewed, as far as it is worked out; None without one."""
        shown = self._previews.shown
        return shown.image if isinstance(shown, ImagePreview) else None

    def _follow_view(self, changed: frozenset[str]) -> None:
        # Of an image that has as many volumes in time, the one that is shown is previewed.
        shown = self._previews.shown
        if "frame" in changed and shown is not None and shown.of_volume:
            self.pending.renew()

    def light(self, operation: Operation | None) -> None:
        """Light the voxels that an operation takes for as long as they are pointed at; without one, none any more."""
        lit = None
        if operation is not None and self.document is not None:
            lit = OperationPreview(self.document.snapshot(), self.active, operation)
        # What would take long to be known is not worth the wait.
        self.layers.lit = lit if lit is not None and lit.is_local else None
        self.redrawn.emit(None)

    def hide_preview(self) -> None:
        """Show the mask as it is; what is pending stays so."""
        if self._previews.drop():
            self.redrawn.emit(None)

    def clear_preview(self) -> None:
        """Show the mask as it is, and give up what is pending."""
        if self.pending.change is not None:
            self.pending.change.put_away()
        self.hide_preview()
