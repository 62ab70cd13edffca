"""maskeditor script: Python that makes the same mask, and text for a paper, from all that carries a recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest

from tests.core.recipe.scripts import run_scripts
from tests.recipes import peers
from tests.recipes.test_recipes import FOLDERS

if TYPE_CHECKING:
    from tests.cli.conftest import Call


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLDERS)
def test_scripts_of_kept_recipes_make_the_masks_of_their_peers(call: Call, tmp_path: Path, name: str) -> None:
    image, make_mask = peers.EXPECTED[name]
    nibabel.save(peers.IMAGES[image](), tmp_path / "image.nii.gz")
    ended = call("script", peers.FOLDER / name / "recipe.json")
    assert (ended.status, ended.err) == (0, "")
    (made,) = run_scripts([ended.out], tmp_path / "image.nii.gz", tmp_path)
    assert np.array_equal(made, make_mask())


def test_a_recipe_a_sidecar_and_a_mask_tell_the_same(call: Call, tmp_path: Path) -> None:
    nibabel.save(peers.pattern(), tmp_path / "image.nii")
    out = tmp_path / "mask.nii.gz"
    call("run", tmp_path / "image.nii", "-o", out, "--do", "threshold lower=40", "--do", "keep_largest")
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps(json.loads((tmp_path / "mask.json").read_text())["Recipe"]))
    for option in ((), ("--methods",)):
        told = [call("script", carrier, *option) for carrier in (out, tmp_path / "mask.json", recipe)]
        assert told[0].status == 0
        assert told[0] == told[1] == told[2]
    made = run_scripts([call("script", out).out], tmp_path / "image.nii", tmp_path)[0]
    assert np.array_equal(made, np.asarray(nibabel.load(out).dataobj))


def test_what_carries_no_recipe(call: Call, tmp_path: Path) -> None:
    nibabel.save(peers.pattern(), tmp_path / "image.nii")
    call("script", tmp_path / "image.nii").failed(1, "image.nii carries no recipe; give a recipe, a mask's")
    call("script", tmp_path / "absent.json").failed(1, "absent.json")
    call("script").failed(2, "Missing argument 'R'; see maskeditor script --help.")


def test_text_for_a_paper(call: Call) -> None:
    ended = call("script", peers.FOLDER / "0002-epi-mask" / "recipe.json", "--methods")
    assert ended.out == (
        "The mask was made with maskeditor 0.1.0 (NumPy, Harris et al. 2020; SciPy, Virtanen et al. 2020) in 3 steps. "
        "A brain mask was computed from the image (of a series, its mean) as by compute_epi_mask of Nilearn, after a "
        "heuristic by T. Nichols (lower cutoff 0.3, upper cutoff 0.9, opening 1, largest component kept; Abraham et "
        "al. 2014). A morphological opening was carried out (a cross of 6 neighbours, 2 iterations). The mask was "
        "inverted within the volume.\n"
        "\n"
        "References\n"
        "Abraham A, Pedregosa F, Eickenberg M, et al. (2014). Machine learning for neuroimaging with scikit-learn. "
        "Frontiers in Neuroinformatics 8:14. doi:10.3389/fninf.2014.00014\n"
        "Harris CR, Millman KJ, van der Walt SJ, et al. (2020). Array programming with NumPy. Nature 585:357–362. "
        "doi:10.1038/s41586-020-2649-2\n"
        "Virtanen P, Gommers R, Oliphant TE, et al. (2020). SciPy 1.0: fundamental algorithms for scientific computing "
        "in Python. Nature Methods 17:261–272. doi:10.1038/s41592-019-0686-2\n"
    )


@pytest.mark.parametrize("name", ["fmri.nii.gz", "T2w.nii.gz", "spmMotor.nii.gz"])
def test_scripts_on_real_scans(call: Call, test_data: Path, tmp_path: Path, name: str) -> None:
    image, out = test_data / "nifti" / name, tmp_path / "mask.nii.gz"
    steps = ["otsu fwhm=4 keep='not darkest'", "opening structure=ball radius=4", "keep_largest", "smooth_mask fwhm=5"]
    assert call("run", image, "-o", out, *[word for step in steps for word in ("--do", step)]).status == 0
    expected = np.asarray(nibabel.load(out).dataobj).astype(bool)
    assert expected.any()
    (made,) = run_scripts([call("script", out).out], image, tmp_path)
    assert np.array_equal(made, expected)


def test_what_was_doubtful_about_the_image_is_a_warning(call: Call, tmp_path: Path) -> None:
    image = peers.pattern()
    image.set_sform(None, 0)
    image.set_qform(image.affine, 1)
    content = bytearray(image.to_bytes())
    content[256:268] = np.array([0, 1.0000005, 0], "<f4").tobytes()
    (tmp_path / "image.nii").write_bytes(content)
    out = tmp_path / "mask.nii.gz"
    assert call("run", tmp_path / "image.nii", "-o", out, "--do", "threshold lower=40").status == 0
    ended = call("script", out)
    assert ended.status == 0
    assert ended.err.startswith("maskeditor: Warning: of the image that the recipe was made on: The quaternion")
    assert "and with them a script of the recipe" in ended.err
