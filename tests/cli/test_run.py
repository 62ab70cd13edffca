"""maskeditor run: the same masks as the peers and the window, and no file touched when it cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
from blake3 import blake3
from scipy import ndimage

import maskeditor
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, make, operations
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.io.nifti.series import ReducedSeries
from maskeditor.io.open import inspect
from maskeditor.io.streams import ByteStream
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recipes import read_recipe
from maskeditor.model.session import Session
from tests.older import as_before, hashes_of

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.array([[-2.0, 0, 0.3, 40], [0, 2.5, 0, -50], [0.2, 0, 3, -20], [0, 0, 0, 1]])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image of int16 with slope and intercept."""
    data = np.random.default_rng(5).integers(0, 100, (12, 11, 9)).astype(np.int16)
    made = nibabel.Nifti1Image(data, AFFINE)
    made.header.set_data_dtype(np.int16)
    path = tmp_path / "image.nii.gz"
    nibabel.save(made, path)
    return path


def voxels(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj)


# Done


def test_steps_given_one_by_one(call: Call, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii.gz"
    ended = call("run", image, "-o", out, "--do", "threshold lower=60 upper=90", "--do", "dilation iterations=2")
    expected = ndimage.binary_dilation((voxels(image) >= 60) & (voxels(image) <= 90), iterations=2)
    assert np.array_equal(voxels(out), expected)
    count, volume = int(expected.sum()), expected.sum() * abs(np.linalg.det(AFFINE[:3, :3])) / 1000
    assert ended == (0, f"{out}: {count} voxels, {volume:.6g} mL, {100 * expected.mean():.3g} % of the image\n", "")
    assert np.array_equal(nibabel.load(out).affine, nibabel.load(image).affine)


def test_a_step_that_does_nothing_is_named_unless_it_found_nothing_to_tidy(
    call: Call, image: Path, tmp_path: Path
) -> None:
    steps = ("--do", "threshold lower=60", "--do", "fill_holes", "--do", "fill_holes", "--do", "opening iterations=9")
    ended = call("run", image, "-o", tmp_path / "mask.nii", *steps, "--do", "dilation")
    filled = int(ndimage.binary_fill_holes(voxels(image) >= 60).sum())
    assert ended.status == 0
    warnings = ended.err.splitlines()
    assert warnings == [
        f"maskeditor: Warning: Step 4 (Opening 9 ×) left nothing of the {filled} voxels.",
        "maskeditor: Warning: Step 5 (Dilation 1 ×) changed no voxel.",
        "maskeditor: Warning: The mask is empty: no voxel is inside.",
    ]


def test_a_step_that_changed_nothing_calls_the_roi_it_looks_at_by_its_name(
    call: Call, image: Path, tmp_path: Path
) -> None:
    brain, out = tmp_path / "brain.nii", tmp_path / "mask.nii"
    assert call("run", image, "-o", brain, "--do", "threshold lower=60").status == 0
    inside = ("--do", "threshold lower=80", "--do", "boolean other=brain how=intersection")
    ended = call("run", image, "-o", out, "--roi", f"brain={brain}", *inside)
    assert ended.status == 0
    assert ended.err.splitlines() == ["maskeditor: Warning: Step 3 (Intersection with 'brain') changed no voxel."]


def test_many_steps_that_do_nothing_are_one_line(call: Call, image: Path, tmp_path: Path) -> None:
    idle, emptying = ("--do", "threshold lower=60"), ("--do", "opening iterations=9")
    ended = call("run", image, "-o", tmp_path / "mask.nii", *idle * 5, *(*emptying, *idle) * 4)
    title = "Threshold from 60"
    assert ended.err.splitlines() == [
        f"maskeditor: Warning: Steps 2 ({title}), 3 ({title}), 4 ({title}) and 1 more changed no voxel.",
        "maskeditor: Warning: Steps 6 (Opening 9 ×), 8 (Opening 9 ×), 10 (Opening 9 ×) and 1 more left nothing of "
        "their masks.",
    ]


def test_the_sidecar_and_the_mask_carry_the_recipe(call: Call, image: Path, tmp_path: Path) -> None:
    first, second, third, fourth = (tmp_path / f"mask{number}.nii.gz" for number in range(4))
    call("run", image, "-o", first, "--do", "threshold lower=60", "--do", "keep_largest neighbours=26")
    sidecar = json.loads((tmp_path / "mask0.json").read_text())
    mask = voxels(first).astype(np.uint8)
    assert sidecar["Sources"] == ["image.nii.gz"]
    assert sidecar["Recipe"]["result"] == {
        "voxels": int(mask.sum()),
        "fingerprint": f"blake3:{blake3(mask.tobytes(order='F')).hexdigest()}",
    }
    stored = voxels(image).tobytes(order="F")
    assert sidecar["Recipe"]["source"]["fingerprint"] == f"blake3:{blake3(stored).hexdigest()}"
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps(sidecar["Recipe"]))
    for carrier, out in ((first, second), (tmp_path / "mask0.json", third), (recipe, fourth)):
        assert call("run", image, "-o", out, "--recipe", carrier).status == 0
        assert out.read_bytes() == first.read_bytes()


