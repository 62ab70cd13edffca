"""Every operation's script makes the very mask that the operation makes, where there is no maskeditor."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from maskeditor import api
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, find, from_text, make, operations
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe import Recipe, of_operations
from maskeditor.core.recipe.replay import replay
from maskeditor.core.recipe.script import to_python
from maskeditor.core.space.mask import Roi
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.read import read_image
from maskeditor.io.outside import OUTSIDE
from tests import phantoms
from tests.core.recipe.scripts import run_scripts
from tests.ops import test_battery_of_images as of_images
from tests.ops.test_battery import examples

IDS = [cls.id for cls in operations() if not cls.makes_image]
SHAPE = (13, 12, 11)


def _oblique_series() -> nibabel.Nifti1Image:
    """Three volumes of int16 with slope and intercept, on an oblique grid."""
    stacked = np.stack([phantoms.head(SHAPE, seed) for seed in range(3)], axis=-1)
    image = nibabel.Nifti1Image(stacked, phantoms.affine("oblique"))
    image.header.set_slope_inter(0.3, -20.0)
    return image


def _floats() -> nibabel.Nifti1Image:
    """One volume of float32, with what is not finite."""
    data = phantoms.head(SHAPE).astype(np.float32) / 7
    data[2, 3:5, 4] = np.nan
    data[7, 7, 2] = np.inf
    return nibabel.Nifti1Image(data, phantoms.affine("permuted"))


IMAGES = {
    "int16": lambda: nibabel.Nifti1Image(phantoms.head(SHAPE), phantoms.affine("anisotropic")),
    "scaled series": _oblique_series,
    "float32": _floats,
}


@pytest.fixture(params=IMAGES, scope="module")
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "image.nii"
    nibabel.save(IMAGES[request.param](), path)
    return path


def recipe_on_blobs(operation: Operation, scope: Scope = EVERYWHERE) -> Recipe:
    """A recipe that carries out an operation on blobs with gaps, with another ROI "other" beside."""
    of: Any = find("import_mask").of  # type: ignore[attr-defined]
    return Recipe(
        (
            Step(of(phantoms.blobs(SHAPE, seed=5), "other.nii", "0" * 64), "other"),
            Step(of(phantoms.gapped(SHAPE), "edited.nii", "0" * 64), "roi1"),
            Step(operation, "roi1", scope),
        ),
        (Roi("roi1", "edited"), Roi("other", "other")),
        "roi1",
    )


def made_here(recipe: Recipe, image: Path) -> NDArray[np.bool_]:
    document = Document(read_image(image)[0], outside=OUTSIDE)
    return np.array(document.mask(replay(document, recipe))[...])


def check(recipes: list[Recipe], image: Path, folder: Path) -> None:
    """Run the scripts of all recipes that can be carried out, and compare."""
    scripts, expected = [], []
    for recipe in recipes:
        try:
            mask = made_here(recipe, image)
        except MaskEditorError:
            continue
        scripts.append(to_python(recipe))
        expected.append(mask)
    assert scripts
    for script, made, wanted in zip(scripts, run_scripts(scripts, image, folder), expected, strict=True):
        assert np.array_equal(made, wanted), script


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_a_script_makes_the_same_mask(id: str, image: Path, tmp_path: Path) -> None:
    scene = phantoms.scene(read_image(image)[0])
    found = examples(id, scene)
    if id == "from_labels" and scene.volume.frames > 1:
        return  # a series is no label image: nothing is carried out
    if id == "template_mask":  # each takes seconds
        found = [find(id)(opening=1, threshold=0.4)]
    check([recipe_on_blobs(operation) for operation in found], image, tmp_path)


@pytest.mark.parametrize("id", [cls.id for cls in operations() if cls.makes_image])
@pytest.mark.parametrize("kind", ["int16 series", "scaled series", "float32 series"])
def test_a_script_makes_the_same_image(id: str, kind: str, tmp_path: Path) -> None:
    """To the bit: the script is made to write it beside the mask."""
    stacked = np.stack([phantoms.head(SHAPE, seed) for seed in range(of_images.FRAMES)], axis=-1)
    header = nibabel.Nifti1Header()
    if kind == "scaled series":
        header.set_slope_inter(0.3, -20.0)
    data = stacked.astype(np.float32) / 7 if kind == "float32 series" else stacked
    nibabel.save(nibabel.Nifti1Image(data, phantoms.affine("oblique"), header), tmp_path / "image.nii")
    volume = read_image(tmp_path / "image.nii")[0]
    for place, operation in enumerate(of_images.examples(id, volume)):
        document = Document(volume, outside=OUTSIDE)
        threshold = make("threshold", {"image": operation.name, "lower": 1})
        recipe = of_operations([Step(operation, ""), Step(threshold, "roi1")])
        replay(document, recipe)
        wanted = document.snapshot().image(operation.name, Progress()).stored
        there = tmp_path / f"image{place}.npy"
        script = f'{to_python(recipe)}\nnp.save({str(there)!r}, images["{operation.name}"].dataobj)\n'
        run_scripts([script], tmp_path / "image.nii", tmp_path)
        found = np.load(there)
        assert found.dtype == wanted.dtype
        assert np.array_equal(found, wanted), script


@pytest.mark.slow
def test_combinations_inputs_and_scopes(image: Path, tmp_path: Path) -> None:
    frames = read_image(image)[0].frames
    scopes = [
        Scope(axis=0, first=2, last=6),
        Scope(inside="other"),
        Scope(lower=100, upper=600.1),
        Scope(axis=2, first=1, last=30, inside="other", lower=100.25),
    ]
    recipes = [recipe_on_blobs(make("dilation", {"iterations": 2}), scope) for scope in scopes]
    for combine in ("add", "subtract", "intersect"):
        recipes.append(recipe_on_blobs(make("threshold", {"upper": 100.7, "fwhm": 3, "combine": combine})))
        recipes.append(recipe_on_blobs(make("threshold", {"combine": combine}), scopes[1]))
        recipes.append(recipe_on_blobs(make("otsu", {"fwhm": 2.5, "combine": combine, "classes": 3}), scopes[2]))
        recipes.append(recipe_on_blobs(make("epi_mask", {"frame": 0, "opening": 1, "combine": combine})))
        recipes.append(recipe_on_blobs(make("background_mask", {"fwhm": 2, "combine": combine})))
    for frame in (0, frames - 1, (0, frames - 1), (frames - 1, frames - 1)):
        recipes.append(recipe_on_blobs(make("threshold", {"lower": 120, "upper": 690.5, "frame": frame})))
        recipes.append(recipe_on_blobs(make("epi_mask", {"frame": frame, "opening": 0, "fwhm": 2})))
    check(recipes, image, tmp_path)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int32])
def test_bounds_fall_between_the_numbers_of_a_type(dtype: Any, tmp_path: Path) -> None:
    data = (np.arange(60).reshape(3, 4, 5) / 10).astype(dtype)
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "image.nii")
    recipes = [
        of_operations([Step(make("threshold", {"lower": lower, "upper": upper}), "roi1")])
        for lower, upper in ((0.1, 0.7), (0.7, 5.3), (None, 1e300), (-1e300, 2.0000000001), (1, 3), (16777217, None))
    ]
    check(recipes, tmp_path / "image.nii", tmp_path)


def test_strokes_are_kept_in_world_coordinates(image: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    grid = read_image(image)[0].geometry
    recipes = []
    for place in range(12):
        # Some points on the middle between voxels, some far outside.
        voxels = random.uniform(-3, 15, (1 + 3 * (place % 4), 3)).round(0 if place % 2 else 3) + 0.5 * (place % 3)
        stroke = {
            "points": grid.to_world(voxels).tolist(),
            "radius": (0.3, 2.0, 4.5)[place % 3],
            "shape": ("sphere", "disc")[place % 2],
            "plane": ("axial", "coronal", "sagittal")[place % 3],
            "mode": ("add", "erase")[place // 6],
            "lower": (None, 100.0)[place % 5 == 0],
        }
        recipes.append(recipe_on_blobs(make("paint", stroke)))
        if len(voxels) > 2:
            outline = {"points": stroke["points"], "plane": stroke["plane"], "mode": stroke["mode"]}
            recipes.append(recipe_on_blobs(make("polygon", outline)))
            recipes.append(recipe_on_blobs(make("live_wire", outline)))
            side = {"points": stroke["points"][:3], "plane": stroke["plane"]}
            recipes.append(recipe_on_blobs(make("cut_by_plane", side)))
    check(recipes, image, tmp_path)


def _two_rois() -> Recipe:
    return Recipe(
        (
            Step(make("threshold", {"lower": 300}), "inner", note="bright\ntissue"),
            Step(make("opening", {"structure": "ball", "radius": 2.5}), "inner", name='"""\n\\ import os #'),
            Step(make("otsu", {}), "outer"),
            Step(make("invert", {}), "outer", enabled=False),
            Step(make("boolean", {"other": "inner", "how": "symmetric difference"}), "outer", Scope(inside="inner")),
            Step(make("erosion", {}), "inner"),
            Step(make("consensus", {"others": ("inner",), "combine": "add", "connected": False}), "outer"),
            Step(make("dilation", {}), "inner"),
            Step(make("clear", {}), "unused"),
        ),
        (Roi("outer", 'a """name"""'), Roi("inner", "inner"), Roi("unused", "unused")),
        "outer",
        program="maskeditor 0.0.1",
    )


