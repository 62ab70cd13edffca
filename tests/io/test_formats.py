"""File formats: what recognises them, what is read as nibabel reads it, and what is refused by its name."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nibabel.affines import from_matvec
from nibabel.freesurfer.mghformat import MGHHeader

from maskeditor.core.errors import FileError
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.found import Opened
from maskeditor.io.nifti.doubts import SKEW
from maskeditor.io.nifti.read import read_image
from maskeditor.io.open import inspect, open_image, open_mask
from maskeditor.io.save import save_mask
from maskeditor.io.streams import ByteStream, first_bytes
from maskeditor.model.mask_files import import_mask
from maskeditor.model.recipes import read_recipe
from maskeditor.model.session import Session
from tests.io.dicom.phantom import numbers as dicom_numbers
from tests.io.dicom.phantom import write_series

OBLIQUE = from_matvec(np.array([[0.9, -0.1, 0.02], [0.11, 1.2, -0.3], [0.01, 0.25, 2.9]]), [-31.25, 17.5, -8.0])
MGH_TYPES = ["u1", "i2", "i4", "f4"]
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".gz": gzip.compress,
}


def numbers(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return values that use the whole range of a type."""
    rng = np.random.default_rng(7)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.normal(0, 1e3, shape).astype(kind)
    return rng.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


def save_mgh(path: Path, values: np.ndarray, affine: np.ndarray = OBLIQUE) -> None:
    nib.save(nib.MGHImage(values, affine), path)


def by_nibabel(path: Path) -> nib.MGHImage:
    """Return a FreeSurfer volume as nibabel reads it; from bytes, as it leaves files open."""
    content = path.read_bytes()
    return nib.MGHImage.from_bytes(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)


def nifti_bytes(values: np.ndarray | None = None) -> bytes:
    values = numbers("i2", (5, 4, 3)) if values is None else values
    return nib.Nifti1Image(values, OBLIQUE).to_bytes()


def assert_equals_nibabel(opened: Opened, path: Path) -> None:
    image = by_nibabel(path)
    volume = opened.volume
    np.testing.assert_array_equal(volume.stored, np.asanyarray(image.dataobj))
    np.testing.assert_array_equal(volume.geometry.affine, image.affine)
    assert volume.stored.dtype == image.get_data_dtype().newbyteorder("=")
    assert volume.stored.dtype.isnative
    assert volume.stored.flags.f_contiguous
    assert (volume.slope, volume.intercept) == (1.0, 0.0)


# FreeSurfer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".mgz", ".mgh", ".mgh.gz", ""])
@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 3, 2), (5, 4, 1)])
@pytest.mark.parametrize("dtype", MGH_TYPES)
def test_freesurfer_volumes_equal_nibabel(tmp_path: Path, dtype: str, shape: tuple[int, ...], ending: str) -> None:
    saved = tmp_path / ("saved.mgz" if ending in (".mgz", ".mgh.gz") else "saved.mgh")
    save_mgh(saved, numbers(dtype, shape))
    path = tmp_path / f"image{ending}"
    path.write_bytes(saved.read_bytes())
    (info,) = inspect(path)
    opened = open_image(path)
    assert_equals_nibabel(opened, saved)
    assert opened.info == info
    assert (info.description, info.kind, info.shape) == ("image", f"MGH {len(shape)}D", shape)
    assert info.dtype == np.dtype(dtype).name
    assert info.findings == (SKEW,)
    assert info.affine == tuple(map(tuple, by_nibabel(saved).affine.tolist()))


def test_unsigned_volumes_of_later_freesurfers(tmp_path: Path) -> None:
    values = numbers("u2", (3, 4, 5))
    save_mgh(tmp_path / "image.mgz", values)
    assert_equals_nibabel(open_image(tmp_path / "image.mgz"), tmp_path / "image.mgz")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    axes=st.permutations(range(3)),
    flips=st.tuples(*[st.sampled_from([-1, 1])] * 3),
    zooms=st.tuples(*[st.floats(0.25, 5, width=32)] * 3),
    corner=st.tuples(*[st.floats(-200, 200, width=32)] * 3),
)
def test_freesurfer_axes_and_zooms(
    tmp_path: Path,
    axes: list[int],
    flips: tuple[int, int, int],
    zooms: tuple[float, float, float],
    corner: tuple[float, float, float],
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) * zooms)[:, axes] * flips
    affine[:3, 3] = corner
    save_mgh(tmp_path / "image.mgh", numbers("i2", (4, 3, 5)), affine)
    opened = open_image(tmp_path / "image.mgh")
    assert_equals_nibabel(opened, tmp_path / "image.mgh")
    np.testing.assert_allclose(opened.volume.geometry.affine, affine, rtol=1e-5, atol=1e-3)


