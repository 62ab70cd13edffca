"""Saving a mask from a session: whatever fails, the old file and its sidecar stay, and the mask stays unsaved."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import save as module
from maskeditor.model.mask_files import save_mask
from maskeditor.model.session import Session

assert maskeditor.ops
ROI = "roi1"
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    data = np.random.default_rng(4).integers(0, 100, (40, 40, 40)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "image.nii")
    made = Session.open(tmp_path / "image.nii")
    made.document.do(make("threshold", {"lower": 50}), ROI)
    return made


@pytest.fixture
def target(session: Session, tmp_path: Path) -> Path:
    """A mask that was saved; what is in the session has moved on since."""
    (tmp_path / "masks").mkdir()
    path = tmp_path / "masks" / "mask.nii.gz"
    save_mask(session, ROI, path)
    session.document.do(make("dilation", {}), ROI)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_refused(session: Session, target: Path, words: str, error: type[Exception] = FileError) -> None:
    """Save in vain: nothing beside the old files is there afterwards, and these are as they were."""
    before = contents(target.parent)
    with pytest.raises(error, match=words):
        save_mask(session, ROI, target)
    assert contents(target.parent) == before
    assert session.unsaved() == (ROI,)


def assert_saved(session: Session, target: Path) -> None:
    save_mask(session, ROI, target)
    assert np.array_equal(np.asarray(nibabel.load(target).dataobj) > 0, session.document.mask(ROI)[...])
    assert session.unsaved() == ()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "was not written: the disk is full"),
        (errno.EDQUOT, "was not written"),
        (errno.EIO, "was not written: the disk reports an error"),
    ],
)
def test_a_disk_that_fails(
    session: Session, target: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    assert_refused(session, target, words)
    monkeypatch.undo()
    assert_saved(session, target)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("A file system of its own can be mounted here by nobody but root.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(session: Session, tiny_disk: Path) -> None:
    target = tiny_disk / "mask.nii.gz"
    session.document.do(make("clear", {}), ROI)
    session.document.do(make("paint", {"points": ((40, 40, 40),), "radius": 8, "shape": "sphere"}), ROI)
    save_mask(session, ROI, target)
    (tiny_disk / "rest").write_bytes(bytes(shutil.disk_usage(tiny_disk).free - 4096))
    session.document.do(make("threshold", {"lower": 50}), ROI)
    assert_refused(session, target, "the disk is full")
    (tiny_disk / "rest").unlink()
    session.document.undo()
    session.document.do(make("dilation", {}), ROI)
    assert_saved(session, target)


def test_a_folder_that_may_not_be_written(session: Session, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may write anywhere
        real = Path.open

        def refuse(self: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
            if "x" in mode or "w" in mode:
                raise PermissionError(errno.EACCES, "Permission denied", str(self))
            return real(self, mode, *given, **named)

        monkeypatch.setattr(Path, "open", refuse)
    else:
        target.parent.chmod(0o500)
    try:
        assert_refused(session, target, "may not be read or written by you")
    finally:
        target.parent.chmod(0o700)
    monkeypatch.undo()
    assert_saved(session, target)


def test_a_folder_that_is_gone(session: Session, target: Path) -> None:
    kept = target.parent.rename(target.parent.with_name("elsewhere"))
    with pytest.raises(FileError, match=r"was not written: the folder .* does not exist; choose another"):
        save_mask(session, ROI, target)
    assert not target.parent.exists()
    assert session.unsaved() == (ROI,)
    assert_saved(session, kept / target.name)


def test_the_folder_of_the_image_may_be_gone(session: Session, target: Path) -> None:
    assert session.path is not None
    session.path.unlink()
    assert_saved(session, target)


def test_what_does_not_come_back_as_it_was_written(
    session: Session, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._write

    def spoil(path: Path, write: Any, *, packed: bool) -> None:
        real(path, write, packed=False)
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(module, "_write", spoil)
    assert_refused(session, target, "was not written: .*(come back|read back)")
    monkeypatch.undo()
    assert_saved(session, target)


def test_cancelled(session: Session, target: Path) -> None:
    before = contents(target.parent)
    for at in (0.01, 0.5):
        progress = Progress(lambda done, at=at: progress.cancel() if done >= at else None)  # noqa: B023
        with pytest.raises(Cancelled):
            save_mask(session, ROI, target, progress)
        assert contents(target.parent) == before
        assert session.unsaved() == (ROI,)
    # Too late, when all is written: it is saved, mask and sidecar.
    progress = Progress(lambda done: progress.cancel() if done >= 1 else None)
    save_mask(session, ROI, target, progress)
    assert session.unsaved() == ()
    assert json.loads(target.with_name("mask.json").read_text())["Recipe"]["result"]["voxels"] == np.count_nonzero(
        np.asarray(nibabel.load(target).dataobj)
    )


@pytest.mark.parametrize("allowed", [0, 1])
def test_the_mask_and_its_sidecar_are_replaced_together(
    session: Session, target: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    real, calls = Path.replace, itertools.count()

    def refuse(self: Path, to: Path) -> Path:
        if next(calls) == allowed:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self, to)

    monkeypatch.setattr(Path, "replace", refuse)
    assert_refused(session, target, "the old file is as it was")
    monkeypatch.undo()
    assert_saved(session, target)


def test_a_sidecar_of_an_image_is_not_replaced(session: Session, target: Path) -> None:
    target.with_name("mask.json").write_text('{"EchoTime": 0.003}')
    assert_refused(session, target, "tells of another image and would be lost")


KILLED = """
import os, random, signal, sys
from pathlib import Path
import maskeditor.ops
from maskeditor.core.operation.declaration import make
from maskeditor.model.mask_files import save_mask
from maskeditor.model.session import Session
from tests.model.recovery import ask_after