def test_the_window_makes_the_same(call: Call, image: Path, tmp_path: Path) -> None:
    # As the window does it: step by step, with undo and redo between, and one change of mind.
    session = Session.open(image)
    document, roi = session.document, "roi1"
    document.do(make("threshold", {"lower": 30}), roi)
    document.do(make("erosion", {}), roi)
    document.undo()
    document.do(make("opening", {"structure": "ball", "radius": 2.6}), roi)
    point = document.geometry.to_world((5, 5, 4)).tolist()
    document.do(make("paint", {"points": (point,), "radius": 7, "shape": "sphere"}), roi)
    document.undo()
    document.redo()
    first, *rest = document.timeline
    document.edit(0, [first.with_(operation=make("threshold", {"lower": 35})), *rest], "change")
    save_mask(session, roi, tmp_path / "window.nii.gz")

    assert call("run", image, "-o", tmp_path / "run.nii.gz", "--recipe", tmp_path / "window.nii.gz").status == 0
    assert (tmp_path / "run.nii.gz").read_bytes() == (tmp_path / "window.nii.gz").read_bytes()


def test_a_recipe_of_several_rois(call: Call, image: Path, tmp_path: Path) -> None:
    recipe = {
        "format": "maskeditor recipe",
        "version": 1,
        "rois": [{"id": "inner"}, {"id": "outer"}],
        "target": "outer",
        "steps": [
            {"id": "threshold", "parameters": {"lower": 80}, "roi": "inner"},
            {
                "id": "threshold",
                "parameters": {"lower": 50},
                "roi": "outer",
                "scope": {"axis": 2, "first": 2, "last": 4},
            },
            {"id": "boolean", "parameters": {"other": "inner", "how": "difference"}, "roi": "outer"},
        ],
    }
    (tmp_path / "r.json").write_text(json.dumps(recipe))
    assert call("run", image, "-o", tmp_path / "mask.nii", "--recipe", tmp_path / "r.json").status == 0
    values = voxels(image)
    expected = (values >= 50) & (values < 80)
    expected[:, :, [0, 1, *range(5, 9)]] = False
    assert np.array_equal(voxels(tmp_path / "mask.nii"), expected)


@pytest.mark.parametrize("older", [False, True])
def test_a_drift_is_told(call: Call, image: Path, tmp_path: Path, older: bool) -> None:
    out = tmp_path / "mask.nii.gz"
    call("run", image, "-o", out, "--do", "threshold lower=60")
    record = json.loads((tmp_path / "mask.json").read_text())["Recipe"]
    key, others = "fingerprint", f"blake3:{'0' * 64}"
    if older:
        record, key, others = as_before(record, hashes_of(image, out)), "sha256", "0" * 64
    (tmp_path / "r.json").write_text(json.dumps(record))
    ended = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
    assert (ended.status, ended.err) == (0, "")
    record["result"] = {"voxels": 7, key: others}
    record["program"] = "maskeditor 9.9"
    (tmp_path / "r.json").write_text(json.dumps(record))
    ended = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
    assert ended.status == 0
    assert ended.err.startswith("maskeditor: Warning: the recipe was made on this very image, but the mask is not the")
    assert "maskeditor 9.9" in ended.err
    assert ended.err.count("\n") == 1
    # On another image another mask is right; there the bound may be of other units.
    record["source"][key] = others
    (tmp_path / "r.json").write_text(json.dumps(record))
    ended = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
    assert ended.err.startswith("maskeditor: Warning: Absolute intensities of image.nii.gz, on which the recipe was")
    assert "step 1 (Threshold from 60)" in ended.err
    assert ended.err.count("\n") == 1


