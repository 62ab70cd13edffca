"""Searching folders: what is told meanwhile, what is broken, and what is offered resampled."""

from __future__ import annotations

import errno
import gc
import itertools
import os
import shutil
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, generate_uid

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import showing
from maskeditor.io.dicom import files as files_module
from maskeditor.io.dicom.files import ahead, files_below, sampled
from maskeditor.io.open import Found, inspect, open_image, scan
from tests.io.dicom.phantom import (
    ACROSS,
    DOWN,
    NORMAL,
    ORIGIN,
    SPACING,
    STEP,
    enhanced,
    expected_affine,
    heading,
    numbers,
    write,
    write_series,
)
from tests.many_files import write_dicom


def copies(folder: Path, series: int, slices: int) -> None:
    """Write many small series quickly: one is written, and the others are its bytes with another UID."""
    uid = write_series(folder / "0", numbers((8, 8, slices)))
    for number in range(1, series):
        other = str(int(uid[-4:]) + number).zfill(4)[-4:]
        (folder / str(number)).mkdir()
        for path in (folder / "0").iterdir():
            data = path.read_bytes().replace(uid.encode(), (uid[:-4] + other).encode())
            (folder / str(number) / path.name).write_bytes(data)


def reports_follow_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a search report after each few headers instead of after so much time: its clock goes on when it is read."""
    clock = SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr(showing, "time", clock)


def test_all_series_are_told_before_most_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports_follow_the_headers(monkeypatch)
    copies(tmp_path, 6, 150)
    told: list[list[Found]] = []
    found = scan(tmp_path, None, told.append)
    assert [one.files for one in found] == [150] * 6
    assert all(one.complete and one.info.shape == (8, 8, 150) for one in found)
    first = next(images for images in told if len(images) == 6)
    assert sum(one.files for one in first) < 450
    assert not any(one.complete for one in first)
    assert {one.info.description for one in first} == {"phantom"}
    assert [one.info.key for one in first] == [one.info.key for one in found]
    # A series is known once the files beside its own were read, not only at the end.
    assert any(0 < sum(one.complete for one in images) < 6 for images in told)
    assert {one.info.shape for images in told for one in images if one.complete} == {(8, 8, 150)}


def test_of_a_thousand_headers_the_first_show_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports_follow_the_headers(monkeypatch)
    copies(tmp_path, 10, 100)
    told: list[list[Found]] = []
    found = scan(tmp_path, None, told.append)
    assert sum(one.files for one in found) == 1000
    first = next(images for images in told if len(images) == 10)
    assert sum(one.files for one in first) < 50


def test_a_search_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies(tmp_path, 2, 100)
    progress = Progress()

    def stop(images: list[Found]) -> None:
        progress.cancel()

    reports_follow_the_headers(monkeypatch)
    with pytest.raises(Cancelled):
        scan(tmp_path, progress, stop)


def test_a_series_spread_over_folders_is_one(tmp_path: Path) -> None:
    values = numbers((4, 3, 6))
    write_series(tmp_path, values)
    for k, path in enumerate(sorted(tmp_path.iterdir())):
        (tmp_path / f"part{k}").mkdir()
        shutil.move(path, tmp_path / f"part{k}" / path.name)
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)


def test_work_ahead_keeps_the_order_and_tells_errors() -> None:
    assert list(ahead(lambda x: x * x, range(1000))) == [x * x for x in range(1000)]
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda x: 1 // (x - 500), range(1000)))
    numbered = sampled(list(range(1000)))
    assert sorted(numbered) == [(x, x) for x in range(1000)]


@pytest.mark.skipif(sys.platform == "win32" or getattr(os, "geteuid", lambda: 0)() == 0, reason="root reads everything")
def test_unreadable_files_and_folders_leave_the_others(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    write_series(tmp_path / "good", values)
    write_series(tmp_path / "shut", values)
    (tmp_path / "closed.dcm").write_bytes(b"x")
    (tmp_path / "closed.dcm").chmod(0)
    (tmp_path / "shut").chmod(0)
    opened = open_image(tmp_path)
    (tmp_path / "shut").chmod(0o700)
    assert opened.volume.findings == tuple(
        f"{name} was left out: it may not be read or written by you." for name in ("shut", "closed.dcm")
    )


def test_what_the_system_refuses_to_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the test before, but so that it says something to root, too.
    values = numbers((4, 3, 3))
    write_series(tmp_path / "good", values)
    for name in ("closed.dcm", "torn.dcm"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "shut").mkdir()
    errors = {"closed.dcm": errno.EACCES, "torn.dcm": errno.EIO, "shut": errno.EACCES}
    real_open, real_scandir = Path.open, os.scandir

    def refuse(path: Path) -> None:
        if path.name in errors:
            raise OSError(errors[path.name], "no")

    def opening(path: Path, *args: Any, **others: Any) -> Any:
        refuse(path)
        return real_open(path, *args, **others)

    def scanning(path: Path) -> Any:
        refuse(path)
        return real_scandir(path)

    monkeypatch.setattr(Path, "open", opening)
    monkeypatch.setattr(os, "scandir", scanning)
    opened = open_image(tmp_path)
    monkeypatch.undo()
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert opened.volume.findings == (
        "shut was left out: it may not be read or written by you.",
        "closed.dcm was left out: it may not be read or written by you.",
        "torn.dcm was left out: the disk reports an error.",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_nowhere_or_round_in_a_circle_are_named(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    write_series(tmp_path / "good", values)
    (tmp_path / "good" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to("good")  # no circle: what it leads to is read once, and nothing is lost
    (tmp_path / "gone.dcm").symlink_to("nothing")
    (tmp_path / "self").symlink_to("self")
    opened = open_image(tmp_path)
    np.testing.assert_array_equal(opened.volume.stored, values)
    assert sorted(opened.volume.findings) == [
        "gone.dcm was left out: its symbolic link leads to nothing.",
        "self was left out: its symbolic links lead round in a circle.",
        "up was left out: its symbolic link leads back to a folder that it lies in.",
    ]
    with pytest.raises(FileError, match=r"gone\.dcm"):
        open_image(tmp_path / "gone.dcm")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_broken_files_do_not_hide_nifti_files(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "good.nii")
    (tmp_path / "gone").symlink_to("nothing")
    (tmp_path / "cut.dcm").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(256)))
    assert open_image(tmp_path).volume.stored.all()
    (tmp_path / "good.nii").unlink()
    with pytest.raises(FileError, match="holds no DICOM image that can be read"):
        open_image(tmp_path)


def test_files_that_vanish_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskeditor.io.dicom import search

    write_series(tmp_path, numbers((4, 3, 3)))
    gone = tmp_path / "gone.dcm"
    monkeypatch.setattr(search, "files_below", lambda path, troubles: [*files_below(path, troubles), gone])
    (info,) = inspect(tmp_path)
    assert info.findings == ("gone.dcm was left out: it does not exist.",)


def test_a_header_longer_than_what_is_read_first(tmp_path: Path) -> None:
    values = numbers((4, 3, 1000, 1))
    write(enhanced(values, [(k, 0) for k in range(1000)]), tmp_path / "plain")
    assert (tmp_path / "plain").stat().st_size > 1 << 17
    np.testing.assert_array_equal(open_image(tmp_path / "plain").volume.stored, values[..., 0])
    write(enhanced(values, [(k, 0) for k in range(1000)]), tmp_path / "deflated", DeflatedExplicitVRLittleEndian)
    (tmp_path / "plain").unlink()
    np.testing.assert_array_equal(open_image(tmp_path / "deflated").volume.stored, values[..., 0])


def test_a_bomb_before_the_pixels_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskeditor.io.dicom import scan as scanning

    monkeypatch.setattr(scanning, "_MOST_IN_HEADER", 1 << 21)
    values = numbers((4, 3, 2))

    def swollen(ds: Dataset, k: int, _: int) -> None:
        if k == 1:
            ds.add_new(0x00091001, "OB", bytes(1 << 23))

    write_series(tmp_path, values, syntax=DeflatedExplicitVRLittleEndian, edit=swollen)
    (info,) = inspect(tmp_path)
    assert len(info.files) == 1
    assert info.findings[0].endswith("was left out: it ends before its pixels begin.")


def test_damaged_deflated_files_are_named(tmp_path: Path) -> None:
    write_series(tmp_path / "good", numbers((4, 3, 2)))
    write_series(tmp_path / "bad", numbers((4, 3, 1)), syntax=DeflatedExplicitVRLittleEndian)
    path = next((tmp_path / "bad").iterdir())
    data = path.read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    path.write_bytes(data[:start] + b"\xff" * 40)
    (info,) = inspect(tmp_path)
    assert info.findings == (f"{path.name} was left out: its packed bytes are not valid.",)
    for cut in (start, start + 40, start + 200, len(data) - 60):
        path.write_bytes(data[:cut])
        (info,) = inspect(tmp_path)
        assert len(info.files) == 2
        assert info.findings[0].startswith(f"{path.name} was left out: ")


def test_one_bad_nifti_file_leaves_the_others(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4)), tmp_path / "good.nii")
    (tmp_path / "bad.nii").write_bytes(b"no header" * 100)
    (info,) = inspect(tmp_path)
    assert info.key == "good.nii"
    assert "bad.nii" in info.findings[0]
    assert open_image(tmp_path).volume.stored.all()
    (tmp_path / "good.nii").unlink()
    with pytest.raises(FileError, match=r"bad\.nii"):
        inspect(tmp_path)


def test_images_without_pixels_are_named(tmp_path: Path) -> None:
    write_series(tmp_path / "good", numbers((4, 3, 2)))
    write(heading(generate_uid()), tmp_path / "nothing.dcm")
    only_rows = heading(generate_uid())
    only_rows.Rows, only_rows.Columns = 4, 3
    write(only_rows, tmp_path / "rows.dcm")
    (info,) = inspect(tmp_path)
    assert info.findings == tuple(f"{name}.dcm was left out: it holds no pixels." for name in ("nothing", "rows"))


def test_pictures_without_a_place_and_objects_without_pixels_do_not_hide_the_rest(tmp_path: Path) -> None:
    values = numbers((4, 3, 3))
    uid = write_series(tmp_path / "good", values)
    for number, sop in enumerate(("1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.4.2")):
        write(heading(generate_uid(), sop), tmp_path / f"object{number}")
    other = write_series(tmp_path / "flat", values, ImagePositionPatient=None, SeriesNumber=9)
    short = write_series(tmp_path / "short", values, SeriesNumber=10)
    for path in (tmp_path / "short").iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    images = inspect(tmp_path)
    assert [image.key for image in images] == [uid, other, short]
    assert [image.can_open for image in images] == [True, False, True]
    np.testing.assert_array_equal(open_image(tmp_path, uid).volume.stored, values)
    with pytest.raises(FileError, match="where the slices lie"):
        open_image(tmp_path, other)
    with pytest.raises(FileError, match="ends too early"):
        open_image(tmp_path, short)


def test_previews_are_the_middle_slice(tmp_path: Path) -> None:
    values = numbers((5, 4, 7, 2))
    write_series(tmp_path / "classic", values)
    write(enhanced(values, [(k, t) for t in range(2) for k in range(7)]), tmp_path / "enhanced")
    for name in ("classic", "enhanced"):
        (found,) = scan(tmp_path / name)
        np.testing.assert_array_equal(found.preview(), values[:, :, 3, 0])
    for name in ("image.nii", "image.nii.gz", "image.hdr"):
        image = nib.Nifti1Pair if name.endswith("hdr") else nib.Nifti1Image
        nib.save(image(values.astype(">i2"), np.eye(4)), tmp_path / name)
        (found,) = scan(tmp_path / name)
        np.testing.assert_array_equal(found.preview(), values[:, :, 3, 0])
    write_series(tmp_path / "rgb", values, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    with pytest.raises(FileError, match="colours"):
        scan(tmp_path / "rgb")[0].preview()


def ramp(positions: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a linear ramp in world mm, (I, J, K), at slices whose first pixels lie at these positions (LPS)."""
    i, j = np.indices(shape)
    places = positions[None, None] + (i[..., None] * SPACING[1] * ACROSS + j[..., None] * SPACING[0] * DOWN)[:, :, None]
    return 1000 + places @ np.array([3.0, -5.0, 7.0])


