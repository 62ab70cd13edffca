"""Moves worked out before they are made: what would become of the masks, and travel through the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from maskeditor.core.errors import OperationError, ReplayError
from maskeditor.core.history.crossings import composed
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.images import Images
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.history.timelines import (
    Crossing,
    Outcome,
    Step,
    Timeline,
    Way,
    changes,
    state_of,
    step_by_step,
)
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import ImageSource, Patch, Scene, image_of, no_image
from maskeditor.core.operation.scope import Scope
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress

#: Voxels that are changed in place on commit; for more, a worker makes the whole new mask, and the commit only swaps.
IN_PLACE = 1 << 21


@dataclass(frozen=True, eq=False)
class Prepared:
    """A move that was worked out and is not yet made.

    Parameters
    ----------
    revision : int
        Of the document it was worked out from.
    goal : Timeline
        The steps after the move, each with its outcome.
    added, removed : int
        Voxels that the last step adds and removes; of steps that were put in, the last of these.
    in_place : mapping of str to Rows
        Per ROI, voxels to be put in place.
    masks : mapping of str to MaskBits
        Per ROI, a whole mask to take the old one's place.
    shown : Timeline or None
        The beginning of the goal whose masks these are, where an earlier row goes on to be looked at; else None.
    taken_back : int
        Number of the first later step, counted from 1, after which nothing is left of what was put in; 0 for none.
    crossing : Crossing, optional
        What lies between the present masks, whatever row is looked at, and those of the goal, where that is less than
        what the steps changed on the way.
    makes_image : bool
        Whether the last step makes an image; of steps that were put in, the last of these.
    """

    revision: int
    goal: Timeline
    added: int
    removed: int
    in_place: Mapping[str, Rows]
    masks: Mapping[str, MaskBits]
    shown: Timeline | None = None
    taken_back: int = 0
    crossing: Crossing | None = None
    makes_image: bool = False

    @property
    def changed(self) -> int:
        """Voxels that this step changes."""
        return self.added + self.removed

    @property
    def is_step(self) -> bool:
        """Whether there is something to record: a voxel changes, or an image is made."""
        return self.makes_image or bool(self.changed)


def prepare(
    snapshot: Snapshot,
    keep: int,
    tail: Iterable[Step],
    progress: Progress | None = None,
    known: Patch | None = None,
) -> Prepared:
    """Work out the steps after the first `keep`, without touching the document.

    Any thread may call it. Steps whose ROI and whose other ROIs are as they were keep the outcome they have.

    Parameters
    ----------
    snapshot : Snapshot
    keep : int
        Steps of the snapshot's timeline that stay as they are.
    tail : iterable of Step
        The steps to follow them.
    progress : Progress, optional
    known : Patch, optional
        What `apply` gave for the first step on the present masks, as a preview has already worked out.

    Raises
    ------
    OperationError
        If the one new step cannot be carried out.
    ReplayError
        If a later step cannot be worked out again; the message names it.
    Cancelled
    """
    progress = progress or Progress()
    tail = tuple(tail)
    worked = _Workbench(snapshot, keep)
    done: list[Step] = []
    for place, step in enumerate(tail):
        part = progress.within(place / len(tail), (place + 1) / len(tail))
        try:
            last = place == len(tail) - 1
            done.append(worked.carry_out(step, part, known if place == 0 else None, last))
        except Cancelled:
            raise
        except MaskEditorError as error:
            if len(tail) == 1 and keep == len(snapshot.timeline):
                raise
            what = "carried out" if step.outcome is None else "repeated"
            number = _number(step, snapshot.timeline + snapshot.later) or keep + place + 1
            raise ReplayError(
                f"Step {number} ({step.title}) could not be {what}: {error} Nothing was changed."
            ) from error
    goal = (*snapshot.timeline[:keep], *done)
    crossing = worked.crossing(goal)
    progress(1.0)
    delta = done[-1].outcome.delta if done and done[-1].outcome is not None else None
    return Prepared(
        revision=snapshot.revision,
        goal=goal,
        added=delta.added if delta else 0,
        removed=delta.removed if delta else 0,
        in_place=worked.in_place,
        masks={roi: worked.masks[roi] for roi in worked.own},
        crossing=crossing,
        makes_image=bool(done) and done[-1].makes is not None,
    )


def _number(step: Step, listed: Timeline) -> int:
    """Return the number of a step in the list that is seen, which stays as it is; 0 of one that is not in it."""
    return next((number for number, there in enumerate(listed, 1) if there is step), 0)


def put_in(
    snapshot: Snapshot, steps: Iterable[Step], progress: Progress | None = None, known: Patch | None = None
) -> Prepared:
    """Work out new steps after those of the snapshot, and whatever follows these, without touching the document.

    Any thread may call it; parameters and errors are those of `prepare`.
    """
    steps = tuple(steps)
    prepared = prepare(snapshot, len(snapshot.timeline), (*steps, *snapshot.later), progress, known)
    if not (steps and snapshot.later):
        return prepared
    count = len(snapshot.timeline) + len(steps)
    shown, later = prepared.goal[:count], prepared.goal[count:]
    # One goes on looking at the row: of the masks, only those that the new steps fill are others than before.
    masks = {roi: mask for roi, mask in prepared.masks.items() if any(step.roi == roi for step in steps)}
    outcome, last = shown[-1].outcome, shown[-1].roi
    delta = outcome.delta if outcome is not None else None
    at_the_end = masks[last][delta.box.slices] if delta is not None else None
    for roi, change in step_by_step(prepared.goal, shown):
        if roi in masks:
            change.toggle(masks[roi])
    taken_back = 0
    if delta is not None and at_the_end is not None:
        before = snapshot.masks[last][delta.box.slices]
        changed = masks[last][delta.box.slices] != before
        # Of several steps the last may leave where it did something what was there before all of them.
        if changed.any() and not (changed & (at_the_end != before)).any():
            taken_back = count + _first_without(changed, delta.box, masks[last], later, last)
    return replace(
        prepared,
        added=delta.added if delta else 0,
        removed=delta.removed if delta else 0,
        in_place={},
        masks=masks,
        shown=shown,
        taken_back=taken_back,
        makes_image=shown[-1].makes is not None,
    )


def _first_without(changed: BoolArray, box: Box, mask: MaskBits, later: Timeline, roi: str) -> int:
    """Return the number of the first of some steps after which nothing is left of a change.

    Parameters
    ----------
    changed : array of bool of the box's shape
        The voxels that were changed.
    box : Box
    mask : MaskBits
        Before the steps; it is only read.
    later : Timeline
    roi : str
        That the mask belongs to.
    """
    after, replayed = mask[box.slices], mask.copy()
    for number, step in enumerate(later, 1):
        if step.roi == roi and step.outcome is not None and step.outcome.delta is not None:
            step.outcome.delta.toggle(replayed)
            if not (changed & (replayed[box.slices] == after)).any():
                return number
    return len(later)


class _Workbench:
    """Masks while steps are worked out: the live ones until a step has to change them."""

    def __init__(self, snapshot: Snapshot, keep: int) -> None:
        self.snapshot = snapshot
        self.masks: dict[str, MaskBits] = dict(snapshot.masks)
        self.own: set[str] = set()
        self.in_place: dict[str, Rows] = {}
        self.kept = snapshot.timeline[:keep]
        self.outcomes: dict[str, Outcome] = {}
        # What each step after the kept ones saw: the same again means the same outcome.
        self.states = _States(Images(snapshot.volume, snapshot.images, self.kept))
        self.saw: dict[int, tuple[int, ...]] = {}
        # While an earlier row is looked at, the masks are without the later steps already.
        for step in (*snapshot.timeline[keep:], *snapshot.later):
            self.saw[id(step.outcome)] = self.states.seen_by(step)
            self.states.advance(step)
        for roi, delta in changes(snapshot.timeline[keep:]):
            delta.toggle(self._writable(roi))
        self.states.restart()

    def carry_out(self, step: Step, progress: Progress, known: Patch | None, last: bool) -> Step:
        if step.outcome is not None and self.saw.get(id(step.outcome)) == self.states.seen_by(step):
            done, outcome = step, step.outcome
            if outcome.delta is not None:
                outcome.delta.toggle(self._writable(step.roi))
        else:
            step = self.states.images.completed(step)
            outcome = self._worked_out(step, progress, known, last)
            done = step.done(outcome)
        self.outcomes[step.roi] = outcome
        self.states.advance(done)
        return done

    def _worked_out(self, step: Step, progress: Progress, known: Patch | None, last: bool) -> Outcome:
        if step.operation.makes_image:
            self._check_image(step, progress)
            return Outcome(None, None, 0)  # its image is worked out when something looks at it
        before = self.outcomes.get(step.roi) or state_of(self.kept, step.roi)
        if not step.enabled:
            return Outcome(None, before.extent, before.voxels)
        further = self.states.images.further if step.images else {}
        for name in sorted(step.images - further.keys()):
            # Also where the mask is empty, and so nothing would be looked at: the recipe could not be carried out.
            raise no_image(name, further)
        # What is known already looks at nothing any more.
        patch = known or apply(step.operation, step.scope, self._scene(step, before.extent, further), progress)
        if patch is None:
            return Outcome(None, before.extent, before.voxels)
        rows = Rows.of(patch.box, patch.data)
        delta = self._delta(step, rows)
        if delta is None:
            return Outcome(None, before.extent, before.voxels)
        voxels = before.voxels + delta.added - delta.removed
        extent = _extent_after(before.extent, patch, delta, voxels)
        if last and step.roi not in self.own and patch.box.size <= IN_PLACE:
            # Made in place on commit, so that no whole mask is copied for a stroke.
            self.in_place[step.roi] = rows
        elif patch.box == Box.whole(self.snapshot.volume.geometry.shape):
            self.masks[step.roi] = MaskBits(patch.box.shape)
            self.masks[step.roi].put(rows)
            self.masks[step.roi].tighten(extent)
            self.own.add(step.roi)
        else:
            self._writable(step.roi).put(rows)
        return Outcome(delta, extent, voxels)

    def _check_image(self, step: Step, progress: Progress) -> None:
        """Refuse a step whose image could not be made once something looks at it."""
        operation = step.makes
        if operation is None or not operation.is_choosy:
            return
        source = dict(self.states.images.defined(operation).looks_at)[operation.image]
        snapshot, half = self.snapshot, progress.within(0, 0.5)
        image = image_of(source, snapshot.volume, snapshot.outside, snapshot.intermediates, half)
        operation.check_intensities(image, progress.within(0.5, 1))

    def _scene(self, step: Step, extent: Box | None, further: Mapping[str, ImageSource]) -> Scene:
        return Scene(
            volume=self.snapshot.volume,
            mask=self.masks[step.roi],
            extent=extent,
            others={id: mask for id, mask in self.masks.items() if id != step.roi},
            images=further,
            outside=self.snapshot.outside,
            intermediates=self.snapshot.intermediates,
        )

    def _delta(self, step: Step, rows: Rows) -> Delta | None:
        delta = Delta.between(self.masks[step.roi], rows)
        before = step.outcome.delta if step.outcome is not None else None
        if delta is not None and before is not None and delta.equals(before):
            # A stroke changes the same voxels, whatever was changed elsewhere: what was kept of it is kept once.
            return before
        if delta is not None:
            self.snapshot.hold(delta)
        return delta

    def crossing(self, goal: Timeline) -> Crossing | None:
        """Return what lies between the present masks and those of a goal, if it is less than the steps changed."""
        if not self.own:
            return None  # one step at most was put in place
        snapshot = self.snapshot
        seen = step_by_step(snapshot.timeline, snapshot.present)

        def before(roi: str) -> MaskBits:
            mask = snapshot.masks[roi]
            looked = [delta for other, delta in seen if other == roi]
            if looked:
                # While one looks at another row, the mask is not the present one.
                mask = mask.copy()
                for delta in looked:
                    delta.toggle(mask)
            return mask

        after = {roi: self.masks[roi] for roi in self.own}
        return composed(step_by_step(snapshot.present, goal), before, after, snapshot.hold)

    def _writable(self, roi: str) -> MaskBits:
        if roi not in self.own:
            self.masks[roi] = self.masks[roi].copy()
            self.own.add(roi)
        return self.masks[roi]


class _States:
    """Numbers for the states that ROIs go through after the kept steps: equal numbers, equal masks, equal images."""

    def __init__(self, images: Images) -> None:
        self._numbers: dict[tuple[int, int] | ImageSource, int] = {}
        self._now: dict[str, int] = {}
        self._images = images
        self.images = images.copy()

    def restart(self) -> None:
        self._now = {}
        self.images = self._images.copy()

    def advance(self, step: Step) -> None:
        self.images.advance(step)
        if step.outcome is not None and step.outcome.delta is not None:
            change = (self._now.get(step.roi, 0), id(step.outcome.delta))
            self._now[step.roi] = self._number(change)

    def seen_by(self, step: Step) -> tuple[int, ...]:
        rois = (step.roi, *sorted(step.references))
        sources = (self.images.get(name) for name in sorted(step.images))
        return (
            *(self._now.get(roi, 0) for roi in rois),
            *(0 if source is None else self._number(source) for source in sources),
        )

    def _number(self, state: tuple[int, int] | ImageSource) -> int:
        return self._numbers.setdefault(state, len(self._numbers) + 1)


def mask_after(prepared: Prepared, snapshot: Snapshot, roi: str) -> MaskBits:
    """Return the mask of an ROI as it will be after a move."""
    if roi in prepared.masks or roi not in prepared.in_place:
        return prepared.masks.get(roi) or snapshot.masks[roi]
    mask = snapshot.masks[roi].copy()
    mask.put(prepared.in_place[roi])
    return mask


def travel(snapshot: Snapshot, way: Way, progress: Progress | None = None) -> Prepared:
    """Work out, on any thread, the masks at the end of a way through timelines whose steps all have their outcomes."""
    progress = progress or Progress()
    masks: dict[str, MaskBits] = {}
    for place, (roi, delta) in enumerate(way.crossing):
        if roi not in masks:
            # What is not there now is a deleted ROI that comes back: none of its steps is left, so it is empty.
            now = snapshot.masks.get(roi)
            masks[roi] = MaskBits(snapshot.volume.geometry.shape) if now is None else now.copy()
        delta.toggle(masks[roi])
        progress((place + 1) / len(way.crossing))
    return Prepared(snapshot.revision, way.goal, 0, 0, {}, masks, crossing=way.crossing)


def apply(operation: Operation, scope: Scope, scene: Scene, progress: Progress) -> Patch | None:
    """Carry out an operation within a scope; nothing is changed, the new voxels are returned."""
    try:
        patch = _in_slices(operation, scope, scene, scene.look_at(operation.images(), progress))
    except MemoryError as error:
        raise OperationError(
            f"{operation.title} needs more memory than there is; close other programs or crop the image."
        ) from error
    return None if patch is None else scope.limit(patch, scene)


def _in_slices(operation: Operation, scope: Scope, scene: Scene, progress: Progress) -> Patch | None:
    """Carry out an operation where a scope of some slices lets it, by no more than the voxels that these depend on."""
    reach = operation.reach(scene) if scope.axis is not None else None
    if scope.axis is None or reach is None:
        return operation.apply(scene, progress)
    size = scene.geometry.shape[scope.axis]
    first, last = max(0, scope.first - reach[scope.axis]), min(size, scope.last + 1 + reach[scope.axis])
    if first >= last:
        return None
    box = scene.whole.cut(scope.axis, first, last)
    patch = operation.apply(scene.cropped(box), progress)
    return None if patch is None else Patch(patch.box.moved(box.start), patch.data)


def _extent_after(extent: Box | None, patch: Patch, delta: Delta, voxels: int) -> Box | None:
    if voxels == 0:
        return None
    outside = extent is not None and patch.box.union(extent) != patch.box
    if not outside and delta.removed:
        # Everything lies in the patch: its own bounds are exact, so that later steps look no further than needed.
        # (None only on a worker whose masks moved meanwhile; its result will be refused.)
        tight = bounding_box(patch.data)
        if tight is not None:
            return tight.moved(patch.box.start)
    return (delta.box.union(extent) if delta.added else extent) or delta.box
