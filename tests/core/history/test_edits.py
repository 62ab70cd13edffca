"""Edits of steps: which are worked out again, and that a failure changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import maskeditor.ops
from maskeditor.core.errors import OperationError, ReplayError
from maskeditor.core.history import edits
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.declaration import Operation, make, operations
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress

assert maskeditor.ops
SHAPE = (14, 12, 10)
IMAGE = np.asfortranarray(
    ndimage.gaussian_filter(np.random.default_rng(11).standard_normal(SHAPE), 1.5) * 1000, dtype=np.float32
)


@pytest.fixture
def document() -> Document:
    """Three steps on one ROI, two on another that looks at none, and one on a third that looks at the first."""
    made = Document(Volume(IMAGE, Geometry(SHAPE, np.diag([2.0, 2.0, 3.0, 1.0]))))
    made.add_roi("other")
    made.add_roi("looks")
    made.do(make("threshold", {"lower": 20}), "roi1")
    made.do(make("threshold", {"upper": -50}), "roi2")
    made.do(make("dilation", {}), "roi1")
    made.do(make("dilation", {"iterations": 2}), "roi2")
    made.do(make("boolean", {"other": "roi1"}), "roi3")
    made.do(make("erosion", {}), "roi1")
    assert len(made.timeline) == 6
    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the operations that are carried out."""
    made: list[str] = []

    def counting(cls: type[Operation]) -> Any:
        plain = cls.apply

        def apply(self: Operation, *given: Any) -> Any:
            made.append(self.id)
            return plain(self, *given)

        return apply

    for cls in operations():
        monkeypatch.setattr(cls, "apply", counting(cls))
    return made


def carry_out(document: Document, rewrite: edits.Rewrite, progress: Progress | None = None) -> None:
    document.edit(rewrite.keep, rewrite.tail, rewrite.title, progress)


def ids(timeline: Timeline) -> list[str]:
    return [step.operation.id for step in timeline]


def plane_of(mask: np.ndarray) -> np.ndarray:
    only = np.zeros(SHAPE, bool)
    only[:, :, 3:6] = mask[:, :, 3:6]
    return only


def test_another_value_of_an_early_step(document: Document, calls: list[str]) -> None:
    others = document.mask("roi2")[...]
    rewrite = edits.edit(document.timeline, 0, make("threshold", {"lower": 60}), EVERYWHERE)
    assert (rewrite.keep, rewrite.title) == (0, "edit of Threshold")
    carry_out(document, rewrite)
    raised = ndimage.binary_dilation(IMAGE >= 60)
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_erosion(raised))
    # The step that looks at the ROI saw it between dilation and erosion.
    assert np.array_equal(document.mask("roi3")[...], raised)
    assert np.array_equal(document.mask("roi2")[...], others)
    # What lies on the ROI that none of it touches was not worked out again.
    assert calls == ["threshold", "dilation", "boolean", "erosion"]


def test_another_scope(document: Document, calls: list[str]) -> None:
    first = document.timeline[0]
    carry_out(document, edits.edit(document.timeline, 0, first.operation, Scope(axis=2, first=3, last=5)))
    assert np.array_equal(
        document.mask("roi1")[...], ndimage.binary_erosion(ndimage.binary_dilation(plane_of(IMAGE >= 20)))
    )
    assert document.timeline[0].operation is first.operation


def test_off_and_on(document: Document, calls: list[str]) -> None:
    before = document.mask("roi1")[...]
    carry_out(document, edits.enable(document.timeline, 2, False))
    assert document.history.undo_title == "disable Dilation"
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_erosion(IMAGE >= 20))
    assert np.array_equal(document.mask("roi3")[...], IMAGE >= 20)
    assert [step.enabled for step in document.timeline] == [True, True, False, True, True, True]
    assert calls == ["boolean", "erosion"]
    carry_out(document, edits.enable(document.timeline, 2, True))
    assert document.history.undo_title == "enable Dilation"
    assert np.array_equal(document.mask("roi1")[...], before)