def write_ramp(folder: Path, positions: np.ndarray, shape: tuple[int, int]) -> str:
    """Write the ramp as whole numbers of thousandths."""

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.ImagePositionPatient = [float(x) for x in positions[k]]
        ds.RescaleSlope, ds.RescaleIntercept = 0.001, 0

    values = np.rint(ramp(positions, shape) * 1000).astype("i4")
    return write_series(folder, values, bits=32, edit=edit)


def check_ramp(folder: Path, uid: str, shape: tuple[int, int, int], filled: bool = False) -> None:
    """Open the resampled image and compare each voxel with the ramp at its own place."""
    (measured,) = inspect(folder)
    assert measured.key == uid
    assert "resampled, is offered" in measured.findings[-1]
    _, offered = scan(folder)
    opened = open_image(folder, offered.info.key)
    assert offered.info.key == f"{uid}:resampled"
    assert offered.info.kind == "classic 3D resampled"
    assert offered.info.dtype == "float32" == opened.volume.stored.dtype
    assert opened.volume.name == "phantom (resampled)"
    assert "was resampled" in opened.volume.findings[0]
    assert opened.volume.stored.shape == shape == offered.info.shape
    assert opened.volume.stored.flags.f_contiguous
    affine = opened.volume.geometry.affine
    np.testing.assert_allclose(
        affine[:3, :3].T @ affine[:3, :3], np.diag(np.diag(affine[:3, :3].T @ affine[:3, :3])), atol=1e-6
    )
    world = np.einsum("xy,ijky->ijkx", affine, np.stack([*np.indices(shape), np.ones(shape)], axis=-1))[..., :3]
    wanted = 1000 + world @ np.array([-3.0, 5.0, 7.0])
    inside = opened.volume.stored != opened.volume.stored.min() if filled else np.ones(shape, bool)
    if filled:  # half-covered voxels at the edge hold a part of what fills the outside
        inside[:, 1:-1] &= inside[:, 2:] & inside[:, :-2]
        inside[:, 0] = inside[:, -1] = False
        assert inside.mean() > 0.5
    np.testing.assert_allclose(opened.volume.stored[inside], wanted[inside], rtol=1e-6, atol=2e-3)


