"""What is seen of a cut while its line is moved is what it would leave; a move looks at little more than changes."""

from __future__ import annotations

import numpy as np
import pytest

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.model.cut_preview import CutPreview
from maskeditor.ops.cut_by_plane import CutByPlane, on_side

SHAPE = (40, 36, 30)
ROI = "roi1"
#: Turned, of voxels of three sizes, and with an axis that runs backwards.
AFFINE = np.array([[-1.0, 0.2, 0.0, 20.0], [0.3, 1.5, 0.1, -30.0], [0.0, -0.2, 2.0, 5.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def document() -> Document:
    values = np.random.default_rng(1).integers(0, 10, SHAPE).astype(np.int16)
    made = Document(Volume(np.asfortranarray(values), Geometry(SHAPE, AFFINE)))
    made.do(make("threshold", {"lower": 3}), ROI)
    return made


@pytest.mark.parametrize("plane", Plane)
def test_each_move_of_the_line_shows_what_it_would_leave(document: Document, plane: Plane) -> None:
    geometry, mask, middle = document.geometry, document.mask(ROI)[...], np.array(SHAPE) // 2
    axis = geometry.axis_of(plane)
    one, other = (along for along in range(3) if along != axis)
    before: CutPreview | None = None
    seen, stood = [np.zeros(0, bool)] * 3, np.ones(SHAPE, bool)
    looked_at = changes = 0
    for degrees in (*range(0, 360, 3), 90, 90):
        # Turned once round a place off the middle of the slice.
        voxels = np.repeat([middle + 0.3], 3, axis=0)
        angle = np.deg2rad(degrees)
        voxels[1, [one, other]] += 9 * np.cos(angle), 9 * np.sin(angle)
        voxels[2, [one, other]] += 9 * np.sin(angle), -9 * np.cos(angle)
        cut = CutByPlane(points=tuple(map(tuple, geometry.to_world(voxels).tolist())), plane=plane.value)
        preview = CutPreview(document.snapshot(), ROI, cut, before)
        side = on_side(SHAPE, AFFINE, cut.points, axis)
        assert side is not None
        stays = np.broadcast_to(side, SHAPE)
        changed = mask & (stood != stays)
        box = preview.news_box
        if box is not None:
            outside = changed.copy()
            outside[box.slices] = False
            assert not outside.any()
        for across in range(3):
            index = int(middle[across])
            news = preview.news(across, index, box) if box is not None else None
            shown = preview.slice(across, index)
            assert shown is not None
            if news is None:
                seen[across] = shown.copy(order="F")
            else:
                seen[across].reshape(-1, order="F")[news] = shown.reshape(-1, order="F")[news]
                looked_at, changes = looked_at + news.size, changes + int(changed.take(index, across).sum())
            assert np.array_equal(seen[across], (mask & stays).take(index, across))
        before, stood = preview, stays
    assert 0 < changes <= looked_at < 1.2 * changes
    # Of another slice, and once all is worked out.
    assert before is not None
    assert np.array_equal(before.slice(axis, 2), (mask & stood).take(2, axis))
    before.complete(before.work_out(Progress())[0])
    assert np.array_equal(before.slice(axis, 3), (mask & stood).take(3, axis))


def test_after_another_change_of_the_mask_it_begins_anew(document: Document) -> None:
    cut = CutByPlane(points=((0, 0, 0), (10, 0, 0), (0, 10, 0)), plane="axial")
    before = CutPreview(document.snapshot(), ROI, cut)
    before.slice(2, 4)
    document.do(make("erosion", {}), ROI)
    after = CutPreview(document.snapshot(), ROI, cut, before)
    assert after.news_box is None
    side = on_side(SHAPE, AFFINE, cut.points, document.geometry.axis_of(Plane.AXIAL))
    assert side is not None
    assert np.array_equal(after.slice(2, 4), (document.mask(ROI)[...] & side)[:, :, 4])


def test_points_in_a_line_leave_the_slice_unknown(document: Document) -> None:
    cut = CutByPlane(points=((0, 0, 0), (10, 0, 0), (20, 0, 0)), plane="axial")
    before = CutPreview(document.snapshot(), ROI, cut)
    assert not before.is_local
    assert before.slice(2, 4) is None
    assert CutPreview(document.snapshot(), ROI, cut, before).news_box is None
