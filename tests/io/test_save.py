"""Files out: geometry byte for byte, checked before the old file goes, and never half a file."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from maskeditor.core.errors import FileError, GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import replacing
from maskeditor.io import save as module
from maskeditor.io.nifti.read import Header, read_extension, read_image
from maskeditor.io.open import inspect, open_image
from maskeditor.io.save import save_mask, save_volume, write_text

ORDERS = list(itertools.product(itertools.permutations(range(3)), itertools.product((-1, 1), repeat=3)))
GEOMETRY = ("dim", "pixdim", "xyzt_units", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d")
GEOMETRY += ("qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z")


def a_mask(shape: tuple[int, int, int] = (5, 4, 3)) -> np.ndarray:
    return np.asfortranarray(np.random.default_rng(3).random(shape) < 0.4)


def a_header(shape: tuple[int, int, int] = (5, 4, 3)) -> Header:
    return Header.from_geometry(Geometry(shape, np.diag([2.0, 2.0, 3.0, 1.0])))


@pytest.mark.parametrize(("axes", "flips"), ORDERS)
def test_geometry_is_the_sources_byte_for_byte(tmp_path: Path, axes: tuple[int, ...], flips: tuple[int, ...]) -> None:
    number = ORDERS.index((axes, flips))
    make = (nib.Nifti1Image, nib.Nifti2Image)[number % 2]
    order = "<>"[number // 2 % 2]
    rotation = nib.eulerangles.euler2mat(0.1, -0.23, 0.07)
    affine = np.eye(4)
    affine[:3, :3] = (rotation * (1.1, 0.9, 2.7))[:, axes] * flips
    affine[:3, 3] = (-80.5, 33.3, 7.7)
    values = np.random.default_rng(1).integers(-99, 99, (5, 4, 3)).astype(order + "i2")
    image = make(values, affine, make.header_class(endianness=order))
    image.set_qform(affine, 1)
    image.set_sform(affine + 0.001, 4)
    image.header.set_xyzt_units("mm", "msec")
    image.header["descrip"], image.header["aux_file"] = b"Jane Doe", b"Doe^Jane"
    nib.save(image, tmp_path / "source.nii")
    volume, header = read_image(tmp_path / "source.nii")
    mask = np.asfortranarray(volume.intensities() > 0)
    save_mask(mask, tmp_path / "mask.nii.gz", header)

    source, saved = nib.load(tmp_path / "source.nii"), nib.load(tmp_path / "mask.nii.gz")
    assert type(saved) is type(source)
    for field in GEOMETRY:
        assert saved.header[field].tobytes() == source.header[field].tobytes(), field
    np.testing.assert_array_equal(saved.affine, source.affine)
    np.testing.assert_array_equal(np.asanyarray(saved.dataobj), mask.astype(np.uint8))
    assert saved.get_data_dtype() == np.uint8
    assert (float(saved.header["cal_max"]), saved.dataobj.slope, saved.dataobj.inter) == (1.0, 1.0, 0.0)
    assert b"Doe" not in saved.header.binaryblock


@pytest.mark.realdata
def test_masks_of_real_images_keep_their_geometry(test_data: Path, tmp_path: Path) -> None:
    paths = sorted((test_data / "nifti").glob("*.nii.gz"))
    assert len(paths) >= 6
    for path in paths:
        volume, header = read_image(path)
        mask = np.asfortranarray(volume.intensities() > volume.intensities().mean())
        save_mask(mask, tmp_path / "mask.nii.gz", header)
        source, saved = nib.load(path), nib.load(tmp_path / "mask.nii.gz")
        assert saved.shape == source.shape[:3]
        np.testing.assert_array_equal(np.asanyarray(saved.dataobj), mask)
        for field in GEOMETRY[1:]:
            assert saved.header[field].tobytes() == source.header[field].tobytes(), (path.name, field)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_endings_and_memory_orders(tmp_path: Path, ending: str, order: Any) -> None:
    mask = np.array(a_mask(), order=order)
    save_mask(mask, tmp_path / f"mask{ending}", a_header(), extension=b"recipe")
    saved = nib.load(tmp_path / f"mask{ending}")
    np.testing.assert_array_equal(np.asanyarray(saved.dataobj), mask)
    assert read_extension(tmp_path / f"mask{ending}") == b"recipe"
    assert len(list(tmp_path.iterdir())) == (1 if ".nii" in ending else 2)


def test_a_flat_source_stays_flat(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.ones((4, 3), np.int16), np.eye(4)), tmp_path / "flat.nii")
    volume, header = read_image(tmp_path / "flat.nii")
    save_mask(np.asfortranarray(volume.intensities() > 0), tmp_path / "mask.nii", header)
    assert nib.load(tmp_path / "mask.nii").shape == (4, 3)


def test_the_same_mask_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.nii.gz", "two.nii.gz"):
        save_mask(a_mask(), tmp_path / name, a_header(), extension=b"{}")
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 24, 100_000])
def test_extensions_of_any_length(tmp_path: Path, length: int) -> None:
    content = b"x" * length
    save_mask(a_mask(), tmp_path / "mask.nii", a_header(), extension=content)
    image = nib.load(tmp_path / "mask.nii")
    assert image.header.extensions[0].get_code() == 6
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), a_mask())
    assert read_extension(tmp_path / "mask.nii") == content


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_volumes_come_back(tmp_path: Path, dtype: str, order: str) -> None:
    values = np.asfortranarray(np.random.default_rng(2).normal(0, 50, (4, 3, 5, 2)).astype(dtype))
    if dtype[0] == "f":
        values[0, 0, 0, 0] = np.nan
    image = nib.Nifti1Image(values, np.eye(4), nib.Nifti1Header(endianness=order))
    nib.save(image, tmp_path / "source.nii")
    _, header = read_image(tmp_path / "source.nii")
    assert header.byte_order == order
    geometry = Geometry((4, 3, 5), np.eye(4))
    save_volume(Volume(values, geometry, 0.5, -3.0), tmp_path / "copy.nii.gz", header)
    saved, _ = read_image(tmp_path / "copy.nii.gz")
    np.testing.assert_array_equal(saved.stored, values)
    assert (saved.slope, saved.intercept) == (0.5, -3.0)
    np.testing.assert_array_equal(nib.load(tmp_path / "copy.nii.gz").get_fdata(), values.astype(float) * 0.5 - 3.0)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A mask that is already there."""
    folder = tmp_path / "masks"
    folder.mkdir()
    path = folder / "mask.nii.gz"
    path.write_bytes(b"the old file")
    return path


