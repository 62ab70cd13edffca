"""The document: small worked examples; the random walks are in test_document_walks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.errors import OperationError, ReplayError, StaleResult
from maskeditor.core.history import edits
from maskeditor.core.history import prepare as prepare_module
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document, Move
from maskeditor.core.history.prepare import IN_PLACE, Prepared, apply, prepare, put_in, travel
from maskeditor.core.history.timelines import Outcome, Step, state_of
from maskeditor.core.history.visits import History
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from tests.effort import effort_of

assert maskeditor.ops
MASK = "roi1"


def line(*values: int) -> Document:
    """A document on a row of voxels with these intensities."""
    image = np.array(values, np.int16).reshape(-1, 1, 1)
    return Document(Volume(image, Geometry(image.shape, np.eye(4))))


def at_least(lower: int) -> Operation:
    return make("threshold", {"lower": lower})


def shown(document: Document, roi: str = MASK) -> str:
    return "".join("#" if voxel else "." for voxel in document.mask(roi)[...].ravel())


class Explodes(Operation):
    """Runs out of memory."""

    id = "explodes"
    title = "Explodes"
    group = "Tests"

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        raise MemoryError


class Cancels(Operation):
    """Is cancelled half way."""

    id = "cancels"
    title = "Cancels"
    group = "Tests"

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        progress.cancel()
        progress(0.5)
        raise AssertionError


class Lost:
    """A place that deltas are put away to, from which some cannot be read back."""

    def __init__(self) -> None:
        self.lost: list[Delta] = []
        self._stored: WeakKeyDictionary[Delta, bytes] = WeakKeyDictionary()

    def keep(self, delta: Delta) -> Callable[[Delta], bytes]:
        self._stored[delta] = delta.bits()
        return self._read

    def _read(self, delta: Delta) -> bytes:
        if delta in self.lost:
            raise MaskEditorError("It is gone.")
        return self._stored[delta]


# Doing


def test_a_step_changes_the_mask_and_is_recorded() -> None:
    document = line(1, 2, 3, 4)
    assert document.do(at_least(3), MASK)
    assert shown(document) == "..##"
    assert [step.title for step in document.timeline] == ["Threshold from 3"]
    assert (document.voxels(MASK), document.extent(MASK)) == (2, Box((2, 0, 0), (4, 1, 1)))
    assert document.history.undo_title == "Threshold"


def test_a_step_that_changes_nothing_is_not_recorded() -> None:
    document = line(1, 2, 3, 4)
    document.do(at_least(3), MASK)
    document.undo()
    moves: list[Move] = []
    document.moved.connect(moves.append)
    assert not document.do(at_least(9), MASK)
    assert (document.timeline, moves, document.history.can_redo) == ((), [], True)


def test_each_move_is_told_once_with_the_box_that_changed() -> None:
    document = line(1, 2, 3, 4)
    moves: list[Move] = []
    document.moved.connect(moves.append)
    document.do(at_least(3), MASK)
    document.do(at_least(2), MASK)
    document.undo()
    assert [move.boxes for move in moves] == [
        {MASK: Box((2, 0, 0), (4, 1, 1))},
        {MASK: Box((1, 0, 0), (2, 1, 1))},
        {MASK: Box((1, 0, 0), (2, 1, 1))},
    ]
    assert moves[2].start is moves[1].goal


def test_the_extent_holds_what_lies_beside_a_small_change() -> None:
    document = Document(Volume(np.ones((9, 9, 9), np.uint8), Geometry((9, 9, 9), np.eye(4))))
    document.do(at_least(1), MASK)
    document.do(make("paint", {"points": [(4, 4, 4)], "radius": 2.2, "mode": "erase"}), MASK)
    # Corners of the ball's box are held too.
    assert not document.mask(MASK)[4, 4, 4]
    assert document.mask(MASK)[2, 2, 2]
    assert document.extent(MASK) == Box((0, 0, 0), (9, 9, 9))


def test_masks_cannot_be_written_to() -> None:
    document = line(1, 2)
    for mask in (document.mask(MASK), document.snapshot().scene(MASK).mask):
        with pytest.raises(TypeError, match="does not support item assignment"):
            mask[0, 0, 0] = True  # type: ignore[index]
        mask[...][0] = True
    assert document.mask(MASK).count() == 0


def test_too_little_memory_is_said_in_a_sentence() -> None:
    document = line(1, 2)
    with pytest.raises(OperationError, match="Explodes needs more memory than there is; close other programs"):
        document.do(Explodes(), MASK)
    assert document.timeline == ()


def test_cancelled_work_leaves_all_as_it_was() -> None:
    document = line(1, 2)
    document.do(at_least(2), MASK)
    with pytest.raises(Cancelled):
        document.do(Cancels(), MASK)
    with pytest.raises(Cancelled):
        document.edit(0, [Step(Cancels(), MASK), *document.timeline], "edit")
    assert shown(document) == ".#"
    assert len(document.timeline) == 1


def test_progress_runs_once_through_all_steps() -> None:
    told: list[float] = []
    document = line(1, 2, 3)
    document.edit(0, [Step(at_least(lower), MASK) for lower in (1, 2, 3)], "three", Progress(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_was_previewed_is_taken_as_it_is() -> None:
    document = line(1, 2, 3)
    snapshot = document.snapshot()
    patch = apply(at_least(2), EVERYWHERE, snapshot.scene(MASK), Progress())
    prepared = prepare(snapshot, 0, [Step(Explodes(), MASK)], known=patch)
    document.commit(prepared, "known")
    assert shown(document) == ".##"
    assert (prepared.added, prepared.removed, prepared.changed) == (2, 0, 2)


def test_what_is_known_is_recorded_with_nothing_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    document, looked = line(1, 2, 3), Counter[str]()
    patch = apply(at_least(2), EVERYWHERE, document.snapshot().scene(MASK), Progress())

    def counted(of: Any, name: str) -> None:
        plain = getattr(of, name)
        monkeypatch.setattr(of, name, lambda *args, **named: looked.update([name]) or plain(*args, **named))

    counted(prepare_module, "Scene")
    counted(Document, "check_unlocked")
    assert document.do(Explodes(), MASK, known=patch)
    assert looked == {"check_unlocked": 1}
    assert document.do(at_least(3), MASK)
    assert looked == {"check_unlocked": 2, "Scene": 1}


def test_what_is_known_serves_the_first_step_alone() -> None:
    document = line(1, 2, 3)
    snapshot = document.snapshot()
    patch = apply(at_least(2), EVERYWHERE, snapshot.scene(MASK), Progress())
    steps = [Step(at_least(2), MASK, enabled=False), Step(at_least(3), MASK)]
    document.commit(prepare(snapshot, 0, steps, known=patch), "two")
    assert shown(document) == "..#"


def test_a_large_result_is_swapped_in_and_shares_no_memory_with_the_preview() -> None:
    document = Document(Volume(np.zeros((129, 129, 129), np.int16, order="F"), Geometry((129, 129, 129), np.eye(4))))
    snapshot = document.snapshot()
    patch = apply(make("invert", {}), EVERYWHERE, snapshot.scene(MASK), Progress())
    assert patch is not None
    assert patch.box.size > IN_PLACE
    prepared = prepare(snapshot, 0, [Step(make("invert", {}), MASK)], known=patch)
    assert list(prepared.masks) == [MASK]
    document.commit(prepared, "invert")
    patch.data[:] = False
    assert document.mask(MASK)[...].all()
    assert document.mask(MASK)[...].flags.f_contiguous


def test_a_stroke_after_ten_thousand_others_costs_no_more_than_their_row() -> None:
    def effort_after(count: int) -> int:
        document = line(*range(9))
        outcome = Outcome(None, None, 0)
        steps = tuple(Step(at_least(1), MASK, outcome=outcome) for _ in range(count))
        document.history.visit(steps, "many strokes")

        def stroke() -> None:
            assert document.do(make("invert", {}), MASK)
            document.undo()
            document.redo()

        stroke()  # what is imported the first time
        effort = effort_of(stroke)
        assert len(document.timeline) == count + 2
        return effort

    # Their row is a tuple, which is copied and compared without an instruction of Python for each.
    assert effort_after(10_000) < 1.1 * effort_after(10)


# Stale results


def prepared_step(document: Document, operation: Operation) -> Prepared:
    snapshot = document.snapshot()
    return prepare(snapshot, len(snapshot.timeline), [Step(operation, MASK)])


def test_a_result_whose_base_has_moved_is_refused() -> None:
    document = line(1, 2, 3)
    late = prepared_step(document, at_least(2))
    document.do(at_least(3), MASK)
    with pytest.raises(StaleResult, match="changed while this was being worked out; apply it again"):
        document.commit(late, "late")
    travelled = travel(document.snapshot(), document.way_to(()))
    document.undo()
    with pytest.raises(StaleResult):
        document.arrive(travelled, -1)
    assert shown(document) == "..."


def test_view_and_roi_changes_do_not_refuse_a_result() -> None:
    document = line(1, 2, 3)
    late = prepared_step(document, at_least(2))
    document.change_roi(MASK, name="brain", visible=False)
    document.add_roi("other")
    document.commit(late, "late")
    assert shown(document) == ".##"


def test_what_is_saved_belongs_together_though_a_move_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    document = line(1, 2, 3)
    document.do(at_least(2), MASK)
    masks = document.mask
    moves = iter([document.undo, document.redo])

    def moving_meanwhile(roi: str) -> MaskBits:
        next(moves, lambda: None)()
        return masks(roi)

    monkeypatch.setattr(document, "mask", moving_meanwhile)
    timeline, mask = document.still(MASK)
    assert mask.sum() == state_of(timeline, MASK).voxels
    assert not np.shares_memory(mask, document.still(MASK)[1])


def test_what_is_saved_waits_for_a_move_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    document = line(1, 2, 3)
    visit = document.history.visit
    saved: list[tuple] = []
    saver = threading.Thread(target=lambda: saved.append(document.still(MASK)))

    def half_way(*given: object) -> None:
        saver.start()
        saver.join(0.05)
        assert saver.is_alive()
        visit(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(document.history, "visit", half_way)
    document.do(at_least(2), MASK)
    saver.join()
    ((timeline, mask),) = saved
    assert timeline is document.timeline
    assert mask.sum() == 2


def test_at_rest_the_revision_is_even() -> None:
    document = line(1, 2, 3)
    seen = [document.revision]
    document.moved.connect(lambda move: seen.append(document.revision))
    document.do(at_least(2), MASK)
    document.undo()
    document.go_to(document.history.near(1))
    document.arrive(travel(document.snapshot(), document.way_to(())), -1)
    restored = line(1, 2, 3)
    restored.restore(document.every_roi, document.history.visits, 1)
    assert restored.revision % 2 == 0
    assert all(revision % 2 == 0 for revision in seen)
    assert seen == sorted(set(seen))


# Editing


def test_an_earlier_step_is_changed_and_the_later_ones_are_worked_out_again() -> None:
    document = line(1, 2, 3, 4, 5)
    document.do(at_least(5), MASK)
    document.do(make("dilation", {}), MASK)
    assert shown(document) == "...##"
    first, second = document.timeline
    document.edit(0, [first.with_(operation=at_least(4)), second], "change")
    assert shown(document) == "..###"
    document.undo()
    assert shown(document) == "...##"
    assert document.timeline == (first, second)


def test_steps_that_saw_the_same_keep_their_outcome() -> None:
    document = line(1, 2, 3, 4, 5)
    other = document.add_roi("other").id
    document.do(at_least(5), MASK)
    document.do(at_least(2), other)
    document.do(make("erosion", {}), other)
    first, second, third = document.timeline
    document.edit(0, [first.with_(operation=at_least(4)), second, third], "change")
    assert document.timeline[1:] == (second, third)
    document.edit(0, [second, document.timeline[0], third], "swap")
    assert document.timeline[0] is second
    assert document.timeline[2] is third


def test_a_disabled_step_stays_and_does_nothing() -> None:
    document = line(1, 2, 3)
    document.do(at_least(2), MASK)
    document.do(make("invert", {}), MASK)
    first, second = document.timeline
    document.edit(0, [first.with_(enabled=False), second], "disable")
    assert shown(document) == "###"
    assert len(document.timeline) == 2
    assert document.timeline[0].outcome.delta is None


def test_editing_is_all_or_nothing() -> None:
    document = line(3, 1, 3)
    document.do(at_least(3), MASK)
    document.do(make("select_component", {"point": (2, 0, 0)}), MASK)
    document.do(make("invert", {}), MASK)
    assert shown(document) == "##."
    timeline = document.timeline
    first, *rest = timeline
    with pytest.raises(ReplayError) as raised:
        document.edit(0, [first.with_(operation=make("threshold", {"upper": 2})), *rest], "change")
    assert str(raised.value) == (
        "Step 2 (Select component: voxel 2, 0, 0) could not be repeated: The voxel 2, 0, 0 lies outside the mask; "
        "choose one inside it. Nothing was changed."
    )
    assert document.timeline is timeline
    assert shown(document) == "##."


def test_an_edit_that_leaves_all_as_it_is_is_no_move() -> None:
    document = line(1, 2, 3)
    document.do(at_least(3), MASK)
    document.do(at_least(2), MASK)
    document.undo()
    revision = document.revision
    document.edit(0, document.timeline, "nothing")
    assert document.revision == revision
    assert document.history.can_redo


def test_an_undone_step_can_be_done_again_elsewhere() -> None:
    document = line(1, 2, 3)
    document.do(at_least(3), MASK)
    step = document.timeline[0]
    document.undo()
    document.do(at_least(2), MASK)
    document.edit(1, [step], "again")
    assert shown(document) == "..#"
    assert document.timeline[1].outcome.delta.removed == 1


# Going


def test_looking_at_rows_is_no_move() -> None:
    document = line(1, 2, 3)
    for lower in (3, 2, 1):
        document.do(at_least(lower), MASK)
    document.undo()
    present, ahead, visits, at = document.present, document.history.ahead, list(document.history.visits), 2
    rows = [*present, *ahead]
    for length, wanted in ((1, "..#"), (0, "..."), (3, "###"), (1, "..#"), (2, ".##")):
        document.go_to(tuple(rows[:length]))
        assert shown(document) == wanted
        assert document.timeline == tuple(rows[:length])
        assert (document.present, document.history.ahead) == (present, ahead)
        assert (document.history.visits, document.history.at) == (visits, at)
        assert document.is_looking == (length != 2)
    assert document.redo()
    assert shown(document) == "###"


@pytest.mark.parametrize("length", [0, 1, 3])
def test_undo_and_redo_start_from_the_present_wherever_one_looks(length: int) -> None:
    document = line(1, 2, 3)
    for lower in (3, 2, 1):
        document.do(at_least(lower), MASK)
    rows = document.timeline
    document.undo()
    document.go_to(rows[:length])
    document.undo()
    assert (shown(document), document.is_looking) == ("..#", False)
    document.go_to(rows[:length])
    document.redo()
    assert (shown(document), document.is_looking) == (".##", False)


def test_what_is_done_at_an_earlier_row_is_put_in_there_as_one_move() -> None:
    document = line(1, 2, 3, 4, 5)
    document.do(at_least(5), MASK)
    document.do(make("dilation", {}), MASK)
    document.do(make("invert", {}), MASK)
    first, second, third = document.timeline
    assert shown(document) == "###.."
    document.go_to((first,))
    assert document.do(make("threshold", {"upper": 1, "combine": "add"}), MASK)
    assert [step.operation.id for step in document.present] == ["threshold", "threshold", "dilation", "invert"]
    # One goes on looking at the row, with the new step.
    assert (document.timeline, document.is_looking) == (document.present[:2], True)
    assert document.timeline[0] is first
    assert shown(document) == "#...#"
    # 5 and 1, dilated, and inverted.
    document.go_to(document.present)
    assert (shown(document), document.is_looking) == ("..#..", False)
    document.undo()
    assert document.timeline == (first, second, third)
    assert shown(document) == "###.."
    document.redo()
    assert shown(document) == "..#.."


def test_what_is_done_twice_at_an_earlier_row_is_done_there_twice_and_undone_there() -> None:
    document = line(1, 2, 3, 4, 5)
    for step in (at_least(5), make("dilation", {}), make("invert", {})):
        document.do(step, MASK)
    document.go_to(document.timeline[:1])
    for upper, wanted in ((1, "#...#"), (2, "##..#")):
        document.do(make("threshold", {"upper": upper, "combine": "add"}), MASK)
        assert shown(document) == wanted
    assert [step.operation.id for step in document.present] == [*3 * ["threshold"], "dilation", "invert"]
    for wanted, count in (("#...#", 2), ("....#", 1)):
        assert document.undo()
        assert (shown(document), len(document.timeline), document.is_looking) == (wanted, count, True)
    for wanted, count in (("#...#", 2), ("##..#", 3)):
        assert document.redo()
        assert (shown(document), len(document.timeline), document.is_looking) == (wanted, count, True)
    document.go_to(document.present)
    assert shown(document) == "....."
    assert document.present[-1].outcome is not None
    assert document.present[-1].outcome.voxels == 0


@pytest.mark.parametrize(
    ("later", "number"),
    [
        (("keep_largest",), 3),
        (("keep_largest", "dilation"), 3),
        (("dilation", "clear"), 4),
        (("dilation",), 0),
        # It goes and comes back.
        (("keep_largest", "invert"), 0),
    ],
)
def test_the_later_step_is_named_that_leaves_nothing_of_what_was_put_in(later: tuple[str, ...], number: int) -> None:
    document = line(1, 2, 5, 2, 5, 5)
    for step in (at_least(5), *(make(id, {}) for id in later)):
        document.do(step, MASK)
    document.add_roi("other")
    document.do(at_least(1), "roi2")
    document.go_to(document.timeline[:1])
    steps = [Step(make("threshold", {"upper": 1, "combine": "add"}), MASK)]
    assert put_in(document.snapshot(), steps).taken_back == number


def test_no_later_step_is_blamed_where_the_last_of_several_only_takes_back_what_these_made() -> None:
    document = line(1, 2, 5, 2, 5, 5)
    for step in (at_least(5), make("dilation", {})):
        document.do(step, MASK)
    document.add_roi("other")
    document.go_to(document.timeline[:1])
    assert put_in(document.snapshot(), [Step(at_least(2), "roi2"), Step(make("clear", {}), "roi2")]).taken_back == 0


def test_what_changes_nothing_at_an_earlier_row_is_no_step_and_one_goes_on_looking() -> None:
    document = line(1, 2, 3)
    document.do(at_least(3), MASK)
    document.do(make("invert", {}), MASK)
    document.undo()
    document.redo()
    row = document.timeline[:1]
    document.go_to(row)
    assert not document.do(at_least(3), MASK)
    assert (document.timeline, len(document.present)) == (row, 2)


def test_steps_that_see_what_they_saw_are_not_worked_out_again_after_one_that_is_put_in() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(3), MASK)
    document.do(at_least(2), other)
    second = document.timeline[1]
    document.go_to(document.timeline[:1])
    document.do(make("dilation", {}), MASK)
    assert document.present[2] is second
    assert shown(document) == ".##"


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("forth", [False, True])
def test_a_move_of_which_a_part_cannot_be_read_changes_nothing(place: int, forth: bool) -> None:
    image, away = np.arange(8, dtype=np.int16).reshape(-1, 1, 1), Lost()
    document = Document(Volume(image, Geometry(image.shape, np.eye(4))), History(0, away.keep))
    for lower in (2, 5, 1, 6):
        document.do(at_least(lower), MASK)
    whole = document.timeline
    steps = [step.outcome.delta for step in whole if step.outcome is not None and step.outcome.delta is not None]
    if forth:
        document.go_to(())
    before, timeline, at = shown(document), document.timeline, document.history.at
    away.lost = [steps[place]]
    with pytest.raises(MaskEditorError, match="It is gone"):
        document.go_to(whole if forth else ())
    assert (shown(document), document.timeline, document.history.at) == (before, timeline, at)
    assert document.revision % 2 == 0
    away.lost = []
    document.go_to(whole if forth else ())
    assert shown(document) == ("......##" if forth else "........")


def test_a_later_step_that_cannot_follow_is_named_and_nothing_changes() -> None:
    document = line(3, 1, 3)
    document.do(at_least(3), MASK)
    document.do(make("select_component", {"point": (2, 0, 0)}), MASK)
    rows = document.timeline
    document.go_to(rows[:1])
    with pytest.raises(ReplayError, match=r"Step 2 \(Select component.*could not be repeated.*Nothing was changed"):
        document.do(make("threshold", {"lower": 3, "combine": "subtract"}), MASK)
    assert (document.timeline, document.present) == (rows[:1], rows)


def test_what_is_put_in_changes_no_locked_roi() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(3), MASK)
    document.do(make("boolean", {"other": MASK}), other)
    document.change_roi(other, locked=True)
    rows = document.timeline
    document.go_to(rows[:1])
    with pytest.raises(OperationError, match="'other' is locked"):
        document.do(at_least(2), MASK)
    assert (document.timeline, document.present) == (rows[:1], rows)


def test_a_row_of_steps_that_are_no_more_is_not_looked_at() -> None:
    document = line(1, 2, 3, 4)
    document.do(at_least(2), MASK)
    document.do(at_least(3), MASK)
    before = document.present
    rewrite = edits.enable(before, 1, enabled=False)
    document.edit(rewrite.keep, rewrite.tail, rewrite.title)
    with pytest.raises(OperationError, match="The steps have changed since that row was chosen"):
        document.go_to(before)
    assert shown(document) == ".###"
    assert not document.is_looking
    document.go_to(before[:1])
    assert document.timeline == before[:1]


def test_what_is_done_at_an_undone_row_follows_it() -> None:
    document = line(1, 2, 3)
    for lower in (3, 2):
        document.do(at_least(lower), MASK)
    rows = document.timeline
    document.undo()
    document.go_to(rows)
    document.do(make("invert", {}), MASK)
    assert document.timeline[:2] == rows
    assert shown(document) == "#.."
    document.undo()
    assert (document.timeline, shown(document)) == (rows[:1], "..#")


def test_an_edit_and_a_deletion_start_from_the_present_wherever_one_looks() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(3), MASK)
    document.do(at_least(2), other)
    first, second = document.timeline
    document.go_to(())
    document.edit(0, [first.with_(operation=at_least(2)), second], "change")
    assert (shown(document), len(document.timeline)) == (".##", 2)
    document.go_to(())
    document.delete_roi(other)
    assert (shown(document), len(document.timeline), document.is_looking) == (".##", 1, False)


def test_rois_of_later_steps_stay_while_one_looks_at_an_earlier_row() -> None:
    document = line(1, 2, 3)
    document.do(at_least(3), MASK)
    (draft,) = document.draft_rois(["brought"])
    document.edit(1, [*document.timeline[1:], Step(at_least(2), draft.id)], "bring", rois=[draft])
    document.go_to(document.timeline[:1])
    assert [roi.name for roi in document.rois] == ["mask", "brought"]
    assert document.voxels(draft.id) == 0


def test_nothing_to_undo_or_redo() -> None:
    document = line(1, 2)
    assert not document.undo()
    assert not document.redo()


# ROIs


def test_rois_have_names_of_their_own_and_ids_that_are_not_used_again() -> None:
    document = line(1, 2)
    second, third = document.add_roi("mask"), document.add_roi("mask")
    assert [roi.name for roi in document.rois] == ["mask", "mask 2", "mask 3"]
    document.delete_roi(third.id)
    fourth = document.add_roi("mask 3")
    assert len({MASK, second.id, third.id, fourth.id}) == 4
    assert len({roi.colour for roi in document.rois}) == 3


def test_a_locked_roi_is_left_alone() -> None:
    document = line(1, 2)
    document.change_roi(MASK, locked=True, name="brain")
    with pytest.raises(OperationError, match="'brain' is locked; unlock it in the list of ROIs to change it"):
        document.do(at_least(1), MASK)


def test_unknown_and_deleted_rois_are_told() -> None:
    document = line(1, 2)
    with pytest.raises(MaskEditorError, match="There is no ROI 'roi9'; there are roi1"):
        document.mask("roi9")[...]
    other = document.add_roi("other").id
    document.delete_roi(other)
    with pytest.raises(OperationError, match="The ROI 'other' was deleted; choose another"):
        document.do(at_least(1), other)


def test_what_brings_an_roi_back_is_told() -> None:
    document = line(1, 2)
    other = document.add_roi("other").id
    document.do(at_least(1), other)
    document.delete_roi(other)
    with pytest.raises(OperationError, match="The ROI 'other' was deleted; undo that, or choose another"):
        document.do(at_least(1), other)
    (copy,) = document.draft_rois(["copy"])
    step = Step(make("boolean", {"other": MASK, "how": "union"}), copy.id)
    document.edit(len(document.present), [step], "copy", rois=[copy])
    document.undo()
    with pytest.raises(
        OperationError, match="The ROI 'copy' went with the step that made it, which was undone; redo that, or choose"
    ):
        document.do(at_least(1), copy.id)
    document.redo()
    document.do(at_least(1), copy.id)


def test_a_deleted_roi_comes_back_by_undo() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(2), other)
    document.do(at_least(3), MASK)
    document.delete_roi(other)
    assert [roi.id for roi in document.rois] == [MASK]
    assert len(document.timeline) == 1
    document.undo()
    assert shown(document, other) == ".##"
    assert [roi.id for roi in document.rois] == [MASK, other]


def test_a_deleted_roi_comes_back_by_a_move_that_a_worker_made() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(2), other)
    document.delete_roi(other)
    document.arrive(travel(document.snapshot(), document.way_by(-1)), -1)
    assert shown(document, other) == ".##"


def test_an_roi_that_another_looks_at_is_not_deleted() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(2), other)
    document.do(make("boolean", {"other": other, "how": "union"}), MASK)
    sentence = r"'other' cannot be deleted, as step 2 \(Union with 'other'\) looks at it; remove that step first"
    with pytest.raises(OperationError, match=sentence):
        document.delete_roi(other)
    document.undo()
    document.delete_roi(other)
    assert len(document.rois) == 1
    with pytest.raises(OperationError, match="'mask' is the only ROI; clear it, or add another before"):
        document.delete_roi(MASK)


def test_an_empty_roi_that_a_redone_step_looks_at_is_there_again() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(2), MASK)
    document.do(make("boolean", {"other": other, "how": "intersection"}), MASK)
    document.undo()
    document.delete_roi(other)
    document.redo()
    assert [roi.id for roi in document.rois] == [MASK, other]
    first, second = document.timeline
    document.edit(0, [first.with_(operation=at_least(1)), second], "change")
    assert shown(document) == "..."


def test_there_is_always_an_roi() -> None:
    document = line(1, 2, 3)
    document.do(at_least(2), MASK)
    other = document.add_roi("other").id
    document.delete_roi(MASK)
    document.undo()
    document.delete_roi(other)
    document.undo()
    assert document.rois


def test_a_deletion_is_heard_of_when_all_of_it_is_done() -> None:
    document = line(1, 2, 3)
    document.do(at_least(2), MASK)
    other = document.add_roi("other").id
    document.do(at_least(3), other)
    document.delete_roi(MASK)
    document.undo()
    told: list[object] = []
    document.moved.connect(lambda _: told.append(document.every_roi))
    document.rois_changed.connect(lambda: told.append(document.every_roi))
    document.delete_roi(other)  # the last one that does not stand on its steps alone
    assert told
    assert set(told) == {document.every_roi}
    assert document.every_roi[0][1]


def test_rois_that_come_and_go_with_a_move_are_told() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(2), other)
    document.delete_roi(other)
    told: list[int] = []
    document.rois_changed.connect(lambda: told.append(len(document.rois)))
    document.undo()
    assert told == [2]


# Scenes


def test_a_scene_shows_the_other_rois() -> None:
    document = line(1, 2, 3)
    other = document.add_roi("other").id
    document.do(at_least(3), other)
    scene = document.snapshot().scene(MASK)
    assert list(scene.others) == [other]
    assert scene.extent is None
    assert scene.other(other)[...].sum() == 1
    with pytest.raises(MaskEditorError, match="There is no other ROI 'roi7' here"):
        scene.other("roi7")


def test_a_roi_that_looks_at_itself_is_refused_in_a_sentence() -> None:
    document = line(1, 2, 3)
    document.do(at_least(3), MASK)
    with pytest.raises(MaskEditorError, match="There is no other ROI 'roi1' here"):
        document.do(make("boolean", {"other": MASK, "how": "union"}), MASK)


def test_a_step_of_an_image_that_is_not_there_is_refused_on_an_empty_mask_too():
    """Nothing would be looked at, but the recipe could not be carried out."""
    document = line(1, 2, 3)
    looks = make("threshold", {"image": "gone", "lower": 2, "combine": "intersect"})
    with pytest.raises(MaskEditorError, match="There is no image 'gone' here"):
        document.do(looks, MASK)
    document.do(at_least(3), MASK)
    document.do(make("clear", {}), MASK)
    document.do(at_least(2), MASK)
    with pytest.raises(MaskEditorError, match="There is no image 'gone' here"):
        document.edit(*edits.edit(document.timeline, 2, looks, EVERYWHERE))
    assert shown(document) == ".##"


def test_only_an_image_that_is_there_can_be_removed() -> None:
    document = Document(Volume(np.zeros((2, 2, 2), np.uint8), Geometry((2, 2, 2), np.eye(4))))
    with pytest.raises(OperationError, match=r"There is no image 't1' here \(further images: none\)"):
        document.remove_image("t1")