def test_what_is_doubtful_of_a_mask_is_told_of_its_components_too(call: Call, image: Path, tmp_path: Path) -> None:
    out, labels = tmp_path / "mask.nii.gz", tmp_path / "labels_dseg.nii.gz"
    call("run", image, "-o", out, "--do", "threshold lower=-1")
    record = json.loads((tmp_path / "mask.json").read_text())["Recipe"]
    record["result"] |= {"fingerprint": f"blake3:{'0' * 64}"}
    (tmp_path / "r.json").write_text(json.dumps(record))
    plain = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
    split = call("run", image, "-o", labels, "--recipe", tmp_path / "r.json", "--split")
    assert "The mask is the whole image" in split.err
    assert "but the mask is not the one that it records" in split.err
    assert (split.status, split.err) == (0, plain.err)
    assert split.out.startswith("1: 1188 voxels")


def test_an_empty_mask_has_no_components(call: Call, image: Path, tmp_path: Path) -> None:
    ended = call("run", image, "-o", tmp_path / "labels.nii.gz", "--do", "threshold lower=1e9", "--split")
    ended.failed(1, "labels.nii.gz was not written: an empty mask has no components; change the steps.")
    assert [*tmp_path.iterdir()] == [image]


def test_what_lies_in_the_place_of_the_table_of_components_is_found_before_any_work(
    call: Call, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.tsv").write_text("participant_id\tage\nsub-01\t30\n")
    ended = call("run", tmp_path / "absent.nii", "-o", tmp_path / "labels.nii.gz", "--do", "epi_mask", "--split")
    ended.failed(1, "labels.nii.gz was not written: labels.tsv beside it holds more than")


@pytest.mark.parametrize("key", ["image_fingerprint", "image_sha256"])
def test_a_drift_of_an_image_is_told(call: Call, image: Path, tmp_path: Path, key: str) -> None:
    out = tmp_path / "s.nii.gz"
    call("run", image, "-o", out, "--do", "smooth name=s fwhm=6", "--save", "s")
    record = json.loads((tmp_path / "s.json").read_text())["Recipe"]
    known = record["result"].pop("image_fingerprint")
    (digest,) = (sha256 for name, sha256 in hashes_of(out).items() if name == known)
    for recorded, lines in ((known if key == "image_fingerprint" else digest, 0), (f"blake3:{'0' * 64}", 1)):
        record["result"][key] = recorded
        (tmp_path / "r.json").write_text(json.dumps(record))
        ended = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
        assert (ended.status, ended.err.count("but the image is not the one that it records")) == (0, lines)


def test_no_drift_is_told_by_a_hash_of_a_kind_that_is_not_known(call: Call, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii.gz"
    call("run", image, "-o", out, "--do", "threshold lower=60")
    record = json.loads((tmp_path / "mask.json").read_text())["Recipe"]
    record["result"]["fingerprint"] = f"blake9:{'0' * 64}"
    (tmp_path / "r.json").write_text(json.dumps(record))
    ended = call("run", image, "-o", out, "--recipe", tmp_path / "r.json")
    assert (ended.status, ended.err) == (0, "")


def test_no_drift_is_told_where_it_is_not_known_whether_a_further_image_is_the_same(
    call: Call, image: Path, tmp_path: Path
) -> None:
    """A recipe that somebody wrote, or cut, may say of its images what they are called alone."""
    other, out = tmp_path / "other.nii", tmp_path / "mask.nii.gz"
    nibabel.save(nibabel.Nifti1Image(90 - voxels(image).astype(np.int16), nibabel.load(image).affine), other)
    call("run", image, "-o", out, "--image", f"m={image}", "--do", "threshold image=m lower=60")
    record = json.loads((tmp_path / "mask.json").read_text())["Recipe"]
    known = record["images"]["m"].pop("fingerprint")
    for given, told in (({}, 0), ({"fingerprint": known}, 0), ({"fingerprint": hash_of(other)}, 1)):
        record["images"]["m"] |= given
        (tmp_path / "r.json").write_text(json.dumps(record))
        ended = call("run", image, "-o", out, "--image", f"m={other}", "--recipe", tmp_path / "r.json")
        assert (ended.status, ended.err.count("was made on this very image")) == (0, told)


def hash_of(path: Path) -> str:
    (known,) = hashes_of(path)
    return known


# Not done


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["treshold"], "There is no operation 'treshold'; did you mean 'threshold'?"),
        (["threshold lowr=3"], "threshold has no parameter 'lowr'; did you mean 'lower'?"),
        (["temporal_snr name=t"], "There is no operation 'temporal_snr'; did you mean 'tsnr'?"),
        (["tsnr name=t volume=3"], "tsnr has no parameter 'volume'; did you mean 'frame'?"),
        (["threshold lower=5 upper=4"], "intensity to (4) must not be below intensity from (5)"),
        (["dilation iterations=x"], "dilation: iterations is 'x', but must be a whole number from 1"),
        ([""], "An empty step was given; write it as ID name=value name=value."),
    ],
)
def test_steps_are_checked_before_any_work(call: Call, tmp_path: Path, lines: list[str], part: str) -> None:
    words = [word for line in lines for word in ("--do", line)]
    call("run", tmp_path / "absent.nii", "-o", tmp_path / "mask.nii", *words).failed(1, part)