def assert_untouched(old: Path) -> None:
    assert old.read_bytes() == b"the old file"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "the disk reports an error")]
)
def test_a_disk_that_fails(old: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match=rf"mask\.nii\.gz was not written: {words}"):
        save_mask(a_mask(), old, a_header())
    assert_untouched(old)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def onto_full(self: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        return real(Path("/dev/full"), "wb", *rest, **named) if mode == "xb" else real(self, mode, *rest, **named)

    monkeypatch.setattr(Path, "open", onto_full)
    for write in (
        lambda: save_mask(a_mask((64, 64, 64)), old, a_header((64, 64, 64))),
        lambda: write_text(old, "text"),
    ):
        with pytest.raises(FileError, match="the disk is full"):
            write()
    monkeypatch.undo()
    assert_untouched(old)


def test_a_folder_that_may_not_be_written(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str = "r", *_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match="may not be read or written by you"):
        save_mask(a_mask(), old, a_header())
    monkeypatch.undo()
    assert_untouched(old)


def test_a_replacement_that_is_refused(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, _: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(FileError, match="the old file is as it was"):
        save_mask(a_mask(), old, a_header())
    assert_untouched(old)
    with pytest.raises(FileError, match="nothing was left behind"):
        save_mask(a_mask(), old.with_name("new.nii.gz"), a_header())
    assert not list(old.parent.glob("*new.nii.gz*"))


@pytest.mark.parametrize(("allowed", "links"), [(0, True), (1, True), (0, False), (1, False), (2, False), (3, False)])
def test_a_pair_is_replaced_whole_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, links: bool
) -> None:
    for ending in (".hdr", ".img"):
        (tmp_path / f"mask{ending}").write_bytes(ending.encode())
    real, calls = Path.replace, itertools.count()

    def refuse(self: Path, target: Path) -> Path:
        # Putting the old files back is allowed again.
        if next(calls) == allowed:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, target)

    def no_links(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(self))

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(FileError, match="was not written"):
        save_mask(a_mask(), tmp_path / "mask.hdr", a_header())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "mask.hdr": b".hdr",
        "mask.img": b".img",
    }


