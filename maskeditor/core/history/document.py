"""The document: images, ROIs and their history; the only writer of masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from psygnal import Signal

from maskeditor.core.errors import OperationError, StaleResult
from maskeditor.core.garbage import no_garbage
from maskeditor.core.history.contents import Contents
from maskeditor.core.history.crossings import composed
from maskeditor.core.history.edits import touched
from maskeditor.core.history.images import check_unused
from maskeditor.core.history.masks import Masks
from maskeditor.core.history.prepare import Prepared, prepare, put_in
from maskeditor.core.history.restoring import put_together
from maskeditor.core.history.rois import Rois
from maskeditor.core.history.timelines import Crossing, Step, Timeline, step_by_step
from maskeditor.core.history.visits import History, Visit, timeline_after
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.outside import Outside
from maskeditor.core.operation.scene import Patch, no_image
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask import DEFAULT_NAME, Roi
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.engine.memory_pool import give_back
from maskeditor.engine.progress import Progress


@dataclass(frozen=True, eq=False)
class Move:
    """What happened to the document: from one timeline to another, and the box that changed for each ROI."""

    start: Timeline
    goal: Timeline
    boxes: Mapping[str, Box]


class Document(Contents):
    """Images, ROIs and the steps that made them: what changes them, beside all that is read of them.

    Parameters
    ----------
    volume : Volume
        The image that is edited on; all masks lie on its grid.
    history : History, optional
    outside : Outside, optional
        Standard images by name, for the operations that look at one.

    Examples
    --------
    >>> import numpy as np
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import make
    >>> from maskeditor.core.space.geometry import Geometry
    >>> volume = Volume(np.arange(8, dtype=np.int16).reshape(2, 2, 2), Geometry((2, 2, 2), np.eye(4)))
    >>> document = Document(volume)
    >>> document.do(make("threshold", {"lower": 5}), document.rois[0].id)
    True
    >>> document.voxels(document.rois[0].id), document.undo(), document.voxels(document.rois[0].id)
    (3, True, 0)
    """

    #: A `Move`, once for every commit, undo and redo.
    moved = Signal(object)
    #: The list of ROIs, or a name, colour, visibility or lock, changed.
    rois_changed = Signal()

    def __init__(self, volume: Volume, history: History | None = None, outside: Outside | None = None) -> None:
        super().__init__(volume, history, outside)
        self.add_roi(DEFAULT_NAME)

    # Images -----------------------------------------------------------------------------------------------------

    def add_image(self, name: str, volume: Volume) -> None:
        """Add a further image that was opened; no step, as no voxel changes.

        Raises
        ------
        OperationError
            If its name is taken, be it by a step that undo or redo may bring back, or it lies on another grid.
        """
        if name in self.taken_image_names:
            raise OperationError(f"There is an image {name!r} already; choose another name.")
        if not volume.geometry.same_as(self.geometry):
            raise OperationError(f"The image {name!r} lies on another grid; resample it first.")
        self.images[name] = volume

    def remove_image(self, name: str) -> None:
        """Take a further image away that was opened; no step, as no voxel changes.

        Raises
        ------
        OperationError
            If there is none of that name, or a step looks at it, be it one that undo or redo may bring back.
        """
        if name not in self.images:
            raise no_image(name, self.images)
        check_unused(name, self.present, self.history.steps)
        del self.images[name]

    # ROIs -------------------------------------------------------------------------------------------------------

    def add_roi(self, name: str) -> Roi:
        """Add an empty ROI; its name is made unlike the others'."""
        (roi,) = self.draft_rois([name])
        self._adopt(roi)
        self._rois.have_stay([roi])
        self.rois_changed.emit()
        return roi

    def _adopt(self, roi: Roi) -> None:
        if roi.id not in self._rois:
            self._masks.begin(roi.id)
        self._rois.put(roi)

    def change_roi(self, id: str, **changes: Any) -> None:
        """Change name, colour, visible or locked of an ROI; no step, as no voxel changes."""
        self._rois.put(replace(self.roi(id), **changes))
        self.rois_changed.emit()

    def number_rois(self, labels: Mapping[str, int]) -> None:
        """Give ROIs, by id, the numbers that they have in images of labels; no step, as no voxel changes."""
        for id, label in labels.items():
            self._rois.put(replace(self.roi(id), label=label))
        self.rois_changed.emit()

    def delete_roi(self, id: str) -> None:
        """Delete an ROI with its steps; undo brings both back.

        Raises
        ------
        OperationError
            If steps of other ROIs look at this one, or it is the only one.
        """
        roi = self.roi(id)
        if len(self.rois) == 1:
            raise OperationError(f"{roi.quoted} is the only ROI; clear it, or add another before deleting it.")
        for place, step in enumerate(self.present):
            if step.roi != id and id in step.references:
                title = step.title_with({one.id: one.quoted for one in self.rois})
                raise OperationError(
                    f"{roi.quoted} cannot be deleted, as step {place + 1} ({title}) looks at it; remove that step "
                    "first."
                )
        self.go_to(self.present)
        start, goal = self.timeline, tuple(step for step in self.timeline if step.roi != id)
        crossed = step_by_step(start, goal)
        with self._moving():
            self._rois.let_go(id)
            if len(goal) < len(start):
                # Without any of its steps it is empty.
                before, after = self._masks[id], self._masks.begin(id)
                crossing = composed(crossed, lambda _: before, {id: after}, self.history.held.hold)
                self.history.visit(goal, f"delete {roi.quoted}", crossing)
            # Undo may take away what is there only because steps fill it; one ROI at least must always be left.
            if self._rois.none_stays:
                self._rois.have_stay(self.rois)
        # Only now, as a journal writes what it hears of: all of the move or nothing.
        if len(goal) < len(start):
            self._notify(start, crossed)
        self.rois_changed.emit()

    def restore(
        self,
        rois: Iterable[tuple[Roi, bool]],
        visits: Sequence[Visit],
        at: int,
        progress: Progress | None = None,
    ) -> None:
        """Take over what another document's `every_roi` and history held, in place of what is here.

        Nothing is worked out again: the masks are put together from what each step is known to have changed.

        Parameters
        ----------
        rois : iterable of (Roi, bool)
        visits : sequence of Visit
            On this grid; every step with its outcome.
        at : int
            How many of the visits lie behind the cursor.
        progress : Progress, optional

        Raises
        ------
        OperationError
            If the masks do not come out as they were; nothing is changed.
        """
        rois = tuple(rois)
        with no_garbage():
            timeline = timeline_after(visits[:at])
            masks = put_together(self.geometry.shape, [roi.id for roi, _ in rois], timeline, progress or Progress())
        with self._moving(), no_garbage():
            self._rois = Rois(rois)
            self._masks = Masks(self.geometry.shape, masks)
            self.history.restore(visits, at)
            self._shown.come_to(self.present)

    # Moves ------------------------------------------------------------------------------------------------------

    def commit(self, prepared: Prepared, title: str, rois: Iterable[Roi] = ()) -> None:
        """Make a prepared move.

        Parameters
        ----------
        prepared : Prepared
        title : str
        rois : iterable of Roi
            ROIs that come with it, and go again when it is undone; or, of an ROI that is there, its new name and
            colour.

        Raises
        ------
        StaleResult
            If the document has moved since the snapshot was taken.
        """
        if prepared.revision != self.revision:
            raise StaleResult
        rois = tuple(rois)
        start, shown = self.timeline, prepared.goal if prepared.shown is None else prepared.shown
        crossed = step_by_step(start, shown)
        if prepared.goal == start == self.present and not rois:
            return
        with self._moving():
            for roi in rois:
                self._adopt(roi)
            self._masks.swap(prepared.masks)
            self._masks.put(prepared.in_place)
            if prepared.goal != self.present:
                self.history.visit(prepared.goal, title, prepared.crossing)
            self._shown.come_to(shown)
            if rois:
                # What no step fills or looks at stays whatever is undone.
                there = self.rois
                self._rois.have_stay(roi for roi in rois if roi not in there)
        self.intermediates.trim()
        self._notify(start, crossed)
        if rois:
            self.rois_changed.emit()

    def undo(self) -> bool:
        """Go back to the timeline before; return whether there was one."""
        return self.history.can_undo and self._travel(-1)

    def redo(self) -> bool:
        """Go forth to the timeline after; return whether there was one."""
        return self.history.can_redo and self._travel(1)

    def go_to(self, goal: Timeline) -> None:
        """Show the masks as they are after a beginning of the present steps and those ahead; no step is changed.

        What is done there is put in there, the later steps follow, and the row goes on to be shown with what was put
        in. The present steps themselves lead back.

        Raises
        ------
        OperationError
            If it is no such beginning any more.
        """
        start = self.timeline
        if goal != start:
            way = self.way_to(goal)
            with self._moving():
                self._masks.toggle(way.crossing)
                self._shown.come_to(goal)
            self._notify(start, way.crossing)

    def do(
        self,
        operation: Operation,
        roi: str,
        scope: Scope = EVERYWHERE,
        progress: Progress | None = None,
        known: Patch | None = None,
    ) -> bool:
        """Carry out an operation as a new step, here and now; return whether it changed a voxel or makes an image.

        It follows the steps that are shown; while one looks at an earlier row, the later ones are worked out after it.
        A step that changes nothing is not recorded. `known` is what it makes of the present mask, if that is known.

        Raises
        ------
        MaskEditorError
            If it cannot be carried out; nothing is changed.
        """
        step = Step(operation, roi, scope)
        if step.roi:
            self.check_unlocked(step.roi)
        prepared = put_in(self.snapshot(), [step], progress, known)
        if prepared.is_step:
            if self.later:  # which are worked out anew; the step's own ROI was looked at before
                self.check_move(prepared.goal)
            self.commit(prepared, operation.called)
        return prepared.is_step

    def edit(
        self, keep: int, tail: Iterable[Step], title: str, progress: Progress | None = None, rois: Iterable[Roi] = ()
    ) -> None:
        """Let other steps follow the first `keep` of the present, all worked out first; if one fails, nothing changes.

        `rois` come with them, as with `commit`.
        """
        rois = tuple(rois)
        self.go_to(self.present)
        self.commit(prepare(self.snapshot(rois), keep, tail, progress), title, rois)

    def check_unlocked(self, roi: str) -> None:
        """Raise `OperationError` if an ROI is locked, or was deleted."""
        if roi not in {there.id for there in self.rois}:
            raise OperationError(f"The ROI {self.roi(roi).quoted} {self.history.way_back(roi)}choose another.")
        if self.roi(roi).locked:
            raise OperationError(f"{self.roi(roi).quoted} is locked; unlock it in the list of ROIs to change it.")

    def check_move(self, goal: Timeline) -> None:
        """Raise `OperationError` if other steps than the present ones would change an ROI that is locked or deleted."""
        for roi in sorted(touched(self.present, goal)):
            if roi in self._rois:  # else it comes with them
                self.check_unlocked(roi)

    def arrive(self, travelled: Prepared, by: int | None) -> None:
        """Make a move of the cursor, or a look, whose masks were worked out by `travel`.

        Parameters
        ----------
        travelled : Prepared
        by : int or None
            How far the cursor moves; None to look, see `go_to`.

        Raises
        ------
        StaleResult
            If the document has moved since.
        """
        if travelled.revision != self.revision:
            raise StaleResult
        start = self.timeline
        with self._moving():
            self._masks.swap(travelled.masks)
            if by is not None:
                self.history.move(by)
            self._shown.come_to(travelled.goal)
        self._notify(start, travelled.crossing or ())

    def _travel(self, by: int) -> bool:
        start, way = self.timeline, self.way_by(by)
        with self._moving():
            self._masks.toggle(way.crossing)
            self.history.move(by)
            self._shown.come_to(way.goal)
        self._notify(start, way.crossing)
        return True

    def rest(self, keep_memory: bool = False) -> None:
        """Let go of what is kept to work faster, as nothing is being worked out; masks and history stay.

        The memory that it took goes back to the system, unless that is needed again at once.
        """
        self.intermediates.rest()
        if not keep_memory:
            give_back()

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self.revision += 1
        try:
            yield
        finally:
            self.revision += 1

    def _notify(self, start: Timeline, crossed: Crossing) -> None:
        boxes = self._masks.settle(crossed, self.timeline)
        self.moved.emit(Move(start, self.timeline, boxes))
        if not self._rois.all_stay:
            # Steps of a deleted ROI may have come or gone.
            self.rois_changed.emit()
