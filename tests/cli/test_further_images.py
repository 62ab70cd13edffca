"""`maskeditor run` with further images: given by name, resampled by choice, made by steps, saved."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_to_img, smooth_img
from scipy import ndimage

from maskeditor import api
from maskeditor.__main__ import main
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.script import to_python
from tests import phantoms
from tests.core.recipe.scripts import run_scripts

HEAD = phantoms.head()
COARSE = np.diag([2.1, 1.7, 3.0, 1.0])
COARSE[:3, 3] = [0.3, -0.9, 1.2]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a head, a map on its grid, the same on another, a series, and another head."""
    affine = phantoms.affine("anisotropic")
    images = {
        "head": (HEAD, affine),
        "map": ((HEAD / 100).astype(np.float32), affine),
        "coarse": (np.asfortranarray(HEAD[::2, ::2, ::3] / 100).astype(np.float32), COARSE),
        "series": (np.stack([phantoms.head(seed=seed) for seed in range(4)], axis=-1), affine),
        "another": (phantoms.head(seed=9), affine),
    }
    for name, (data, place) in images.items():
        nibabel.save(nibabel.Nifti1Image(data, place), tmp_path / f"{name}.nii")
    return tmp_path


def of(path: Path) -> Any:
    return np.asarray(nibabel.load(path).dataobj)


