"""The window answers while whole volumes of 512³ voxels are worked on.

What a machine takes is measured by the benchmark of the same name, for every operation; here only what no machine
excuses fails: work that was left on the interface's thread, or that held the interpreter for its whole run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.conftest import Desk
from tests.ui.stalls import HEADING, LONGEST, big_session, every_wait

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

#: One operation of each kind: of intensities, of components, of shape, of holes, of several masks.
SOME = {"otsu", "keep_largest", "opening", "fill_holes", "boolean"}
#: How much longer than wanted a gap may be on a machine that is busy with other things.
EXCUSED = 10


def test_no_work_on_a_large_volume_stalls_the_window(desk: Desk, tmp_path: Path) -> None:
    rows = list(every_wait(desk, big_session(512), tmp_path, SOME))
    print("\n".join([HEADING, *(stalls.row() for stalls in rows)]))
    assert len(rows) > 20
    stalled = [stalls.row() for stalls in rows if stalls.longest > EXCUSED * LONGEST]
    assert not stalled, "\n".join(["Gaps in the event loop (seconds, longest, p95 in ms):", *stalled])