@pytest.mark.parametrize(
    ("output", "part"),
    [
        ("mask.mha", "should end in .nii.gz, .nii, .hdr or .img; choose such a name for the mask."),
        ("absent/mask.nii.gz", "absent does not exist; make it first or choose another."),
        ("folder.nii", "folder.nii is a folder; choose the name of a file for the mask."),
    ],
)
def test_the_output_is_checked_before_any_work(call: Call, tmp_path: Path, output: str, part: str) -> None:
    (tmp_path / "folder.nii").mkdir()
    call("run", tmp_path / "absent.nii", "-o", tmp_path / output, "--do", "invert").failed(1, part)


def test_the_image_itself_is_never_replaced(call: Call, image: Path, tmp_path: Path) -> None:
    before = image.read_bytes()
    call("run", image, "-o", image, "--do", "invert").failed(1, "would replace the image itself; choose another name")
    (tmp_path / "link.nii.gz").symlink_to(image)
    call("run", tmp_path / "link.nii.gz", "-o", image, "--do", "invert").failed(1, "would replace the image itself")
    assert image.read_bytes() == before


def test_a_step_that_fails_leaves_the_old_mask(call: Call, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii.gz"
    call("run", image, "-o", out, "--do", "threshold lower=60")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    ended = call("run", image, "-o", out, "--do", "clear", "--do", "select_component point=1,2,3")
    ended.failed(1, "Step 2 (Select component: voxel 1, 2, 3) could not be carried out: The voxel 1, 2, 3 lies outside")
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.fixture
def no_voxels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as a voxel is read."""
    monkeypatch.setattr(ByteStream, "fill", lambda *_, **__: pytest.fail("voxels were read"))


@pytest.mark.usefixtures("no_voxels")
@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["invert", "threshold frame=2"], "could not be carried out: Volume 2 was asked for, but image has"),
        (["threshold frame=1-4"], "Volume 1 was asked for, but image has one volume alone; leave it out, or take 0."),
        (["region_grow seed=3,4,9"], "The seed 3, 4, 9 lies outside the image"),
        (["flood_fill point=12,0,0"], "The voxel 12, 0, 0 lies outside the image"),
        (["invert", "select_component point=0,11,0"], "could not be carried out: The voxel 0, 11, 0 lies outside"),
        (["copy_slice source=1 first=2 last=400"], "Slice 1 was to be copied to 2–400, but the image has"),
        (["boolean other=roi2"], "There is no other ROI 'roi2' here (other ROIs: none); choose one of them."),
    ],
)
def test_what_the_header_refuses_comes_before_the_voxels(
    call: Call, image: Path, tmp_path: Path, lines: list[str], part: str
) -> None:
    out = tmp_path / "mask.nii.gz"
    call("run", image, "-o", out, *(word for line in lines for word in ("--do", line))).failed(1, part)


@pytest.mark.usefixtures("no_voxels")
def test_an_image_that_nobody_makes_is_refused_before_the_voxels(call: Call, image: Path, tmp_path: Path) -> None:
    refused = call("run", image, "-o", tmp_path / "out.nii", "--do", "smooth name=s", "--save", "t")
    refused.failed(1, "There is no image 't' here (further images: 's'); add it or choose another.")


@pytest.mark.usefixtures("no_voxels")
def test_what_the_output_refuses_comes_before_the_voxels(
    call: Call, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mask.json").write_text('{"EchoTime": 0.03}')
    refused = call("run", image, "-o", tmp_path / "mask.nii.gz", "--do", "invert")
    refused.failed(1, "mask.json beside it tells of another image and would be lost")
    pair = nibabel.Nifti1Pair(np.zeros((2, 3, 4), np.uint8), np.eye(4))
    nibabel.save(pair, tmp_path / "pair.img")
    for command in (("run", tmp_path / "pair.img", "--do", "invert", "-o"), ("convert", tmp_path / "pair.img")):
        call(*command, tmp_path / "pair.hdr").failed(1, "would replace the image itself")
    (tmp_path / "link.nii").symlink_to(tmp_path / "mask.json")
    image_wanted = ("run", image, "--do", "smooth name=s", "--save", "s", "-o")
    for command in (("run", image, "--do", "invert", "-o"), image_wanted, ("convert", image)):
        call(*command, tmp_path / "link.nii").failed(1, "it is a symbolic link to")
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
    for command in (("run", image, "--do", "invert", "-o"), image_wanted, ("convert", image)):
        call(*command, tmp_path / "new.nii").failed(1, "takes no new files from you; choose another.")


def test_a_recipe_of_another_grid_is_refused_before_the_voxels(
    call: Call, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, other = tmp_path / "mask.nii.gz", tmp_path / "other.nii.gz"
    assert call("run", image, "-o", out, "--do", "region_grow seed=1,1,1 lower=0").status == 0
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 5, 5), np.int16), np.eye(4)), other)
    monkeypatch.setattr(ByteStream, "fill", lambda *_, **__: pytest.fail("voxels were read"))
    refused = call("run", other, "-o", tmp_path / "new.nii.gz", "--recipe", out)
    refused.failed(1, "The recipe was made on another image, to which step 1", "--bound keep")


def test_files_that_cannot_be_read(call: Call, image: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.nii.gz"
    call("run", tmp_path / "absent.nii", "-o", out, "--do", "invert").failed(1, "absent.nii")
    call("run", image, "-o", out, "--recipe", tmp_path / "absent.json").failed(1, "absent.json")
    call("run", image, "-o", out, "--recipe", image).failed(
        1, "image.nii.gz carries no recipe; give a recipe, a mask's"
    )
    (tmp_path / "r.json").write_text("{}")
    call("run", image, "-o", out, "--recipe", tmp_path / "r.json").failed(1, "r.json: This is not a recipe:")
    (tmp_path / "r.json").write_bytes(b"\xff\xfe\x00")
    call("run", image, "-o", out, "--recipe", tmp_path / "r.json").failed(1, "r.json is no text file;")
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["-o", "m.nii"], "Give either --recipe R, or one or more --do steps; see maskeditor run --help."),
        (["-o", "m.nii", "--do", "invert", "--recipe", "r.json"], "Give either --recipe R, or one or more --do"),
        (["--do", "invert"], "Missing option '-o' / '--output'; see maskeditor run --help."),
        (["-o", "m.nii", "--what"], "No such option"),
    ],
)
def test_wrong_usage(call: Call, words: list[str], part: str) -> None:
    call("run", "image.nii", *words).failed(2, part)


def test_a_template_mask_is_nilearns(call: Call, tmp_path: Path) -> None:
    from nilearn.masking import compute_brain_mask

    affine = np.array([[-6.0, 0, 0.5, 90], [0, 7.0, 0, -125], [0.4, 0, 8, -70], [0, 0, 0, 1]])
    image = nibabel.Nifti1Image(np.zeros((31, 32, 22), np.int16), affine)
    path, out = tmp_path / "image.nii.gz", tmp_path / "mask.nii.gz"
    nibabel.save(image, path)
    for mask_type in ("whole-brain", "gm", "wm"):
        assert call("run", path, "-o", out, "--do", f"template_mask mask_type={mask_type}").status == 0
        expected = np.asarray(compute_brain_mask(nibabel.load(path), mask_type=mask_type).dataobj)
        assert np.array_equal(voxels(out), expected)
        assert expected.any()


# Real scans


@pytest.mark.parametrize("name", ["fmri.nii.gz", "pcasl.nii.gz"])
def test_an_epi_mask_is_nilearns(call: Call, test_data: Path, tmp_path: Path, name: str) -> None:
    from nilearn._utils.ndimage import largest_connected_component
    from nilearn.masking import compute_epi_mask

    path, out = test_data / "nifti" / name, tmp_path / "mask.nii.gz"
    assert call("run", path, "-o", out, "--do", "epi_mask", "--do", "keep_largest").status == 0
    peer = compute_epi_mask(nibabel.load(path))
    expected = largest_connected_component(np.asarray(peer.dataobj).astype(bool))
    assert np.array_equal(voxels(out), expected)
    assert np.array_equal(nibabel.load(out).affine, nibabel.load(path).affine)


def test_what_is_doubtful_about_the_image_is_a_warning(call: Call, image: Path, tmp_path: Path) -> None:
    doubtful = tmp_path / "doubtful.nii"
    made = nibabel.load(image)
    made.header["xyzt_units"] = 3
    nibabel.save(nibabel.Nifti1Image(made.dataobj, None, made.header), doubtful)
    (finding,) = inspect(doubtful)[0].findings
    assert "micrometres" in finding
    ended = call("run", doubtful, "-o", tmp_path / "mask.nii.gz", "--do", "threshold lower=60")
    assert (ended.status, ended.err) == (0, f"maskeditor: Warning: {finding}\n")
    ended = call("convert", doubtful, tmp_path / "copy.nii.gz")
    assert (ended.status, ended.err) == (0, f"maskeditor: Warning: {finding}\n")
    assert "micrometres" in call("info", doubtful).out


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """A head of four volumes, of which the last is NaN."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in (24, 28, 20)], indexing="ij")
    head = np.where(x**2 + y**2 + z**2 < 0.5, 100, 4) + np.random.default_rng(0).normal(0, 1, x.shape)
    data = np.stack([head] * 4, -1).astype(np.float32)
    data[..., 3] = np.nan
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "gap.nii.gz")
    return tmp_path / "gap.nii.gz"


