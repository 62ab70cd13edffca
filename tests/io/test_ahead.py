"""What was read ahead of a file, and its fingerprint, are those of its voxels, or nobody takes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from io import FileIO
from itertools import count
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import Cancelled
from maskeditor.io import ahead
from maskeditor.io.digest import Digest
from maskeditor.io.nifti.read import read_image
from maskeditor.io.nifti.series import ReducedSeries, read_reduced
from maskeditor.io.provenance import fingerprint, source_fingerprint
from maskeditor.io.streams import ByteStream


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ahead, "_begun", [])
    monkeypatch.setattr(ahead, "_PIECE", 64)
    made, init = list[ahead.Ahead](), ahead.Ahead.__init__

    def note(self: ahead.Ahead, *given: Any) -> None:
        init(self, *given)
        made.append(self)

    monkeypatch.setattr(ahead.Ahead, "__init__", note)
    yield
    for one in made:
        one.fingerprint.result()  # no thread goes on beside the next test


def write(path: Path, values: np.ndarray, kind: Callable[..., nibabel.Nifti1Image] = nibabel.Nifti1Image) -> Path:
    nibabel.save(kind(values, np.eye(4)), path)
    return path


def series() -> np.ndarray:
    return np.arange(4 * 3 * 5 * 6, dtype=np.int16).reshape(4, 3, 5, 6)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("frames", [0, 1, 6])
def test_the_voxels_are_summed_up_once_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, frames: int
) -> None:
    path = write(tmp_path / "a.nii", (series()[..., :frames] if frames else series()[..., 0]).astype(dtype))
    ahead.begin(str(path))
    (one,) = ahead._begun
    assert (one.wait() is not None) == (frames == 0)
    monkeypatch.setattr(Digest, "add", lambda *_: pytest.fail("the voxels were summed up again"))
    if frames == 0:
        monkeypatch.setattr(ByteStream, "fill", lambda *_, **__: pytest.fail("the voxels were read again"))
    volume, header = read_reduced(path, ["mean"] if frames > 1 else [0])
    assert isinstance(volume, ReducedSeries) == (frames > 1)
    assert not ahead._begun
    monkeypatch.undo()
    whole, expected = read_image(path)
    assert volume.fingerprint == fingerprint(whole.stored)
    assert header == expected
    assert (volume.stored.dtype, volume.stored.shape) == (whole.stored.dtype, whole.stored.shape)
    assert volume.stored.tobytes("F") == whole.stored.tobytes("F")
    assert volume.stored.flags.f_contiguous
    assert not volume.stored.flags.writeable


@pytest.mark.parametrize("what", ["packed", "pair", "NIfTI-2", "big endian", "short", "pipe", "not there", "text"])
def test_nothing_is_begun_for_other_files(tmp_path: Path, what: str) -> None:
    path = tmp_path / {"packed": "a.nii.gz", "pair": "a.img"}.get(what, "a.nii")
    if what == "packed":
        write(path, series())
    elif what == "pair":
        write(path, series(), nibabel.Nifti1Pair)
        path = path.with_suffix(".hdr")
    elif what == "NIfTI-2":
        write(path, series(), nibabel.Nifti2Image)
    elif what == "big endian":
        nibabel.save(nibabel.Nifti1Image(series(), np.eye(4), nibabel.Nifti1Header(endianness=">")), path)
    elif what == "pipe":
        os.mkfifo(path)
    elif what != "not there":
        path.write_bytes(b"\x5c\1\0\0" if what == "short" else b"a" * 400)
    ahead.begin(str(path))
    assert not ahead._begun


def test_it_is_not_taken_for_other_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", series())
    ahead.begin(str(path))
    (one,) = ahead._begun
    state, start, size = one.file, one.start, series().nbytes
    # The header states fewer voxels than follow, or that they begin elsewhere; the file is another.
    assert ahead.take(state, start, size - 2) is None
    assert ahead.take(state, start + 16, size - 16) is None
    assert ahead.take((state[0], state[1], state[2] + 1), start, size) is None
    assert ahead.take(state, start, size) is one
    assert ahead.take(state, start, size) is None


@pytest.mark.parametrize(("axes", "bits", "more"), [(4, 16, 0), (3, 8, 0), (3, 16, 2), (3, 16, -2)])
def test_only_what_is_a_volume_and_nothing_more_is_held(tmp_path: Path, axes: int, bits: int, more: int) -> None:
    path = write(tmp_path / "a.nii", series()[..., 0])
    content = bytearray(path.read_bytes())
    content[40:42], content[72:74] = axes.to_bytes(2, "little"), bits.to_bytes(2, "little")
    path.write_bytes(bytes(content) + bytes(more) if more >= 0 else bytes(content)[:more])
    ahead.begin(str(path))
    assert ahead._begun[0].wait() is None


def test_whoever_waits_hears_how_far_it_is_and_may_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MOMENT", 0.0)
    one = ahead.Ahead((1, 400, 1), 300)
    one._at = 25
    heard: list[float] = []

    def report(fraction: float) -> None:
        heard.append(fraction)
        if len(heard) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        one.wait(report)
    assert heard == [0.25, 0.25]
    one.fingerprint.set_result("")


def test_nobody_waits_for_what_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_MOMENT", 0.0)
    path = write(tmp_path / "a.nii", series())

    class Read(FileIO):
        def readinto(self, room: Any) -> Any:
            assert one.wait(lambda _: pytest.fail("it is waited for")) is None
            return super().readinto(room)

    with Read(path) as file:
        one = ahead.Ahead(ahead._state(file), 352)
        one.read(file, is_held=False)
    assert one.fingerprint.result() == fingerprint(series())


def test_whoever_opens_it_hears_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.nii", series()[..., 0])
    told: list[object] = []
    monkeypatch.setattr(ahead.Ahead, "wait", lambda _, report=None: told.append(report))
    ahead.begin(str(path))
    read_image(path, heard := [].append)
    assert told == [heard]


def test_a_piece_is_summed_up_before_its_room_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However late the thread is that sums up: this one begins when it is waited for."""
    monkeypatch.setattr(ahead, "ThreadPoolExecutor", Late)
    path = write(tmp_path / "a.nii", series())
    with path.open("rb", buffering=0) as file:
        one = ahead.Ahead(ahead._state(file), 352)
        one.read(file, is_held=False)
    assert one.fingerprint.result() == fingerprint(series())


