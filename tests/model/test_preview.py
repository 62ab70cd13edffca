"""Previews: what they show of operations and of other steps is what would be made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import maskeditor.ops
from maskeditor.core.errors import OperationError, ReplayError
from maskeditor.core.history import edits
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model import preview as preview_module
from maskeditor.model.preview import OperationPreview, Preview, RewritePreview
from maskeditor.ops.dilation import Dilation

assert maskeditor.ops
SHAPE = (12, 11, 9)
IMAGE = np.asfortranarray(ndimage.gaussian_filter(np.random.default_rng(3).standard_normal(SHAPE), 1.2) * 1000)
ROI = "roi1"


@pytest.fixture
def document() -> Document:
    made = Document(Volume(IMAGE.astype(np.int16), Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]))))
    made.do(make("threshold", {"lower": 30}), ROI)
    made.do(make("dilation", {}), ROI)
    return made


def assert_shows(preview: Preview, wanted: np.ndarray) -> None:
    for axis in range(3):
        for index in range(SHAPE[axis]):
            shown = preview.slice(axis, index)
            assert shown is not None
            assert np.array_equal(shown, wanted.take(index, axis))


def complete(preview: Preview) -> tuple[int, int]:
    patch, added, removed = preview.work_out(Progress())
    preview.complete(patch)
    return added, removed


THRESHOLD = np.asfortranarray(IMAGE.astype(np.int16) >= 30)
RAISED = np.asfortranarray(IMAGE.astype(np.int16) >= 90)


@pytest.mark.parametrize(
    ("of", "wanted"),
    [
        (lambda steps: edits.edit(steps, 0, make("threshold", {"lower": 90}), EVERYWHERE),
         ndimage.binary_dilation(RAISED)),
        (lambda steps: edits.edit(steps, 1, make("erosion", {}), EVERYWHERE), ndimage.binary_erosion(THRESHOLD)),
        (lambda steps: edits.enable(steps, 1, False), THRESHOLD),
        (lambda steps: edits.remove(steps, 1), THRESHOLD),
        (lambda steps: edits.remove(steps, 0), np.zeros(SHAPE, bool)),
        (lambda steps: edits.duplicate(steps, 1), ndimage.binary_dilation(THRESHOLD, iterations=2)),
        (lambda steps: edits.move(steps, 1, 0), THRESHOLD),
        (lambda steps: edits.describe(steps, 0, "head", ""), ndimage.binary_dilation(THRESHOLD)),
    ],
    ids=["edit", "edit the last", "disable", "remove the last", "remove", "duplicate", "move", "describe"],
)  # fmt: skip
def test_other_steps_are_shown_as_they_would_be_made(document: Document, of: Any, wanted: np.ndarray) -> None:
    before, timeline = document.mask(ROI)[...], document.timeline
    rewrite = of(timeline)
    preview = RewritePreview(document.snapshot(), ROI, rewrite)
    assert not preview.is_local
    # Nothing is shown before the whole is known.
    assert (preview.slice(2, 4), preview.whole(), preview.is_known, preview.prepared) == (None, None, False, None)
    counts = complete(preview)
    whole = preview.whole()
    assert whole is not None
    assert np.array_equal(whole[...], wanted)
    assert counts == (np.count_nonzero(wanted & ~before), np.count_nonzero(before & ~wanted))
    assert_shows(preview, wanted)
    # Looking changes nothing; what was worked out can be made at once.
    assert document.timeline is timeline
    assert np.array_equal(document.mask(ROI)[...], before)
    assert preview.prepared is not None
    document.commit(preview.prepared, rewrite.title)
    assert np.array_equal(document.mask(ROI)[...], wanted)


def test_another_roi_that_other_steps_do_not_reach_stays(document: Document) -> None:
    other = document.add_roi("other").id
    document.do(make("threshold", {"upper": -60}), other)
    mask = document.mask(other)[...]
    rewrite = edits.edit(document.timeline, 0, make("threshold", {"lower": 90}), EVERYWHERE)
    preview = RewritePreview(document.snapshot(), other, rewrite)
    assert not preview.others
    assert complete(preview) == (0, 0)
    assert_shows(preview, mask)
    mask, voxels = preview.others[ROI]
    assert np.array_equal(mask[...], wanted := ndimage.binary_dilation(RAISED))
    assert voxels == wanted.sum()


def test_a_step_that_fails_is_named(document: Document) -> None:
    point = tuple(int(index) for index in np.argwhere(document.mask(ROI)[...])[0])
    assert document.do(make("select_component", {"point": point, "action": "remove"}), ROI)
    rewrite = edits.edit(document.timeline, 0, make("threshold", {"lower": 30_000}), EVERYWHERE)
    with pytest.raises(ReplayError, match="Step 3 "):
        RewritePreview(document.snapshot(), ROI, rewrite).work_out(Progress())


def test_a_preview_is_cancelled(document: Document) -> None:
    progress = Progress()
    progress.cancel()
    rewrite = edits.edit(document.timeline, 0, make("threshold", {"lower": 90}), EVERYWHERE)
    with pytest.raises(Cancelled):
        RewritePreview(document.snapshot(), ROI, rewrite).work_out(progress)


@pytest.mark.parametrize("scope", [EVERYWHERE, Scope(axis=2, first=2, last=4)], ids=["everywhere", "some slices"])
def test_an_operation_is_shown_slice_by_slice_and_whole(document: Document, scope: Scope) -> None:
    before = document.mask(ROI)[...]
    wanted = ndimage.binary_erosion(before)
    if scope is not EVERYWHERE:
        planes = (np.arange(SHAPE[2]) >= 2) & (np.arange(SHAPE[2]) <= 4)
        wanted = np.where(planes, wanted, before)
    preview = OperationPreview(document.snapshot(), ROI, make("erosion", {}), scope)
    assert preview.is_local
    assert_shows(preview, wanted)
    assert complete(preview) == (0, np.count_nonzero(before & ~wanted))
    assert_shows(preview, wanted)


def test_what_takes_long_is_left_to_the_worker(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    # A slice across the first axis with what an opening of one voxel looks at: five of twelve.
    assert make("opening", {}).reach(document.snapshot().scene(ROI)) == (2, 2, 2)
    largest = 5 * SHAPE[0] * SHAPE[1]
    for most, local in ((largest, True), (largest - 1, False)):
        monkeypatch.setattr(preview_module, "MOST_AT_ONCE", most)
        preview = OperationPreview(document.snapshot(), ROI, make("opening", {}))
        assert preview.is_local is local
        assert (preview.slice(0, 3) is not None) is local


FURTHER = [make(id, {"structure": "ball", "radius": 2.0}) for id in ("dilation", "erosion", "opening", "closing")] + [
    make("smooth_mask", {"fwhm": 2.0}),
    make("dilation", {"iterations": 2}),
]


@pytest.mark.parametrize("operation", FURTHER, ids=lambda one: f"{one.id} {one.summary()}")
@pytest.mark.parametrize("scope", [EVERYWHERE, Scope(axis=2, first=2, last=4)], ids=["everywhere", "some slices"])
@pytest.mark.parametrize("crosshair", [(5, 4, 3), (0, 0, 0), (11, 10, 8)], ids=str)
def test_of_what_looks_further_the_planes_that_are_seen_come_first(
    document: Document,
    operation: Operation,
    scope: Scope,
    crosshair: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preview_module, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(preview_module, "MOST_FIRST", 3)  # the image is small
    preview = OperationPreview(document.snapshot(), ROI, operation, scope, crosshair)
    assert (preview.is_local, preview.has_glimpse) == (False, True)
    assert preview.slice(0, crosshair[0]) is None
    assert preview.glimpse(Progress()) is None  # of no image
    shown = [preview.slice(axis, index) for axis, index in enumerate(crosshair)]
    assert [preview.slice(axis, 6) for axis in range(3)] == [None] * 3
    assert preview.whole() is None
    complete(preview)
    whole = preview.whole()
    assert whole is not None
    assert not np.array_equal(whole[...], document.mask(ROI)[...])
    for axis, (index, plane) in enumerate(zip(crosshair, shown, strict=True)):
        assert plane is not None
        assert np.array_equal(plane, whole[...].take(index, axis))


def test_planes_come_first_only_where_they_take_less_time(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def has_glimpse(operation: Operation, crosshair: tuple[int, int, int] | None = (5, 4, 3)) -> bool:
        return OperationPreview(document.snapshot(), ROI, operation, EVERYWHERE, crosshair).has_glimpse

    assert not has_glimpse(FURTHER[0])  # all slices are worked out at once
    monkeypatch.setattr(preview_module, "MOST_AT_ONCE", 1)
    # A cross of one reaches 3 of 12, 3 of 11 and 3 of 9 slices: 0.86 of the voxels.
    for most, wanted in ((0.85, False), (0.87, True)):
        monkeypatch.setattr(preview_module, "MOST_FIRST", most)
        assert has_glimpse(make("dilation", {})) is wanted
    assert not has_glimpse(make("dilation", {}), None)  # nobody looks
    assert not has_glimpse(make("keep_largest", {}))  # it looks everywhere


def test_planes_go_through_no_more_than_they_look_at(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes, real = [], Dilation.apply

    def counted(self: Dilation, scene: Scene, progress: Progress) -> Patch | None:
        shapes.append(scene.geometry.shape)
        return real(self, scene, progress)

    monkeypatch.setattr(Dilation, "apply", counted)
    monkeypatch.setattr(preview_module, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(preview_module, "MOST_FIRST", 1)
    preview = OperationPreview(document.snapshot(), ROI, make("dilation", {}), EVERYWHERE, (5, 4, 0))
    preview.glimpse(Progress())
    assert shapes == [(3, 11, 9), (12, 3, 9), (12, 11, 2)]


def test_planes_are_cancelled_and_leave_what_is_wrong_to_the_whole(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_module, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(preview_module, "MOST_FIRST", 3)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        OperationPreview(document.snapshot(), ROI, FURTHER[0], EVERYWHERE, (5, 4, 3)).glimpse(progress)
    too_small = make("dilation", {"structure": "ball", "radius": 0.2})
    preview = OperationPreview(document.snapshot(), ROI, too_small, EVERYWHERE, (5, 4, 3))
    assert preview.glimpse(Progress()) is None
    assert preview.slice(0, 5) is None
    with pytest.raises(OperationError, match="smaller than the voxels"):
        preview.work_out(Progress())
