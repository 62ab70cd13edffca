"""Benchmarks still fit what they measure: of small volumes, they run to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPORT = Path(__file__).parent / "report.py"


@pytest.mark.slow
@pytest.mark.parametrize("part", ["agreement", "montage", "operations", "previews"])
def test_a_part_runs_through(part: str) -> None:
    words = ("--dry", "--sizes", "64", "--rounds", "1", "--seconds", "0")
    ended = subprocess.run(
        [sys.executable, REPORT, part, *words],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "measurements reach what is wanted of them." in ended.stdout