def test_a_volume_without_place_lies_where_freesurfer_puts_it(tmp_path: Path) -> None:
    save_mgh(tmp_path / "image.mgh", numbers("u1", (4, 3, 5)))
    content = bytearray((tmp_path / "image.mgh").read_bytes())
    content[28:30] = b"\0\0"
    (tmp_path / "image.mgh").write_bytes(content)
    opened = open_image(tmp_path / "image.mgh")
    assert_equals_nibabel(opened, tmp_path / "image.mgh")
    assert len(opened.volume.findings) == 1
    assert "does not say where it lies" in opened.volume.findings[0]


def test_time_between_volumes(tmp_path: Path) -> None:
    image = nib.MGHImage(numbers("i2", (4, 3, 2, 3)), OBLIQUE)
    image.header["tr"] = 1500.0
    nib.save(image, tmp_path / "bold.mgz")
    assert open_image(tmp_path / "bold.mgz").header.repetition_time == 1.5
    content = (tmp_path / "bold.mgz").read_bytes()
    # What stands behind the voxels may be left out.
    (tmp_path / "bare.mgh").write_bytes(gzip.decompress(content)[: 284 + 4 * 3 * 2 * 3 * 2])
    assert open_image(tmp_path / "bare.mgh").header.repetition_time == 0


def test_masks_and_labels_in_freesurfer_volumes(tmp_path: Path) -> None:
    labels = np.zeros((5, 4, 3), np.int32)
    labels[1, :, 1], labels[3, 2, :] = 17, 1035
    save_mgh(tmp_path / "aseg.mgz", labels)
    save_mgh(tmp_path / "T1.mgz", numbers("u1", (5, 4, 3)))
    grid = open_image(tmp_path / "T1.mgz").volume.geometry
    opened = open_mask(tmp_path / "aseg.mgz", grid)
    assert list(opened.labels) == [17, 1035]
    for label, mask in opened.labels.items():
        np.testing.assert_array_equal(mask[...], labels == label)
    assert opened.extension is None
    save_mgh(tmp_path / "bold.mgz", np.zeros((5, 4, 3, 2), np.uint8))
    with pytest.raises(FileError, match=r"2 volumes"):
        open_mask(tmp_path / "bold.mgz", grid)
    session = Session.open(tmp_path / "T1.mgz")
    assert session.name == "T1.mgz"
    assert list(import_mask(session, tmp_path / "aseg.mgz").masks) == ["aseg 17", "aseg 1035"]
    with pytest.raises(Exception, match=r"aseg\.mgz carries no recipe"):
        read_recipe(tmp_path / "aseg.mgz")


def test_a_mask_on_a_freesurfer_volume_is_nifti_on_its_grid(tmp_path: Path) -> None:
    save_mgh(tmp_path / "T1.mgz", numbers("u1", (5, 4, 3)))
    opened = open_image(tmp_path / "T1.mgz")
    mask = opened.volume.stored > 100
    save_mask(mask, tmp_path / "mask.nii.gz", opened.header)
    saved, image = nib.load(tmp_path / "mask.nii.gz"), by_nibabel(tmp_path / "T1.mgz")
    assert saved.shape == image.shape
    np.testing.assert_allclose(saved.affine, image.affine, atol=1e-5)
    np.testing.assert_array_equal(np.asanyarray(saved.dataobj), mask)
    again = open_mask(tmp_path / "mask.nii.gz", opened.volume.geometry)
    np.testing.assert_array_equal(again.mask, mask)
    with pytest.raises(FileError, match=r"mask\.mgz should end in \.nii\.gz, \.nii, \.hdr or \.img"):
        save_mask(mask, tmp_path / "mask.mgz", opened.header)


