"""Operations that make images beside the libraries they equal, as the program runs them.

    python tests/benchmarks/bench_images.py [--rounds 7] [--seconds 8] [--only TEXT]

The sizes of the series are those of the studies that these are used for: a run at rest of 150,000 voxels and 200
volumes, and the visual study of Haxby et al. (2001), of 40 × 64 × 64 voxels and 1,452 volumes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from nibabel import Nifti1Image
from nilearn.image import resample_to_img, smooth_img
from scipy import stats

import maskeditor.ops  # noqa: F401  (fills the register)
import tests.benchmarks.screen  # noqa: F401  # a window on a screen
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.resample import resample_image
from tests.benchmarks.rows import Case, Row, main, measured

#: What is called so is how long nothing was drawn.
STALL = "longest stall"
#: What one seed may take, in milliseconds: a hand that moves the crosshair sees the map follow.
SEED = 40


def noise(shape: tuple[int, ...], dtype: Any = np.float32) -> Volume:
    """Return noise about 1000, in Fortran order, on a grid of 3 mm."""
    values = np.random.default_rng(0).standard_normal(shape[::-1], np.float32).T * 30 + 1000
    return Volume(np.asfortranarray(values.astype(dtype)), Geometry(shape[:3], np.diag([3.0, 3, 3, 1])))


def cases() -> Iterator[Case]:
    """Yield what is compared."""
    rest = noise((50, 50, 60, 200))
    document = Document(rest)
    seeds = iter(np.ndindex(40, 40, 40))

    def another_seed() -> np.ndarray:
        operation = make("seed_correlation", {"name": "r", "seed": next(seeds)})
        assert isinstance(operation, ImageOperation)
        made = operation.at_a_glance(document.snapshot().scene("roi1"), Progress())
        assert made is not None
        return made.stored

    another_seed()  # the courses of all voxels are then kept
    yield Case("images", "seed_correlation, the crosshair moves", "150,000 × 200", another_seed, "limit", SEED, 1)

    study, labels = noise((40, 64, 64, 1452), np.int16), ("a", "b") * 726
    test = make("t_test", {"name": "t", "conditions": labels, "a": "a", "b": "b"})
    assert isinstance(test, ImageOperation)
    yield Case(
        "images",
        "t_test",
        "40 × 64 × 64 × 1,452",
        lambda: test.worked_out(study, Progress()),
        "scipy",
        lambda: stats.ttest_ind(study.stored[..., ::2], study.stored[..., 1::2], axis=3).statistic,
        3,
        same=lambda ours, theirs: np.allclose(ours, theirs, rtol=1e-9, atol=1e-9),
    )

    small = Volume(rest.stored[..., :20], rest.geometry)
    smooth = make("smooth", {"name": "s", "fwhm": 6})
    assert isinstance(smooth, ImageOperation)
    image = Nifti1Image(small.stored, small.geometry.affine)
    yield Case(
        "images",
        "smooth, 6 mm",
        "150,000 × 20",
        lambda: smooth.worked_out(small, Progress()),
        "nilearn",
        lambda: np.asarray(smooth_img(image, 6).dataobj),
    )

    still, fine = Volume(rest.stored[..., 0], rest.geometry), Geometry((150, 150, 180), np.eye(4))
    moving, fixed = (
        Nifti1Image(still.stored, still.geometry.affine),
        Nifti1Image(np.zeros(fine.shape, np.uint8), np.eye(4)),
    )
    for how in ("linear", "continuous"):
        yield Case(
            "images",
            f"resampled, {how}",
            "150 × 150 × 180",
            lambda how=how: resample_image(still, fine, how).stored,
            "nilearn",
            lambda how=how: np.asarray(
                resample_to_img(moving, fixed, how, copy_header=True, force_resample=True).dataobj
            ),
        )


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Measure; the series have sizes of their own."""
    yield from measured(cases(), rounds, seconds, only)
    if only in f"{STALL}, 512³ float32, limit":
        yield from stalls()


def stalls() -> Iterator[Row]:
    """Yield for how long the event loop stands still at most while a map is added, looked at, compared and removed."""
    from PyQt6.QtTest import QTest

    import tests.conftest  # noqa: F401  # settings and sessions of its own
    from maskeditor.ui.app import application, import_the_rest
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring
    from tests.ui.bystander import Bystander
    from tests.ui.conftest import SIZE, Desk
    from tests.ui.stalls import LONGEST, big_session, overlays, stalls_of

    app = application()
    import_the_rest()
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    QTest.qWaitForWindowActive(window)
    desk = Desk(window, Wiring(window))
    desk.editor.set_session(big_session(512))
    desk.wait()
    with tempfile.TemporaryDirectory() as folder, Bystander() as bystander:
        for found in overlays(partial(stalls_of, desk, bystander), desk, Path(folder)):
            yield Row("images", f"{STALL}: {found.name}", "512³ float32", found.longest, "limit", LONGEST, 1)
    desk.close()
    app.processEvents()


if __name__ == "__main__":
    main(__doc__, rows)
