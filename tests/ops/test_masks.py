"""Invert, clear, boolean and import: by hand."""

import hashlib
import json

import numpy as np
import pytest

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import from_json, from_text
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.box import bounding_box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.ops.boolean import Boolean
from maskeditor.ops.clear import Clear
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ops.invert import Invert
from tests import phantoms
from tests.ops.common import on_mask, result_of

ONE = np.array([True, True, False, False]).reshape(2, 2, 1)
TWO = np.array([True, False, True, False]).reshape(2, 2, 1)


def test_invert():
    assert on_mask(Invert(), ONE).ravel().tolist() == [False, False, True, True]


def test_invert_of_a_packed_mask():
    for shape in ((5, 4, 3), (64, 4, 3)):
        mask = np.asfortranarray(np.random.default_rng(0).random(shape) < 0.4)
        scene = Scene(phantoms.volume(mask.astype(np.uint8)), MaskBits.of(mask), bounding_box(mask))
        patch = Invert().apply(scene, Progress())
        np.testing.assert_array_equal(patch.data, ~mask)
        np.testing.assert_array_equal(scene.mask[...], mask)


@pytest.mark.parametrize("how", ["union", "intersection", "difference", "symmetric difference"])
def test_boolean_of_packed_masks(how):
    first, second = phantoms.blobs((43, 12, 11)), phantoms.blobs((43, 12, 11), seed=5)
    first[:3] = second[:, :, -2:] = False
    volume, results = phantoms.volume(first.astype(np.uint8)), []
    for kind in (np.asfortranarray, MaskBits.of):
        scene = Scene(volume, kind(first), bounding_box(first), {"other": kind(second)})
        patch = Boolean(other="other", how=how).apply(scene, Progress())
        whole = first.copy()
        whole[patch.box.slices] = patch.data
        results.append(whole)
    np.testing.assert_array_equal(*results)


def test_clear():
    assert not on_mask(Clear(), ONE).any()


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("union", [True, True, True, False]),
        ("intersection", [True, False, False, False]),
        ("difference", [False, True, False, False]),
        ("symmetric difference", [False, True, True, False]),
    ],
)
def test_boolean(how, wanted):
    image = phantoms.volume(np.zeros((2, 2, 1), np.uint8))
    scene = phantoms.scene(image, ONE, others={"b": TWO.copy(order="F")})
    assert result_of(Boolean(other="b", how=how), scene).ravel().tolist() == wanted
    empty = phantoms.scene(image, ONE, others={"b": np.zeros((2, 2, 1), bool, order="F")})
    unchanged = how != "intersection"
    assert np.array_equal(result_of(Boolean(other="b", how=how), empty), ONE & unchanged)


def test_boolean_names_the_roi():
    assert Boolean(other="3", how="difference").references() == {"3"}
    assert Boolean(other="3", how="symmetric difference").summary() == "Symmetric difference with 3"
    assert from_text("boolean other=3 how=Intersection") == Boolean(other="3", how="intersection")
    with pytest.raises(MaskEditorError, match="no other ROI 'c' here"):
        result_of(Boolean(other="c"), phantoms.scene())


def imported(mask, combine="replace"):
    return ImportMask.of(mask, "hand.nii.gz", hashlib.sha256(b"file").hexdigest(), combine)


@pytest.mark.parametrize("order", ["C", "F"])
def test_import_brings_the_mask_back(order):
    mask = phantoms.blobs((13, 12, 11), seed=9).copy(order=order)
    step = imported(mask)
    again = from_json(json.loads(json.dumps(step.to_json())))
    assert isinstance(again, ImportMask)
    assert np.array_equal(again.mask()[...], mask)
    assert again.mask()[...].flags.f_contiguous
    assert np.array_equal(result_of(again, phantoms.scene()), mask)
    assert step.summary() == "Import hand.nii.gz"


def test_import_packs_the_first_axis_first():
    from base64 import b64decode

    from zstandard import ZstdDecompressor

    mask = np.zeros((3, 2, 2), bool)
    mask[1, 0, 0] = mask[0, 1, 0] = mask[2, 1, 1] = True
    bits = ZstdDecompressor().decompress(b64decode(imported(mask).content))
    # In Fortran order the voxels are 1, 3 and 11 of 12.
    assert bits == bytes([0b00001010, 0b00001000])


@pytest.mark.parametrize("combine", ["replace", "add", "subtract", "intersect"])
def test_import_combines(combine):
    image = phantoms.volume(np.zeros((2, 2, 1), np.uint8))
    wanted = {"replace": TWO, "add": ONE | TWO, "subtract": ONE & ~TWO, "intersect": ONE & TWO}[combine]
    assert np.array_equal(result_of(imported(TWO, combine), phantoms.scene(image, ONE)), wanted)
    none = imported(np.zeros((2, 2, 1), bool), combine)
    kept = combine in ("add", "subtract")
    assert np.array_equal(result_of(none, phantoms.scene(image, ONE)), ONE & kept)


def test_import_on_another_shape_is_refused():
    with pytest.raises(OperationError, match=r"has the shape \(2, 2, 1\), but the image has \(13, 12, 11\)"):
        result_of(imported(ONE), phantoms.scene())


@pytest.mark.parametrize(
    "change", [{"content": "AAAA"}, {"content": "?"}, {"shape": [2, 2, 900]}, {"shape": [0, 2, 2]}]
)
def test_import_of_what_cannot_be_unpacked_is_refused(change):
    record = imported(ONE).to_json()
    record["parameters"].update(change)
    with pytest.raises(ParameterError, match=r"import the file hand.nii.gz again"):
        from_json(record)