def test_a_ramp_over_missing_slices_is_reproduced(tmp_path: Path) -> None:
    kept = np.array([0, 1, 2, 4, 5, 8, 9])
    uid = write_ramp(tmp_path, ORIGIN + kept[:, None] * STEP * NORMAL, (5, 4))
    with pytest.raises(FileError, match=r"slices are missing at .*; open the resampled one"):
        open_image(tmp_path)
    check_ramp(tmp_path, uid, (5, 4, 10))
    np.testing.assert_allclose(
        open_image(tmp_path, f"{uid}:resampled").volume.geometry.affine, expected_affine(), atol=1e-4
    )


def test_measured_slices_stay_as_they_are_where_some_are_missing(tmp_path: Path) -> None:
    values = numbers((5, 4, 6, 2))
    uid = write_series(tmp_path, values)
    for t in range(2):
        next(tmp_path.glob(f"*-3-{t}.dcm")).unlink()
    stored = open_image(tmp_path, f"{uid}:resampled").volume.stored
    np.testing.assert_array_equal(stored[:, :, [0, 1, 2, 4, 5]], values[:, :, [0, 1, 2, 4, 5]])
    np.testing.assert_array_equal(stored[:, :, 3], ((values[:, :, 2].astype(float) + values[:, :, 4]) / 2))


