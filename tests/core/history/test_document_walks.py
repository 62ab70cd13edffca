"""Random walks: whatever is done, edited, undone and redone, the masks are those of a replay from nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import maskeditor.ops
from maskeditor.core.errors import RecipeError, ReplayError, StaleResult
from maskeditor.core.history import edits
from maskeditor.core.history import prepare as module
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document, Move
from maskeditor.core.history.prepare import apply, put_in, travel
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.history.visits import History
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scene import Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import steps_of
from maskeditor.core.recipe.recipe_json import dumps, loads
from maskeditor.core.recipe.replay import recipe_of, replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import bounding_box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

assert maskeditor.ops
SHAPE = (7, 6, 5)
GRID = Geometry(SHAPE, [[-2, 0, 0, 8], [0, 0, 3, -4], [0, 1.5, 0, 2], [0, 0, 0, 1]])
IMAGE = Volume(np.asfortranarray(np.random.default_rng(7).integers(0, 10, SHAPE).astype(np.int16)), GRID)
OPENED = Volume(np.asfortranarray(np.random.default_rng(8).integers(0, 10, SHAPE).astype(np.float32)), GRID)
ROIS = ("roi1", "roi2", "roi3")

bounds = st.integers(0, 9)
combine = st.sampled_from(["replace", "add", "subtract", "intersect"])
names = st.sampled_from(["a", "b", "c"])
#: Mostly the image that is edited on; there is always one that was opened, and the others only where a step makes them.
looked_at = st.sampled_from(["", "", "", "opened", "a", "b", "c"])
voxels = st.tuples(*[st.integers(0, n - 1) for n in SHAPE])


@st.composite
def operations(draw: st.DrawFn) -> Any:
    kind = draw(
        st.sampled_from(
            ["threshold", "threshold", "paint", "paint", "boolean", "boolean", "dilation", "erosion", "invert", "clear",
             "select_component", "smooth", "mean"]
        )
    )  # fmt: skip
    if kind == "threshold":
        lower, upper = sorted((draw(bounds), draw(bounds)))
        return make(kind, {"lower": lower, "upper": upper, "combine": draw(combine), "image": draw(looked_at)})
    if kind == "smooth":
        return make(kind, {"name": draw(names), "image": draw(looked_at), "fwhm": draw(st.integers(1, 4))})
    if kind == "mean":
        return make(kind, {"name": draw(names), "image": draw(looked_at)})
    if kind == "paint":
        points = GRID.to_world([draw(voxels), draw(voxels)]).tolist()
        mode, shape = draw(st.sampled_from(["add", "erase"])), draw(st.sampled_from(["sphere", "disc"]))
        return make(kind, {"points": points, "radius": draw(st.integers(1, 5)), "mode": mode, "shape": shape})
    if kind == "boolean":
        how = draw(st.sampled_from(["union", "intersection", "difference", "symmetric difference"]))
        return make(kind, {"other": draw(st.sampled_from(ROIS)), "how": how})
    if kind == "select_component":
        return make(kind, {"point": draw(voxels)})
    return make(kind, {})


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    if draw(st.integers(0, 2)):
        return EVERYWHERE
    limits: dict[str, Any] = {}
    if draw(st.booleans()):
        first, last = sorted((draw(st.integers(0, 4)), draw(st.integers(0, 4))))
        limits |= {"axis": draw(st.sampled_from([0, 1, 2])), "first": first, "last": last}
    if draw(st.booleans()):
        limits["inside"] = draw(st.sampled_from(ROIS))
    if draw(st.booleans()):
        limits["lower"] = draw(bounds)
    return Scope(**limits)


def from_nothing(timeline: Timeline) -> dict[str, np.ndarray]:
    """The masks of the steps, each carried out in full on masks of its own and on images made there and then."""
    masks = {roi: np.zeros(SHAPE, bool, order="F") for roi in ROIS}
    images: dict[str, Volume] = {"opened": OPENED}
    for step in timeline:
        if not step.enabled:
            continue
        if step.makes is not None:
            source = images[step.makes.image] if step.makes.image else IMAGE
            images[step.makes.name] = Volume(step.makes.worked_out(source, Progress()), GRID)
            continue
        mask = masks[step.roi].copy(order="F")
        others = {roi: masks[roi].copy(order="F") for roi in ROIS if roi != step.roi}
        scene = Scene(IMAGE, mask, bounding_box(mask), others, images)
        patch = apply(step.operation, step.scope, scene, Progress())
        if patch is not None:
            masks[step.roi][patch.box.slices] = patch.data
    return masks


class Walk(RuleBasedStateMachine):
    """A document, and beside it the masks of every timeline visited."""

    @initialize(
        in_place=st.sampled_from([0, 10, 1 << 21]),
        budget=st.sampled_from([0, 200, 1 << 20]),
        lowers=st.tuples(*[st.integers(3, 10)] * 3),
        image_bytes=st.sampled_from([0, 1 << 20]),
    )
    def start(self, in_place: int, budget: int, lowers: tuple[int, ...], image_bytes: int) -> None:
        module.IN_PLACE = in_place
        kept: dict[Delta, bytes] = {}

        def keep(delta: Delta) -> Callable[[Delta], bytes]:
            kept[delta] = delta.bits()
            return kept.__getitem__

        self.document = Document(IMAGE, History(budget, keep))
        self.document.intermediates.budget = image_bytes  # none is dropped, or all but the last
        self.document.add_image("opened", OPENED)
        self.budget = budget
        for name in ("second", "third"):
            self.document.add_roi(name)
        self.moves: list[Move] = []
        self.document.moved.connect(self.moves.append)
        self.visited = [self.masks()]
        self.at = 0
        for roi, lower in zip(ROIS, lowers, strict=True):
            if self.document.do(make("threshold", {"lower": lower}), roi):
                self.moved_on()
        self.before = self.masks()
        self.moves.clear()
        # What was worked out from an older state must be refused.
        self.old: Snapshot | None = None

    def masks(self) -> dict[str, np.ndarray]:
        return {roi: self.document.mask(roi)[...] for roi in ROIS}

    def moved_on(self) -> None:
        """Take down a new timeline."""
        self.at += 1
        self.visited[self.at :] = [from_nothing(self.timeline) if self.document.is_looking else self.masks()]

    @property
    def timeline(self) -> Timeline:
        """The steps that are made, wherever one looks."""
        return self.document.present

    @rule(operation=operations(), scope=scopes(), roi=st.sampled_from(ROIS))
    def do(self, operation: Any, scope: Scope, roi: str) -> None:
        if operation.references() | scope.references() <= {roi} and operation.references():
            return
        timeline, seen, later = self.timeline, self.document.timeline, self.document.later
        try:
            changed = self.document.do(operation, roi, scope)
        except MaskEditorError:
            changed = False
        assert changed == (self.timeline is not timeline)
        if changed:
            # Put in after the steps that were seen, with all the later ones after it.
            assert self.timeline[: len(seen)] == seen
            assert self.timeline[len(seen)].operation is operation
            assert [step.operation for step in self.timeline[len(seen) + 1 :]] == [step.operation for step in later]
            # Where there are later ones, one goes on looking at the row, with the new step.
            assert self.document.timeline == self.timeline[: len(seen) + 1]
            assert operation.makes_image or (self.before[roi] != self.document.mask(roi)[...]).any()
            self.moved_on()
        else:
            assert self.document.timeline is seen

    def edit(self, keep: int, tail: list[Step]) -> None:
        timeline = self.timeline
        try:
            self.document.edit(keep, tail, "edit")
        except ReplayError:
            assert self.timeline is timeline
            return
        if self.timeline != timeline:
            self.moved_on()

    def rewrite(self, rewrite: edits.Rewrite) -> None:
        timeline, before = self.timeline, self.visited[self.at]
        self.edit(rewrite.keep, list(rewrite.tail))
        # Only ROIs that are told of may have changed.
        told = edits.touched(timeline, self.timeline)
        now = self.masks()
        assert all(roi in told or np.array_equal(before[roi], now[roi]) for roi in ROIS)

    def place(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, len(self.timeline) - 1))

    @precondition(lambda self: self.timeline)
    @rule(data=st.data(), operation=operations(), scope=scopes(), elsewhere=st.booleans())
    def change_parameters(self, data: st.DataObject, operation: Any, scope: Scope, elsewhere: bool) -> None:
        place = self.place(data)
        step = self.timeline[place]
        if step.roi in operation.references() | scope.references() or operation.makes_image != (not step.roi):
            return
        self.rewrite(edits.edit(self.timeline, place, operation, scope if elsewhere else step.scope))

    @precondition(lambda self: self.timeline)
    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        place = self.place(data)
        self.rewrite(edits.enable(self.timeline, place, not self.timeline[place].enabled))

    @precondition(lambda self: self.timeline)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.rewrite(edits.remove(self.timeline, self.place(data)))

    @precondition(lambda self: 0 < len(self.timeline) < 30)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        place, steps = self.place(data), self.timeline
        self.rewrite(edits.duplicate(steps, place))
        if self.timeline is not steps:
            copied = self.timeline[place + 1].operation
            assert copied is steps[place].operation or copied.makes_image

    @precondition(lambda self: self.timeline)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        place, to, steps = self.place(data), self.place(data), self.timeline
        self.rewrite(edits.move(steps, place, to))
        if self.timeline is not steps:
            assert self.timeline[to].operation is steps[place].operation

    @precondition(lambda self: self.timeline)
    @rule(data=st.data(), name=st.sampled_from(["", "skull off"]), note=st.sampled_from(["", "too much neck"]))
    def describe(self, data: st.DataObject, name: str, note: str) -> None:
        place = self.place(data)
        outcomes = [step.outcome for step in self.timeline]
        self.rewrite(edits.describe(self.timeline, place, name, note))
        assert (self.timeline[place].name, self.timeline[place].note) == (name, note)
        # Nothing is worked out again.
        assert all(step.outcome is outcome for step, outcome in zip(self.timeline, outcomes, strict=True))

    @precondition(lambda self: len(self.timeline) > 1)
    @rule(data=st.data())
    def reorder(self, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(self.timeline) - 2))
        self.edit(start, data.draw(st.permutations(self.timeline[start:])))

    @rule()
    def edit_nothing(self) -> None:
        at, timeline, redo = self.at, self.timeline, self.document.history.can_redo
        self.edit(0, list(timeline))
        assert self.timeline is timeline
        assert (self.at, self.document.history.can_redo) == (at, redo)

    @rule()
    def undo(self) -> None:
        assert self.document.undo() == (self.at > 0)
        self.at = max(0, self.at - 1)

    @rule()
    def redo(self) -> None:
        can = self.at < len(self.visited) - 1
        assert self.document.redo() == can
        self.at += can

    @rule(data=st.data(), on_a_worker=st.booleans())
    def go_to_a_row(self, data: st.DataObject, on_a_worker: bool) -> None:
        history = self.document.history
        visits, line = list(history.visits), (*self.timeline, *history.ahead)
        goal = line[: data.draw(st.integers(0, len(line)))]
        if on_a_worker:
            self.document.arrive(travel(self.document.snapshot(), self.document.way_to(goal)), None)
        else:
            self.document.go_to(goal)
        assert self.document.timeline == goal
        # Whatever row one looks at, nothing is done by it.
        assert (*self.timeline, *history.ahead) == line
        assert (history.visits, history.at) == (visits, self.at)

    @rule()
    def come_back(self) -> None:
        self.document.go_to(self.timeline)
        assert not self.document.is_looking

    @rule(data=st.data())
    def travel_on_a_worker(self, data: st.DataObject) -> None:
        by = data.draw(st.integers(-self.at, len(self.visited) - 1 - self.at))
        if by:
            goal = self.document.history.near(by)
            way = self.document.history.way(by, self.document.timeline, goal)
            self.document.arrive(travel(self.document.snapshot(), way), by)
            assert self.document.timeline == self.timeline == goal
            self.at += by

    @rule()
    def look_away(self) -> None:
        self.old = self.document.snapshot()

    @precondition(lambda self: self.old is not None and self.old.revision != self.document.revision)
    @rule()
    def an_old_result_is_refused(self) -> None:
        prepared = put_in(self.old, [Step(make("invert", {}), "roi1")])
        timeline = self.timeline
        with pytest.raises(StaleResult):
            self.document.commit(prepared, "late")
        assert self.timeline is timeline

    @rule(roi=st.sampled_from(ROIS))
    def the_recipe_makes_the_same(self, roi: str) -> None:
        recipe = loads(dumps(recipe_of(self.document, roi, {}, {}, "")))
        shown = steps_of(self.document.timeline, roi)
        assert [step.operation for step in recipe.steps] == [step.operation for step in shown]
        fresh = Document(IMAGE)
        if recipe.images:
            with pytest.raises(RecipeError, match="looks at the further image 'opened', which is not here"):
                replay(fresh, recipe)
            fresh.add_image("opened", OPENED)
        assert replay(fresh, recipe) == roi
        assert np.array_equal(fresh.mask(roi)[...], self.document.mask(roi)[...])

    @invariant()
    def masks_are_those_of_a_replay(self) -> None:
        expected = from_nothing(self.document.timeline)
        for roi in ROIS:
            mask = self.document.mask(roi)[...]
            assert np.array_equal(mask, expected[roi])
            assert self.document.is_looking or np.array_equal(mask, self.visited[self.at][roi])
            assert mask.flags.f_contiguous
            assert self.document.voxels(roi) == mask.sum()
            tight, loose = bounding_box(mask), self.document.extent(roi)
            assert (tight is None) == (loose is None)
            assert tight is None or tight.union(loose) == loose

    @invariant()
    def every_step_knows_what_it_did(self) -> None:
        for place, step in enumerate(self.timeline):
            assert step.outcome is not None
            if step.roi:
                assert step.outcome.voxels == from_nothing(self.timeline[: place + 1])[step.roi].sum()

    @invariant()
    def moves_tell_where(self) -> None:
        now = self.masks()
        # An edit leaves the row that was looked at before.
        assert len(self.moves) <= 2
        for move in self.moves[-1:]:
            assert move.goal is self.document.timeline
        for roi in ROIS:
            differ = self.before[roi] ^ now[roi]
            for move in self.moves:
                if roi in move.boxes:
                    differ[move.boxes[roi].slices] = False
            assert not differ.any()
        self.moves.clear()
        self.before = now

    @invariant()
    def history_keeps_its_budget(self) -> None:
        history = self.document.history
        assert history.held.nbytes <= self.budget
        assert history.can_undo == (self.at > 0)
        assert history.can_redo == (self.at < len(self.visited) - 1)

    def teardown(self) -> None:
        module.IN_PLACE = 1 << 21


TestWalk = pytest.mark.slow(Walk.TestCase)
TestWalk.settings = settings(max_examples=120, stateful_step_count=40)
