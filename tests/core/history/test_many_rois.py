"""Sixty ROIs: what they hold, and what is read of them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import prepare
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.model.preview import OperationPreview

assert maskeditor.ops
SHAPE = (100, 96, 90)
VOXELS = 100 * 96 * 90
COUNT = 60
NOISE = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)


def at_least(lower: int) -> Operation:
    return make("threshold", {"lower": lower})


def document_with(count: int) -> tuple[Document, list[str]]:
    document = Document(Volume(np.asfortranarray(NOISE), Geometry(SHAPE, np.eye(4))))
    return document, [document.rois[0].id, *(document.add_roi("other").id for _ in range(count - 1))]


@pytest.fixture
def full() -> tuple[Document, list[str]]:
    document, rois = document_with(COUNT)
    for number, roi in enumerate(rois):
        document.do(at_least(400 + number), roi)
    return document, rois


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Box]:
    """The boxes that are read of masks, as voxels."""
    boxes: list[Box] = []
    plain = MaskBits.read

    def noted(self: MaskBits, box: Box) -> BoolArray:
        boxes.append(box)
        return plain(self, box)

    monkeypatch.setattr(MaskBits, "read", noted)
    return boxes


def test_a_bit_for_each_voxel() -> None:
    document, rois = document_with(COUNT)
    document.do(at_least(500), rois[0])  # tables that are made once
    document.undo()
    tracemalloc.start()
    try:
        for number, roi in enumerate(rois):
            document.do(at_least(400 + number), roi)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    row = (SHAPE[0] + 7) // 8
    assert sum(document.mask(roi).nbytes for roi in rois) == COUNT * row * SHAPE[1] * SHAPE[2]
    # Besides: the deltas of noise, which cannot be made smaller, and what is known of steps and ROIs.
    masks = COUNT * row * SHAPE[1] * SHAPE[2]
    assert held < 1.02 * (masks + document.history.held.nbytes) + (1 << 20)
    assert peak < held + 4 * VOXELS


def test_masks_that_are_empty_or_small_cost_next_to_nothing() -> None:
    document, rois = document_with(COUNT)
    assert sum(document.mask(roi).nbytes for roi in rois) == 0
    document.do(make("paint", {"points": [(50, 50, 50)], "radius": 4.0}), rois[0])
    assert 0 < document.mask(rois[0]).nbytes < 1000
    document.do(at_least(0), rois[1])
    document.undo()
    assert document.mask(rois[1]).nbytes == 0
    document.redo()
    document.do(make("clear", {}), rois[1])
    assert document.mask(rois[1]).nbytes == 0


def test_moves_of_one_read_no_other(full: tuple[Document, list[str]], read: list[Box]) -> None:
    document, rois = full
    document.do(make("paint", {"points": [(50, 50, 50)], "radius": 4.0}), rois[7])
    assert all(box.size <= 9**3 for box in read)
    read.clear()
    snapshot = document.snapshot()
    prepare(snapshot, len(document.timeline), [Step(at_least(300), rois[3])])
    document.undo()
    document.redo()
    assert read == []


def test_a_preview_of_a_slice_reads_that_slice_alone(full: tuple[Document, list[str]], read: list[Box]) -> None:
    document, rois = full
    plane = Box((0, 0, 30), (100, 96, 31))
    OperationPreview(document.snapshot(), rois[3], at_least(300)).slice(2, 30)
    assert set(read) == set()  # a threshold looks at the image alone
    operation = make("boolean", {"other": rois[5], "how": "intersection"})
    preview = OperationPreview(document.snapshot(), rois[3], operation)
    assert preview.is_local
    made = preview.slice(2, 30)
    assert set(read) == {plane}
    np.testing.assert_array_equal(made, NOISE[:, :, 30] >= 405)


def test_voxels_of_all_are_known_without_reading_masks(full: tuple[Document, list[str]], read: list[Box]) -> None:
    document, rois = full
    assert [document.voxels(roi) for roi in rois] == [(400 + number <= NOISE).sum() for number in range(COUNT)]
    assert [bool(document.mask(roi)[1, 2, 3]) for roi in rois] == [NOISE[1, 2, 3] >= 400 + n for n in range(COUNT)]
    assert read == []


def test_restored_masks_hold_no_room_to_grow(full: tuple[Document, list[str]]) -> None:
    document, _ = full
    for number in range(6):
        document.do(make("paint", {"points": [(20 + 8 * number, 40, 40)], "radius": 4.0}), document.add_roi("brain").id)
        document.do(make("paint", {"points": [(20 + 8 * number, 50, 50)], "radius": 4.0}), document.rois[-1].id)
    again = Document(document.volume)
    again.restore(document.every_roi, document.history.visits, document.history.at)
    assert len(again.rois) == COUNT + 6
    for roi in again.rois:
        np.testing.assert_array_equal(again.mask(roi.id)[...], document.mask(roi.id)[...])
        extent = again.extent(roi.id)
        assert extent is not None
        assert again.mask(roi.id).nbytes <= (extent.shape[0] // 8 + 2) * extent.shape[1] * extent.shape[2]
    assert sum(again.mask(roi.id).nbytes for roi in again.rois) < sum(
        document.mask(roi.id).nbytes for roi in document.rois
    )