def test_remove(document: Document, calls: list[str]) -> None:
    rewrite = edits.remove(document.timeline, 2)
    assert (rewrite.keep, len(rewrite.tail), rewrite.title) == (2, 3, "remove Dilation")
    carry_out(document, rewrite)
    assert ids(document.timeline) == ["threshold", "threshold", "dilation", "boolean", "erosion"]
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_erosion(IMAGE >= 20))
    assert calls == ["boolean", "erosion"]


def test_removing_the_last_works_nothing_out(document: Document, calls: list[str]) -> None:
    carry_out(document, edits.remove(document.timeline, 5))
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_dilation(IMAGE >= 20))
    assert calls == []


def test_duplicate(document: Document, calls: list[str]) -> None:
    rewrite = edits.duplicate(document.timeline, 2)
    assert (rewrite.keep, rewrite.title) == (3, "duplicate Dilation")
    carry_out(document, rewrite)
    assert ids(document.timeline)[2:4] == ["dilation", "dilation"]
    assert document.timeline[2] is not document.timeline[3]
    twice = ndimage.binary_dilation(IMAGE >= 20, iterations=2)
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_erosion(twice))
    assert np.array_equal(document.mask("roi3")[...], twice)


@pytest.mark.parametrize(("index", "to"), [(5, 2), (2, 5)])
def test_move(document: Document, calls: list[str], index: int, to: int) -> None:
    timeline = document.timeline
    rewrite = edits.move(timeline, index, to)
    assert (rewrite.keep, rewrite.title) == (2, f"move {timeline[index].operation.title}")
    carry_out(document, rewrite)
    assert document.timeline[to].operation is timeline[index].operation
    assert np.array_equal(document.mask("roi1")[...], ndimage.binary_dilation(ndimage.binary_erosion(IMAGE >= 20)))


def test_moving_past_steps_of_other_rois_works_nothing_out(document: Document, calls: list[str]) -> None:
    # The threshold of one ROI and that of another do not look at each other.
    carry_out(document, edits.move(document.timeline, 0, 1))
    assert calls == []
    assert [step.roi for step in document.timeline[:2]] == ["roi2", "roi1"]


def test_name_and_note_change_no_voxel(document: Document, calls: list[str]) -> None:
    masks = [document.mask(roi.id)[...] for roi in document.rois]
    rewrite = edits.describe(document.timeline, 0, "head", "20 keeps the scalp")
    assert rewrite.title == "description of Threshold"
    carry_out(document, rewrite)
    assert (document.timeline[0].title, document.timeline[0].note) == ("head", "20 keeps the scalp")
    assert calls == []
    assert all(np.array_equal(mask, document.mask(roi.id)[...]) for mask, roi in zip(masks, document.rois, strict=True))
    document.undo()
    assert document.timeline[0].name == ""


@pytest.mark.parametrize(
    "of",
    [
        lambda steps: edits.edit(steps, 0, make("threshold", {"lower": 60}), EVERYWHERE),
        lambda steps: edits.enable(steps, 0, False),
        lambda steps: edits.remove(steps, 0),
        lambda steps: edits.duplicate(steps, 2),
        lambda steps: edits.move(steps, 5, 0),
        lambda steps: edits.describe(steps, 4, "union", ""),
    ],
    ids=["edit", "disable", "remove", "duplicate", "move", "describe"],
)
def test_every_edit_is_one_move_that_is_undone_and_redone(document: Document, of: Any) -> None:
    def masks() -> list[np.ndarray]:
        return [document.mask(roi.id)[...] for roi in document.rois]

    start, before, at = document.timeline, masks(), document.history.at
    carry_out(document, of(start))
    goal, after = document.timeline, masks()
    assert document.history.at == at + 1
    for _ in range(2):
        document.undo()
        assert document.timeline == start
        assert all(map(np.array_equal, masks(), before))
        document.redo()
        assert document.timeline == goal
        assert all(map(np.array_equal, masks(), after))