def test_a_ramp_over_uneven_slices_is_reproduced(tmp_path: Path) -> None:
    heights = np.array([0.0, 3.0, 7.2, 9.0, 12.0, 16.1, 18.0])
    uid = write_ramp(tmp_path, ORIGIN + heights[:, None] * NORMAL, (5, 4))
    check_ramp(tmp_path, uid, (5, 4, 7))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_ramp_over_a_tilted_gantry_is_reproduced(tmp_path: Path, sign: int) -> None:
    step = NORMAL * STEP + sign * 0.8 * DOWN
    uid = write_ramp(tmp_path, ORIGIN + np.arange(6)[:, None] * step, (5, 20))
    assert open_image(tmp_path).volume.stored.shape == (5, 20, 6)  # the sheared one is the image
    # Five steps of 0.8 mm are 2.67 pixels of 1.5 mm.
    check_ramp(tmp_path, uid, (5, 23, 6), filled=True)


def test_nothing_is_offered_where_too_much_is_missing(tmp_path: Path) -> None:
    heights = np.array([0.0, 1.0, 2.0, 90.0, 91.0])

    def edit(ds: Dataset, k: int, _: int) -> None:
        ds.ImagePositionPatient = [float(x) for x in ORIGIN + heights[k] * NORMAL]

    write_series(tmp_path, numbers((4, 3, 5)), edit=edit)
    assert len(scan(tmp_path)) == 1