def changed(**fields: object) -> bytes:
    """Return a FreeSurfer volume with fields of its header changed."""
    image = nib.MGHImage(numbers("i2", (5, 4, 3)), OBLIQUE)
    file = io.BytesIO()
    image.to_file_map({"image": nib.FileHolder(fileobj=file)})
    content = bytearray(file.getvalue())
    header = MGHHeader(bytes(content[:284]), check=False)
    for field, value in fields.items():
        header[field] = value
    content[:90] = header.binaryblock[:90]
    return bytes(content)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"version": 2}, "no header of a FreeSurfer volume"),
        ({"type": 2}, "unknown type 2"),
        ({"dims": [5, 0, 3, 1]}, "impossible shape"),
        ({"dims": [5, -4, 3, 1]}, "impossible shape"),
        ({"dims": [1 << 30, 1 << 30, 1 << 30, 1 << 30]}, "ends too early"),
        ({"delta": [1, 0, 1]}, "singular"),
        ({"Mdc": np.full((3, 3), np.nan)}, "finite"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_bad_freesurfer_headers_are_one_sentence(
    tmp_path: Path, fields: dict[str, object], words: str, packed: bool
) -> None:
    path = tmp_path / ("image.mgz" if packed else "image.mgh")
    content = changed(**fields)
    path.write_bytes(gzip.compress(content) if packed else content)
    for look in (inspect, open_image):
        with pytest.raises(FileError, match=words) as caught:
            look(path)
        assert str(caught.value).startswith(f"{path.name} ")
        assert "\n" not in str(caught.value)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(*[st.integers(-2, 6)] * 4),
    st.integers(-1, 12),
    st.integers(-1, 1),
    st.lists(st.floats(width=32), min_size=15, max_size=15),
)
def test_any_freesurfer_header_is_read_or_refused(
    tmp_path: Path, dims: tuple[int, ...], kind: int, good: int, numbers_in_it: list[float]
) -> None:
    header = struct.pack(">7ih15f", 1, *dims, kind, 0, good, *numbers_in_it)
    path = tmp_path / "image.mgh"
    path.write_bytes(header.ljust(284, b"\0") + bytes(6**4 * 4))
    # Anything else that is raised fails.
    with contextlib.suppress(FileError):
        assert open_image(path).volume.stored.shape == dims[: 3 + (dims[3] > 1)]


def test_freesurfer_volumes_cut_short_anywhere(tmp_path: Path) -> None:
    whole = changed()
    voxels = 284 + 5 * 4 * 3 * 2
    for length in range(voxels):
        path = tmp_path / "cut.mgh"
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"cut\.mgh"):
            open_image(path)
    packed = gzip.compress(whole, mtime=0)
    for length in range(len(packed)):
        path = tmp_path / "cut.mgz"
        path.write_bytes(packed[:length])
        with pytest.raises(FileError, match=r"cut\.mgz"):
            open_image(path)


# Packed NIfTI ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".bz2", ".zst"])
@pytest.mark.parametrize("shape", [(5, 4, 3), (50, 40, 30, 3)])
def test_packed_is_the_same_as_plain(tmp_path: Path, shape: tuple[int, ...], ending: str) -> None:
    content = nifti_bytes(numbers("i2", shape))
    plain, packed = tmp_path / "image.nii", tmp_path / f"image.nii{ending}"
    plain.write_bytes(content)
    packed.write_bytes(PACK[ending](content))
    first, second = open_image(plain), open_image(packed)
    np.testing.assert_array_equal(first.volume.stored, second.volume.stored)
    assert first.volume.stored.dtype == second.volume.stored.dtype
    assert first.header == second.header
    assert first.volume.name == second.volume.name == "image"
    assert first.info.findings == second.info.findings
    for one in (plain, packed):
        np.testing.assert_array_equal(formats.format_of(one).find(one, None, None)[0].preview().shape, shape[:2])
    # What the name says does not matter.
    renamed = packed.rename(tmp_path / "download")
    np.testing.assert_array_equal(open_image(renamed).volume.stored, first.volume.stored)


def test_packed_in_several_parts(tmp_path: Path) -> None:
    content = nifti_bytes()
    for ending, pack in PACK.items():
        path = tmp_path / f"image.nii{ending}"
        path.write_bytes(pack(content[:300]) + pack(content[300:400]) + pack(content[400:]))
        np.testing.assert_array_equal(open_image(path).volume.stored, numbers("i2", (5, 4, 3)))


