"""A report of a mask of 256³ voxels, beside the three seconds that it may take and nilearn's report of its masker.

    python tests/benchmarks/bench_report.py [--sizes 256] [--rounds 7] [--seconds 8] [--only TEXT]

Timed as in bench_kernels.py, on images in memory. nilearn draws a few slices alone, and wants matplotlib, which is not
among the packages of this project: without it, the row is left out. Prints the peak of memory beside the image, too.
"""

from __future__ import annotations

import importlib.util
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nibabel
import numpy as np
from nilearn.maskers import NiftiMasker

import maskeditor
from maskeditor.core.space.mask import COLOURS
from maskeditor.engine.progress import Progress
from maskeditor.model.data.report import Reported, report_of
from tests.benchmarks.bench_operations import head
from tests.benchmarks.rows import Case, Row, main, measured

#: Milliseconds that a report may take.
LIMIT = 3000.0


def of_nilearn(image: np.ndarray, mask: np.ndarray) -> Callable[[], str]:
    """Return what makes nilearn's report of a masker, fitted to images in memory."""
    picture, inside = (nibabel.Nifti1Image(values, np.eye(4)) for values in (image, mask.astype(np.uint8)))

    def made() -> str:
        with warnings.catch_warnings(action="ignore"):
            masker = NiftiMasker(inside, reports=True).fit(picture)
            return str(masker.generate_report())

    return made


def cases(size: int) -> Iterator[Case]:
    """Yield the report beside its limit, and beside nilearn's."""
    image = maskeditor.Image.of(head((size, size, size)), np.eye(4))
    mask = maskeditor.run(image, ["threshold lower=300", "erosion", "keep_largest", "fill_holes"])
    reported = [Reported("mask", COLOURS[0], mask.session.document.mask(mask.roi), mask.recipe)]

    def ours() -> bytearray:
        return report_of(image.volume, "head", reported, Progress()).html

    ours()
    tracemalloc.start()
    ours()
    peak = tracemalloc.get_traced_memory()[1] / image.volume.nbytes
    tracemalloc.stop()
    print(f"memory beside the image: {peak:.2f} × the image", file=sys.stderr)
    name = f"{size}³ int16"
    yield Case("report", "report", name, ours, "limit", LIMIT, 1)
    if importlib.util.find_spec("matplotlib"):
        peer: Callable[[], Any] = of_nilearn(np.asarray(image.data), mask.data)
        yield Case("report", "report", name, ours, "nilearn", peer, same=None)


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure both."""
    for size in sizes:
        yield from measured(cases(size), rounds, seconds, only)


if __name__ == "__main__":
    main(__doc__, rows)
