"""Time courses and profiles: equal to numpy and nilearn, and worked out for what has changed alone."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from nilearn.masking import apply_mask

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.conditions import labels_of_events
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.model import time_courses
from maskeditor.model.time_courses import Curve, MeanCourses, as_text, course_at, mean_course, spans_of

SHAPE, FRAMES = (13, 11, 9), 7


def series(dtype: str, slope: float = 1.0, intercept: float = 0.0) -> Volume:
    values = np.random.default_rng(5).normal(800, 300, (*SHAPE, FRAMES)).astype(dtype, order="F")
    return Volume(values, Geometry(SHAPE, np.eye(4)), slope, intercept)


def blob() -> np.ndarray:
    inside = np.zeros(SHAPE, bool, order="F")
    inside[3:9, 2:8, 1:8] = np.random.default_rng(6).random((6, 6, 7)) < 0.4
    return inside


@pytest.mark.parametrize(
    ("dtype", "slope", "intercept"), [("<i2", 1, 0), ("<i2", 0.5, -3), ("<f4", 1, 0), ("<f8", 2, 1)]
)
def test_mean_courses_equal_numpy_and_nilearn(
    dtype: str, slope: float, intercept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_courses, "FEW", 80)  # several slabs, the last one thinner
    volume, inside = series(dtype, slope, intercept), blob()
    found = mean_course(volume, MaskBits.of(inside))
    intensities = volume.stored.astype(np.float64) * slope + intercept
    assert found == pytest.approx(intensities[inside].mean(axis=0), rel=1e-13)
    image, mask = (nib.Nifti1Image(data, np.eye(4)) for data in (intensities, inside.astype(np.uint8)))
    assert found == pytest.approx(apply_mask(image, mask, dtype="float64").mean(axis=1), rel=1e-13)
    assert course_at(volume, (4, 5, 6)).tolist() == intensities[4, 5, 6].tolist()


def test_an_empty_mask_has_no_mean_and_what_is_not_finite_is_kept() -> None:
    volume = series("<f4")
    assert np.isnan(mean_course(volume, MaskBits(SHAPE))).all()
    values = volume.stored.copy(order="F")
    values[4, 4, 4, 2], values[4, 4, 4, 3] = np.nan, np.inf
    inside = np.zeros(SHAPE, bool, order="F")
    inside[4, 4, 3:6] = True
    found = mean_course(Volume(values, volume.geometry), MaskBits.of(inside))
    assert np.isnan(found[2])
    assert found[3] == np.inf
    assert np.isfinite(found[[0, 1, 4, 5, 6]]).all()


def test_only_the_box_of_the_mask_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    read = Volume.intensities

    def watched(volume: Volume, frame: int = 0, box: object = None) -> np.ndarray:
        values = read(volume, frame, box)  # type: ignore[arg-type]
        seen.append(values.size)
        return values

    monkeypatch.setattr(Volume, "intensities", watched)
    mean_course(series("<i2"), MaskBits.of(blob()))
    assert sum(seen) == 6 * 6 * 7 * FRAMES


def test_only_what_has_changed_is_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    volume, mask = series("<i2"), MaskBits.of(blob())
    worked: list[MaskBits] = []
    one = mean_course
    monkeypatch.setattr(time_courses, "mean_course", lambda v, m, p: (worked.append(m), one(v, m, p))[1])
    courses = MeanCourses(volume)
    courses.work({"a": mask, "b": mask})(Progress())
    assert len(worked) == 2
    courses.forget(["a"])
    assert courses.get("a") is None
    assert courses.missing(["a", "b"]) == (("a", 1),)
    late = courses.work({"a": mask, "b": mask})
    courses.forget(["a"])
    late(Progress())
    assert len(worked) == 3
    assert courses.get("a") is None  # of a mask that is no longer there


def test_cancelled_work_keeps_what_is_known() -> None:
    courses, mask = MeanCourses(series("<i2")), MaskBits.of(blob())
    progress = Progress(lambda fraction: progress.cancel() if fraction > 0.5 else None)
    with pytest.raises(Cancelled):
        courses.work({"a": mask, "b": mask})(progress)
    assert courses.get("a") is not None
    assert courses.get("b") is None


@pytest.mark.parametrize(
    ("unit", "seconds"), [("sec", 2.5), ("msec", 0.0025), ("usec", 2.5e-6), ("unknown", 0), ("hz", 0)]
)
def test_the_repetition_time_goes_by_the_unit_of_the_header(unit: str, seconds: float) -> None:
    header = nib.Nifti1Header()
    header.set_data_shape((2, 2, 2, 3))
    header.set_zooms((1, 1, 1, 2.5))
    header.set_xyzt_units("mm", unit)
    assert Header(header.binaryblock).repetition_time == seconds


def test_copied_numbers_are_read_as_the_same_floats() -> None:
    values = np.array([0.1 + 0.2, 1e300, -3.0, np.nan])
    text = as_text("volume", np.arange(4.0), [Curve("left\thand", values)])
    lines = [line.split("\t") for line in text.split("\n")]
    assert lines[0] == ["volume", "left hand"]
    assert [float(line[1]) for line in lines[1:4]] == values[:3].tolist()
    assert lines[4] == ["3", "nan"]


def test_conditions_hold_for_the_volumes_that_belong_to_them() -> None:
    """The volumes within a span are those that the tests of conditions compare."""
    random = np.random.default_rng(7)
    onsets = np.cumsum(random.uniform(0.5, 6, 12)).round(3)
    events = tuple((float(onset), 0.4, "ab"[place % 2]) for place, onset in enumerate(onsets))
    found = spans_of(events, 30, 1.7)
    labels = labels_of_events(events, 30, 1.7, 0.0)
    for frame in range(30):
        assert {span.name for span in found if span.start <= frame < span.end} == labels[frame]
    by_labels = tuple("".join(names) for names in labels)
    for frame in range(30):
        within = {span.name for span in spans_of(by_labels, 30, 0.0) if span.start <= frame < span.end}
        assert within == labels[frame]


def test_conditions_of_another_series_are_refused() -> None:
    with pytest.raises(OperationError, match="states no time between its volumes"):
        spans_of(((1.0, 2.0, "a"),), 5, 0.0)
    with pytest.raises(OperationError, match="has 2 labels, but the image has 5 volumes"):
        spans_of(("a", "b"), 5, 2.0)
    assert spans_of((), 5, 2.0) == spans_of(("", "", ""), 3, 0.0) == spans_of(((50.0, 2.0, "late"),), 5, 2.0) == ()