def test_several_rois_and_disabled_steps(image: Path, tmp_path: Path) -> None:
    recipe = _two_rois()
    check([recipe], image, tmp_path)
    script = to_python(recipe)
    assert "# 1. Threshold from 300: bright\n# tissue\nmask = data >= 300\n" in script
    assert "# 4. Invert (disabled, left out)\n\n" in script
    assert "unused" not in script
    assert "Dilation" not in script  # after the last look at it


def test_a_script_holds_what_it_needs_and_no_more() -> None:
    script = to_python(of_operations([Step(make("dilation", {"iterations": 3}), "roi1")]))
    code = script.partition('"""\n\n')[2]
    assert code == (
        "import sys\n"
        "\n"
        "import nibabel\n"
        "import numpy as np\n"
        "from scipy import ndimage\n"
        "\n"
        "\n"
        "def is_place(affine):\n"
        '    """Return whether an affine gives voxels a place in space."""\n'
        "    return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) >= 1e-12)\n"
        "\n"
        "\n"
        "def opened(load, path):\n"
        '    """Return an image as nibabel.load reads it; stop where the mask was made of another one."""\n'
        "    try:\n"
        "        image = load(path)\n"
        "    except Exception as error:\n"
        '        why = " ".join(str(error).split())\n'
        '        sys.exit(f"{path} cannot be opened by nibabel, which this script reads by: {why}")\n'
        "    header = image.header\n"
        '    if "vox_offset" not in header:\n'
        '        sys.exit(f"{path} is no NIfTI file, which this script wants; convert it first.")\n'
        "    if header.is_single and image.dataobj.offset < header.sizeof_hdr + 4:\n"
        '        sys.exit(f"{path} states that voxels begin within its header; save it anew.")\n'
        "    if min(image.shape) < 1:\n"
        '        sys.exit(f"{path} states an axis of no voxel, where nibabel reads none; save it anew.")\n'
        "    if not is_place(image.affine):\n"
        "        place, code = image.get_qform(coded=True)\n"
        "        if code == 0 or not is_place(place):\n"
        '            sys.exit(f"{path} has no place in space; repair its header.")\n'
        "        image = type(image)(image.dataobj, place, header)\n"
        "    try:\n"
        "        return type(image)(np.asanyarray(image.dataobj), image.affine, header)\n"
        "    except Exception as error:\n"
        '        why = " ".join(str(error).split()) or type(error).__name__\n'
        '        sys.exit(f"{path} cannot be read to its end: {why}")\n'
        "\n"
        "\n"
        "def stop(kind, error, _):\n"
        '    """Say in a sentence why no mask was written."""\n'
        "    sys.stderr.write(f\"No mask was written: {' '.join(str(error).split()) or kind.__name__}\\n\")\n"
        "\n"
        "\n"
        "def three_axes(image):\n"
        '    """Return an image with three axes, or four; axes of one voxel are added, or dropped after the\n'
        '    fourth."""\n'
        "    if image.ndim in (3, 4):\n"
        "        return image\n"
        "    shape = image.shape + (1,) * (3 - image.ndim)\n"
        "    data = np.reshape(image.dataobj, shape if image.ndim < 3 else shape[:4])\n"
        "    return type(image)(data, image.affine, image.header)\n"
        "\n"
        "\n"
        "if len(sys.argv) != 3:\n"
        "    sys.exit(__doc__)\n"
        "sys.excepthook = stop\n"
        "image_path, mask_path = sys.argv[1:]\n"
        "if sys.argv.count(mask_path) > 1:\n"
        '    sys.exit(f"{mask_path} is the image itself; choose another name for the mask.")\n'
        "loaded = opened(nibabel.load, image_path)\n"
        "image = three_axes(loaded)\n"
        "mask = np.zeros(image.shape[:3], dtype=bool)\n"
        "\n"
        "# 1. Dilation 3 ×\n"
        "mask = ndimage.binary_dilation(mask, iterations=3)\n"
        "\n"
        "# The mask lies where the image lies.\n"
        "header = image.header.copy()\n"
        "header.set_data_dtype(np.uint8)\n"
        "header.set_slope_inter(1, 0)\n"
        "mask = mask.astype(np.uint8).reshape(loaded.shape[:3])\n"
        "nibabel.save(type(image)(mask, image.affine, header), mask_path)\n"
    )


