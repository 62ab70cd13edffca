"""The log and the report of faults: what happened, and nobody's name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maskeditor.model import faults
from maskeditor.model.faults import begin_log, fault_report, versions, write_log
from maskeditor.version import __version__

DYING = """
import ctypes, sys
from pathlib import Path
from maskeditor.model.faults import begin_log
print(begin_log(Path(sys.argv[1])), flush=True)
if len(sys.argv) > 2:
    ctypes.string_at(0)
"""


def run(log: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DYING, str(log), *more]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def fault(name: str) -> str:
    def inner() -> None:
        try:
            np.zeros(3).reshape(2, 2)
        except ValueError as error:
            raise KeyError(name) from error

    try:
        inner()
    except KeyError as error:
        return fault_report(type(error), error, error.__traceback__)
    raise AssertionError


def test_a_report_names_kinds_places_and_versions_and_nothing_else() -> None:
    text = fault("/home/somebody/patients/Smith^John.nii")
    assert f"maskeditor {__version__}" in text
    assert "numpy " in text
    assert "builtins.KeyError" in text
    assert "builtins.ValueError" in text
    assert "in inner" in text
    for private in ("somebody", "Smith", "home/", str(Path(__file__).parents[2])):
        assert private not in text


def test_causes_in_a_circle_end() -> None:
    first, second = ValueError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert fault_report(type(first), first, None).count("builtins.") == 2


def test_the_log_is_made_added_to_and_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "new" / "maskeditor.log"
    assert run(log).stdout == "False\n"
    assert versions() in log.read_text("utf-8")
    write_log(log, "fault\nKeyError")
    assert log.read_text("utf-8").endswith("fault\nKeyError\n")
    log.write_text("x" * (faults.LONGEST_LOG + 1))
    assert run(log).stdout == "False\n"
    assert log.stat().st_size < 10_000
    assert log.with_suffix(".old.log").stat().st_size == faults.LONGEST_LOG + 1


@pytest.mark.skipif(os.name == "nt", reason="Windows shows a box of its own")
def test_the_death_of_the_interpreter_is_in_the_log_and_known_once(tmp_path: Path) -> None:
    log = tmp_path / "maskeditor.log"
    assert run(log, "die").returncode < 0
    assert "Fatal Python error" in log.read_text("utf-8")
    assert run(log).stdout == "True\n"
    assert run(log).stdout == "False\n"


def test_without_a_place_for_it_there_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert begin_log(tmp_path / "file" / "maskeditor.log") is False
    write_log(tmp_path / "file" / "maskeditor.log", "fault")