def test_a_volume_without_a_number_is_named(call: Call, gap: Path, tmp_path: Path) -> None:
    ended = call("run", gap, "-o", tmp_path / "mask.nii", "--do", "epi_mask")
    assert ended.status == 0
    volume, box = ended.err.splitlines()
    assert volume.startswith("maskeditor: Warning: Volume 3 holds no number (all are NaN or infinite)")
    # As nilearn makes it, without a word.
    assert box.startswith("maskeditor: Warning: The mask is a mere box of 20 × 24 × 16 voxels")
    assert voxels(tmp_path / "mask.nii").sum() == 20 * 24 * 16
    ended = call("run", gap, "-o", tmp_path / "mask.nii", "--do", "threshold lower=50")
    assert ended.status == 0
    assert ended.err.splitlines()[-1] == "maskeditor: Warning: The mask is empty: no voxel is inside."
    ended = call("run", gap, "-o", tmp_path / "mask.nii", "--do", "epi_mask frame=0,2")
    assert len(ended.err.splitlines()) == 1


def test_an_image_without_a_number_is_named(call: Call, tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.full((9, 8, 7), np.nan, np.float32), AFFINE), tmp_path / "nan.nii")
    ended = call("run", tmp_path / "nan.nii", "-o", tmp_path / "mask.nii", "--do", "threshold lower=5")
    assert ended.status == 0
    assert "Warning: The image holds no number (all voxels are NaN or infinite)" in ended.err


