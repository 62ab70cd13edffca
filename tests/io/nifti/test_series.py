"""A series that is reduced while it is read is the series that is read as a whole, to the bit."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.nifti import read
from maskeditor.io.nifti import series as module
from maskeditor.io.nifti.read import read_image
from maskeditor.io.nifti.series import ReducedSeries, read_reduced
from maskeditor.io.open import open_image
from maskeditor.io.provenance import fingerprint
from maskeditor.io.streams import ByteStream

TYPES = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64")


def written(path: Path, shape: tuple[int, ...], dtype: str, order: str, scaled: bool, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 40, shape) if dtype[0] == "f" else rng.integers(0, 120, shape)
    header = nibabel.Nifti1Header(endianness=order)
    header.set_data_dtype(dtype)
    header.set_data_shape(shape)
    header.set_sform(np.eye(4), 1)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    if scaled:
        header["scl_slope"], header["scl_inter"] = 0.3, -7
    stored = values.astype(np.dtype(dtype).newbyteorder(order))
    if dtype[0] == "f":
        stored[rng.random(shape) < 0.05] = -0.0
        stored[rng.random(shape) < 0.01] = np.nan
    packed = {".gz": gzip.compress}.get(path.suffix, bytes)
    path.write_bytes(packed(header.binaryblock + bytes(4) + stored.tobytes(order="F")))
    return path


@given(
    shape=st.tuples(*[st.integers(1, 5)] * 3, st.integers(2, 12)),
    dtype=st.sampled_from(TYPES),
    order=st.sampled_from("<>"),
    scaled=st.booleans(),
    name=st.sampled_from(["a.nii", "a.nii.gz"]),
    block=st.integers(16, 400),
    processors=st.sampled_from([1, 2]),
    data=st.data(),
)
def test_equal_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, ...],
    dtype: str,
    order: str,
    scaled: bool,
    name: str,
    block: int,
    processors: int,
    data: Any,
) -> None:
    path = written(tmp_path_factory.mktemp("series") / name, shape, dtype, order, scaled)
    volume = st.integers(0, shape[3] - 1)
    first, last = sorted(data.draw(st.tuples(volume, volume)))
    single = data.draw(volume)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        patch.setattr("maskeditor.io.digest.processors", lambda: processors)
        patch.setattr("maskeditor.io.streams.PIECE", block // 2)
        reduced, header = read_reduced(path, ["mean", (first, last), single])
    whole, _ = read_image(path)
    assert header == read_image(path)[1]
    assert reduced.fingerprint == fingerprint(whole.stored)
    assert (reduced.shape, reduced.dtype, reduced.findings) == (whole.shape, whole.dtype, whole.findings)
    pairs = [
        (reduced.mean(0, shape[3] - 1), whole.mean(0, shape[3] - 1)),
        (reduced.mean(first, last), whole.mean(first, last)),
    ]
    pairs += [(reduced.stored_frame(single), whole.stored_frame(single)), (reduced.stored, whole.stored)]
    for ours, expected in pairs:
        assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
        # Bytes, so that -0 differs from 0.
        assert ours.tobytes() == expected.tobytes()


def test_never_held_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.nii", (40, 40, 20, 300), "int16", "<", False)
    monkeypatch.setattr(module, "BLOCK", 1 << 18)
    tracemalloc.start()
    try:
        reduced, _ = read_reduced(path, ["mean"])
        assert reduced.fingerprint  # waits for what holds the last blocks
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(reduced, ReducedSeries)
    size = 40 * 40 * 20 * 300 * 2
    assert held < size / 50
    assert peak < size / 10


def test_a_volume_that_is_not_there_is_refused_before_any_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.nii", (3, 3, 3, 4), "int16", "<", False)
    monkeypatch.setattr(ByteStream, "fill", lambda *_, **__: pytest.fail("voxels were read"))
    for frame in (4, (2, 7)):
        with pytest.raises(MaskEditorError, match="was asked for, but a has volumes 0 to 3"):
            read_reduced(path, [frame])


def test_volumes_without_a_number_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii", (3, 3, 3, 4), "float32", "<", False)
    content = bytearray(path.read_bytes())
    content[352 + 27 * 4 : 352 + 2 * 27 * 4] = np.full(27, np.nan, np.float32).tobytes()
    path.write_bytes(content)
    reduced, whole = open_image(path, frames=[0]).volume, open_image(path).volume
    assert isinstance(reduced, ReducedSeries)
    assert reduced.findings == whole.findings
    assert reduced.findings[-1].startswith("Volume 1 holds no number")


def test_a_series_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii.gz", (9, 9, 9, 4), "int16", "<", False)
    path.write_bytes(path.read_bytes()[:-900])
    for frames in (None, ["mean"]):
        with pytest.raises(MaskEditorError, match="ends too early"):
            open_image(path, frames=frames)


def test_the_fingerprint_of_a_volume_comes_with_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii", (5, 4, 3), "float32", ">", True)
    volume = open_image(path, frames=[]).volume
    assert volume.fingerprint == fingerprint(volume.stored) != ""
    assert open_image(path).volume.fingerprint == ""


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("frames", [[], ["mean"]])
def test_what_others_write_to_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, frames: list[Any]
) -> None:
    path = written(tmp_path / name, (5, 4, 3, 6) if frames else (5, 4, 3), "int16", "<", False)
    content, fill = path.read_bytes(), ByteStream.fill

    def write_then(*given: Any, **named: Any) -> None:
        path.write_bytes(content + b"more")
        fill(*given, **named)

    monkeypatch.setattr(ByteStream, "fill", write_then)
    with pytest.raises(MaskEditorError, match=rf"{name} cannot be opened: another program wrote to it while it was"):
        open_image(path, frames=frames)


def test_what_others_put_in_its_place_meanwhile_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.nii", (5, 4, 3), "int16", "<", False)
    wanted, fill = open_image(path).volume, ByteStream.fill

    def replace_then(*given: Any, **named: Any) -> None:
        written(tmp_path / "b.nii", (5, 4, 3), "int16", "<", False, seed=1).replace(path)
        fill(*given, **named)

    monkeypatch.setattr(ByteStream, "fill", replace_then)
    found = open_image(path, frames=[]).volume
    assert np.array_equal(found.stored, wanted.stored)
    assert found.fingerprint == fingerprint(wanted.stored)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img"])
@pytest.mark.parametrize("frames", [[], ["mean"]])
def test_what_others_put_in_its_place_after_its_header_was_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, frames: list[Any]
) -> None:
    """As many voxels, and as they lie in the file, but of another shape: no size and no time tells."""
    first, second = tmp_path / name, tmp_path / "other" / name
    second.parent.mkdir()
    for path, shape in ((first, (5, 4, 3, 6)), (second, (3, 4, 5, 6))):
        image = nibabel.Nifti1Pair if name == "a.img" else nibabel.Nifti1Image
        nibabel.save(image(np.zeros(shape if frames else shape[:3], np.int16), np.eye(4)), path)
    check = read.checked_header

    def replace_after(path: Path) -> Any:
        found = check(path)
        for one in second.parent.iterdir():
            one.replace(first.parent / one.name)
        return found

    for one in (read, module):
        monkeypatch.setattr(one, "checked_header", replace_after)
    with pytest.raises(MaskEditorError, match=rf"{name} cannot be opened: another program wrote to it while it was"):
        read_reduced(first, frames) if frames else read.read_image(first)


def test_what_others_write_to_while_it_is_read_again_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 64)
    path = written(tmp_path / "a.nii", (5, 4, 3, 6), "int16", "<", False)
    series, _ = read_reduced(path, ["mean"])
    parts = series.parts()
    next(parts)
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(MaskEditorError, match=r"a.nii cannot be opened: another program wrote to it while it was"):
        list(parts)


def test_a_series_that_is_another_by_now_is_not_taken_for_the_one_that_was_reduced(tmp_path: Path) -> None:
    path = written(tmp_path / "a.nii", (5, 4, 3, 6), "int16", "<", False)
    series = open_image(path, frames=["mean"]).volume
    assert isinstance(series, ReducedSeries)
    written(tmp_path / "b.nii", (5, 4, 3, 6), "int16", "<", False, seed=1).replace(path)
    with pytest.raises(MaskEditorError, match=r"a.nii cannot be opened: another program has changed it since it was"):
        _ = series.stored
