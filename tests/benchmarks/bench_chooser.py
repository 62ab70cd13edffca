"""How long the list of images keeps its user waiting while it fills: gaps in the event loop, as a user feels them.

    python tests/benchmarks/bench_chooser.py [--rounds 7] [--only TEXT]

Folders of ten thousand files are opened: of NIfTI images, of DICOM series of many slices, and of series of one slice;
and the list is left again.
Each row is the longest gap of some rounds; of a gap counts how long the program itself was at work, so that a busy
machine lengthens none. The limit is what no gap may take.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.benchmarks.screen  # noqa: F401  # a window on a screen
from tests.benchmarks import rows as table
from tests.many_files import write_dicom, write_nifti

FILES = 10_000
FOLDERS = {
    "NIfTI": write_nifti,
    "DICOM, 40 series": write_dicom,
    "DICOM, 10,000 series": partial(write_dicom, slices=1),
}


def rows(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[table.Row]:
    """Yield a row for each kind of folder."""
    group = "list of 10,000 files, longest gap"
    wanted = {kind: write for kind, write in FOLDERS.items() if only in f"{group}, {kind}"}
    if not wanted:
        return
    from PyQt6.QtTest import QTest
    from PyQt6.QtWidgets import QApplication

    import tests.conftest  # noqa: F401  # settings and sessions of its own
    from maskeditor.ui.app import application, import_the_rest
    from maskeditor.ui.files.series_chooser import SeriesChooser
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring
    from tests.ui.bystander import Bystander
    from tests.ui.conftest import SIZE, Desk
    from tests.ui.stalls import LONGEST, stalls_of

    app = application()
    import_the_rest()
    window = MainWindow()
    window.resize(*SIZE)
    window.show()
    QTest.qWaitForWindowActive(window)
    desk = Desk(window, Wiring(window))
    with tempfile.TemporaryDirectory() as name, Bystander() as bystander:
        for kind, write in wanted.items():
            folder = write(Path(name) / kind, FILES)
            longest = 0.0
            for _ in range(min(rounds, 3)):
                stalls = stalls_of(desk, bystander, kind, partial(desk.wiring.files.open_path, folder))
                chooser = QApplication.activeModalWidget()
                assert isinstance(chooser, SeriesChooser)
                left = stalls_of(desk, bystander, kind, chooser.reject)
                longest = max(longest, stalls.longest_at_work, left.longest_at_work)
            yield table.Row(group, group, kind, longest, "limit", LONGEST, 1)
    desk.close()
    app.processEvents()


if __name__ == "__main__":
    table.main(__doc__, rows)