def resampled(files: Path, how: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source, target = str(files / "coarse.nii"), str(files / "head.nii")
        return np.asarray(resample_to_img(source, target, how, copy_header=True, force_resample=True).dataobj)


def run(files: Path, *words: str, image: str = "head", out: str = "mask.nii") -> int:
    return main(["run", str(files / f"{image}.nii"), "-o", str(files / out), *words])


def test_a_further_image_on_the_same_grid(files: Path) -> None:
    assert run(files, "--image", f"stat={files / 'map.nii'}", "--do", "threshold image=stat lower=4") == 0
    assert np.array_equal(of(files / "mask.nii"), HEAD / np.float32(100) >= 4)
    sidecar = json.loads((files / "mask.json").read_text())
    assert sidecar["Sources"] == ["head.nii", "map.nii"]
    assert sidecar["SpatialReference"] == "head.nii"
    assert "interpolation" not in sidecar["Recipe"]["images"]["stat"]


def test_another_grid_is_refused_with_all_differences(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--image", f"stat={files / 'coarse.nii'}", "--do", "threshold image=stat lower=4") == 1
    error = capsys.readouterr().err
    for part in ("coarse.nii lies on another grid", "shape: 13 × 12 × 11 here", "zooms:", "corners:", "likely cause:"):
        assert part in error
    assert not (files / "mask.nii").exists()


@pytest.mark.parametrize("how", ["nearest", "linear", "continuous"])
def test_resampled_equals_nilearn_and_so_does_its_script(files: Path, how: str, tmp_path: Path) -> None:
    stat = ("--image", f"stat={files / 'coarse.nii'}")
    do = ("--do", "threshold image=stat lower=4", "--do", "keep_largest")
    assert run(files, *stat, "--resample", how, *do) == 0
    labels, _ = ndimage.label(resampled(files, how) >= 4)
    sizes = np.bincount(labels.ravel())
    expected = labels == 1 + np.argmax(sizes[1:])
    assert np.array_equal(of(files / "mask.nii"), expected)
    recipe = loads((files / "mask.json").read_text())
    assert recipe.images["stat"]["interpolation"] == how
    assert recipe.images["stat"]["shape"] == [7, 6, 4]
    (again,) = run_scripts([to_python(recipe)], files / "head.nii", tmp_path, [files / "coarse.nii"])
    assert np.array_equal(again, expected)
    # A recipe tells how, so that it does the same again.
    assert run(files, *stat, "--recipe", str(files / "mask.json"), out="again.nii") == 0
    assert np.array_equal(of(files / "again.nii"), expected)


def test_what_is_missing_is_named_before_anything_is_done(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = [word for name in ("stat", "b") for word in ("--image", f"{name}={files / 'map.nii'}")]
    do = ("--do", "threshold image=stat lower=4", "--do", "threshold image=b upper=6 combine=intersect")
    assert run(files, *maps, *do) == 0
    capsys.readouterr()
    assert run(files, "--recipe", str(files / "mask.json"), image="absent", out="other.nii") == 1
    assert capsys.readouterr().err == (
        "maskeditor: The recipe looks at the further images 'stat' (there map.nii) and 'b' (there map.nii), which are "
        "not here; give each by --image NAME=PATH.\n"
    )
    assert run(files, *maps, "--recipe", str(files / "mask.json"), image="another", out="other.nii") == 0


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--image", "stat"), 2, "--image 'stat' is not of the form NAME=PATH"),
        (("--image", "a=x.nii", "--image", "a=y.nii"), 2, "--image a is given twice"),
        (("--image", " a=x.nii"), 1, "The image's name is ' a', but must be a name of 1 to 60 characters"),
        (("--image", "a=absent.nii"), 1, "absent.nii cannot be opened: it does not exist"),
        (("--save", "b"), 1, "There is no image 'b' here (further images: none)"),
    ],
)
def test_what_is_no_further_image_is_refused(
    files: Path, words: Any, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, *words, "--do", "threshold lower=4") == status
    assert sentence in capsys.readouterr().err
    assert not (files / "mask.nii").exists()


def test_a_name_is_taken_once(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--image", f"a={files / 'map.nii'}", "--do", "smooth name=a") == 1
    assert "There is an image 'a' already; choose another name." in capsys.readouterr().err


def test_any_image_is_saved(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    do = ("--do", "smooth name=s fwhm=4", "--do", "mean name=m image=s frame=1-2")
    smoothed = smooth_img(str(files / "series.nii"), 4).get_fdata(dtype=np.float32)
    for name, expected in {"s": smoothed, "m": smoothed[..., 1:3].mean(axis=3), "": of(files / "series.nii")}.items():
        assert run(files, *do, "--save", name, image="series", out="image.nii.gz") == 0
        written = nibabel.load(files / "image.nii.gz")
        assert np.array_equal(written.dataobj, expected)
        source = nibabel.load(files / "series.nii")
        for field in ("qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "qoffset_x"):
            assert np.array_equal(written.header[field], source.header[field])
    assert not (files / "image.json").exists()
    assert capsys.readouterr().out.splitlines()[0].endswith("image.nii.gz: 13 × 12 × 11 × 4, float32")
    stat = ("--image", f"stat={files / 'coarse.nii'}", "--resample", "linear")
    assert run(files, *stat, "--do", "threshold lower=3", "--save", "stat", out="stat.nii") == 0
    assert np.array_equal(of(files / "stat.nii"), resampled(files, "linear"))


@pytest.mark.parametrize("name", ["head", "map"])
def test_no_image_is_replaced(files: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (files / f"{name}.nii").read_bytes()
    words = ("--image", f"stat={files / 'map.nii'}", "--do", "threshold lower=3")
    for save in ((), ("--save", "stat")):
        assert run(files, *words, *save, out=f"{name}.nii") == 1
        assert "would replace the image itself" in capsys.readouterr().err
    assert (files / f"{name}.nii").read_bytes() == before


def test_the_same_from_python(files: Path) -> None:
    steps = ["threshold image=stat lower=4", "smooth name=s image=stat fwhm=3"]
    head = api.open_image(files / "head.nii")
    with pytest.raises(api.MaskEditorError, match="give each in images, by its name"):
        api.run(head, steps)
    for stat in (files / "map.nii", str(files / "map.nii"), api.open_image(files / "map.nii")):
        mask = api.run(head, steps, images={"stat": stat})
        assert np.array_equal(mask.data, HEAD / np.float32(100) >= 4)
        api.save_image(mask.image("s"), files / "smoothed.nii")
        assert np.array_equal(of(files / "smoothed.nii"), smooth_img(str(files / "map.nii"), 3).get_fdata())
    with pytest.raises(api.MaskEditorError, match="lies on another grid"):
        api.run(head, steps, images={"stat": files / "coarse.nii"})
    mask = api.run(head, steps, images={"stat": files / "coarse.nii"}, resample="linear")
    assert np.array_equal(mask.image("stat").data, resampled(files, "linear"))
