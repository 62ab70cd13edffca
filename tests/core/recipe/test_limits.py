"""A recipe from anybody: what it claims costs nothing before it is believed, and what is said of it is short."""

from __future__ import annotations

import base64
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
import zstandard

import maskeditor.ops
from maskeditor.core.errors import OperationError, RecipeError
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import find, make
from maskeditor.core.recipe.onto_another_image import source_geometry
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.recipe_json import dumps, loads
from maskeditor.core.recipe.replay import replay
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.volume import Volume

assert maskeditor.ops

IMAGE = Volume(np.zeros((4, 4, 4), np.uint8), Geometry((4, 4, 4), np.eye(4)))
LONG = "x" * 3_000_000


def recipe(**changes: Any) -> str:
    return json.dumps({"format": "maskeditor recipe", "version": 1, **changes})


def imported(shape: tuple[int, int, int], packed: bytes) -> dict[str, Any]:
    content = base64.b64encode(packed).decode()
    return {
        "id": "import_mask",
        "parameters": {"file_name": "m.nii", "sha256": "0" * 64, "shape": shape, "content": content},
    }


def zeros(size: int) -> bytes:
    """A frame of zstd that claims some zeros and holds the first of them."""
    return zstandard.ZstdCompressor().compressobj(size=size).compress(bytes(64))


@pytest.mark.parametrize(
    "text",
    [
        recipe(steps=[{"id": LONG}]),
        recipe(steps=[{"id": "invert", LONG: 1}]),
        recipe(steps=[{"id": "invert", **{f"key{n}": n for n in range(20_000)}}]),
        recipe(steps=[{"id": "invert", "parameters": {LONG: 1}}]),
        recipe(steps=[{"id": "dilation", "parameters": {f"iterations{n}": n for n in range(20_000)}}]),
        recipe(steps=[{"id": "dilation", "parameters": {"structure": LONG}}]),
        recipe(steps=[{"id": "invert", "name": LONG}]),
        recipe(steps=[{"id": "invert", "note": LONG}]),
        recipe(steps=[{"id": "invert", "roi": LONG}]),
        recipe(rois=[{"id": LONG}]),
        recipe(rois=[{"id": "a", "name": LONG}]),
        recipe(rois=[{"id": "a", "colour": [LONG]}]),
        recipe(rois=[{"id": "a"} for _ in range(20_000)]),
        recipe(program=LONG),
        recipe(target=LONG),
    ],
    ids=range(15),
)
def test_long_texts_are_refused_in_few_words(text: str) -> None:
    with pytest.raises(RecipeError) as raised:
        loads(text)
    assert len(str(raised.value)) < 1_000


def test_a_mask_that_claims_too_much_is_refused_before_it_is_unpacked() -> None:
    for shape in ((50_000, 50_000, 50_000), (2000, 2000, 2000)):
        size = (shape[0] ** 3 + 7) // 8
        with pytest.raises(RecipeError, match="may have 2147483648 at most"):
            loads(recipe(steps=[imported(shape, zeros(min(size, 2**62)))]))


def test_a_mask_of_another_grid_is_refused_before_it_is_unpacked() -> None:
    shape = (1000, 1000, 1000)
    packed = zstandard.ZstdCompressor().compress(bytes(1000**3 // 8))
    tracemalloc.start()
    try:
        wanted = loads(recipe(steps=[imported(shape, packed)]))
        with pytest.raises(OperationError, match=r"has the shape \(1000, 1000, 1000\), but the image has \(4, 4, 4\)"):
            replay(Document(IMAGE), wanted)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_damaged_voxels_are_an_error_of_their_step() -> None:
    whole = zstandard.ZstdCompressor().compress(np.random.default_rng(0).bytes(8))
    damaged = whole[:-2]
    wanted = loads(recipe(steps=[imported((4, 4, 4), damaged)]))
    with pytest.raises(OperationError, match=r"The voxels of m.nii that the step holds are damaged"):
        replay(Document(IMAGE), wanted)


@pytest.mark.parametrize("shape", [[float("inf"), 4, 4], [1e400, 4, 4], [10**400, 4, 4], ["4", 4, 4], [], 4, None])
def test_a_shape_that_is_none_is_no_grid(shape: Any) -> None:
    recorded = Recipe((), (Roi("roi1", "mask"),), "roi1", {"shape": shape, "affine": np.eye(4).tolist()})
    assert source_geometry(recorded) is None


def test_a_name_that_no_encoding_holds_is_written_and_read_again() -> None:
    name = b"caf\xe9.nii".decode("utf-8", "surrogateescape")
    operation = find("import_mask").of(np.ones((4, 4, 4), bool), name, "0" * 64)  # type: ignore[attr-defined]
    wanted = loads(recipe(steps=[{**operation.to_json(), "roi": "roi1"}, make("invert", {}).to_json()]))
    text = dumps(wanted)
    text.encode()
    assert loads(text).steps[0].operation == operation