def test_a_mask_that_is_the_whole_image_is_named(call: Call, image: Path, tmp_path: Path) -> None:
    ended = call("run", image, "-o", tmp_path / "mask.nii", "--do", "threshold lower=0")
    assert (ended.status, ended.err) == (
        0,
        "maskeditor: Warning: The mask is the whole image: every voxel is inside.\n",
    )


#: Has another program cut the image short before a function of the program goes on.
_CUT_SHORT = """
import os, sys
from importlib import import_module
from maskeditor.cli.main import main
module, owner, name, path, *words = sys.argv[1:]
owner = getattr(import_module(module), owner)
before = getattr(owner, name)
def cut_short(*given, **named):
    os.truncate(path, 4096)
    return before(*given, **named)
setattr(owner, name, cut_short)
sys.exit(main(words))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nobody cuts an open file short there")
@pytest.mark.parametrize("shape", [(64, 64, 64), (32, 32, 32, 8)])
@pytest.mark.parametrize(
    ("module", "owner", "name", "message"),
    [
        (
            "maskeditor.io.streams",
            "ByteStream",
            "fill",
            "big.nii ends too early: it was cut short; copy or download it",
        ),
        # All of it is in memory then.
        ("maskeditor.ops.threshold", "Threshold", "apply", ""),
    ],
)
def test_an_image_that_is_cut_short_meanwhile(
    tmp_path: Path, shape: tuple[int, ...], module: str, owner: str, name: str, message: str
) -> None:
    big, mask = tmp_path / "big.nii", tmp_path / "mask.nii"
    values = np.random.default_rng(0).integers(0, 100, shape).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), big)
    words = (module, owner, name, big, "run", big, "-o", mask, "--do", "threshold lower=50")
    command = [sys.executable, "-c", _CUT_SHORT, *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == ((1, 1) if message else (0, 0))
    assert message in ended.stderr
    assert mask.exists() == (not message)
    if not message:
        intensities = values.mean(axis=3) if values.ndim == 4 else values
        assert np.array_equal(np.asarray(nibabel.load(mask).dataobj), intensities >= 50)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="names are letters there")
def test_a_name_that_is_not_utf8(image: Path, tmp_path: Path) -> None:
    odd = tmp_path / "image\udcff.nii.gz"
    image.rename(odd)
    out = tmp_path / "mask\udcfe.nii.gz"

    # One process, as it reads its words and prints; to start one for each command takes longer than they do.
    script = """
