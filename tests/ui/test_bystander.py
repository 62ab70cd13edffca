"""What holds a waiting process up is known afterwards."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest

from tests.ui.bystander import HELD, Bystander


def test_held_up_between_times() -> None:
    bystander = Bystander()
    bystander._held = [(1.0, 1.5), (3.0, 3.1)]
    held = bystander.held(np.array([0.5, 1.1, 1.2, 2.0, 2.5, 3.05]))
    np.testing.assert_allclose(held, [0.1, 0.1, 0.3, 0, 0.05])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_a_process_that_is_stopped_is_held_up() -> None:
    with Bystander() as bystander:
        deadline = time.monotonic() + 60
        while not any(woken > wanted for wanted, woken in bystander._held) and time.monotonic() < deadline:
            before = time.perf_counter()
            os.kill(bystander._process.pid, signal.SIGSTOP)
            while time.perf_counter() - before < 3 * HELD / 1000:
                pass
            os.kill(bystander._process.pid, signal.SIGCONT)
            bystander._listening.join(0.01)  # lets it tell
        held = bystander.held(np.array([0.0, time.perf_counter()]))
        assert held[0] >= HELD / 1000
