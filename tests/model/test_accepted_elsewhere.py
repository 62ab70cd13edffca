"""Masks, labels and their sidecars in a dataset: accepted by the BIDS validator, found by the queries of pipelines."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from maskeditor.core.operation.declaration import Operation, make
from maskeditor.model.bids_names import bids_name
from maskeditor.model.label_files import save_labels
from maskeditor.model.mask_files import roi_in_name, save_mask
from maskeditor.model.session import Session
from tests import phantoms

VALIDATOR = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"
README = "One head, made by a program, with masks of it.\n" * 4


def described(folder: Path, kind: str, **keys: Any) -> Path:
    folder.mkdir(parents=True)
    record = {"Name": "heads", "BIDSVersion": "1.11.0", "DatasetType": kind, "License": "CC0", "Authors": ["A", "B"]}
    (folder / "dataset_description.json").write_text(json.dumps(record | keys))
    (folder / "README").write_text(README)
    return folder


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save masks and labels of a head and of a series under the names that are proposed, with and without space."""
    raw = described(tmp_path_factory.mktemp("bids") / "raw", "raw")
    masks = described(
        raw / "derivatives" / "maskeditor",
        "derivative",
        GeneratedBy=[{"Name": "maskeditor", "Version": "0.1.0"}],
        DatasetLinks={"raw": "../.."},
    )
    head = phantoms.head()
    images = {"anat/sub-01_T1w": head, "func/sub-01_task-rest_bold": np.stack([head] * 3, axis=-1)}
    for name, data in images.items():
        path = raw / "sub-01" / f"{name}.nii.gz"
        path.parent.mkdir(parents=True)
        image = nibabel.Nifti1Image(data, np.diag([2.0, 2, 2, 1]))
        image.header.set_xyzt_units("mm", "sec")
        image.header["pixdim"][4] = 2 if data.ndim == 4 else 0
        nibabel.save(image, path)
        session = Session.open(path)
        document = session.document
        roi = document.rois[0].id
        document.do(make("epi_mask", {"opening": 0}), roi)
        document.do(stroke(), roi)
        lesion = document.add_roi("lesion").id
        document.do(make("threshold", {"lower": 700}), lesion)
        folder = masks / "sub-01" / path.parent.name
        folder.mkdir(parents=True)
        stem = path.name.removesuffix(".nii.gz")
        for space in (False, True):
            for each in (roi, lesion):
                name = bids_name(stem, "mask", roi_in_name(session, each), space=space)
                save_mask(session, each, folder / f"{name}.nii.gz")
        save_labels(session, folder / f"{bids_name(stem, 'dseg')}.nii.gz")
    return masks


def stroke() -> Operation:
    return make("paint", {"points": [(2.0, 2.0, 2.0)], "radius": 4.0})


def test_what_a_sidecar_says(masks: Path) -> None:
    record = json.loads((masks / "sub-01" / "anat" / "sub-01_desc-brain_mask.json").read_text())
    assert record["Type"] == "Brain"
    assert record["Sources"] == ["bids:raw:sub-01/anat/sub-01_T1w.nii.gz"]
    assert record["SpatialReference"] == "bids:raw:sub-01/anat/sub-01_T1w.nii.gz"
    assert record["Manual"] is True
    assert record["GeneratedBy"][0]["Description"] == "A hand took part in 1 of 2 steps: Paint (1)."
    lesion = json.loads((masks / "sub-01" / "anat" / "sub-01_label-L_mask.json").read_text())
    assert (lesion["Type"], lesion["Manual"]) == ("ROI", False)
    assert "Description" not in lesion["GeneratedBy"][0]


@pytest.mark.slow
def test_the_validator_of_bids_finds_no_fault(masks: Path) -> None:
    ended = subprocess.run([VALIDATOR, masks, "--json"], capture_output=True, text=True, check=False)
    found = json.loads(ended.stdout)
    issues = found["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    # All that it would like besides is a description in words, which nobody has written.
    wanted = {(issue["code"], issue.get("subCode")) for issue in issues if issue.get("location", "").startswith("/sub")}
    assert wanted <= {("SIDECAR_KEY_RECOMMENDED", "Description"), ("SIDECAR_KEY_RECOMMENDED", "RepetitionTime")}
    assert ended.returncode == 0


_QUERY = """
import json, sys
from bids import BIDSLayout
layout = BIDSLayout(sys.argv[1], derivatives=sys.argv[2])
queries = json.loads(sys.argv[3])
found = [[file.filename for file in layout.get(scope="derivatives", **query)] for query in queries]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_pipelines_find_the_masks(masks: Path) -> None:
    """The queries of smriprep and fMRIPrep for masks that are there already, and one by the space."""
    t1w = {"datatype": "anat", "extension": [".nii.gz", ".nii"], "space": None, "desc": "brain", "suffix": "mask"}
    bold = {"datatype": "func", "extension": [".nii.gz", ".nii"], "space": None, "desc": "brain", "suffix": "mask"}
    queries = [
        {"subject": "01", **t1w},
        {"subject": "01", "task": "rest", **bold},
        {"subject": "01", "space": "T1w", "desc": "brain", "suffix": "mask", "extension": ".nii.gz"},
        {"subject": "01", "suffix": "dseg", "extension": ".nii.gz"},
        {"subject": "01", "label": "L", "space": None, "datatype": "anat", "extension": ".nii.gz"},
    ]
    # In a program of its own: its packages warn, and keep a database.
    command = [sys.executable, "-c", _QUERY, masks.parents[1], masks, json.dumps(queries)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == [
        ["sub-01_desc-brain_mask.nii.gz"],
        ["sub-01_task-rest_desc-brain_mask.nii.gz"],
        ["sub-01_space-T1w_desc-brain_mask.nii.gz"],
        ["sub-01_dseg.nii.gz", "sub-01_task-rest_dseg.nii.gz"],
        ["sub-01_label-L_mask.nii.gz"],
    ]
