"""What undo and redo of an edit toggle: what lies between both ends, and not what all steps changed on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.history import edits
from maskeditor.core.history.crossings import composed
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import put_in, travel
from maskeditor.core.history.timelines import Step, changes, crossed_once
from maskeditor.core.history.visits import History
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box

assert maskeditor.ops
MASK = "roi1"
SHAPE = (12, 12, 12)
NOISE = np.asfortranarray(np.random.default_rng(3).integers(0, 100, SHAPE).astype(np.int16))


def threshold(lower: int, combine: str = "replace") -> Operation:
    return make("threshold", {"lower": lower, "upper": lower + 30, "combine": combine})


def stroke(x: int) -> Operation:
    return make("paint", {"points": [(x, 6, 6), (x + 1, 6, 6)], "radius": 1})


def many_steps(history: History | None = None) -> Document:
    """A document of twelve steps, of which all but the strokes change other voxels if an early one is changed."""
    document = Document(Volume(NOISE, Geometry(SHAPE, np.eye(4))), history)
    document.do(threshold(60), MASK)
    for number in range(4):
        document.do(make("invert", {}), MASK)
        document.do(threshold(10 * number, "subtract"), MASK)
        document.do(threshold(15 * number, "add"), MASK)
    return document


@pytest.fixture
def toggled(monkeypatch: pytest.MonkeyPatch) -> list[Delta]:
    """The deltas that were toggled."""
    found: list[Delta] = []
    toggle = Delta.toggle

    def counted(self: Delta, mask: MaskBits) -> None:
        found.append(self)
        toggle(self, mask)

    monkeypatch.setattr(Delta, "toggle", counted)
    return found


REWRITES: dict[str, Callable[[tuple[Step, ...]], edits.Rewrite]] = {
    "edit": lambda steps: edits.edit(steps, 0, threshold(65), EVERYWHERE),
    "disable": lambda steps: edits.enable(steps, 0, False),
    "remove": lambda steps: edits.remove(steps, 0),
    "duplicate": lambda steps: edits.duplicate(steps, 1),
    "move": lambda steps: edits.move(steps, 3, 0),
}


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_undo_and_redo_of_an_edit_toggle_one_delta(
    rewrite: Callable[[tuple[Step, ...]], edits.Rewrite], toggled: list[Delta]
) -> None:
    document = many_steps()
    before, wanted = document.mask(MASK)[...], rewrite(document.timeline)
    document.edit(wanted.keep, wanted.tail, wanted.title)
    after = document.mask(MASK)[...]
    for move, mask in ((document.undo, before), (document.redo, after), (document.undo, before)):
        toggled.clear()
        move()
        assert len(toggled) <= 1
        assert np.array_equal(document.mask(MASK)[...], mask)


def test_undo_of_what_was_put_in_at_an_earlier_row_toggles_one_delta(toggled: list[Delta]) -> None:
    document = many_steps()
    before = document.mask(MASK)[...]
    document.go_to(document.present[:2])
    document.do(threshold(50, "add"), MASK)
    document.go_to(document.present)
    toggled.clear()
    document.undo()
    assert len(toggled) == 1
    assert np.array_equal(document.mask(MASK)[...], before)


def test_a_worker_goes_the_same_way(toggled: list[Delta]) -> None:
    document = many_steps()
    before, wanted = document.mask(MASK)[...], edits.remove(document.timeline, 0)
    document.edit(wanted.keep, wanted.tail, wanted.title)
    toggled.clear()
    document.arrive(travel(document.snapshot(), document.way_by(-1)), -1)
    assert len(toggled) == 1
    assert np.array_equal(document.mask(MASK)[...], before)


def test_undo_while_another_row_is_looked_at_goes_the_shorter_way(toggled: list[Delta]) -> None:
    document = many_steps()
    before, wanted = document.mask(MASK)[...], edits.remove(document.timeline, 0)
    document.edit(wanted.keep, wanted.tail, wanted.title)
    document.go_to(document.present[:-1])
    toggled.clear()
    document.undo()
    # To the end, over the edit, and back to the row that goes on to be looked at.
    assert len(toggled) == 3
    document.go_to(document.present)
    assert np.array_equal(document.mask(MASK)[...], before)


def test_deletion_of_an_roi_of_many_steps_is_undone_by_one_delta(toggled: list[Delta]) -> None:
    document = many_steps()
    document.add_roi("other")
    before = document.mask(MASK)[...]
    document.delete_roi(MASK)
    toggled.clear()
    document.undo()
    assert len(toggled) == 1
    assert np.array_equal(document.mask(MASK)[...], before)


def test_strokes_that_change_the_same_voxels_are_kept_once() -> None:
    document = many_steps()
    for x in (2, 5, 8):
        document.do(stroke(x), MASK)
    document.do(make("clear", {}), MASK)
    document.do(stroke(2), MASK)
    last = document.timeline[-1].outcome
    wanted = edits.remove(document.timeline, 0)
    held = document.history.held.nbytes
    document.edit(wanted.keep, wanted.tail, wanted.title)
    again = document.timeline[-1].outcome
    assert last is not None
    assert again is not None
    assert again.delta is last.delta
    # Both ends are the same mask.
    assert document.way_by(-1).crossing == ()
    made = {id(delta): delta for _, delta in changes(document.timeline)}
    before = {id(delta) for visit in document.history.visits[:-1] for _, delta in changes(visit.entered)}
    assert document.history.held.nbytes - held == sum(made[key].nbytes for key in made.keys() - before)


def test_a_delta_that_is_crossed_twice_is_not_crossed() -> None:
    one, other = (Delta.between(MaskBits(SHAPE), Rows.of(Box.whole(SHAPE), lower < NOISE)) for lower in (20, 60))
    assert one is not None
    assert other is not None
    assert crossed_once([("roi1", one), ("roi1", other), ("roi1", one)]) == (("roi1", other),)
    assert crossed_once([("roi1", one), ("roi1", one), ("roi1", one)]) == (("roi1", one),)


def test_two_deltas_of_the_same_voxels_are_left_as_they_are() -> None:
    """One would have to be kept besides, and toggles hardly less."""
    document = many_steps()
    two = tuple(changes(document.timeline))[:2]
    assert composed(two, document.mask, {MASK: document.mask(MASK)}, lambda _: None) is None


def test_what_is_worked_out_is_held_within_the_budget() -> None:
    """The figure that is shown counts deltas from when they are made, and the oldest go to where they are kept."""
    stored: dict[Delta, bytes] = {}

    def keep(delta: Delta) -> Callable[[Delta], bytes]:
        stored[delta] = delta.bits()
        return stored.__getitem__

    budget = 600
    document = many_steps(History(budget, keep))
    made, held = {delta for _, delta in changes(document.timeline)}, document.history.held
    count = len(made)

    def hold(delta: Delta) -> None:
        held.hold(delta)
        made.add(delta)
        assert held.nbytes == sum(one.nbytes for one in made) <= budget

    document.go_to(document.present[:1])
    prepared = put_in(replace(document.snapshot(), hold=hold), [Step(threshold(70, "add"), MASK)])
    assert len(made) > count + 5
    document.commit(prepared, "Threshold")
    assert held.nbytes == sum(one.nbytes for one in made) <= budget
    document.undo()
    document.go_to(document.present)
    assert np.array_equal(document.mask(MASK)[...], many_steps().mask(MASK)[...])
