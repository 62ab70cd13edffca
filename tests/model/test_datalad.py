"""The line for DataLad, read as a shell reads it, is one that `maskeditor run` carries out."""

from __future__ import annotations

import itertools
import json
import shlex
from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.__main__ import main
from tests import phantoms


def test_the_command_of_the_line_makes_the_mask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a head", "map"):
        nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.eye(4)), f"{name}.nii.gz")
    do = ["--image", "stat=map.nii.gz", "--do", "threshold image=stat lower=300"]
    assert main(["run", "a head.nii.gz", "-o", "mask.nii.gz", *do]) == 0
    made = Path("mask.nii.gz").read_bytes()
    recipe = json.loads(Path("mask.json").read_text())["Recipe"]
    Path("recipe.json").write_text(json.dumps(recipe))
    for carrier, mask in (
        ("mask.nii.gz", "mask.nii.gz"),
        ("mask.json", "mask.nii.gz"),
        ("recipe.json", "recipe_mask.nii.gz"),
    ):
        capsys.readouterr()
        assert main(["script", carrier, "--datalad"]) == 0
        printed = capsys.readouterr()
        # What makes itself anew is the same to the byte, of which there is no record.
        assert ("DataLad records no run that changes nothing" in printed.err) is (carrier != "recipe.json")
        words = shlex.split(printed.out)
        assert words[:4] == ["datalad", "run", "-m", f"Make {mask}"]
        inputs = [file for option, file in itertools.pairwise(words) if option == "-i"]
        outputs = [file for option, file in itertools.pairwise(words) if option == "-o"]
        assert inputs == ["a head.nii.gz", "map.nii.gz", carrier]
        assert outputs == [mask, mask.replace(".nii.gz", ".json")]
        command = shlex.split(words[-1])
        assert command[0] == "maskeditor"
        assert main(command[1:]) == 0
        assert Path(mask).read_bytes() == made


def test_one_of_them_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", "x.json", "--datalad", "--prov"]) == 2
    assert "Give one of --methods, --prov and --datalad" in capsys.readouterr().err