image, target, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
session = Session.open(image)
session.document.do(make("threshold", {"lower": 50}), "roi1")
calls = 0
def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
sys.setprofile(count)
save_mask(session, "roi1", target)
sys.setprofile(None)
chance = random.Random(5)
for _ in range(rounds):
    reader, writer = os.pipe()
    after = chance.randrange(3 * calls)
    child = os.fork()
    if child == 0:
        ask_after(after, writer)
        while True:
            session.document.do(make("invert", {}), "roi1")
            save_mask(session, "roi1", target, replace_changed=True)
    os.close(writer)
    assert os.read(reader, 1), "the child ended by itself"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    print("killed", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
@pytest.mark.parametrize("name", ["image.nii", "link.nii.gz"])
def test_the_image_itself_is_not_replaced(session: Session, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.nii.gz").symlink_to(tmp_path / "image.nii")
    assert_refused(session, tmp_path / name, "would replace the image itself; choose another name")


def test_a_pair_is_not_replaced_by_either_name(session: Session, tmp_path: Path) -> None:
    image = nibabel.load(tmp_path / "image.nii")
    nibabel.save(nibabel.Nifti1Pair(image.dataobj, image.affine), tmp_path / "pair.hdr")
    pair = Session.open(tmp_path / "pair.img")
    pair.document.do(make("threshold", {"lower": 50}), ROI)
    assert_refused(pair, tmp_path / "pair.hdr", "would replace the image itself")


def test_what_a_killed_program_left_is_swept_up(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f".{name}.0123abcd.{kind}" for name in ("mask.nii.gz", "mask.json") for kind in ("new", "old")]
    others = [".other.nii.gz.0123abcd.new", ".mask.nii.gz", ".mask.nii.gz.0123abcd.txt"]
    for name in (*names, *others):
        (tmp_path / name).write_bytes(b"half")
        # A file set aside keeps the time of its last change, however long ago that was.
        os.utime(tmp_path / name, (0, 0))
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert {*names, *others} <= contents(tmp_path).keys()  # perhaps another window is just writing them
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert not contents(tmp_path).keys() & {*names}
    assert {*others} <= contents(tmp_path).keys()


@pytest.mark.slow
def test_killed_while_writing(session: Session, tmp_path: Path) -> None:
    """A process that saves one mask and its inverse in turn is killed at random places: either is there, whole."""
    (tmp_path / "killed").mkdir()
    target, rounds = tmp_path / "killed" / "mask.nii.gz", 60
    masks = (np.array(session.document.mask(ROI)[...]), ~session.document.mask(ROI)[...])
    command = [sys.executable, "-c", KILLED, str(session.path), str(target), str(rounds)]
    found = [0, 0]
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for _ in range(rounds):
            assert writer.stdout.readline() == "killed\n"
            made = nibabel.load(target)
            mask = np.asarray(made.dataobj) > 0
            (which,) = (place for place, one in enumerate(masks) if np.array_equal(mask, one))
            found[which] += 1
            # The recipe inside is that of the voxels, and the sidecar is a whole one.
            carried = json.loads(made.header.extensions[0].get_content())
            assert carried["result"]["voxels"] == mask.sum()
            record = json.loads(target.with_name("mask.json").read_text(encoding="utf-8"))
            assert record["Recipe"]["result"]["voxels"] in [one.sum() for one in masks]
            writer.stdin.write("\n")
    assert writer.returncode == 0
    # Which of the two it was is a matter of places; that it was one of them was held each time.
    assert sum(found) == rounds
