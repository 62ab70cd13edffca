"""Masks as DICOM segmentations, read back by this program and by highdicom."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.io.dicom import segmentation
from maskeditor.io.dicom.segmentation import NOT_INSTALLED, can_export, save_segmentation
from maskeditor.io.open import open_image, open_images, open_mask
from maskeditor.model.mask_files import export_segmentation
from maskeditor.model.session import Session
from tests.io.dicom.phantom import DOWN, NORMAL, PATIENT, STEP, enhanced, numbers, write, write_series

needs_highdicom = pytest.mark.skipif(not can_export(), reason="highdicom is not installed (maskeditor[dicom-seg])")


def read_back(path: Path, geometry: Geometry) -> dict[int, MaskBits]:
    return open_mask(path, geometry).labels


def masks_of(shape: tuple[int, ...]) -> list[tuple[str, MaskBits]]:
    """Return overlapping masks, one of them empty in its first slices."""
    rng = np.random.default_rng(0)
    first, second = (np.asfortranarray(rng.random(shape[:3]) < share) for share in (0.4, 0.2))
    second[:, :, : shape[2] // 2] = False
    return [("grey matter", MaskBits.of(first)), ("lesion", MaskBits.of(second))]


@needs_highdicom
@pytest.mark.parametrize("kind", ["classic", "4D", "tilted", "enhanced"])
def test_segmentations_come_back(tmp_path: Path, kind: str) -> None:
    values = numbers((6, 5, 4, 3 if kind == "4D" else 1))
    if kind == "enhanced":
        write(enhanced(values, [(k, 0) for k in range(4)]), tmp_path / "image" / "file")
    else:
        step = NORMAL * STEP + (0.8 * DOWN if kind == "tilted" else 0)
        write_series(tmp_path / "image", values if kind == "4D" else values[..., 0], step=step)
    opened = open_image(tmp_path / "image")
    masks = masks_of(values.shape)
    target = tmp_path / "seg.dcm"
    save_segmentation(masks, target, opened.volume.geometry, opened.info.files, read_back)
    back = open_mask(target, opened.volume.geometry)
    for number, (_, mask) in enumerate(masks, 1):
        np.testing.assert_array_equal(back.labels[number][...], mask[...])

    ds, source = dcmread(target), dcmread(opened.info.files[0])
    assert ds.StudyInstanceUID == source.StudyInstanceUID
    assert ds.SeriesInstanceUID != source.SeriesInstanceUID
    assert str(ds.PatientName) == PATIENT
    assert [segment.SegmentLabel for segment in ds.SegmentSequence] == ["grey matter", "lesion"]
    referenced = {one.ReferencedSOPInstanceUID for one in ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert referenced == {dcmread(file).SOPInstanceUID for file in opened.info.files[: 1 if kind == "enhanced" else 4]}
    # highdicom itself sees the same voxels at the same places; sheared grids it does not take.
    if kind == "tilted":
        return
    from highdicom.seg import segread

    read = segread(target).get_volume(combine_segments=False)
    to_voxel = np.linalg.inv(opened.volume.geometry.affine) @ np.diag([-1, -1, 1, 1]) @ read.affine
    for place in np.ndindex(*read.array.shape[:3]):
        i, j, k = np.rint(to_voxel @ [*place, 1])[:3].astype(int)
        assert read.array[place].astype(bool).tolist() == [bool(mask[i, j, k]) for _, mask in masks]


@needs_highdicom
@pytest.mark.realdata
def test_every_real_image_can_be_the_source(dicom_data: Path, tmp_path: Path) -> None:
    cases = [case for case in json.loads((dicom_data / "cases.json").read_text()) if not case["name"].startswith("w_")]
    assert len(cases) > 20
    for case in cases:
        opened = next(iter(open_images(dicom_data / "in" / case["folder"], case["series_uid"])))
        intensities = opened.volume.intensities()
        mask = np.asfortranarray(intensities > intensities.mean())
        assert mask.any()
        geometry = opened.volume.geometry
        save_segmentation([("mask", MaskBits.of(mask))], tmp_path / "seg.dcm", geometry, opened.info.files, read_back)
        back = open_mask(tmp_path / "seg.dcm", geometry)
        assert back.labels.keys() == {1}, case["name"]
        np.testing.assert_array_equal(back.labels[1][...], mask, case["name"])
        ds = dcmread(tmp_path / "seg.dcm")
        assert int(ds.pixel_array.sum()) == mask.sum(), case["name"]


@needs_highdicom
def test_a_session_exports_all_that_is_not_empty(tmp_path: Path) -> None:
    from maskeditor.core.operation.declaration import make

    write_series(tmp_path / "image", numbers((6, 5, 4)))
    session = Session.open(tmp_path / "image")
    assert "empty" in session.why_no_segmentation()
    with pytest.raises(FileError, match="empty"):
        export_segmentation(session, tmp_path / "seg.dcm")
    roi = session.document.rois[0].id
    session.document.add_roi("other")
    session.document.do(make("threshold", {"lower": 2000}), roi)
    assert export_segmentation(session, tmp_path / "seg.dcm") == 1
    labels = open_mask(tmp_path / "seg.dcm", session.document.geometry).labels
    np.testing.assert_array_equal(labels[1][...], session.document.mask(roi)[...])
    session.close(discard=True)


def test_without_highdicom_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path / "image", numbers((6, 5, 4)))
    session = Session.open(tmp_path / "image")
    monkeypatch.setattr(segmentation, "find_spec", lambda name: None)
    assert session.why_no_segmentation() == NOT_INSTALLED
    with pytest.raises(FileError, match=r"install maskeditor\[dicom-seg\]"):
        save_segmentation(masks_of((6, 5, 4)), tmp_path / "seg.dcm", session.document.geometry, ["x"], read_back)
    assert not (tmp_path / "seg.dcm").exists()
    session.close(discard=True)


def test_other_images_have_no_segmentation() -> None:
    session = Session.sample("t1")
    assert "no DICOM image" in session.why_no_segmentation()
    session.close(discard=True)