class Late:
    """Does what it is given, in turn, once somebody waits for it."""

    def __init__(self, *_: object) -> None:
        self.left: list[tuple[Future[Any], Callable[[], Any]]] = []

    def __enter__(self) -> Late:
        return self

    def __exit__(self, *_: object) -> None:
        for one, _work in list(self.left):
            one.result()

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        made: Future[Any] = Future()
        result = made.result

        def wait(_timeout: float | None = None) -> Any:
            while not made.done():
                first, begin = self.left.pop(0)
                first.set_result(begin())
            return result()

        made.result = wait  # type: ignore[method-assign]
        self.left.append((made, lambda: work(*given)))
        return made


@pytest.mark.parametrize("reduced", [False, True])
def test_a_file_that_changes_meanwhile_is_not_summed_up_wrongly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reduced: bool
) -> None:
    path = write(tmp_path / "a.nii", series() if reduced else series()[..., 0])
    # As if another program had written to it between the first look at it and the last.
    looks = count(1)
    monkeypatch.setattr(ahead, "_state", lambda _: state_of(path, next(looks) // 2))
    ahead.begin(str(path))
    assert ahead._begun[0].wait() is None
    if not reduced:
        whole, _ = read_image(path)
        assert source_fingerprint(whole) == fingerprint(whole.stored)
        return
    volume, _ = read_reduced(path, ["mean"])
    assert source_fingerprint(volume) == fingerprint(series())
    path.write_bytes(path.read_bytes() + b"more")
    volume.fingerprints.clear()
    with pytest.raises(FileError, match="another program has changed it"):
        source_fingerprint(volume)


def state_of(path: Path, later: int) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns + later
