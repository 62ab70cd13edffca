"""Whatever is wrong with a file: info refuses it if and only if run does, and neither waits or fails unforeseen."""

from __future__ import annotations

import bz2
import gzip
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
import zstandard

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.diag([-2.0, 2, 3, 1])
VALUES = np.random.default_rng(7).integers(0, 99, (9, 8, 7)).astype(np.int16)
PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: zstandard.ZstdCompressor().compress(content),
}


def whole(kind: str) -> bytes:
    image = nibabel.MGHImage(VALUES, AFFINE) if kind == "mgh" else nibabel.Nifti1Image(VALUES, AFFINE)
    return image.to_bytes()  # type: ignore[no-any-return]


def broken() -> Iterator[tuple[str, str, bytes]]:
    """Yield what is wrong, the name of a file and its content."""
    for kind in ("nii", "mgh"):
        content = whole(kind)
        for packing, pack in PACKED.items():
            name, packed = f"image.{kind}{packing}", pack(content)
            if name == "image.mgh.gz":
                name = "image.mgz"
            yield "nothing", name, packed
            yield "empty", name, b""
            for share in (0.02, 0.3, 0.6, 0.95):
                yield f"cut at {share}", name, packed[: int(share * len(packed))]
                yield f"cut at {share} before it was packed", name, pack(content[: int(share * len(content))])
            if packing:
                yield "the sum at its end is wrong", name, packed[:-5] + bytes([packed[-5] ^ 1]) + packed[-4:]
                yield "its end is gone", name, packed[:-1]
    for field, at, value in (
        ("dim", 42, b"\0\0"),
        ("dim", 46, b"\xff\x7f"),
        ("dim", 40, b"\t\0"),
        ("datatype", 70, b"\x20\0"),
        ("datatype", 70, b"\x03\x03"),
        ("scl_inter", 112, b"\0\0\x80\x3f\0\0\xc0\x7f"),
        ("srow", 280, bytes(48)),
        ("srow", 280, b"\0\0\xc0\x7f"),
        ("vox_offset", 108, b"\0\0\x80\x7e"),
        ("vox_offset", 108, b"\0\0\xc8\x45"),
        ("magic", 344, b"ni1\0"),
    ):
        content = bytearray(whole("nii"))
        content[at : at + len(value)] = value
        for packing, pack in PACKED.items():
            yield f"{field} at {at}", f"image.nii{packing}", pack(bytes(content))


def agree(call: Call, path: Path, out: Path) -> bool:
    """Whether both refuse; raise if they do not agree."""
    info, run = call("info", path), call("run", path, "-o", out, "--do", "threshold lower=50")
    assert (info.status, run.status) in ((0, 0), (1, 1)), (info.err, run.err)
    for ended in (info, run):
        assert "unforeseen" not in ended.err
    if info.status:
        info.failed(1, "" if path.is_dir() else path.name.split(".")[0])
        assert not out.exists()
    return bool(info.status)


def test_files_that_are_broken(call: Call, tmp_path: Path) -> None:
    refused = {}
    for number, (what, name, content) in enumerate(broken()):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(content)
        refused[what, name] = agree(call, folder / name, folder / "out.nii.gz")
    assert {name for (what, name), is_refused in refused.items() if what == "nothing" and is_refused} <= {
        "image.mgh.bz2",
        "image.mgh.zst",
    }
    assert all(is_refused for (what, _), is_refused in refused.items() if what.startswith(("cut", "empty", "its")))


@pytest.mark.parametrize("ending", [".gz", ""])
def test_halves_of_pairs(call: Call, tmp_path: Path, ending: str) -> None:
    for number, (spoilt, keep) in enumerate(
        ((".img", 0.0), (".img", 0.5), (".hdr", 0.0), (".hdr", 0.5), (".img", 1.0))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        nibabel.save(nibabel.Nifti1Pair(VALUES, AFFINE), folder / f"image.img{ending}")
        file = folder / f"image{spoilt}{ending}"
        content = file.read_bytes()
        file.unlink()
        if keep:
            file.write_bytes(content[: int(keep * len(content))])
        for other in sorted(folder.glob("image.*")):
            assert agree(call, other, folder / "out.nii.gz") == (keep < 1)
            for made in folder.glob("out*"):
                made.unlink()


REASONS = dict.fromkeys(("pipe", "device", "socket"), "it is no file but a pipe, a socket or a device") | {
    "loop": "its symbolic links lead round in a circle",
    "link to nothing": "it does not exist",
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have names of their own there")
@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".hdr", ".mgz", ".dcm", ".json", ""])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "loop", "link to nothing"])
def test_what_is_no_file(call: Call, tmp_path: Path, kind: str, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"image{ending}"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        monkeypatch.chdir(tmp_path)  # the names of sockets must be short
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    else:
        path.symlink_to(path.name if kind == "loop" else "nothing")
    assert agree(call, path, tmp_path / "out.nii.gz")
    assert agree(call, tmp_path, tmp_path / "out.nii.gz")
    nibabel.save(nibabel.Nifti1Image(VALUES, AFFINE), tmp_path / "good.nii")
    reason = REASONS[kind]
    if kind != "link to nothing":
        call("info", path).failed(1, f"{path.name} cannot be opened: {reason}; ")
    for recipe, why in ((path, reason), (tmp_path, "it is a folder")):
        run = call("run", tmp_path / "good.nii", "-o", tmp_path / "m.nii", "--recipe", recipe)
        for ended in (run, call("script", recipe)):
            ended.failed(1, f"{recipe.name} cannot be opened: {why}; ")
            assert ending in (".nii", ".nii.gz", ".hdr", ".mgz") or "give a recipe, a mask's" in ended.err
    # And where a mask or its sidecar is to go.
    (tmp_path / "m.json").symlink_to(path)
    call("run", tmp_path / "good.nii", "-o", tmp_path / "m.nii", "--do", "threshold lower=50").failed(
        1, f"m.nii was not written: m.json cannot be opened: {reason}; mend that, or choose another name."
    )
    if ending == ".nii":
        sentence = f"{path.name} was not written: {reason}; choose another name."
        call("run", tmp_path / "good.nii", "-o", path, "--do", "threshold lower=50").failed(1, sentence)
        call("convert", tmp_path / "good.nii", path).failed(1, sentence)
    if ending == "" and kind in ("loop", "link to nothing"):
        for made in (f"{path}/", path / "m.nii"):
            call("convert", tmp_path / "good.nii", made).failed(
                1, "is a symbolic link that leads to no folder; mend it"
            )
