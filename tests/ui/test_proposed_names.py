"""Names that the window proposes for masks: as BIDS has them where the image is named so, with the space by choice."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.core.operation.declaration import make
from tests import phantoms
from tests.ui.conftest import Desk


def proposed(desk: Desk) -> tuple[str, str]:
    files = desk.wiring.files
    return files.saving.suggested().name, files.saving_labels.suggested().name


@pytest.mark.parametrize("name", ["head", "sub-01_T1w"])
def test_names(desk: Desk, tmp_path: Path, name: str) -> None:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.eye(4)), tmp_path / f"{name}.nii")
    desk.open(tmp_path / f"{name}.nii")
    if name == "head":
        assert proposed(desk) == ("head_mask.nii.gz", "head_dseg.nii.gz")
        return
    assert proposed(desk) == ("sub-01_desc-mask_mask.nii.gz", "sub-01_dseg.nii.gz")
    desk.editor.apply_now(make("epi_mask", {"opening": 0}))
    assert proposed(desk)[0] == "sub-01_desc-brain_mask.nii.gz"
    desk.editor.preferred.change(space_in_names=True)
    assert proposed(desk) == ("sub-01_space-T1w_desc-brain_mask.nii.gz", "sub-01_space-T1w_dseg.nii.gz")
    desk.editor.add_roi("white matter")
    assert proposed(desk)[0] == "sub-01_space-T1w_label-WM_mask.nii.gz"
