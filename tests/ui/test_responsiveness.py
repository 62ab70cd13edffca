"""The window answers while whole volumes of 512³ voxels are worked on.

What a machine takes is measured by the benchmark of the same name, for every operation; here only what no machine
excuses fails: work that was left on the interface's thread, or that held the interpreter for its whole run. What counts
of a gap is how long the program itself was at work, so that a busy machine lengthens none.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.ui.bystander import Bystander
from tests.ui.conftest import Desk
from tests.ui.stalls import HEADING, LONGEST, big_session, every_wait, stalls_of

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

#: One operation of each kind: of intensities, of components, of shape, of holes, of several masks.
SOME = {"otsu", "keep_largest", "opening", "fill_holes", "boolean"}
#: How much longer than wanted a gap may be, on a slow machine.
EXCUSED = 10


def burn() -> None:
    """Be at work on this thread for as long as nobody excuses, as the thread's own clock counts."""
    end = time.thread_time() + 2 * EXCUSED * LONGEST / 1000
    while time.thread_time() < end:
        pass


@pytest.mark.slow
def test_work_on_the_thread_of_the_interface_is_found(desk: Desk) -> None:
    with Bystander() as bystander:
        assert stalls_of(desk, bystander, "busy", burn).longest_at_work > EXCUSED * LONGEST
        assert stalls_of(desk, bystander, "idle", lambda: None).longest_at_work < EXCUSED * LONGEST


@pytest.mark.slow
def test_no_work_on_a_large_volume_stalls_the_window(desk: Desk, tmp_path: Path) -> None:
    rows = list(every_wait(desk, big_session(512), tmp_path, SOME))
    print("\n".join([HEADING, *(stalls.row() for stalls in rows)]))
    assert len(rows) > 20
    stalled = [stalls.row() for stalls in rows if stalls.longest_at_work > EXCUSED * LONGEST]
    assert not stalled, "\n".join(["Gaps in the event loop (seconds, longest, p95 in ms):", *stalled])