def test_pixels_of_a_wrong_length_are_one_sentence(tmp_path: Path) -> None:
    def short(ds: Dataset, k: int, _: int) -> None:
        if k == 1:
            ds.PixelData = ds.PixelData[:-8]
            # What follows must not be taken for pixels.
            ds.DataSetTrailingPadding = b"\x77" * 64

    write_series(tmp_path, numbers((6, 5, 3)), edit=short)
    with pytest.raises(FileError, match="holds 52 bytes of pixels where its header promises 60"):
        open_image(tmp_path)


def test_what_follows_the_pixels_is_no_matter(tmp_path: Path) -> None:
    def padded(ds: Dataset, _k: int, _t: int) -> None:
        ds.PixelData = ds.PixelData + b"\x55" * 6
        ds.DataSetTrailingPadding = b"\x77" * 64

    values = numbers((6, 5, 3))
    write_series(tmp_path, values, edit=padded)
    np.testing.assert_array_equal(open_image(tmp_path).volume.stored, values)


def test_lossy_compression_is_said(tmp_path: Path) -> None:
    import io

    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    image = pytest.importorskip("PIL.Image", reason="Pillow, which writes JPEG, is not installed")
    values = np.linspace(0, 255, 32 * 24).reshape(32, 24, 1).astype("u1")

    def packed(ds: Dataset, k: int, _: int) -> None:
        stream = io.BytesIO()
        image.fromarray(np.ascontiguousarray(values[:, :, k].T)).save(stream, "JPEG", quality=95)
        ds.PixelData = encapsulate([stream.getvalue()])
        ds["PixelData"].is_undefined_length = True

    write_series(tmp_path, values, bits=8, syntax=JPEGBaseline8Bit, edit=packed)
    opened = open_image(tmp_path)
    assert opened.volume.findings == ("The image was compressed with loss before it was stored.",)
    assert np.abs(opened.volume.stored.astype(int) - values).max() < 6


def test_a_directory_may_list_files_that_are_gone(tmp_path: Path) -> None:
    from pydicom import dcmread
    from pydicom.fileset import FileSet

    values = numbers((6, 5, 4))
    write_series(tmp_path / "in", values, PatientSex="F", StudyID="1", StudyDate="20240101", StudyTime="120000")
    files = FileSet()
    for path in (tmp_path / "in").iterdir():
        files.add(dcmread(path))
    files.write(tmp_path / "out")
    with warnings.catch_warnings():
        # pydicom leaves its folder of temporary files to the search for garbage, and that is warned of.
        warnings.simplefilter("ignore", ResourceWarning)
        del files
        gc.collect()
    np.testing.assert_array_equal(open_image(tmp_path / "out" / "DICOMDIR").volume.stored, values)
    instances = sorted(files_below(tmp_path / "out"), key=lambda path: path.name == "DICOMDIR")
    last = max(instances[:-1], key=lambda path: dcmread(path).ImagePositionPatient[2])
    last.unlink()
    np.testing.assert_array_equal(open_image(tmp_path / "out" / "DICOMDIR").volume.stored, values[:, :, :3])


def test_the_search_gives_way_to_the_window_wherever_it_goes_through_all_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a search that only computes, a window has a tenth of a processor."""
    given: list[float] = []
    monkeypatch.setattr(files_module, "sleep", given.append)
    monkeypatch.setattr(files_module, "_TURN", 1)
    count = 12
    assert len(scan(write_dicom(tmp_path / "many", count, slices=1))) == count
    # Of each: its header is taken in, it is put together, listed, told what is broken, and described.
    assert given == [0] * 5 * count