def test_packed_by_pzstd(tmp_path: Path) -> None:
    skipped = struct.pack("<3I", 0x184D2A50, 4, 0)
    (tmp_path / "image.nii.zst").write_bytes(skipped + PACK[".zst"](nifti_bytes()))
    np.testing.assert_array_equal(open_image(tmp_path / "image.nii.zst").volume.stored, numbers("i2", (5, 4, 3)))


def means_the_same(packed: bytes) -> bool:
    try:
        return bz2.decompress(packed) == nifti_bytes()
    except (OSError, EOFError, ValueError):
        return False


@pytest.mark.parametrize("ending", list(PACK))
def test_packed_cut_short_or_changed_anywhere(tmp_path: Path, ending: str) -> None:
    whole = PACK[ending](nifti_bytes())
    path = tmp_path / f"cut.nii{ending}"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"cut\.nii") as caught:
            open_image(path)
        assert "\n" not in str(caught.value)
    # From the end of the packing's own header on, every changed byte must be noticed by the sum or the length.
    for position in range(10, len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x55
        path.write_bytes(damaged)
        # Some bits of bzip2 mean nothing.
        if ending == ".bz2" and means_the_same(bytes(damaged)):
            continue
        with pytest.raises(FileError, match=r"cut\.nii"):
            open_image(path)


@pytest.mark.parametrize("ending", list(PACK))
def test_a_small_file_that_claims_much_is_refused_before_memory_is_taken(tmp_path: Path, ending: str) -> None:
    content = bytearray(nifti_bytes())
    struct.pack_into("<8h", content, 40, 4, 32767, 32767, 32767, 32767, 1, 1, 1)
    path = tmp_path / f"liar.nii{ending}"
    path.write_bytes(PACK[ending](bytes(content)))
    for look in (inspect, open_image):
        with pytest.raises(FileError, match="ends too early"):
            look(path)


@pytest.mark.parametrize("ending", list(PACK))
def test_a_file_that_unpacks_without_end_is_read_in_pieces(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros = PACK[ending](bytes(1 << 24))
    path = tmp_path / f"bomb.nii{ending}"
    path.write_bytes(PACK[ending](nifti_bytes()) + 4 * zeros)
    largest = []
    read = ByteStream.read

    def measured(stream: ByteStream, count: int) -> bytes:
        found = read(stream, count)
        largest.append(len(found))
        return found

    monkeypatch.setattr(ByteStream, "read", measured)
    np.testing.assert_array_equal(open_image(path).volume.stored, numbers("i2", (5, 4, 3)))
    assert max(largest) <= 1 << 20
    progress = Progress()
    # What follows the voxels can be cancelled, too.
    reports = []

    def stop(fraction: float) -> None:
        reports.append(fraction)
        if reports.count(1.0) > 2:
            progress.cancel()
        progress(0.0)

    with pytest.raises(Cancelled):
        read_image(path, stop)


def test_zstandard_is_unpacked_a_little_at_a_time(tmp_path: Path) -> None:
    # 128 kB of zeros take a dozen bytes: read at once, one piece of the file would be gigabytes.
    frame = zstandard.ZstdCompressor().compress(bytes(1 << 27))
    (tmp_path / "bomb").write_bytes(frame)
    with ByteStream(tmp_path / "bomb") as stream:
        assert stream.read(10) == bytes(10)
        assert len(stream._file._bytes) < 1 << 25


def test_packing_that_wants_too_much_memory(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (tmp_path / "long.nii.zst").write_bytes(packer.compress(nifti_bytes()) + packer.flush())
    with pytest.raises(FileError, match=r"long\.nii\.zst .* without --long"):
        open_image(tmp_path / "long.nii.zst")


@pytest.mark.parametrize("ending", list(PACK))
def test_progress_of_packed_files_grows_and_cancels(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"image.nii{ending}"
    path.write_bytes(PACK[ending](nifti_bytes(np.zeros((128, 128, 100), np.int16))))
    seen: list[float] = []
    open_image(path, None, Progress(seen.append))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        open_image(path, None, progress)


# Refusals -------------------------------------------------------------------------------------------------------------


def archive(kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("image.nii", nifti_bytes())
    else:
        with tarfile.open(fileobj=file, mode=kind) as made:
            member = tarfile.TarInfo("image.nii")
            member.size = len(nifti_bytes())
            made.addfile(member, io.BytesIO(nifti_bytes()))
    return file.getvalue()


def minc(version: int) -> bytes:
    return (b"CDF\x01" if version == 1 else b"\x89HDF\r\n\x1a\n") + bytes(600)


def cifti() -> bytes:
    axes = (nib.cifti2.SeriesAxis(0, 1, 2), nib.cifti2.BrainModelAxis.from_surface(np.arange(4), 9, "CortexLeft"))
    image = nib.Cifti2Image(np.zeros((2, 4), np.float32), axes)
    return image.to_bytes()


def gifti() -> bytes:
    return nib.GiftiImage(darrays=[nib.gifti.GiftiDataArray(np.zeros(3, np.float32))]).to_bytes()


def surface() -> bytes:
    return b"\xff\xff\xfecreated by me\n\n" + struct.pack(">2i", 3, 1) + bytes(48)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
REFUSED: list[tuple[str, bytes, str, str]] = [
    ("brain.mnc", minc(1), "a MINC 1 image", "mnc2nii"),
    ("brain.mnc", minc(2), "a MINC 2 image", "mnc2nii"),
    ("scan.PAR", b"# === DATA DESCRIPTION FILE ====\n#\n", "a Philips PAR/REC image", "dcm2niix"),
    ("scan.REC", bytes(64), "a Philips PAR/REC image", "dcm2niix"),
    ("anat+orig.HEAD", b"\ntype = string-attribute\nname = TYPESTRING\n", "an AFNI dataset", "3dAFNItoNIFTI"),
    ("anat+orig.BRIK", bytes(64), "an AFNI dataset", "3dAFNItoNIFTI"),
    ("anat+orig.BRIK.gz", gzip.compress(bytes(64)), "an AFNI dataset", "3dAFNItoNIFTI"),
    ("seg.nrrd", b"NRRD0004\ntype: short\n", "an NRRD image", "3D Slicer"),
    ("seg.nhdr", b"NRRD0005\ntype: short\n", "an NRRD image", "3D Slicer"),
    ("ct.mha", b"ObjectType = Image\nNDims = 3\n", "a MetaImage", "ITK-SNAP"),
    ("ct.mhd", b"ObjectType = Image\nNDims = 3\n", "a MetaImage", "ITK-SNAP"),
    ("lh.surf.gii", gifti(), "a GIfTI file", "wb_command"),
    ("bold.dtseries.nii", cifti(), "a CIFTI file", "wb_command -cifti-separate"),
    ("lh.white", surface(), "a FreeSurfer surface", "mri_surf2vol"),
    ("lh.label", b"#!ascii label  , from subject\n", "a FreeSurfer label", "mri_label2vol"),
    ("lh.annot", bytes(64), "a FreeSurfer label", "mri_label2vol"),
    ("stack.tif", b"II*\0" + bytes(64), "a TIFF picture", "mm"),
    ("slice.png", b"\x89PNG\r\n\x1a\n" + bytes(64), "a PNG picture", "give the images"),
    ("slice.jpg", b"\xff\xd8\xff\xe0" + bytes(64), "a JPEG picture", "give the images"),
    ("mask.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(128), "a MATLAB file", "niftiwrite"),
    ("mask.npy", b"\x93NUMPY\x01\0" + bytes(64), "an array of NumPy", "nibabel"),
    ("scans.zip", archive("zip"), "a ZIP archive", "unpack it"),
    ("scans.7z", b"7z\xbc\xaf\x27\x1c" + bytes(64), "a 7z archive", "unpack it"),
    ("scans.rar", b"Rar!\x1a\x07\0" + bytes(64), "a RAR archive", "unpack it"),
    ("scans.tar", archive("w"), "a tar archive", "unpack it"),
    ("scans.tgz", archive("w:gz"), "a tar archive", "unpack it"),
    ("image.nii.xz", b"\xfd7zXZ\0" + bytes(64), "packed with xz", "unxz"),
    ("image.nii.gz", b"<!DOCTYPE html>\n<html><body>Log in", "an HTML page", "download it again"),
    ("image.nii.gz", LFS, "a pointer of Git LFS", "git lfs pull"),
    ("image.nii.gz", b"/annex/objects/MD5E-s1--5f.nii.gz\n", "a pointer of git-annex", "datalad get"),
    ("work.maskeditor", b"SQLite format 3\0" + bytes(84), "a saved session", "in the window"),
    ("notes.txt", "Größe: 3 mm".encode(), "a text file", "give that of the header"),
]


@pytest.mark.parametrize(("name", "content", "what", "remedy"), REFUSED, ids=[f"{one[0]}-{one[2]}" for one in REFUSED])
def test_refusals_name_what_it_is_and_the_way_out(
    tmp_path: Path, name: str, content: bytes, what: str, remedy: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    save_mgh(tmp_path / "T1.mgz", numbers("u1", (5, 4, 3)))
    grid = open_image(tmp_path / "T1.mgz").volume.geometry
    said = set()
    for look in (inspect, open_image, lambda where: open_mask(where, grid)):
        with pytest.raises(FileError) as caught:
            look(path)
        said.add(str(caught.value))
    (sentence,) = said
    assert sentence.startswith(f"{name} is {what}")
    assert f"but {formats.WANTED} is wanted" in sentence
    assert remedy in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("name", [name for name, _, _, _ in REFUSED if "." in name][:12])
def test_known_by_its_bytes_whatever_its_name(tmp_path: Path, name: str) -> None:
    """An image named as another format is opened all the same, but for what is raw voxels beside a header."""
    path = tmp_path / name
    path.write_bytes(nifti_bytes())
    np.testing.assert_array_equal(open_image(path).volume.stored, numbers("i2", (5, 4, 3)))


def test_empty_files(tmp_path: Path) -> None:
    for name in ("image.nii.gz", "image.dcm", "image.mgz", "anything"):
        (tmp_path / name).touch()
        with pytest.raises(FileError, match=rf"{name} is empty \(0 bytes\).*copy or download it again"):
            open_image(tmp_path / name)


def test_files_of_no_known_kind(tmp_path: Path) -> None:
    (tmp_path / "thing").write_bytes(b"\x07\x01\x02" * 100)
    with pytest.raises(FileError, match=r"thing cannot be opened: what kind of file .* give a NIfTI file"):
        open_image(tmp_path / "thing")
    (tmp_path / "thing.nii").write_bytes(b"\x07\x01\x02" * 200)
    with pytest.raises(FileError, match=r"thing\.nii cannot be opened: it has no NIfTI header"):
        open_image(tmp_path / "thing.nii")
    # As servers do that pack what is packed already.
    (tmp_path / "twice.nii.gz").write_bytes(gzip.compress(gzip.compress(nifti_bytes())))
    with pytest.raises(FileError, match=r"twice\.nii\.gz cannot be opened: it is packed twice; unpack it once"):
        open_image(tmp_path / "twice.nii.gz")


@pytest.mark.parametrize(("left", "lost", "what"), [("hdr", "img", "voxels"), ("img", "hdr", "header")])
def test_half_a_pair_names_the_other_half(tmp_path: Path, left: str, lost: str, what: str) -> None:
    nib.save(nib.Nifti1Pair(numbers("i2", (5, 4, 3)), OBLIQUE), tmp_path / "pair.hdr")
    (tmp_path / f"pair.{lost}").unlink()
    for path in (tmp_path / f"pair.{left}", tmp_path):
        for look in (inspect, open_image):
            with pytest.raises(FileError, match=rf"pair\.{left} cannot be opened: .*pair\.{lost} with the {what}"):
                look(path)


def test_voxels_that_look_like_text_are_not_taken_for_it(tmp_path: Path) -> None:
    values = np.full((5, 4, 3), ord("a"), np.uint8)
    nib.save(nib.Nifti1Pair(values, OBLIQUE), tmp_path / "pair.hdr")
    np.testing.assert_array_equal(open_image(tmp_path / "pair.img").volume.stored, values)


def test_links_that_lead_to_nothing(tmp_path: Path) -> None:
    annexed = tmp_path / "sub-01_T1w.nii.gz"
    annexed.symlink_to(Path("..", ".git", "annex", "objects", "Xk", "MD5E-s5", "MD5E-s5.nii.gz"))
    for path in (annexed, tmp_path):
        with pytest.raises(FileError, match=r"sub-01_T1w\.nii\.gz is a link .*datalad get sub-01_T1w\.nii\.gz"):
            inspect(path)
    annexed.unlink()
    annexed.symlink_to("absent.nii.gz")
    with pytest.raises(FileError, match=r"leads to nothing \(absent\.nii\.gz\)"):
        inspect(annexed)


def test_packed_dicom_is_named(tmp_path: Path) -> None:
    write_series(tmp_path / "series", dicom_numbers((4, 3, 2)))
    file = next((tmp_path / "series").iterdir())
    (tmp_path / "file.dcm.gz").write_bytes(gzip.compress(file.read_bytes()))
    with pytest.raises(FileError, match=r"file\.dcm\.gz is a DICOM file that is packed, which is not read; unpack it"):
        open_image(tmp_path / "file.dcm.gz")


def test_dicom_files_named_as_nifti(tmp_path: Path) -> None:
    write_series(tmp_path / "series", dicom_numbers((4, 3, 2)))
    for number, file in enumerate(sorted((tmp_path / "series").iterdir())):
        file.rename(file.with_name(f"DOE_JANE_{number}.img"))
    path = tmp_path / "series" / "DOE_JANE_0.img"
    assert open_image(path).info.series_uid
    # Only of an image that is a file by itself may the name be written down.
    assert "DOE" not in Session.open(path).name
    assert not formats.is_image_file(path)


# Folders --------------------------------------------------------------------------------------------------------------


def test_other_files_of_a_folder_open(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(nifti_bytes())
    save_mgh(tmp_path / "b.mgz", numbers("u1", (5, 4, 3)))
    (tmp_path / "c.nii.gz").write_bytes(LFS)
    (tmp_path / "d.nii.bz2").write_bytes(bz2.compress(nifti_bytes()))
    (tmp_path / "e.nrrd").write_bytes(b"NRRD0004\n")
    (tmp_path / "notes.txt").write_text("no image")
    found = inspect(tmp_path)
    assert [info.key for info in found] == ["a.nii", "b.mgz", "d.nii.bz2"]
    for info in found:
        *_, finding = info.findings
        assert finding.startswith("A file beside it was left out: c.nii.gz is a pointer of Git LFS")
    assert open_image(tmp_path, "b.mgz").volume.stored.dtype == np.uint8


def test_a_folder_of_another_format_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(FileError, match=f"holds no image; give {formats.WANTED.replace('(', '.').replace(')', '.')}"):
        inspect(tmp_path)
    (tmp_path / "brain.mnc").write_bytes(minc(2))
    with pytest.raises(FileError, match=r"brain\.mnc is a MINC 2 image"):
        inspect(tmp_path)


# The register ---------------------------------------------------------------------------------------------------------


def test_declarations() -> None:
    assert formats.WRITTEN.title == "NIfTI"
    for form in formats.FORMATS:
        assert (form.find is None) == bool(form.remedy), form.title
        assert all(ending.startswith(".") for ending in form.endings + form.unlisted), form.title
        assert set(form.written) <= set(form.endings + form.unlisted), form.title
        assert not form.remedy.endswith("."), form.title
        assert not form.recognise(b""), form.title
    endings = [ending for form in formats.FORMATS for ending in map(str.lower, {*form.endings, *form.unlisted})]
    assert {ending for ending in endings if endings.count(ending) > 1} <= {".ima"}
    titles = [form.title for form in formats.FORMATS]
    assert len(set(titles)) == len(titles)


@given(st.binary(max_size=1100))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    for form in formats.FORMATS:
        assert form.recognise(data) in (True, False)


def test_first_bytes_are_unpacked(tmp_path: Path) -> None:
    for ending, pack in PACK.items():
        (tmp_path / f"file{ending}").write_bytes(pack(b"content" * 1000))
        assert first_bytes(tmp_path / f"file{ending}", 9) == (b"contentco", True)
    (tmp_path / "file").write_bytes(b"abc")
    assert first_bytes(tmp_path / "file", 9) == (b"abc", False)


def test_names() -> None:
    assert formats.named(Path("x.NII.GZ")) is formats.WRITTEN
    assert formats.named(Path("x.gz")) is None
    assert [formats.is_image_name(Path(name)) for name in ("a.mgz", "a.nii.zst", "a.dcm", "a.mnc", "a")] == [
        *(True, True),
        *(False, False, False),
    ]
    assert [formats.can_write(Path(name)) for name in ("a.nii", "a.hdr.gz", "a.mgz", "a.nii.bz2")] == [
        *(True, True),
        *(False, False),
    ]
    assert [formats.stem(name) for name in ("a.nii.bz2", "a.mgh.gz", "a.dcm", "a.b")] == ["a", "a", "a.dcm", "a.b"]