IMPORTED: Any = find("import_mask").of(np.ones((4, 5, 6), bool), "other.nii", "0" * 64)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("step", "given", "words"),
    [
        ("otsu", "cut.nii", "cut.nii cannot be read to its end: "),
        ("dilation", "cut.nii", "cut.nii cannot be read to its end: "),
        ("epi_mask", "cut.nii.gz", "cut.nii.gz cannot be opened by nibabel"),
        ("otsu", "absent.nii", "absent.nii cannot be opened by nibabel, which this script reads by: "),
        ("threshold frame=2", "good.nii", "The image has no volume 2, counted from 0; give the image"),
        ("threshold frame=1-3", "good.nii", "The image has no volume 3"),
        (IMPORTED, "good.nii", "The imported mask has (4, 5, 6) voxels, but the image (6, 5, 4); give the image"),
        ("otsu", "out0.nii", "out0.nii is the image itself; choose another name"),
        ("copy_slice source=40", "good.nii", "No mask was written: "),
        ("threshold", "nowhere", "No mask was written: "),
    ],
)
def test_what_stops_a_script_is_a_sentence(step: Any, given: str, words: str, tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(phantoms.head((6, 5, 4)), np.eye(4))
    for name in ("good.nii", "cut.nii", "cut.nii.gz"):
        nibabel.save(image, tmp_path / name)
    for name, keep in (("cut.nii", -50), ("cut.nii.gz", -20)):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:keep])
    out = tmp_path / ("nowhere/out.nii" if given == "nowhere" else "out.nii")
    path = tmp_path / (given if given != "nowhere" else "good.nii")
    operation = from_text(step) if isinstance(step, str) else step
    script = to_python(of_operations([Step(operation, "roi1")]))
    if not words.startswith("No mask"):
        with pytest.raises(AssertionError, match=rf"SystemExit: .*{re.escape(words)}"):
            run_scripts([script], path, tmp_path)
        assert not (tmp_path / "out0.nii").exists()
        return
    # What is not foreseen is caught where Python ends.
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "script.py"), str(path), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The mask is a mere box")  # so it is: half of the image is bright
@pytest.mark.parametrize(
    "shape", [(13,), (13, 12), (13, 12, 1), (13, 12, 11, 1), (13, 12, 11, 1, 1), (13, 12, 1, 3, 1)]
)
def test_images_of_any_number_of_axes(shape: tuple[int, ...], tmp_path: Path) -> None:
    """Files may leave out axes of one voxel, or have further ones; nilearn takes neither."""
    path, out = tmp_path / "image.nii", tmp_path / "mask.nii"
    random = np.random.default_rng(4)
    data = (random.integers(0, 40, shape) + 300 * (np.arange(13).reshape(13, *[1] * (len(shape) - 1)) > 6)).astype("i2")
    image = nibabel.Nifti1Image(data, phantoms.affine("anisotropic"))
    image.header.set_slope_inter(0.5, 3.0)
    nibabel.save(image, path)
    steps = [
        ["threshold lower=100"],
        ["epi_mask opening=0"],
        ["background_mask"],
        ["otsu fwhm=2", "dilation structure=ball radius=4", "fill_holes"],
    ]
    scripts, expected = [], []
    for lines in steps:
        mask = api.run(api.open_image(path), lines)
        api.save_mask(mask, out)
        expected.append(np.asarray(nibabel.load(out).dataobj).astype(bool))
        scripts.append(to_python(mask.recipe))
    values = np.asarray(nibabel.load(path).dataobj).reshape((*shape, 1, 1)[: max(3, len(shape))])
    values = values.mean(axis=tuple(range(3, values.ndim)))
    assert np.array_equal(expected[0].ravel(), (values >= 100).ravel())
    for made, wanted in zip(run_scripts(scripts, path, tmp_path), expected, strict=True):
        assert made.shape == wanted.shape == shape[:3]
        assert np.array_equal(made, wanted)
        assert made.any()


