"""Files are named by BIDS URIs within a dataset, and one that it has a link to."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from maskeditor.io.bids_dataset import DESCRIPTION, named_from


def dataset(folder: Path, **keys: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESCRIPTION).write_text(json.dumps({"Name": "x", "BIDSVersion": "1.11.0", **keys}))
    return folder


def test_within_a_dataset(tmp_path: Path) -> None:
    raw = dataset(tmp_path / "raw")
    (raw / "sub-01" / "anat").mkdir(parents=True)
    image, mask = raw / "sub-01" / "anat" / "sub-01_T1w.nii.gz", raw / "sub-01" / "anat" / "mask.nii.gz"
    assert named_from(image, mask) == "bids::sub-01/anat/sub-01_T1w.nii.gz"
    assert named_from(image.with_name("a b.nii"), mask) == "bids::sub-01/anat/a%20b.nii"
    (tmp_path / "link").symlink_to(raw)
    assert named_from(tmp_path / "link" / "sub-01" / "x.nii", mask) == "bids::sub-01/x.nii"


@pytest.mark.parametrize("kind", ["relative", "file"])
def test_by_a_link(tmp_path: Path, kind: str) -> None:
    raw = dataset(tmp_path / "raw")
    link = "../.." if kind == "relative" else raw.as_uri()
    derivatives = dataset(raw / "derivatives" / "masks", DatasetLinks={"raw": link, "doi": "doi:10.1/2", "odd": 3})
    assert named_from(raw / "sub-01" / "x.nii", derivatives / "y.nii") == "bids:raw:sub-01/x.nii"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_by_a_link_to_a_folder_whose_name_is_no_utf8(tmp_path: Path) -> None:
    raw = dataset(Path(os.fsdecode(os.fsencode(tmp_path) + b"/raw \xff;1")))
    masks = dataset(tmp_path / "masks", DatasetLinks={"raw": "../raw%20%FF%3B1"})
    assert named_from(raw / "sub-01" / "x.nii", masks / "y.nii") == "bids:raw:sub-01/x.nii"


@pytest.mark.parametrize("links", [None, {}, [], {"raw": "https://example.org"}, {"raw": "../elsewhere"}])
def test_without_a_link_it_is_the_name_alone(tmp_path: Path, links: object) -> None:
    raw = dataset(tmp_path / "raw")
    derivatives = dataset(tmp_path / "masks", **({} if links is None else {"DatasetLinks": links}))
    assert named_from(raw / "sub-01" / "x.nii", derivatives / "y.nii") == "x.nii"
    (derivatives / DESCRIPTION).write_text("{")
    assert named_from(raw / "sub-01" / "x.nii", derivatives / "y.nii") == "x.nii"
    assert named_from(tmp_path / "x.nii", derivatives / "y.nii") == "x.nii"
