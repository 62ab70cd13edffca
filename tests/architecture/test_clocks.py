"""No test depends on how busy the machine is: clocks and sleeps are in these files alone, for these reasons."""

from __future__ import annotations

import ast

from tests.architecture.conftest import CHECKOUT

TESTS = CHECKOUT / "tests"
REASONS = {
    "engine/test_parallel.py": "work that is to be stopped ends by itself after a minute",
    "fuzz/run.py": "a process may take so many seconds of a processor",
    "io/journal/test_journal.py": "times of files",
    "io/journal/test_leftovers.py": "times of files",
    "model/test_save_is_safe.py": "times of files",
    "ui/drivers.py": "a wait is given up after a minute",
    "ui/stalls.py": "measures for the benchmark; a test counts the program's own work",
    "ui/test_bystander.py": "tries again until the machine has held something up, for a minute",
    "ui/test_responsiveness.py": "works for some time, as the clock of its thread counts",
    "ui/test_window.py": "work that goes on until it is cancelled lets others go on",
}


def uses_a_clock(source: str) -> bool:
    """Whether a module asks a clock, sleeps, pauses in Qt, or gives drawn examples a deadline."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(name.name in ("time", "timeit") for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "timeit"):
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("qWait", "qSleep"):
            return True
        if isinstance(node, ast.keyword) and node.arg == "deadline" and getattr(node.value, "value", 0) is not None:
            return True
    return False


def test_clocks_are_where_they_are_named() -> None:
    own = TESTS / "benchmarks"
    sources = [path for path in TESTS.rglob("*.py") if own not in path.parents]
    found = {path.relative_to(TESTS).as_posix() for path in sources if uses_a_clock(path.read_text("utf-8"))}
    assert found == REASONS.keys()


def test_a_clock_is_found() -> None:
    assert uses_a_clock("import time")
    assert uses_a_clock("from time import sleep")
    assert uses_a_clock("QTest.qWait(100)")
    assert uses_a_clock("@settings(deadline=200)\ndef test(): ...")
    assert not uses_a_clock("settings(deadline=None)")


def test_drawn_examples_have_one_profile() -> None:
    files = [path for path in TESTS.rglob("*.py") if "deadline=" in path.read_text("utf-8")]
    assert {path.relative_to(TESTS).as_posix() for path in files} == {"conftest.py", "architecture/test_clocks.py"}