def test_further_images_are_arguments(tmp_path: Path) -> None:
    paths = [tmp_path / "image.nii", tmp_path / "flair.nii"]
    for seed, path in enumerate(paths):
        nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE, seed), np.eye(4)), path)
    recipe = of_operations([Step(make("threshold", {"lower": 700, "image": "flair"}), "roi1")])
    document = Document(read_image(paths[0])[0])
    document.images["flair"] = read_image(paths[1])[0]
    expected = document.mask(replay(document, recipe))[...]
    (made,) = run_scripts([to_python(recipe)], paths[0], tmp_path, paths[1:])
    assert np.array_equal(made, expected)
    assert expected.any()


@pytest.mark.parametrize("id", IDS)
def test_scripts_read_well(id: str) -> None:
    for operation in examples(id, phantoms.scene(phantoms.volume(affine_name="anisotropic"))):
        script = to_python(recipe_on_blobs(operation))
        tree = ast.parse(script)
        assert max(map(len, script.splitlines())) <= 120
        assert "maskeditor" not in script.partition('"""\n\n')[2]
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert all(ast.get_docstring(function) for function in functions)
        assert f". {operation.summary()}"[:60] in script


def test_scripts_of_what_is_drawn_make_the_same_mask(tmp_path: Path) -> None:
    """Squares, ranges turned round, local thresholds, outlines through the volume, regions of a slice, and limits."""
    nibabel.save(next(iter(IMAGES.values()))(), tmp_path / "image.nii")
    volume = read_image(tmp_path / "image.nii")[0]
    scene, middle = phantoms.scene(volume), tuple(length // 2 for length in SHAPE)
    path = volume.geometry.to_world(np.add(middle, [[0.1, 0.2, 0.3], [3.2, 1.1, 0.3], [1.3, -3.2, 0.3]])).tolist()
    drawn = {"points": path, "radius": 3.1}
    value = float(np.mean(scene.intensities("", "mean", 0.0, Progress())[middle]))
    beside = (EVERYWHERE, Scope(inside="other"), Scope(outside=("other",), lower=value / 2))
    made = [
        make("paint", {**drawn, "shape": "square", "lower": value, "side": "outside"}),
        make("paint", {**drawn, "shape": "sphere", "upper": value, "mode": "erase"}),
        make("adaptive_paint", {**drawn, "tolerance": value / 4, "shape": "sphere"}),
        make("adaptive_paint", {**drawn, "by": "otsu", "mode": "erase"}),
        make("polygon", {"points": path, "through": True}),
        make("region_grow", {"seed": middle, "within": "coronal", "combine": "add"}),
    ]
    check(
        [recipe_on_blobs(operation, scope) for operation in made for scope in beside], tmp_path / "image.nii", tmp_path
    )
