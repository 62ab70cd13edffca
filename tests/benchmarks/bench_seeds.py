"""Growing from seeds: a stroke with what is kept, and all of it anew, beside scikit-image's watershed.

    python tests/benchmarks/bench_seeds.py [--sizes 128 256] [--rounds 7] [--seconds 8] [--only TEXT]

The image is a noisy head, of whose gradients no two are equal, so that both must give the same labels. A stroke may
take a second at 256³. scikit-image stands beside it at 128³, whatever the sizes, and at no more: it takes minutes then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from maskeditor.engine.basins import Basins
from tests.benchmarks.heads import drawn
from tests.benchmarks.rows import Case, Row, main, measured

#: Milliseconds that a stroke may take.
LIMIT = 1000.0
#: Edge of the largest volume that is flooded by the peer, in voxels; one such volume always is.
LARGEST_PEER = 128


def gradient(size: int) -> np.ndarray:
    """Return the magnitude of the gradient of a noisy head as ranks, no two equal."""
    noise = np.random.default_rng(size).normal(size=(size,) * 3).astype(np.float32)
    steep = ndimage.gaussian_gradient_magnitude(100 * drawn(size).astype(np.float32) + 10 * noise, 1.0)
    ranks = np.empty(steep.size, np.int32)
    ranks[np.argsort(steep, axis=None)] = np.arange(steep.size, dtype=np.int32)
    return np.asfortranarray(ranks.reshape(steep.shape))


def cases(size: int) -> Iterator[Case]:
    """Yield a stroke and the whole."""
    values, third = gradient(size), size // 3
    markers = np.zeros(values.shape, np.uint8, order="F")
    markers[third : 2 * third, third : third + 4, size // 2] = 1
    markers[size // 2 : size // 2 + 4, size // 2 : size // 2 + 4, size // 2] = 2
    markers[1:-1, 1:4, size // 2] = 3
    seeds = np.flatnonzero(markers.ravel(order="F"))
    labels = markers.ravel(order="F")[seeds]
    basins = Basins.of(values)
    # (A copy of basins has no flood that was kept.)
    name = f"{size}³, {len(basins.tree.above)} basins"
    group = "grow from seeds"
    yield Case(group, "a stroke", name, lambda: replace(basins).grown(seeds, labels), "limit", LIMIT, 1)
    if size <= LARGEST_PEER:
        peer = "scikit-image watershed"
        yield Case(
            group,
            "a stroke",
            name,
            lambda: replace(basins).grown(seeds, labels),
            peer,
            lambda: watershed(values, markers),
            5,
        )
        yield Case(
            group,
            "basins, then a stroke",
            name,
            lambda: Basins.of(values).grown(seeds, labels),
            peer,
            lambda: watershed(values, markers),
        )


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure each size."""
    for size in sorted({LARGEST_PEER, *sizes}):
        yield from measured(cases(size), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