import sys
from maskeditor.__main__ import main
words = sys.argv[1:]
while words:
    end = words.index("//")
    status = main(words[:end])
    words = words[end + 1 :]
sys.exit(status)
"""

    def run(*commands: tuple[object, ...]) -> subprocess.CompletedProcess[bytes]:
        words = (os.fsencode(str(word)) for command in commands for word in (*command, "//"))
        return subprocess.run([sys.executable, "-c", script, *words], capture_output=True, check=False)

    ended = run(
        ("run", odd, "-o", out, "--do", "threshold lower=60"),
        ("run", odd, "-o", tmp_path / "again\udcfe.nii", "--recipe", out),
        ("info", odd),
        ("info", odd, "--json"),
        ("convert", odd, tmp_path / "copy\udcfe.nii"),
        ("script", out),
        ("script", out, "--methods"),
        ("info", tmp_path / "absent\udcff.nii"),
    )
    # Of the last alone: what the others cannot do, they would say too.
    assert (ended.returncode, ended.stderr.count(b"\n")) == (1, 1)
    assert b"absent" in ended.stderr
    assert b"Unicode" not in ended.stderr


def test_a_file_is_no_folder_for_results(call: Call, image: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = call("run", image, "-o", tmp_path / "file" / "mask.nii", "--do", "threshold lower=60")
    ended.failed(1, "file is a file, so that nothing can lie in it; choose a folder.")


# Series


LOOKING = [cls for cls in operations() if any(one.role is Role.FRAME for one in cls.parameters())]


@pytest.mark.filterwarnings("ignore:The mask is")
@pytest.mark.parametrize("cls", LOOKING, ids=lambda cls: cls.id)
@pytest.mark.parametrize("frame", ["mean", "2", "1-3"])
def test_a_series_is_never_held_and_the_mask_is_the_same(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cls: type[Operation], frame: str
) -> None:
    data = np.random.default_rng(2).integers(0, 60, (14, 13, 12, 5))
    data[np.linalg.norm(np.indices((14, 13, 12)).T - 6, axis=-1).T < 4.5] += 400
    path, out = tmp_path / "bold.nii.gz", tmp_path / "mask.nii.gz"
    nibabel.save(nibabel.Nifti1Image(data.astype(np.int16), AFFINE), path)
    needed = {
        "region_grow": "seed=5,5,5 lower=200",
        "threshold": "lower=200",
        "joint_histogram_region": "corners='200,0;600,0;600,99;200,99'",
        "median_otsu": "median_radius=1",
        "grow_from_seeds": "points='[[28,-35,-2],[40,-50,-20]]' strokes='[[1,5,1],[0,2,1]]'",
    }.get(cls.id, "")
    steps = [f"{cls.id} frame={frame} {needed}", "erosion"]
    held = maskeditor.run(maskeditor.open_image(path), steps)
    monkeypatch.setattr(ReducedSeries, "stored", property(lambda _: pytest.fail("the whole series was read")))
    ended = call("run", path, "-o", out, "--do", steps[0], "--do", steps[1])
    assert ended.status == 0
    assert np.array_equal(voxels(out), held.data)
    assert read_recipe(out).source == held.recipe.source


def test_a_range_of_a_scope_or_a_stroke_looks_at_the_mean(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(2).integers(0, 100, (9, 8, 7, 5)).astype(np.int16)
    path, out, recipe = tmp_path / "bold.nii", tmp_path / "mask.nii.gz", tmp_path / "recipe.json"
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), path)
    stroke = make("paint", {"points": ((4, 4, 3),), "radius": 3.0, "shape": "sphere", "lower": 45.0})
    steps = [Step(stroke, "roi1"), Step(make("invert", {}), "roi1", scope=Scope(lower=60.0))]
    recipe.write_text(dumps(of_operations(steps)))
    held = maskeditor.run(maskeditor.open_image(path), recipe, bound="keep")
    monkeypatch.setattr(ReducedSeries, "stored", property(lambda _: pytest.fail("the whole series was read")))
    assert call("run", path, "-o", out, "--recipe", recipe, "--bound", "keep").status == 0
    assert np.array_equal(voxels(out), held.data)


def test_run_and_batch_write_the_size_of_a_mask_in_one_way(call: Call, tmp_path: Path) -> None:
    values = np.zeros((4, 4, 4), np.int16)
    values[1, 2, 3] = 9
    path, recipe = tmp_path / "a.nii.gz", tmp_path / "r.json"
    nibabel.save(nibabel.Nifti1Image(values, np.diag([2, 2, 2, 1.0])), path)
    ran = call("run", path, "-o", tmp_path / "m.nii.gz", "--do", "threshold lower=5")
    assert ran.out.endswith(": 1 voxel, 0.008 mL, 1.56 % of the image\n")
    recipe.write_text((tmp_path / "m.json").read_text())
    batch = call("batch", recipe, path, "-o", tmp_path / "out")
    assert ": 1 voxel, 0.008 mL, 1.56 % of the image" in batch.out
