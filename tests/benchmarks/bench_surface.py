"""A frame of a brain's surface at 1 mm on 600 × 600 pixels, turned by hand, beside what it may take and OpenGL.

    python tests/benchmarks/bench_surface.py [--sizes 256] [--rounds 7] [--seconds 8] [--only TEXT]

Of frames from all sides, the slowest one in a hundred counts: beside the limit by the time of the processor, of which
one thread takes all, and beside OpenGL by the clock, as that draws by several where it draws by software. OpenGL is
pyqtgraph's, which draws a mesh of scikit-image; it wants PyOpenGL, which is not among the packages of this project:
without it, the row is left out. Sizes are not looked at: the brain is that of nilearn's template.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from nilearn.datasets import load_mni152_template
from skimage.measure import marching_cubes

from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.box import Box
from maskeditor.engine.first_hit import View
from maskeditor.model.view.solids import Solid
from maskeditor.model.view.surface_picture import Coloured, directions, surface_picture
from tests.benchmarks.rows import Case, Row, main, measured

SIDE, LIMIT, FRAMES = 600, 33.0, 120
GROUP = "surface"


def brain() -> np.ndarray:
    """Return the brain of nilearn's template at 1 mm, with its furrows."""
    template = np.asarray(load_mni152_template(resolution=1).get_fdata())
    return np.asfortranarray(template > 0.55 * template.max())


def slowest(draw: Callable[[float], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the milliseconds of the slowest frame in a hundred, all the way round."""
    times = []
    for frame in range(FRAMES):
        start = clock()
        draw(360 * frame / FRAMES)
        times.append(1000 * (clock() - start))
    return float(np.percentile(times, 99))


def by_opengl(mask: np.ndarray) -> Callable[[float], object]:
    """Return what draws a mesh of the mask by pyqtgraph's OpenGL."""
    import pyqtgraph.opengl as gl
    from PyQt6.QtWidgets import QApplication

    by_opengl.app = QApplication.instance() or QApplication([])  # type: ignore[attr-defined]
    vertices, faces, _, _ = marching_cubes(mask.astype(np.float32), 0.5)
    view = gl.GLViewWidget()
    view.resize(SIDE, SIDE)
    view.addItem(gl.GLMeshItem(vertexes=vertices - vertices.mean(0), faces=faces, shader="shaded"))
    view.setCameraPosition(distance=350)
    view.show()

    def draw(angle: float) -> object:
        view.setCameraPosition(azimuth=angle)
        return view.grabFramebuffer()

    return draw


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure frames, and how long a new surface and one that has changed are waited for."""
    mask = brain()
    bits = MaskBits.of(mask)
    solid = Solid.of(bits, np.eye(4))
    middle = (np.array(mask.shape) - 1) / 2

    def draw(angle: float) -> object:
        view = View.around(middle, directions(angle, 25), 0.35, (SIDE, SIDE))
        return surface_picture([Coloured(solid, (230, 60, 60))], view, 0.4)

    image = f"brain at 1 mm, {len(solid.surface)} surface voxels"
    if only in f"frame, {image}, limit":
        draw(0)
        yield Row(GROUP, f"frame of {SIDE} × {SIDE}, p99", image, slowest(draw, time.thread_time), "limit", LIMIT, 1)
    if only in f"frame, {image}, pyqtgraph OpenGL" and importlib.util.find_spec("OpenGL"):
        other = by_opengl(mask)
        other(0)
        yield Row(GROUP, f"frame of {SIDE} × {SIDE}, p99", image, slowest(draw), "pyqtgraph OpenGL", slowest(other), 2)
    painted = bits.copy()
    stroke = Box((90, 100, 100), (100, 110, 110))
    painted.toggle(Rows.of(stroke, np.ones(stroke.shape, bool)))
    masks = [painted, bits]

    def follow() -> None:
        nonlocal solid
        masks.reverse()
        solid = solid.updated(masks[0])

    cases = [
        Case(GROUP, "surface found", image, lambda: Solid.of(bits, np.eye(4)), "scikit-image marching cubes",
             lambda: marching_cubes(mask.astype(np.float32), 0.5), 1, None),
        Case(GROUP, "surface after a stroke", image, follow, "limit", 200.0, 1),
    ]  # fmt: skip
    yield from measured(cases, rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
