"""Fingerprints are those of the bytes in a file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from blake3 import blake3

from maskeditor.engine.errors import Cancelled
from maskeditor.io import provenance
from maskeditor.io.provenance import fingerprint, matches


def test_sidecars_name_the_address_that_the_project_declares() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert provenance.GENERATED_BY.get("CodeURL") == project.get("urls", {}).get("Source")


@pytest.mark.parametrize("piece", [7, 1 << 24])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["?", "u1", "<i2", ">i2", ">f4", "<f8"])
def test_a_fingerprint_is_that_of_the_voxels_in_a_file(
    monkeypatch: pytest.MonkeyPatch, dtype: str, order: Any, piece: int
) -> None:
    monkeypatch.setattr(provenance, "_PIECE", piece)
    values = np.array(np.random.default_rng(0).integers(0, 2, (5, 4, 3, 2)) * 77, dtype, order=order)
    stored = values.astype("u1") if dtype == "?" else values.astype(np.dtype(dtype).newbyteorder("<"))
    content = nib.Nifti1Image(stored, np.eye(4)).to_bytes()[-stored.nbytes :]
    assert fingerprint(values) == f"blake3:{blake3(content).hexdigest()}"
    assert fingerprint(values, kind="sha256") == f"sha256:{hashlib.sha256(content).hexdigest()}"
    for known in (fingerprint(values), fingerprint(values, kind="sha256")):
        assert matches(known, values)
        assert not matches(known, values ^ 1 if values.dtype.kind == "u" else ~values if dtype == "?" else values + 1)


def test_a_fingerprint_of_no_known_kind_is_that_of_nothing() -> None:
    values = np.zeros(3, np.uint8)
    assert not any(matches(known, values) for known in ("", "sha1:", hashlib.sha256(values).hexdigest()))


def test_a_sidecar_is_json_of_all_that_it_holds() -> None:
    recipe = {"format": "maskeditor recipe", "source": {"name": 'Ä, "b" and\nc'}, "steps": [{"id": "invert"}, {}]}
    text = json.dumps(recipe, indent=2, ensure_ascii=False) + "\n"
    kept = {"Own": {"Recipe": None}, "Recipe": {"older": 1}, "Note": '\n  "Recipe": null', "Manual": True}
    made = provenance.sidecar("brain", "Brain", ["T1w.nii"], ["map.nii"], "", text, kept)
    record = json.loads(made)
    assert made == json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    assert record["Recipe"] == recipe
    assert (record["Own"], record["Note"], record["Manual"]) == (kept["Own"], kept["Note"], False)


def test_a_mask_with_its_recipe_inside_and_beside_is_summed_up_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask, sums = np.ones((2, 3, 4), bool), list[object]()
    recipe = {"result": {"fingerprint": f"blake3:{blake3(bytes([1]) * 24).hexdigest()}"}}
    (tmp_path / "mask.json").write_text(json.dumps({"Recipe": recipe}))
    real = provenance.hasher
    monkeypatch.setattr(provenance, "hasher", lambda *given: sums.append(given) or real(*given))
    assert provenance.apart(tmp_path / "mask.nii", mask, json.dumps(recipe).encode()) == ()
    assert len(sums) == 1


def test_a_fingerprint_that_nobody_waits_for_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the window is closed, which would wait for it otherwise."""
    monkeypatch.setattr(provenance, "_PIECE", 8)
    seen: list[float] = []

    def report(fraction: float) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fingerprint(np.zeros((5, 4, 3), np.int16, order="F"), report)
    assert seen == [8 / 120, 16 / 120, 24 / 120]
