"""Every recipe ever kept here is run by the real command line, and makes the mask that the peers make.

A folder holds recipe.json, and expected.json with the name of its image, the voxels and the SHA-256 of the mask. A
report of a wrong mask becomes a folder.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.__main__ import main
from tests.recipes import peers

FOLDERS = sorted(path.parent.name for path in Path(__file__).parent.glob("*/recipe.json"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_recipe_makes_the_mask_of_its_peers(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = json.loads((peers.FOLDER / name / "expected.json").read_text())
    image, out = tmp_path / "image.nii", tmp_path / "mask.nii"
    nibabel.save(peers.IMAGES[expected["image"]](), image)
    assert main(["run", str(image), "-o", str(out), "--recipe", str(peers.FOLDER / name / "recipe.json")]) == 0
    assert capsys.readouterr().err == ""
    mask = np.asarray(nibabel.load(out).dataobj)
    assert mask.sum() == expected["voxels"]
    assert hashlib.sha256(mask.astype(np.uint8).tobytes(order="F")).hexdigest() == expected["sha256"]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_peers_still_agree(name: str) -> None:
    expected = json.loads((peers.FOLDER / name / "expected.json").read_text())
    assert expected["voxels"] > 0
    assert peers.expected(name) == expected
