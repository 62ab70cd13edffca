"""Between the session and the widgets: carries out what they ask for, on a worker where it takes time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.document import Document, Move
from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.visible import on_one_line
from maskeditor.model.abilities import Ability, obstacles
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
from maskeditor.ui.work.preview_lane import PreviewLane
from maskeditor.ui.work.previews import Previews
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
        self._preview_lane = PreviewLane(layers, self.displays, self)
        self._preview_lane.changed.connect(self.preview_changed)
        self._preview_lane.redrawn.connect(self.redrawn)
        self._preview_lane.others_changed.connect(self._fill_layers)
        #: What a change would make of the mask, or the image that it would make.
        self.previews = Previews(self, self._preview_lane, self)
        #: Works steps out and makes them.
        self._moves = Moves(self, self._preview_lane)
        #: Masks, ROIs and recipes that come from elsewhere.
        self.bringing_in = BringingIn(self, self._moves, self)
        self.bringing_in.failed.connect(self.failed)
        self._travels = Travels(self, self)
        self._travels.returned.connect(self.returned)
        self.strokes = Strokes(self, self._moves, self)
        self.strokes.redrawn.connect(self.redrawn)
        self.strokes.message.connect(self.message)
        self.strokes.failed.connect(self.failed)
        #: The change that is set or shown and not yet a step.
        self.pending = Pending(self)
        self.pending.message.connect(self.message)
        self.pending.is_under_way = lambda: self.jobs.running or self.turns.more_to_come
        self.previews.outdated.connect(self.pending.renew)
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
        work = (self.jobs, self.strokes, self._preview_lane)
        return (*work, self.image_lanes, self.displays, self.labels, self.surfaces)

    def _is_pending(self) -> bool:
        return self.pending.change is not None or self._preview_lane.shown is not None

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
        self.message.emit(on_one_line(sentence))

    def _make_way(self) -> None:
        if self.jobs.running:
            self._preview_lane.pause()
        else:
            self._preview_lane.resume()
            if self._preview_lane.shown is None or self.previews.is_waiting:
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
        rois, others = document.rois, self._preview_lane.others
        masks = [others[roi.id].mask if roi.id in others else document.mask(roi.id) for roi in rois]
        self.layers.show(
            [Layer(mask, roi.colour, roi.visible) for mask, roi in zip(masks, rois, strict=True)],
            active=[roi.id for roi in rois].index(self.active),
        )
        self.strokes.show()

    def _moved(self, move: Move) -> None:
        was_previewed = self._preview_lane.drop()
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
            self.previews.hide()
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
        self.unhide_masks()
        roi = document.roi(self.active)
        if not roi.visible:
            document.change_roi(roi.id, visible=True)
            self.say(f"{roi.quoted} was hidden; it is shown again.")

    def unhide_masks(self) -> None:
        """Show all masks again, if they were hidden together."""
        state = self.viewer.state
        if state.masks_hidden or not state.opacity:
            self.viewer.change(masks_hidden=False, opacity=state.opacity or ViewState.opacity)
            self.say("The masks were hidden; they are shown again.")

    @property
    def voxels(self) -> int | None:
        """Voxels that the active mask has as it is shown, previewed ones too; None while those are counted."""
        state, document = self.previews.state, self._document
        if state is None or state.of_image or state.error:
            return document.voxels(self.active)
        return None if state.grown is None else document.voxels(self.active) + state.grown

    def voxels_of(self, roi: str) -> int | None:
        """Voxels that an ROI has as it is shown, previewed ones too; None while those are counted."""
        if roi == self.active:
            return self.voxels
        becoming = self._preview_lane.others.get(roi)
        return self._document.voxels(roi) if becoming is None else becoming.voxels

    def clear_preview(self) -> None:
        """Show the mask as it is, and give up what is pending."""
        if self.pending.change is not None:
            self.pending.change.put_away()
        self.previews.hide()
