"""A short soak; the long one is `python tests/soak/soak.py 20000`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Memory is read as Linux tells it.")
def test_memory_is_flat_within_five_percent_over_a_thousand_moves() -> None:
    program = Path(__file__).with_name("soak.py")
    told = subprocess.run([sys.executable, program, "1000"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