#: A byte of each part of a mask with a recipe, (5, 4, 3), and the words when it is another.
PARTS = {"header": (300, "its header"), "recipe": (362, "its recipe"), "first voxel": (384, "its voxels")}
PARTS |= {"last voxel": (-1, "its voxels")}


@pytest.mark.parametrize("where", [*PARTS, "short", "sidecar"])
@pytest.mark.parametrize("piece", [16, 1 << 20])
def test_what_does_not_come_back_is_not_kept(
    old: Path, monkeypatch: pytest.MonkeyPatch, where: str, piece: int
) -> None:
    real = module._write

    def spoil(path: Path, write: Any, *, packed: bool) -> None:
        real(path, write, packed=False)
        content = bytearray(path.read_bytes())
        if ".json." in path.name:
            content[3] ^= where == "sidecar"
        elif where == "short":
            content = content[:-5]
        elif where in PARTS:
            content[PARTS[where][0]] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(module, "_write", spoil)
    monkeypatch.setattr(module, "PIECE", piece)
    words = PARTS[where][1] if where in PARTS else {"short": "read back", "sidecar": "mask.json beside it"}[where]
    with pytest.raises(FileError, match=f"was not written: .*{words}"):
        save_mask(a_mask(), old, a_header(), extension=b"a recipe", sidecar=(old.with_name("mask.json"), "{...}"))
    assert_untouched(old)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".img"])
def test_whatever_the_pieces_that_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, order: Any
) -> None:
    monkeypatch.setattr(module, "PIECE", 24)
    values = np.array(np.random.default_rng(2).integers(-9999, 9999, (5, 4, 3, 2)), np.int16, order=order)
    save_mask(np.array(a_mask((7, 5, 9)), order=order), tmp_path / f"mask{ending}", a_header((7, 5, 9)))
    np.testing.assert_array_equal(nib.load(tmp_path / f"mask{ending}").dataobj, a_mask((7, 5, 9)))
    nib.save(nib.Nifti1Image(values, np.eye(4), nib.Nifti1Header(endianness=">")), tmp_path / "source.nii")
    save_volume(Volume(values, Geometry((5, 4, 3), np.eye(4))), tmp_path / f"copy{ending}",
                read_image(tmp_path / "source.nii")[1])  # fmt: skip
    np.testing.assert_array_equal(nib.load(tmp_path / f"copy{ending}").dataobj, values)


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("there", [(), ("mask.img",), ("mask.hdr",), ("mask.json",)])
@pytest.mark.parametrize("refused", [0, 1, 2, 3])
def test_of_several_files_none_is_left_when_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int, there: tuple[str, ...], links: bool
) -> None:
    for name in there:
        (tmp_path / name).write_bytes(name.encode())
    real, calls = Path.replace, itertools.count()

    def refuse(self: Path, target: Path) -> Path:
        if next(calls) == refused:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, target)

    def no_links(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(self))

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    monkeypatch.setattr(Path, "replace", refuse)
    before = {name: name.encode() for name in there}

    def save() -> None:
        save_mask(a_mask(), tmp_path / "mask.hdr", a_header(), sidecar=(tmp_path / "mask.json", "{}"))

    if refused == 3 and (links or not there):
        save()  # three files, three replacements
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mask.hdr", "mask.img", "mask.json"]
        return
    with pytest.raises(FileError, match="was not written"):
        save()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be opened there")
