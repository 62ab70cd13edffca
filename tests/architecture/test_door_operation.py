"""A new operation is one new file in ops: command line, recipes, scripts and the window have it then."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.architecture.conftest import CHECKOUT, ran

README = (CHECKOUT / "README.md").read_text("utf-8")
WINDOW = """
import sys
from PyQt6.QtWidgets import QApplication
import maskeditor.ops
from maskeditor.ui.panels.operation_list import OperationList

application = QApplication(sys.argv)
panel = OperationList()
offered = panel.list
print(*(offered.item(row).text() for row in range(offered.count())), sep="\\n")
"""


@pytest.fixture(scope="module")
def with_shell(copied: Path) -> Path:
    """The package and one new file: the operation that the README shows."""
    code = README.partition('```python\n"""Shell')[2].partition("```")[0]
    (copied / "maskeditor" / "ops" / "shell.py").write_text(f'"""Shell{code}', "utf-8")
    return copied


def test_command_line(with_shell: Path, tmp_path: Path) -> None:
    image, mask = tmp_path / "image.nii", tmp_path / "mask.nii"
    data = np.zeros((5, 5, 5), np.int16)
    data[2, 2, 2] = 9
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), image)
    steps = ("--do", "threshold lower=9", "--do", "shell thickness=1")
    ran(with_shell, "-m", "maskeditor", "run", str(image), "-o", str(mask), *steps)
    assert np.asarray(nibabel.load(mask).dataobj).sum() == 6  # the voxels across the faces of one
    assert "thickness=1" in ran(with_shell, "-m", "maskeditor", "operations", "shell")
    schema = json.loads(ran(with_shell, "-m", "maskeditor", "operations", "shell", "--json"))
    assert schema["parameters"]["properties"]["thickness"]["maximum"] == 50
    (tmp_path / "script.py").write_text(ran(with_shell, "-m", "maskeditor", "script", str(mask)))
    ran(with_shell, str(tmp_path / "script.py"), str(image), str(tmp_path / "again.nii"))
    assert np.array_equal(nibabel.load(mask).dataobj, nibabel.load(tmp_path / "again.nii").dataobj)


def test_window(with_shell: Path) -> None:
    assert "    Shell" in ran(with_shell, "-c", WINDOW).split("\n")
