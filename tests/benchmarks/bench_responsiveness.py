"""How long the window keeps its user waiting while whole volumes are worked on: gaps in its event loop.

    python tests/benchmarks/bench_responsiveness.py [size]

A timer of 4 ms beats in the window's event loop while each operation of the panel is previewed, applied, undone and
redone on a head of size × size × size voxels (512 unless told otherwise), and masks are saved, opened and replayed.
Wanted: no gap above 50 ms, and 95 of 100 below 10 ms. Rows beyond that are marked. Where the machine held up a process
that only sleeps during a gap, as virtual machines do now and then, that time stands beside it and is not counted.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.benchmarks.screen  # noqa: F401  # a window on a screen


def main() -> None:
    """Print a row for each piece of work."""
    from PyQt6.QtTest import QTest

    import tests.conftest  # noqa: F401  # settings and sessions of its own
    from maskeditor.ui.app import application, import_the_rest
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring
    from tests.ui.conftest import SIZE, Desk
    from tests.ui.stalls import HEADING, Stalls, big_session, every_wait

    size = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    app = application()
    import_the_rest()
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    QTest.qWaitForWindowActive(window)
    desk = Desk(window, Wiring(window))
    print(f"{size} × {size} × {size} int16\n{HEADING}", flush=True)
    late: list[Stalls] = []
    gaps = np.zeros(0)
    with tempfile.TemporaryDirectory() as folder:
        for stalls in every_wait(desk, big_session(size), Path(folder)):
            print(stalls.row(), flush=True)
            late += [stalls] * stalls.is_late
            gaps = np.append(gaps, stalls.gaps)
    print(f"{len(late)} of them beyond what is wanted; 95 of 100 of all gaps below {np.percentile(gaps, 95):.1f} ms")
    desk.close()
    app.processEvents()


if __name__ == "__main__":
    main()
