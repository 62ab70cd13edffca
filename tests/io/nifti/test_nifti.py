"""NIfTI in: nibabel is the reference for values, affines and the choice between sform and qform."""

from __future__ import annotations

import gzip
import itertools
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.affines import from_matvec

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import formats, streams
from maskeditor.io.nifti.read import Header, read_extension, read_header, read_image, read_slice

KINDS = {1: (nib.Nifti1Image, nib.Nifti1Pair), 2: (nib.Nifti2Image, nib.Nifti2Pair)}
DTYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
FIELDS = ("dim", "pixdim", "qform_code", "sform_code", "srow_x", "qoffset_z", "datatype", "descrip")
OBLIQUE = from_matvec(np.array([[0.9, -0.1, 0.02], [0.11, 1.2, -0.3], [0.01, 0.25, 2.9]]), [-31.25, 17.5, -8.0])


def numbers(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return values that use the whole range of a type."""
    rng = np.random.default_rng(5)
    kind = np.dtype(dtype)
    raw = rng.integers(0, 256, int(np.prod(shape)) * kind.itemsize, dtype=np.uint8)
    if kind.kind == "f":
        return rng.normal(0, 1e3, shape).astype(kind)
    return raw.view(kind).reshape(shape)


def assert_equals_nibabel(path: Path) -> None:
    volume, header = read_image(path)
    image = nib.load(path)
    expected = np.asanyarray(image.dataobj)
    expected = expected.reshape(expected.shape + (1,) * (3 - expected.ndim))
    assert volume.stored.shape == expected.shape
    assert volume.stored.flags.f_contiguous
    assert volume.stored.dtype.isnative
    assert not volume.stored.flags.writeable
    np.testing.assert_array_equal(volume.geometry.affine, image.affine)
    for frame in range(volume.frames):
        wanted = expected if expected.ndim == 3 else expected[..., frame]
        np.testing.assert_array_equal(volume.intensities(frame), wanted)
    for field in FIELDS:
        theirs = nib.nifti1.Nifti1Header if header.version == 1 else nib.nifti2.Nifti2Header
        ours = theirs(header.raw, header.byte_order, check=False)[field]
        assert ours.tobytes() == image.header[field].tobytes(), field


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".hdr", ".img"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_nibabel(tmp_path: Path, dtype: str, order: str, version: int, ending: str) -> None:
    single, pair = KINDS[version]
    make = single if ".nii" in ending else pair
    header = make.header_class(endianness=order)
    header.set_data_dtype(np.dtype(dtype).newbyteorder(order))
    image = make(numbers(dtype, (5, 4, 3)).astype(np.dtype(order + dtype)), OBLIQUE, header)
    image.set_data_dtype(order + dtype)
    path = tmp_path / f"image{ending}"
    nib.save(image, path)
    assert read_header(path).byte_order == order
    assert_equals_nibabel(path)


@pytest.mark.parametrize("piece", [8, 56, 1 << 20])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
def test_whatever_the_pieces_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, order: str, piece: int
) -> None:
    monkeypatch.setattr(streams, "PIECE", piece)
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(order + dtype)
    for ending in (".nii", ".nii.gz"):
        nib.save(nib.Nifti1Image(numbers(dtype, (7, 5, 3, 2)), OBLIQUE, header), tmp_path / f"image{ending}")
        assert read_header(tmp_path / f"image{ending}").byte_order == order
        assert_equals_nibabel(tmp_path / f"image{ending}")
        middle = np.asanyarray(nib.load(tmp_path / f"image{ending}").dataobj)[:, :, 1, 0]
        np.testing.assert_array_equal(read_slice(tmp_path / f"image{ending}"), middle)


@pytest.mark.parametrize("shape", [(9, 8, 7), (128, 64, 66)])  # read at once, and in more than what is read ahead
def test_the_sum_at_the_end_of_a_packed_file_is_checked(tmp_path: Path, shape: tuple[int, ...]) -> None:
    packed = gzip.compress(nib.Nifti1Image(numbers("i2", shape), OBLIQUE).to_bytes(), 1, mtime=0)
    path = tmp_path / "image.nii.gz"
    for place in range(1, 9):  # the sum and the length
        damaged = bytearray(packed)
        damaged[-place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(FileError, match="is damaged"):
            read_image(path)
        path.write_bytes(packed[:-place])
        with pytest.raises(FileError, match="ends too early"):
            read_image(path)
    path.write_bytes(packed)
    assert_equals_nibabel(path)


@pytest.mark.realdata
def test_real_images_equal_nibabel(test_data: Path) -> None:
    paths = sorted((test_data / "nifti").glob("*.nii.gz"))
    assert len(paths) >= 6
    for path in paths:
        assert_equals_nibabel(path)


@settings(max_examples=40)
@given(
    axes=st.permutations(range(3)),
    flips=st.tuples(*[st.sampled_from([-1, 1])] * 3),
    slope=st.sampled_from([0.0, 1.0, 2.0, 0.3, -1.5, float("nan")]),
    intercept=st.sampled_from([0.0, -1024.0, 0.25]),
    frames=st.integers(1, 3),
    codes=st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1), (4, 2)]),
)
def test_axis_orders_and_scaling(
    tmp_path: Path,
    axes: list[int],
    flips: tuple[int, int, int],
    slope: float,
    intercept: float,
    frames: int,
    codes: tuple[int, int],
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) * (1.0, 2.0, 3.5))[:, axes] * flips
    affine[:3, 3] = (-3, 8, 1.5)
    shape = (4, 3, 5, frames)[: 3 + (frames > 1)]
    image = nib.Nifti1Image(numbers("i2", shape), affine)
    path = tmp_path / "image.nii"
    image.set_qform(affine, codes[0])
    image.set_sform(affine, codes[1])
    nib.save(image, path)
    content = bytearray(path.read_bytes())
    content[112:120] = struct.pack("<2f", slope, intercept)
    path.write_bytes(content)
    assert_equals_nibabel(path)
    undecided = any("Neither sform nor qform" in sentence for sentence in read_image(path)[0].findings)
    assert undecided == (codes == (0, 0))


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1),
    st.tuples(*[st.floats(0.1, 9)] * 3),
    st.sampled_from([-1, 1]),
)
def test_qform_equals_nibabel(q: list[float], zooms: tuple[float, float, float], qfac: int) -> None:
    quaternion = np.array(q) / np.linalg.norm(q) * (1 if q[0] >= 0 else -1)
    header = nib.Nifti1Header()
    header.set_data_shape((3, 4, 5))
    header.set_zooms(zooms)
    header["pixdim"][0] = qfac
    header["quatern_b"], header["quatern_c"], header["quatern_d"] = quaternion[1:]
    header["qform_code"], header["magic"] = 1, b"n+1"
    ours = Header(header.binaryblock)
    np.testing.assert_allclose(ours.affine, header.get_best_affine(), atol=1e-12)
    # And the way back: the header made from a geometry has the same qform and sform.
    again = nib.Nifti1Header.from_header(nib.Nifti1Header(Header.from_geometry(ours.geometry()).raw))
    np.testing.assert_allclose(again.get_qform(), ours.affine, atol=2e-5)
    np.testing.assert_allclose(again.get_sform(), ours.affine, rtol=1e-6, atol=1e-6)
    assert (int(again["qform_code"]), int(again["sform_code"]), int(again["xyzt_units"])) == (1, 1, 10)


def test_sheared_geometry_gets_no_qform() -> None:
    sheared = np.eye(4)
    sheared[1, 2] = 0.3
    header = nib.Nifti1Header(Header.from_geometry(Geometry((3, 4, 5), sheared)).raw)
    assert (int(header["qform_code"]), int(header["sform_code"])) == (0, 1)


@pytest.mark.parametrize("shear", [2e-4, 1e-3, 0.02])
def test_a_slight_shear_keeps_the_qform_that_itk_goes_by(tmp_path: Path, shear: float) -> None:
    sitk = pytest.importorskip("SimpleITK")
    affine = np.diag([2.0, 2, 3, 1])
    affine[1, 2] = shear
    grid = Geometry((3, 4, 5), affine)
    nib.save(
        nib.Nifti1Image(np.ones(grid.shape), None, nib.Nifti1Header(Header.from_geometry(grid).raw)), tmp_path / "a.nii"
    )
    placed = sitk.ReadImage(str(tmp_path / "a.nii")).TransformIndexToPhysicalPoint((2, 3, 4))
    np.testing.assert_allclose(np.array(placed) * (-1, -1, 1), grid.to_world((2, 3, 4)), atol=0.05 * 2)


def test_huge_grid_gets_nifti2() -> None:
    assert Header.from_geometry(Geometry((40000, 2, 2), np.eye(4))).version == 2


@pytest.mark.parametrize("shape", [(7,), (7, 3), (7, 3, 2, 1), (7, 3, 2, 1, 1)])
def test_shapes_become_three_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "image.nii"
    nib.save(nib.Nifti1Image(numbers("i2", shape), np.eye(4)), path)
    volume, header = read_image(path)
    assert volume.stored.shape == (*shape, 1, 1)[:3]
    assert header.file_shape == shape
    assert bool(volume.findings) == (len(shape) < 3)


def written(tmp_path: Path, **fields: object) -> Path:
    """Write a 4 × 3 × 2 NIfTI-1 file (.nii) with fields of its header changed."""
    image = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(4, 3, 2), np.diag([2, 2, 3, 1]))
    image.set_qform(image.affine, 1)
    content = bytearray(image.to_bytes())
    record = np.frombuffer(content, nib.nifti1.header_dtype, 1)[0:1].copy()
    for field, value in fields.items():
        record[field] = value
    content[:348] = record.tobytes()
    path = tmp_path / "image.nii"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sform_code": 0, "qform_code": 0}, "Neither sform nor qform"),
        ({"srow_x": [2, 0, 0, 5]}, "disagree by up to 5 mm"),
        ({"pixdim": [1, 0, 2, 3, 1, 1, 1, 1], "qform_code": 0}, "zero or less"),
        ({"xyzt_units": 3}, "micrometres"),
    ],
)
def test_findings(tmp_path: Path, fields: dict[str, object], words: str) -> None:
    volume, _ = read_image(written(tmp_path, **fields))
    assert len(volume.findings) == 1
    assert words in volume.findings[0]


@pytest.mark.parametrize(("shift", "found"), [(0.09, False), (0.11, True), (-0.09, False), (-0.11, True)])
def test_sform_and_qform_disagree_from_a_twentieth_of_a_voxel_on(tmp_path: Path, shift: float, found: bool) -> None:
    volume, _ = read_image(written(tmp_path, srow_x=[2, 0, 0, shift]))
    assert [sentence for sentence in volume.findings if "disagree" in sentence] == list(volume.findings)
    assert bool(volume.findings) is found


def test_no_finding_on_an_ordinary_file(tmp_path: Path) -> None:
    assert read_image(written(tmp_path))[0].findings == ()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"magic": b"nii"}, "Analyze"),
        ({"sizeof_hdr": 12}, "no NIfTI header"),
        ({"datatype": 32}, "complex"),
        ({"datatype": 128}, "RGB"),
        ({"datatype": 2304}, "RGBA"),
        ({"datatype": 1536}, "128-bit"),
        ({"datatype": 77}, "unknown type 77"),
        ({"dim": [3, 4, 0, 2, 1, 1, 1, 1]}, "impossible shape"),
        ({"dim": [9, 4, 3, 2, 1, 1, 1, 1]}, "states 9 axes"),
        ({"vox_offset": 1e9}, "states that its voxels begin at byte 1000000000"),
        ({"dim": [5, 2, 2, 2, 1, 3, 1, 1]}, "5 axes"),
        ({"dim": [4, 32767, 32767, 32767, 32767, 1, 1, 1]}, "ends too early"),
        (
            {"srow_x": 0, "srow_y": 0, "srow_z": 0, "qform_code": 0},
            r"opened: the affine is singular \(an axis has no length, or two coincide\), so voxels have no place in "
            r"space; repair the file's header\.$",
        ),
        ({"srow_x": [np.nan, 0, 0, 0], "qform_code": 0}, "finite"),
        ({"scl_slope": 2, "scl_inter": np.inf}, "scl_inter"),
        ({"magic": b"ni1"}, "another file"),
    ],
)
def test_refusals_are_one_sentence(tmp_path: Path, fields: dict[str, object], words: str) -> None:
    path = written(tmp_path, **fields)
    with pytest.raises(FileError, match=words) as caught:
        read_image(path)
    assert str(caught.value).startswith("image.nii ")
    assert "\n" not in str(caught.value)


def test_cut_short_at_every_length(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    path = tmp_path / "cut.nii"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"cut\.nii"):
            read_image(path)


def test_packed_file_cut_or_changed_anywhere(tmp_path: Path) -> None:
    whole = gzip.compress(written(tmp_path).read_bytes(), mtime=0)
    path = tmp_path / "cut.nii.gz"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"cut\.nii\.gz"):
            read_image(path)
    # From the end of gzip's own header on, every changed byte must be noticed by the sum or the length.
    for position in range(10, len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0x55
        path.write_bytes(changed)
        with pytest.raises(FileError, match=r"cut\.nii\.gz"):
            read_image(path)


def test_a_packed_liar_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, dim=[4, 32767, 32767, 32767, 32767, 1, 1, 1])
    packed = path.with_suffix(".nii.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(FileError, match="ends too early"):
        read_image(packed)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.nii cannot be opened: it does not exist"):
        read_image(tmp_path / "nothing.nii")
    nib.save(nib.Nifti1Pair(np.zeros((2, 2, 2), np.int16), np.eye(4)), tmp_path / "pair.hdr")
    (tmp_path / "pair.img").unlink()
    with pytest.raises(FileError, match=r"pair\.hdr cannot be opened"):
        read_image(tmp_path / "pair.hdr")
    with pytest.raises(FileError, match="it is a folder"):
        read_image(tmp_path)


def test_progress_grows_and_cancels(tmp_path: Path) -> None:
    path = tmp_path / "image.nii"
    nib.save(nib.Nifti1Image(np.zeros((128, 128, 100), np.int16), np.eye(4)), path)
    seen: list[float] = []
    read_image(path, Progress(seen.append))
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        read_image(path, progress)


def test_comment_among_other_extensions(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(4, b"<AFNI/>"))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(6, b"a recipe"))
    for name in ("image.nii", "image.nii.gz"):
        nib.save(image, tmp_path / name)
        assert read_extension(tmp_path / name) == b"a recipe"
        assert_equals_nibabel(tmp_path / name)


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_voxels_are_not_taken_for_an_extension(tmp_path: Path, before: int) -> None:
    looks_so = np.frombuffer(struct.pack("<2i", 16, 6) + b"no comment at all, but voxels...", np.uint8)
    for recipe in (b"", b"a recipe"):
        image = nib.Nifti1Image(looks_so.reshape((5, 4, 2), order="F"), np.eye(4))
        for number in range(before):
            image.header.extensions.append(nib.nifti1.Nifti1Extension(4, b"<AFNI/>" * (4 * number + 1)))
        if recipe:
            image.header.extensions.append(nib.nifti1.Nifti1Extension(6, recipe))
        nib.save(image, tmp_path / "image.nii")
        assert read_extension(tmp_path / "image.nii") == (recipe or None)


def test_stems() -> None:
    names = ["a.nii", "b.nii.gz", "c.hdr", "d.IMG", "e.img.gz", "f.1.2"]
    assert [formats.stem(name) for name in names] == ["a", "b", "c", "d", "e", "f.1.2"]


def test_packed_pairs(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Pair(numbers("i2", (3, 2, 2)), OBLIQUE), tmp_path / "pair.img.gz")
    for first, second in itertools.product((".hdr.gz", ".img.gz"), repeat=2):
        assert_equals_nibabel(tmp_path / f"pair{first}")
        assert_equals_nibabel(tmp_path / f"pair{second}")
