"""The Python API does what the command line does, and importing it costs almost nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage

import maskeditor
from maskeditor import api
from maskeditor.__main__ import main
from tests.core.recipe.scripts import run_scripts
from tests.recipes import peers
from tests.recipes.test_recipes import FOLDERS


def test_every_name_is_there() -> None:
    own = {name for name, value in vars(api).items() if getattr(value, "__module__", "") == api.__name__}
    assert {name for name in own if not name.startswith("_")} <= set(maskeditor.__all__)
    assert {"ImageInfo", "MaskEditorError", "Recipe"} <= set(maskeditor.__all__)  # what those take or give
    for name in maskeditor.__all__:
        assert getattr(maskeditor, name) is getattr(api, name)
        assert name in dir(maskeditor)
    with pytest.raises(AttributeError, match="has no attribute 'openimage'"):
        _ = maskeditor.openimage


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_makes_the_masks_of_the_command_line(name: str, tmp_path: Path) -> None:
    image, make_mask = peers.EXPECTED[name]
    path, recipe = tmp_path / "image.nii.gz", peers.FOLDER / name / "recipe.json"
    nibabel.save(peers.IMAGES[image](), path)
    assert main(["run", str(path), "-o", str(tmp_path / "run.nii.gz"), "--recipe", str(recipe)]) == 0
    mask = maskeditor.run(maskeditor.open_image(path), recipe)
    assert np.array_equal(mask.data, make_mask())
    maskeditor.save_mask(mask, tmp_path / "api.nii.gz")
    assert (tmp_path / "api.nii.gz").read_bytes() == (tmp_path / "run.nii.gz").read_bytes()
    (made,) = run_scripts([maskeditor.script(mask.recipe)], path, tmp_path)
    assert np.array_equal(made, mask.data)
    compared = maskeditor.compare(mask, tmp_path / "run.nii.gz")
    assert (compared.dice, compared.differing, compared.first) == (1.0, 0, mask.voxels)


def test_an_image_may_be_a_path(tmp_path: Path) -> None:
    data = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "image.nii")
    for path in (tmp_path / "image.nii", str(tmp_path / "image.nii")):
        mask = maskeditor.run(path, ["threshold lower=50"])
        assert np.array_equal(mask.data, data >= 50)
        assert mask.recipe.source["name"] == "image.nii"
    with pytest.raises(maskeditor.MaskEditorError, match=r"other\.nii cannot be opened"):
        maskeditor.run(tmp_path / "other.nii", ["threshold lower=50"])


def test_images_of_arrays() -> None:
    data = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    image = maskeditor.Image.of(data, np.diag([2.0, 2, 3, 1]))
    mask = maskeditor.run(image, ["threshold lower=50", "erosion"])
    assert np.array_equal(mask.data, ndimage.binary_erosion(data >= 50))
    assert mask.millilitres == pytest.approx(mask.voxels * 0.012)
    assert mask.percent_of_image == pytest.approx(100 * mask.data.mean())
    assert not image.data.flags.writeable
    assert np.array_equal(mask.affine, image.affine)
    series = maskeditor.Image.of(np.stack([data, data + 2], axis=3), np.eye(4))
    assert np.array_equal(maskeditor.run(series, "threshold lower=60").data, data + 1 >= 60)


@pytest.mark.parametrize(("given", "kept"), [(">i2", "i2"), (">f4", "f4"), ("f2", "f4"), ("?", "u1"), ("g", "f8")])
def test_arrays_of_types_that_files_do_not_have(given: str, kept: str) -> None:
    data = np.arange(120).reshape(4, 5, 6).astype(given)
    image = maskeditor.Image.of(data, np.eye(4))
    assert image.volume.stored.dtype == np.dtype(kept)
    assert np.array_equal(image.data, data)
    wanted = (data >= 1) & (data <= 60)
    assert np.array_equal(maskeditor.run(image, "threshold lower=1 upper=60").data, wanted)


@pytest.mark.parametrize("data", [np.zeros((2, 2, 2), complex), np.full((2, 2, 2), "a")])
def test_arrays_of_no_numbers(data: np.ndarray) -> None:
    with pytest.raises(maskeditor.MaskEditorError, match=r"The data are of the type .*; give real numbers\."):
        maskeditor.Image.of(data, np.eye(4))


def test_how_far_masks_agree() -> None:
    image = maskeditor.Image.of(np.arange(60).reshape(3, 4, 5), np.eye(4))
    some, half = (maskeditor.run(image, f"threshold lower={lower}") for lower in (20, 40))
    with pytest.warns(UserWarning, match="The mask is empty"):
        none = maskeditor.run(image, "threshold lower=99")
    assert (maskeditor.compare(some, half).dice, maskeditor.compare(some, half).differing) == (2 * 20 / 60, 20)
    with pytest.warns(UserWarning, match="Both are empty, so they are equal"):
        assert maskeditor.compare(none, none).dice == 1.0  # nothing that one has and the other has not
    with pytest.warns(UserWarning, match="is empty, so distances have no value"):
        assert maskeditor.compare(none, some).dice == maskeditor.compare(some, none).dice == 0.0


def test_errors() -> None:
    image = maskeditor.Image.of(np.zeros((3, 4, 5)), np.eye(4))
    with pytest.raises(maskeditor.MaskEditorError, match="did you mean 'threshold'"):
        maskeditor.run(image, "treshold")
    with pytest.raises(maskeditor.MaskEditorError, match="bound is 'perhaps', but must be one of keep, leave-out, ref"):
        maskeditor.run(image, "invert", bound="perhaps")
    other = maskeditor.Image.of(np.zeros((3, 4, 6)), np.eye(4))
    with pytest.raises(maskeditor.MaskEditorError, match="a and b lie on different grids"):
        maskeditor.compare(maskeditor.run(image, "invert"), maskeditor.run(other, "invert"))


def _image(corner: float = 0.0, shape: tuple[int, ...] = (2, 3, 4)) -> maskeditor.Image:
    affine = np.eye(4)
    affine[:3, 3] = corner
    return maskeditor.Image.of(np.arange(float(np.prod(shape))).reshape(shape), affine)


WRONG: list[tuple[Callable[[maskeditor.Image, maskeditor.Mask], object], str]] = [
    (lambda image, mask: maskeditor.run(image.data, "invert"), "An image is wanted, but .* ndarray was given"),
    (lambda image, mask: maskeditor.apply(mask, mask), "An image is wanted, but .* Mask was given"),
    (lambda image, mask: maskeditor.apply(image, mask.data), "A mask is wanted, but .* ndarray was given"),
    (lambda image, mask: maskeditor.statistics(image, image), "A mask is wanted, but .* Image was given"),
    (lambda image, mask: maskeditor.statistics(image, [mask, mask.data]), "A mask is wanted, but .* ndarray"),
    (lambda image, mask: maskeditor.statistics(image, mask, percentiles="50"), "percentiles is '50', but must be numb"),
    (lambda image, mask: maskeditor.statistics(image, mask, percentiles=50), "percentiles is 50, but must be numbers"),
    (lambda image, mask: maskeditor.statistics(image, mask, components=7), "components is 7, .* one of 6, 18, 26"),
    (lambda image, mask: maskeditor.compare(mask.data, mask), "A mask is wanted, but .* ndarray was given"),
    (lambda image, mask: maskeditor.compare_all([mask, mask]), "give them by names, as {'first': mask, …}"),
    (lambda image, mask: maskeditor.signals(_image(shape=(2, 3, 4, 5))), "There is nothing .* give regions or seeds"),
    (lambda image, mask: maskeditor.signals(_image(shape=(2, 3, 4, 5)), mask.data), "A mask is wanted, but .* ndarray"),
    (
        lambda image, mask: maskeditor.signals(_image(shape=(2, 3, 4, 5)), mask, strategy="simple"),
        "strategy is 'simple', but must be some of motion, high_pass, .*, parted by commas",
    ),
    # Of the same shape, so that nothing else tells it.
    (lambda image, mask: maskeditor.signals(_image(1, (2, 3, 4, 5)), seeds=[(2, 2, 2)], inside=mask), "another grid"),
    (lambda image, mask: maskeditor.unmask([[1], [2, 3]], mask), "not of the same length"),
    (lambda image, mask: maskeditor.unmask(5, mask), "The array holds 1 value, but the mask has 4 voxels"),
    (lambda image, mask: maskeditor.unmask(np.zeros((0, 4)), mask), "holds 0 × 4 values, but the mask has 4 voxels"),
    (lambda image, mask: maskeditor.resample(image), "must be given by one of to, zooms and affine"),
    (lambda image, mask: maskeditor.resample(image, image, zooms=(1, 1, 1)), "by one of to, zooms and affine"),
    (lambda image, mask: maskeditor.resample(image, image, shape=(1, 1, 1)), "A shape goes with an affine"),
    (lambda image, mask: maskeditor.resample(image, affine=np.eye(4), shape=(2.5, 2, 2)), "three whole numbers"),
    (lambda image, mask: maskeditor.resample(image, image, "cubic"), "'cubic', .* nearest, linear, continuous"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_cannot_be_is_told_in_a_sentence(number: int) -> None:
    call, said = WRONG[number]
    with pytest.raises(maskeditor.MaskEditorError, match=said) as told:
        call(_image(), maskeditor.run(_image(), "threshold lower=20"))
    assert str(told.value).endswith(".")


def test_an_image_may_be_a_path_wherever_one_is_taken(tmp_path: Path) -> None:
    path, image, series = tmp_path / "image.nii", _image(), _image(shape=(2, 3, 4, 5))
    maskeditor.save_image(image, path)
    mask = maskeditor.run(path, "threshold lower=20")
    maskeditor.save_image(series, tmp_path / "series.nii")
    assert np.array_equal(maskeditor.apply(path, mask).data, np.where(mask.data, image.data, 0))
    assert np.array_equal(maskeditor.resample(str(path), path).data, image.data)
    taken = maskeditor.signals(tmp_path / "series.nii", mask).values.ravel()
    assert taken.tolist() == series.data[mask.data].mean(axis=0).tolist()


def test_what_lies_outside_may_be_given_as_a_number() -> None:
    mask = maskeditor.run(_image(), "threshold lower=20")
    for outside in (0, 0.0, float("nan")):
        made = maskeditor.apply(_image(), mask, outside=outside).data
        np.testing.assert_array_equal(made, np.where(mask.data, _image().data, outside))


def test_bound_steps() -> None:
    image = maskeditor.Image.of(np.arange(60).reshape(3, 4, 5), np.eye(4))
    wanted = maskeditor.run(image, ["region_grow seed=1,1,1 lower=20"]).recipe
    assert maskeditor.run(image, wanted).voxels == 40
    other = maskeditor.Image.of(np.arange(60).reshape(3, 4, 5), np.diag([-1, 1, 1, 1]))
    with pytest.raises(maskeditor.MaskEditorError, match=r'step 1 \(Region .*\) belongs; give bound="keep" or'):
        maskeditor.run(other, wanted)
    with pytest.warns(UserWarning, match="The mask is empty"):
        assert maskeditor.run(other, wanted, bound="leave-out").voxels == 0
    moved = maskeditor.Image.of(
        np.arange(60).reshape(3, 4, 5), [[1, 0, 0, -1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    assert maskeditor.run(moved, wanted, bound="keep").recipe.steps[0].operation.seed == (2, 1, 1)


def test_what_a_path_holds_and_images_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "image.nii"
    scaled = peers.pattern()
    scaled.header.set_slope_inter(0.25, -2.0)
    nibabel.save(scaled, path)
    assert main(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "images": [json.loads(json.dumps(maskeditor.info(path)[0].to_json()))]
    }
    assert main(["convert", str(path), str(tmp_path / "converted.nii.gz")]) == 0
    maskeditor.save_image(maskeditor.open_image(path), tmp_path / "saved.nii.gz")
    assert (tmp_path / "saved.nii.gz").read_bytes() == (tmp_path / "converted.nii.gz").read_bytes()
    assert np.array_equal(nibabel.load(tmp_path / "saved.nii.gz").dataobj, nibabel.load(path).dataobj)


def test_the_image_itself_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "image.nii"
    nibabel.save(peers.pattern(), path)
    before = path.read_bytes()
    image = maskeditor.open_image(path)
    mask = maskeditor.run(image, "threshold lower=50")
    (tmp_path / "link.nii").symlink_to(path)
    for target in (path, tmp_path / "link.nii"):
        with pytest.raises(maskeditor.MaskEditorError, match="would replace the image itself"):
            maskeditor.save_mask(mask, target)
        with pytest.raises(maskeditor.MaskEditorError, match="would replace the image itself"):
            maskeditor.save_image(image, target)
    assert path.read_bytes() == before
    assert not (tmp_path / "image.json").exists()
    maskeditor.save_mask(mask, tmp_path / "mask.nii")
    assert np.array_equal(nibabel.load(tmp_path / "mask.nii").dataobj, np.asarray(peers.pattern().dataobj) >= 50)


def test_masks_of_other_programs_are_compared_as_they_are_opened(tmp_path: Path) -> None:
    truth = np.random.default_rng(2).random((5, 4, 3)) < 0.4
    affine = np.diag([2.0, 2, 3, 1])
    outside = np.where(truth, 1, np.nan).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(truth.astype(np.uint8), affine), tmp_path / "plain.nii")
    nibabel.save(nibabel.Nifti1Image(outside, affine), tmp_path / "nan.nii")
    scaled = nibabel.Nifti1Image(truth.astype(np.float32), affine)
    scaled.set_data_dtype(np.uint8)
    nibabel.save(scaled, tmp_path / "scaled.nii")
    with pytest.warns(UserWarning, match=r"nan\.nii holds no number \(NaN\) in"):
        assert maskeditor.compare(tmp_path / "plain.nii", tmp_path / "nan.nii").dice == 1
    with pytest.warns(UserWarning, match=r"scaled\.nii holds numbers that are up to 5.9e-08 off whole ones"):
        assert maskeditor.compare(tmp_path / "scaled.nii", tmp_path / "plain.nii").dice == 1
    nibabel.save(nibabel.Nifti1Image(np.stack([truth] * 2, -1).astype(np.uint8), affine), tmp_path / "two.nii")
    nibabel.save(nibabel.Nifti1Image(truth / 2, affine), tmp_path / "half.nii")
    for name, words in (("two.nii", "has 2 volumes, but a mask has one"), ("half.nii", "holds fractions")):
        with pytest.raises(maskeditor.MaskEditorError, match=words):
            maskeditor.compare(tmp_path / name, tmp_path / "plain.nii")


def test_a_recipe_beside_another_mask_is_a_warning(tmp_path: Path) -> None:
    image = maskeditor.Image.of(np.arange(60.0).reshape(3, 4, 5), np.eye(4))
    for lower in (40, 30):
        maskeditor.save_mask(maskeditor.run(image, f"threshold lower={lower}"), tmp_path / f"{lower}.nii")
    maskeditor.save_mask(maskeditor.run(image, tmp_path / "40.nii"), tmp_path / "again.nii")
    (tmp_path / "30.json").replace(tmp_path / "40.json")
    for use in (maskeditor.recipe, maskeditor.script, lambda path: maskeditor.run(image, path)):
        with pytest.warns(UserWarning, match="The recipe in 40.json does not tell how this mask was made"):
            use(tmp_path / "40.nii")


def test_what_can_hardly_be_meant_is_a_warning() -> None:
    data = np.random.default_rng(1).random((9, 8, 7, 3)).astype(np.float32)
    data[..., 1] = np.nan
    image = maskeditor.Image.of(data, np.eye(4))
    assert image.findings[0].startswith("Volume 1 holds no number")
    with pytest.warns(UserWarning, match="The mask is empty: no voxel is inside"):
        maskeditor.run(image, "threshold lower=0")
    with pytest.warns(UserWarning, match="The mask is the whole image"):
        maskeditor.run(image, "threshold frame=0")
    assert maskeditor.run(image, "threshold frame=0 lower=0.5").voxels
