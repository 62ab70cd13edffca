"""How long a preview waits for each operation, while a parameter moves.

    python tests/benchmarks/bench_previews.py [--sizes 256 512] [--rounds 7] [--only TEXT]

The first calls fill what is kept for the next ones; each of the calls that are timed has another value than the one
before. An operation that looks no further than a few voxels is timed twice: for the whole volume, as the worker makes
it, and for the three visible planes alone, which are shown at once. Up to 256³ the whole is wanted within a frame (16
ms) for thresholds and morphology, and within 100 ms for all else; beyond, the visible planes are.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from maskeditor.core.operation.declaration import Operation, make, operations
from maskeditor.core.operation.scene import Scene
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from tests.benchmarks.bench_operations import head, scene_of
from tests.benchmarks.rows import Case, Row, main, measured

FRAME, SOON = 16.0, 100.0  # ms
CROSSES: list[dict[str, Any]] = [{"iterations": count} for count in (1, 2, 3)]
BALLS: list[dict[str, Any]] = [{"structure": "ball", "radius": radius} for radius in (2.0, 3.0, 4.0)]
MOVES: dict[str, list[dict[str, Any]]] = {
    "threshold": [{"lower": float(lower)} for lower in (300, 320, 340)],
    "epi_mask": [{"lower_cutoff": cutoff} for cutoff in (0.2, 0.22, 0.24)],
    "background_mask": [{"border_size": size} for size in (1, 2, 3)],
    "template_mask": [{"threshold": threshold} for threshold in (0.45, 0.5, 0.55)],
    "otsu": [{"classes": 2, "keep": keep} for keep in ("brightest", "darkest")],
    "keep_largest": [{"count": count} for count in (1, 2, 3)],
    "remove_small": [{"below": below} for below in (0.1, 0.2, 0.3)],
    "smooth_mask": [{"fwhm": fwhm} for fwhm in (2.0, 3.0)],
}
SMOOTHED = [{"lower": float(lower), "fwhm": 3.0} for lower in (300, 320, 340)]


def visible(operation: Operation, scene: Scene) -> None:
    """Work out the three planes through the middle, as a preview does."""
    shape, reach = scene.geometry.shape, operation.reach(scene)
    assert reach is not None
    for axis in range(3):
        start, stop, margin = [0, 0, 0], list(shape), [0, 0, 0]
        start[axis], stop[axis], margin[axis] = shape[axis] // 2, shape[axis] // 2 + 1, reach[axis]
        box = Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        operation.apply(scene.cropped(box.grown((margin[0], margin[1], margin[2]), shape)), Progress())


def variants(scene: Scene) -> Iterator[tuple[str, list[Operation]]]:
    """Yield each operation that a form offers, with a few values of a parameter that moves."""
    for cls in operations():
        if cls.by_tool:
            continue
        if "structure" in cls.model_fields:
            for told, moves in (("cross", CROSSES), ("ball", BALLS)):
                yield f"{cls.title}, {told}", [make(cls.id, values) for values in moves]
        elif cls.id in MOVES:
            yield cls.title, [make(cls.id, values) for values in MOVES[cls.id]]
            if cls.id == "threshold":
                yield "Threshold of the smoothed image", [make(cls.id, values) for values in SMOOTHED]
        else:
            yield cls.title, [cls.suggest(scene)]


def cases(sizes: Sequence[int]) -> Iterator[Case]:
    """Yield a row for the whole of each operation, and one for its visible planes."""
    for size in sizes:
        data = head((size,) * 3)
        mask = np.asfortranarray((data > 500) & (data < 1200))
        others = {"other": np.asfortranarray(data > 900), "third": np.asfortranarray(data > 700)}
        yield from cases_of(scene_of(data, mask, others=others), f"{size}³ int16", size <= 256)


def cases_of(scene: Scene, image: str, whole_is_wanted: bool) -> Iterator[Case]:
    """Yield the rows of one image."""
    for told, moved in variants(scene):
        try:
            for operation in moved * 2:
                operation.apply(scene, Progress())
        except MaskEditorError as error:
            print(f"{told} is left out: {error}", file=sys.stderr)
            continue
        reach = moved[-1].reach(scene)
        limit = SOON if reach is None or moved[0].id == "smooth_mask" else FRAME
        yield Case(
            f"preview of the whole volume, {limit:g} ms",
            f"{told}: whole",
            image,
            cycled([lambda one=one: one.apply(scene, Progress()) for one in moved]),  # type: ignore[misc]
            "limit",
            limit,
            1 if whole_is_wanted else 0,
        )
        if reach is not None:
            planes = cycled([lambda one=one: visible(one, scene) for one in moved])  # type: ignore[misc]
            limit = SOON if moved[0].id == "smooth_mask" else FRAME
            group = f"preview of the visible planes, {limit:g} ms"
            yield Case(group, f"{told}: planes", image, planes, "limit", limit, 1)


def cycled(runs: Sequence[Callable[[], Any]]) -> Callable[[], Any]:
    """Return a call that makes the next of some each time."""
    turn = itertools.cycle(runs)
    return lambda: next(turn)()


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure."""
    return measured(cases(sizes), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