def test_a_later_step_that_fails_changes_nothing_and_is_named(document: Document) -> None:
    inside = tuple(int(index) for index in np.argwhere(document.mask("roi1")[...])[0])
    assert document.do(make("select_component", {"point": inside, "action": "remove"}), "roi1")
    start, masks = document.timeline, [document.mask(roi.id)[...] for roi in document.rois]
    with pytest.raises(ReplayError, match=r"^Step 7 \(.*\) could not be repeated: .* Nothing was changed\.$"):
        carry_out(document, edits.edit(start, 0, make("threshold", {"lower": 1e6}), EVERYWHERE))
    assert document.timeline is start
    assert all(np.array_equal(mask, document.mask(roi.id)[...]) for mask, roi in zip(masks, document.rois, strict=True))


def test_a_step_that_fails_is_named_by_the_list_that_is_seen(document: Document) -> None:
    inside = tuple(int(index) for index in np.argwhere(document.mask("roi1")[...])[0])
    assert document.do(make("select_component", {"point": inside, "action": "remove"}), "roi1")
    steps = document.timeline
    assert (len(steps), steps[6].operation.id) == (7, "select_component")
    # With the first one removed, or it moved to the front, it would come sooner.
    for rewrite in (edits.remove(steps, 0), edits.move(steps, 6, 0)):
        with pytest.raises(ReplayError, match=r"^Step 7 \(Select component"):
            carry_out(document, rewrite)


@pytest.mark.parametrize("at", [0.01, 0.3, 0.8])
def test_a_cancelled_edit_changes_nothing(document: Document, at: float) -> None:
    start, masks, revision = document.timeline, [document.mask(roi.id)[...] for roi in document.rois], 0
    revision = document.revision

    def report(done: float) -> None:
        if done >= at:
            progress.cancel()

    progress = Progress(report)
    with pytest.raises(Cancelled):
        carry_out(document, edits.edit(start, 0, make("threshold", {"lower": 60}), EVERYWHERE), progress)
    assert (document.timeline, document.revision) == (start, revision)
    assert all(np.array_equal(mask, document.mask(roi.id)[...]) for mask, roi in zip(masks, document.rois, strict=True))


def test_a_stroke_is_drawn_again_with_another_radius() -> None:
    zooms = np.array([2.0, 2.0, 3.0])
    document = Document(Volume(IMAGE, Geometry(SHAPE, np.diag([*zooms, 1.0]))))
    centre = (14.3, 12.4, 15.2)
    document.do(make("paint", {"points": (centre,), "radius": 4, "shape": "sphere"}), "roi1")
    document.do(make("invert", {}), "roi1")
    step = document.timeline[0]
    wider = step.operation.model_copy(update={"radius": 7.0})
    carry_out(document, edits.edit(document.timeline, 0, wider, step.scope))
    away = np.linalg.norm(np.indices(SHAPE).transpose(1, 2, 3, 0) * zooms - centre, axis=-1)
    assert np.array_equal(document.mask("roi1")[...], away > 7)


# Which ROIs an edit touches


def test_touched_are_those_whose_changes_differ(document: Document) -> None:
    start = document.timeline
    assert edits.touched(start, start) == frozenset()
    carry_out(document, edits.edit(start, 0, make("threshold", {"lower": 60}), EVERYWHERE))
    assert edits.touched(start, document.timeline) == {"roi1", "roi3"}
    document.undo()
    carry_out(document, edits.describe(start, 0, "head", ""))
    assert edits.touched(start, document.timeline) == frozenset()
    assert edits.touched(start[:4], start) == {"roi1", "roi3"}


def test_what_is_not_worked_out_yet_may_touch(document: Document) -> None:
    start = document.timeline
    rewrite = edits.edit(start, 1, make("threshold", {"upper": -60}), EVERYWHERE)
    assert edits.touched(start, (*start[: rewrite.keep], *rewrite.tail)) == {"roi2"}
    moved = edits.move(start, 0, 1)
    assert edits.touched(start, (*start[: moved.keep], *moved.tail)) == frozenset()


def test_a_note_that_no_recipe_could_hold_is_refused(document: Document) -> None:
    with pytest.raises(OperationError, match="may have 10000 characters each, but 10001 were given; shorten them"):
        edits.describe(document.timeline, 0, "", "n" * 10_001)
    edits.describe(document.timeline, 0, "n" * 10_000, "")
