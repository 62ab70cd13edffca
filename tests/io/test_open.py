"""What a path holds, and masks for an image."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.core.errors import FileError, GeometryMismatch
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.read import Header
from maskeditor.io.open import SeveralSeries, inspect, open_image, open_images, open_mask, resample_mask, scan
from maskeditor.io.save import save_mask
from maskeditor.io.streams import ByteStream
from tests.many_files import write_nifti

AFFINE = np.array([[-2.0, 0, 0.3, 30], [0, 2.0, 0, -20], [0.2, 0, 3, 5], [0, 0, 0, 1]])
KEYS = {
    "series_uid",
    "description",
    "modality",
    "kind",
    "shape",
    "zooms",
    "affine",
    "axis_codes",
    "dtype",
    "files",
    "findings",
}


def save_image(path: Path, values: np.ndarray, affine: np.ndarray = AFFINE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(values, affine), path)


def test_a_folder_is_listed_once_however_many_files_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[object] = []
    scandir = os.scandir

    def counted(path: str | Path) -> Iterator[os.DirEntry[str]]:
        listed.append(path)
        return scandir(path)

    folders = [write_nifti(tmp_path / str(count), count) for count in (3, 60)]
    monkeypatch.setattr(os, "scandir", counted)
    counts = []
    for folder in folders:
        listed.clear()
        found = scan(folder)
        counts.append(len(listed))
    assert len(found) == 60
    assert counts[0] == counts[1] <= 3


def test_nifti_files_show_while_they_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.io.showing.Showing.INTERVAL", 0.0)
    shown: list[int] = []
    fractions: list[float] = []
    found = scan(write_nifti(tmp_path / "many", 20), fractions.append, lambda images: shown.append(len(images)))
    assert len(found) == 20
    assert shown == sorted(shown)
    assert len(set(shown)) > 3
    assert {0.0, 0.5} < set(fractions)


def test_information_of_a_nifti_file(tmp_path: Path) -> None:
    path = tmp_path / "run-1_bold.nii.gz"
    save_image(path, np.zeros((4, 3, 2, 5), np.int16))
    (info,) = inspect(path)
    record = json.loads(json.dumps(info.to_json()))
    assert set(record) == KEYS
    image = nib.load(path)
    assert record["affine"] == image.affine.tolist()
    assert tuple(record["axis_codes"]) == nib.aff2axcodes(image.affine)
    np.testing.assert_allclose(record["zooms"], image.header.get_zooms()[:3], rtol=1e-6)
    del record["affine"], record["zooms"]
    assert record == {
        "series_uid": None,
        "description": "run-1_bold",
        "modality": None,
        "kind": "NIfTI 4D",
        "shape": [4, 3, 2, 5],
        "axis_codes": ["L", "A", "S"],
        "dtype": "int16",
        "files": [str(path)],
        "findings": [],
    }


def test_folders_of_nifti_files(tmp_path: Path) -> None:
    save_image(tmp_path / "one.nii", np.zeros((2, 2, 2), np.uint8))
    assert open_image(tmp_path).volume.name == "one"
    nib.save(nib.Nifti1Pair(np.ones((2, 2, 2), np.uint8), AFFINE), tmp_path / "two.hdr")
    assert [info.key for info in inspect(tmp_path)] == ["one.nii", "two.hdr"]
    with pytest.raises(SeveralSeries, match=r"2 images; give one of these files: one\.nii \(NIfTI 3D\)"):
        open_image(tmp_path)
    assert open_image(tmp_path, "two.hdr").volume.stored.min() == 1
    assert [opened.volume.name for opened in open_images(tmp_path)] == ["one", "two"]


def test_nifti_files_of_any_name(tmp_path: Path) -> None:
    save_image(tmp_path / "image.nii", np.ones((2, 2, 2), np.uint8))
    (tmp_path / "image.nii").rename(tmp_path / "download")
    assert open_image(tmp_path / "download").volume.stored.shape == (2, 2, 2)


def test_paths_without_images(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "nothing", "does not exist"),
        (tmp_path / "nothing.nii", "does not exist"),
        (tmp_path, "holds no image"),
    ):
        with pytest.raises(FileError, match=words):
            open_image(path)
        with pytest.raises(FileError, match=words):
            inspect(path)
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(FileError, match=r"notes\.txt is a text file, but a NIfTI file, .* is wanted"):
        open_image(tmp_path / "notes.txt")


def test_progress_of_opening(tmp_path: Path) -> None:
    save_image(tmp_path / "image.nii.gz", np.zeros((128, 128, 128), np.int16))
    seen: list[float] = []
    open_image(tmp_path / "image.nii.gz", None, Progress(seen.append))
    assert seen[-1] == 1.0


GRID = Geometry((4, 3, 5), AFFINE)
LABELS = np.zeros((4, 3, 5), np.int16)
LABELS[:2, :, 1], LABELS[3, 1, :], LABELS[0, 0, 4] = 1, 7, -2


@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f4", "f8"])
def test_labels_keep_their_numbers(tmp_path: Path, dtype: str) -> None:
    labels = np.abs(LABELS) if dtype[0] == "u" else LABELS
    path = tmp_path / "labels.nii.gz"
    nib.save(nib.Nifti1Image(labels.astype(dtype), AFFINE, dtype=dtype), path)
    opened = open_mask(path, GRID)
    assert list(opened.labels) == sorted(set(labels.ravel().tolist()) - {0})
    for label, mask in opened.labels.items():
        np.testing.assert_array_equal(mask[...], labels == label)
    np.testing.assert_array_equal(opened.mask, labels != 0)
    assert opened.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not opened.resampled


def test_our_own_masks_come_back(tmp_path: Path) -> None:
    save_mask(LABELS > 0, tmp_path / "mask.nii", Header.from_geometry(GRID), extension=b"{}")
    opened = open_mask(tmp_path / "mask.nii", GRID)
    np.testing.assert_array_equal(opened.labels[1][...], LABELS > 0)
    assert opened.extension == b"{}"
    save_mask(LABELS > 99, tmp_path / "mask.nii", Header.from_geometry(GRID))
    opened = open_mask(tmp_path / "mask.nii", GRID)
    assert list(opened.labels) == [1]
    assert not opened.mask.any()
    assert opened.extension is None


@pytest.mark.parametrize(("value", "words"), [(0.5, "fractions"), (1.002, "fractions"), (np.inf, "infinite numbers")])
def test_images_are_no_masks(tmp_path: Path, value: float, words: str) -> None:
    save_image(tmp_path / "image.nii", np.full((4, 3, 5), value, np.float32))
    with pytest.raises(FileError, match=f"holds {words}"):
        open_mask(tmp_path / "image.nii", GRID)
    save_image(tmp_path / "many.nii", np.arange(5000, dtype=np.int32).reshape(50, 10, 10))
    with pytest.raises(FileError, match="4999 different numbers"):
        open_mask(tmp_path / "many.nii", Geometry((50, 10, 10), AFFINE))
    save_image(tmp_path / "time.nii", np.zeros((4, 3, 5, 2), np.uint8))
    with pytest.raises(FileError, match="2 volumes"):
        open_mask(tmp_path / "time.nii", GRID)


@pytest.mark.parametrize(
    ("axes", "flips"),
    list(itertools.product(itertools.permutations(range(3)), itertools.product((-1, 1), repeat=3)))[1:],
)
def test_other_storage_is_a_mismatch_that_resamples_exactly(
    tmp_path: Path, axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    image = nib.Nifti1Image(LABELS, AFFINE)
    turned = image.as_reoriented([[axis, flip] for axis, flip in zip(axes, flips, strict=True)])
    nib.save(turned, tmp_path / "turned.nii")
    same = axes == (0, 1, 2) and flips == (1, 1, 1)
    if same:
        assert set(open_mask(tmp_path / "turned.nii", GRID).labels) == {-2, 1, 7}
        return
    with pytest.raises(GeometryMismatch, match=r"turned\.nii lies on another grid") as caught:
        open_mask(tmp_path / "turned.nii", GRID)
    assert caught.value.differences == GRID.differences(Geometry(turned.shape, turned.affine))
    opened = open_mask(tmp_path / "turned.nii", GRID, resample=True)
    assert opened.resampled
    for label, mask in opened.labels.items():
        np.testing.assert_array_equal(mask[...], label == LABELS)


def test_what_the_header_of_a_mask_refuses_comes_before_its_voxels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nib.save(nib.Nifti1Image(LABELS, np.eye(4)), tmp_path / "elsewhere.nii")
    nib.save(nib.Nifti1Image(np.stack([LABELS] * 2, -1), AFFINE), tmp_path / "time.nii")
    monkeypatch.setattr(ByteStream, "fill", lambda *_, **__: pytest.fail("voxels were read"))
    with pytest.raises(GeometryMismatch, match=r"elsewhere\.nii lies on another grid"):
        open_mask(tmp_path / "elsewhere.nii", GRID)
    with pytest.raises(FileError, match="2 volumes"):
        open_mask(tmp_path / "time.nii", GRID)


@given(st.integers(0, 2**32 - 1))
def test_resampling_equals_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    moved = AFFINE.copy()
    moved[:3] += rng.normal(0, 0.05, (3, 4))
    source, target = Geometry((9, 8, 7), AFFINE), Geometry((6, 11, 10), moved)
    mask = np.asfortranarray(rng.random((9, 8, 7)) < 0.5)
    matrix = source.inverse @ target.affine
    expected = ndimage.affine_transform(
        mask.astype(np.uint8), matrix[:3, :3], matrix[:3, 3], target.shape, order=0, mode="grid-constant"
    )
    # Where two voxels are equally near but for rounding, either is right.
    places = np.stack(np.indices(target.shape), axis=-1) @ matrix[:3, :3].T + matrix[:3, 3]
    clear = (np.abs(places % 1 - 0.5) > 1e-3).all(axis=-1)
    np.testing.assert_array_equal(resample_mask(mask, source, target)[clear], expected.astype(bool)[clear])


def test_resampling_can_be_cancelled() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        resample_mask(LABELS > 0, GRID, GRID, progress)
