"""History: visits and the cursor, what is kept in memory, and that ten thousand steps stay cheap."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np
import pytest

from maskeditor.core.history.delta import Delta, Keep
from maskeditor.core.history.timelines import Outcome, Step, Timeline, shared, state_of
from maskeditor.core.history.visits import History
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.box import Box
from maskeditor.ops.consensus import Consensus


class Nothing(Operation):
    """Does nothing."""

    id = "nothing"
    title = "Nothing"
    group = "Tests"


def step(changed: int = 0, roi: str = "roi1") -> Step:
    if not changed:
        return Step(Nothing(), roi)
    bits = np.random.default_rng(changed).integers(0, 2, 8 * 100).astype(bool).reshape(8, 10, 10)
    delta = Delta.between(MaskBits((8, 10, 10)), Rows.of(Box.whole((8, 10, 10)), bits))
    return Step(Nothing(), roi, outcome=Outcome(delta, Box.whole((8, 10, 10)), changed))


A, B, C, D = (step() for _ in range(4))


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [
        ((), (), 0),
        ((A, B), (A, B), 2),
        ((A, B), (A, B, C), 2),
        ((A, B, C), (A, D, C), 1),
        ((A, B), (C, D), 0),
        ((A, B, C, D), (A, B, D), 2),
    ],
)
def test_shared_beginning(one: Timeline, other: Timeline, length: int) -> None:
    assert shared(one, other) == shared(other, one) == length


def test_steps_are_compared_by_identity() -> None:
    assert shared((step(),), (step(),)) == 0
    assert step() != A


def test_state_is_that_of_the_last_worked_out_step_of_the_roi() -> None:
    first, second, other = step(5), step(7), step(9, "roi2")
    assert state_of((first, second, other), "roi1") is second.outcome
    assert state_of((first, second, other), "roi2") is other.outcome
    nothing = state_of((other,), "roi1")
    assert (nothing.delta, nothing.extent, nothing.voxels) == (None, None, 0)


def visited(*timelines: Timeline) -> History:
    history = History()
    for number, timeline in enumerate(timelines):
        history.visit(timeline, f"move {number}")
    return history


def test_undo_and_redo_walk_the_visits() -> None:
    history = visited((A,), (A, B), (D, B))
    assert (history.undo_title, history.redo_title) == ("move 2", "")
    history.move(-1)
    assert history.timeline == (A, B)
    assert (history.undo_title, history.redo_title) == ("move 1", "move 2")
    assert history.near(1) == (D, B)
    assert history.near(-2) == ()
    history.move(-2)
    assert history.timeline == ()
    assert (history.can_undo, history.can_redo, history.undo_title) == (False, True, "")
    history.move(3)
    assert history.timeline == (D, B)


def test_a_new_visit_forgets_what_could_be_redone() -> None:
    history = visited((A,), (A, B))
    history.move(-1)
    history.visit((A, C), "other")
    assert not history.can_redo
    assert history.near(-1) == (A,)


def test_ahead_are_the_steps_that_redo_appends() -> None:
    history = visited((A,), (A, B), (A, B, C), (A, D))
    history.move(-3)
    assert history.timeline == (A,)
    assert history.ahead == (B, C)
    history.move(3)
    assert history.ahead == ()


def kept_elsewhere() -> Keep:
    stored: WeakKeyDictionary[Delta, bytes] = WeakKeyDictionary()

    def keep(delta: Delta) -> Callable[[Delta], bytes]:
        stored[delta] = delta.bits()
        return stored.__getitem__

    return keep


def test_the_oldest_deltas_go_first_and_none_is_lost() -> None:
    steps = [step(number) for number in range(1, 6)]
    deltas = [one.outcome.delta for one in steps]
    bits = [delta.bits() for delta in deltas]
    budget = sum(delta.nbytes for delta in deltas[3:]) * 8 // 7 + 1
    history = History(budget, keep=kept_elsewhere())
    for number in range(1, 6):
        history.visit(tuple(steps[:number]), "step")
    # Somewhat more than the budget asks for, so that not every move has to write.
    assert [delta.nbytes > 0 for delta in deltas] == [False, False, False, True, True]
    assert history.held.nbytes == sum(delta.nbytes for delta in deltas)
    assert [delta.bits() for delta in deltas] == bits
    # Steps visited again stay away.
    history.visit(tuple(steps[1:]), "fewer")
    assert [delta.nbytes > 0 for delta in deltas] == [False, False, False, True, True]
    assert history.held.nbytes == sum(delta.nbytes for delta in deltas)


def test_a_smaller_budget_is_kept_at_once_and_what_went_away_is_counted() -> None:
    steps = [step(number) for number in range(1, 6)]
    sizes = [one.outcome.delta.nbytes for one in steps]
    history = History(keep=kept_elsewhere())
    for number in range(1, 6):
        history.visit(tuple(steps[:number]), "step")
    assert (history.held.nbytes, history.held.nbytes_away) == (sum(sizes), 0)
    history.held.budget = sum(sizes[2:]) * 8 // 7 + 1
    assert (history.held.nbytes, history.held.nbytes_away) == (sum(sizes[2:]), sum(sizes[:2]))
    history.held.budget = 0
    assert (history.held.nbytes, history.held.nbytes_away) == (0, sum(sizes))
    # What is forgotten is on the disk no more than in memory.
    history.move(-5)
    del steps
    history.visit((A,), "instead")
    gc.collect()
    assert (history.held.nbytes, history.held.nbytes_away) == (0, 0)


def test_without_a_place_to_put_them_deltas_stay_in_memory() -> None:
    history = History(budget=0)
    one = step(3)
    history.visit((one,), "step")
    assert history.held.nbytes == one.outcome.delta.nbytes > 0


def test_a_place_that_refuses_is_asked_once_for_a_move() -> None:
    asked: list[Delta] = []

    def refuse(delta: Delta) -> None:
        asked.append(delta)

    history = History(budget=0, keep=refuse)
    made = [step(number) for number in range(1, 6)]
    for one in made:
        history.held.hold(one.outcome.delta)
    oldest = made[0].outcome.delta
    assert asked == [oldest]
    history.visit(tuple(made), "five steps")
    assert asked == [oldest, oldest]
    assert history.held.nbytes == sum(one.outcome.delta.nbytes for one in made)


def test_what_is_forgotten_frees_its_bytes() -> None:
    history = History()
    history.visit((A,), "first")
    history.visit((A, step(3)), "second")
    assert history.held.nbytes > 0
    history.move(-1)
    history.visit((A, B), "instead")
    gc.collect()
    assert history.held.nbytes == 0


def test_bytes_are_counted_right_when_a_worker_lets_go_last() -> None:
    history = History()
    history.visit((step(3),), "first")
    held = [history.timeline]
    history.move(-1)
    history.visit((A,), "instead")
    assert history.held.nbytes > 0
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert history.held.nbytes == 0


def test_a_title_is_the_name_or_the_operation_with_its_scope() -> None:
    from maskeditor.core.operation.scope import Scope

    assert Step(Nothing(), "roi1").title == "Nothing"
    assert Step(Nothing(), "roi1", name="mine").title == "mine"
    limited = Step(Nothing(), "roi1", Scope(axis=2, first=3, last=5, inside="roi2"))
    assert limited.title == "Nothing (slices 3–5 of axis 2, inside roi2)"
    assert limited.references == {"roi2"}
    assert Step(Nothing(), "roi2", Scope(inside="roi2")).references == frozenset()


def test_a_title_names_each_roi_once() -> None:
    """Where one id begins as another does, and a name is the id of another."""
    others = tuple(f"roi{number}" for number in range(1, 12))
    names = {id: f"<{id}>" for id in others} | {"roi1": "roi2", "roi2": "a\\1", "roi99": "Consensus"}
    step = Step(Consensus(others=others), "roi12")
    named = ", ".join(names[id] for id in others)
    assert step.title_with(names) == f"Consensus of {named}, more than 0.5"
    assert step.title_with({}) == step.title


def test_a_changed_step_has_nothing_worked_out() -> None:
    done = step(3)
    changed = done.with_(enabled=False)
    assert (changed.outcome, changed.enabled, changed.operation) == (None, False, done.operation)


def test_visits_of_ten_thousand_strokes_share_their_beginnings() -> None:
    history = History()
    timeline: Timeline = ()
    for _ in range(10_000):
        timeline = (*timeline, step())
        history.visit(timeline, "stroke")
    held = sum(len(visit.left) + len(visit.entered) for visit in history._visits)
    assert held == 10_000
    assert history.near(-5_000) == timeline[:5_000]