def test_the_folder_is_on_the_disk_once_the_files_stand_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = os.fsync, list[list[str] | None]()

    def watch(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        seen.append(sorted(path.name for path in tmp_path.iterdir()) if is_folder else None)
        real(handle)

    monkeypatch.setattr(os, "fsync", watch)
    save_mask(a_mask(), tmp_path / "mask.nii", a_header(), sidecar=(tmp_path / "mask.json", "{}"))
    # First what the files hold, and at last that they are there, under their own names.
    assert seen == [None, None, ["mask.json", "mask.nii"]]
    write_text(tmp_path / "a.txt", "text")
    assert seen[3:] == [None, ["a.txt", "mask.json", "mask.nii"]]


def test_cancelled_saving_leaves_the_old_file(old: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        save_mask(a_mask(), old, a_header(), report=progress)
    assert_untouched(old)


def test_a_folder_that_went_away_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "share"
    folder.mkdir()

    def save() -> None:
        with replacing.replacing([folder / "m.nii"]) as (new,):
            folder.rmdir()
            new.write_bytes(b"")

    with pytest.raises(FileError, match=r"m\.nii was not written: the folder .*share is gone, or takes no new files"):
        save()


def test_what_was_left_half_written_beside_files_is_removed_and_nothing_else(tmp_path: Path) -> None:
    stays = (".other.nii.12345678.new", ".m.nii.12345678.old", "m.nii.new", "m.nii")
    for name in (*stays, ".m.nii.12345678.new", ".m.json.abcdefgh.new"):
        (tmp_path / name).touch()
    replacing.remove_left([tmp_path / "m.nii", tmp_path / "m.json"])
    assert {path.name for path in tmp_path.iterdir()} == set(stays)


def test_progress_ends_at_one(tmp_path: Path) -> None:
    seen: list[float] = []
    save_mask(a_mask((128, 128, 128)), tmp_path / "m.nii.gz", a_header((128, 128, 128)), report=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_wrong_requests(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"mask\.png should end in"):
        save_mask(a_mask(), tmp_path / "mask.png", a_header())
    with pytest.raises(FileError, match=r"the folder .* does not exist"):
        save_mask(a_mask(), tmp_path / "gone" / "mask.nii", a_header())
    with pytest.raises(GeometryError, match="shape"):
        save_mask(a_mask((2, 2, 2)), tmp_path / "mask.nii", a_header())
    (tmp_path / "folder.nii").mkdir()
    with pytest.raises(FileError, match="it is a folder"):
        save_mask(a_mask(), tmp_path / "folder.nii", a_header())
    assert [path.name for path in tmp_path.iterdir()] == ["folder.nii"]


def test_text_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    write_text(path, "{}\n")
    write_text(path, '{"ä": 1}\n')
    assert path.read_text(encoding="utf-8") == '{"ä": 1}\n'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are the other systems'")
def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    write_text(real, "old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640


_KILLED = """
import os, signal, sys
from pathlib import Path
from maskeditor.io.save import save_mask
from tests.io.test_save import a_header, a_mask
left = int(sys.argv[2])
real = Path.replace

def killed(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return real(self, target)

Path.replace = killed
save_mask(~a_mask(), sys.argv[1], a_header())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed otherwise there")
@pytest.mark.parametrize("kill_at", [0, 1, 2])
def test_a_pair_whose_saving_was_killed_is_named(tmp_path: Path, kill_at: int) -> None:
    save_mask(a_mask(), tmp_path / "mask.hdr", a_header())
    assert open_image(tmp_path / "mask.hdr").volume.findings == ()
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "mask.hdr"), str(kill_at)], check=False)
    findings = open_image(tmp_path / "mask.img").volume.findings
    assert inspect(tmp_path / "mask.hdr")[0].findings == findings
    if kill_at == 2:  # beyond the last of the two
        assert findings == ()
    else:
        (finding,) = findings
        assert finding.startswith("Saving mask.hdr was broken off")


def test_a_folder_that_rests_is_listed_once_for_all_its_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        save_mask(a_mask(), tmp_path / f"mask{number}.hdr", a_header())
    (tmp_path / ".mask7.img.0123abcd.old").write_bytes(b"half")
    listed, real = [], replacing._list_left

    def counted(folder: Path) -> tuple[str, ...]:
        listed.append(folder)
        return real(folder)

    monkeypatch.setattr(replacing, "_list_left", counted)
    os.utime(tmp_path, (1e9, 1e9))
    found = inspect(tmp_path)
    assert [one.description for one in found if one.findings] == ["mask7"]
    assert len(found) == 20
    assert len(listed) == 1
    os.utime(tmp_path)  # as long as it changes, it is listed anew
    inspect(tmp_path)
    assert len(listed) == 21
