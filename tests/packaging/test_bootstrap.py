"""The set-up script: what it says, and that it does nothing where nothing has to be done."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, with an empty folder for its environment and no way to start anything."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path)
    monkeypatch.setattr(module, "PYTHON", tmp_path / "python")

    def call(command: list[str], **_: object) -> int:
        pytest.fail(f"started {command}")

    monkeypatch.setattr(subprocess, "call", call)
    return module


def test_an_old_python_can_read_it() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_refused_in_one_sentence(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "run"])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main() == 1
    expected = "This is Python 3.9.2, but maskeditor needs 3.11 or newer: install it and try again.\n"
    assert capsys.readouterr().err == expected


def test_an_old_python_hands_over_to_a_newer_one(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "run", "scan.nii"])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/usr/bin/" + name)
    # python3 is the old one, as on many servers; the newest is taken instead.
    monkeypatch.setattr(
        subprocess, "call", lambda command, **_: calls.append(command) or command[0].endswith("python3")
    )
    assert bootstrap.main() == 0
    assert calls[-1] == ["/usr/bin/python3.20", "bootstrap.py", "run", "scan.nii"]


@pytest.mark.parametrize("stamped", ["run", "dev"])
def test_nothing_is_done_where_the_stamp_holds(bootstrap: ModuleType, tmp_path: Path, stamped: str) -> None:
    (tmp_path / "python").touch()
    (tmp_path / "maskeditor-qt.stamp").touch()
    (tmp_path / f"maskeditor-{stamped}.stamp").write_text(bootstrap.fingerprint(bootstrap.LOCKS[stamped]))
    bootstrap.set_up("run")


def test_what_is_enough_to_run_is_not_enough_to_test(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "python").touch()
    (tmp_path / "maskeditor-qt.stamp").touch()
    (tmp_path / "maskeditor-run.stamp").write_text(bootstrap.fingerprint(bootstrap.LOCKS["run"]))
    with pytest.raises(pytest.fail.Exception, match="started"):
        bootstrap.set_up("dev")


def test_missing_libraries_are_read_from_ldd(bootstrap: ModuleType) -> None:
    answer = (
        "/lib/libqxcb.so:\n"
        "\tlinux-vdso.so.1 (0x00007ffd3b5f2000)\n"
        "\tlibxcb-cursor.so.0 => not found\n"
        "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f5a1e000000)\n"
        "/lib/QtGui.abi3.so:\n"
        "\tlibEGL.so.1 => not found\n"
        "\tlibxcb-cursor.so.0 => not found\n"
    )
    assert bootstrap.not_found(answer) == ["libEGL.so.1", "libxcb-cursor.so.0"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt's libraries come with it elsewhere")
@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get install -y --no-install-recommends libegl1 "),
        ("dnf", "sudo dnf install -y libglvnd-egl "),
        ("zypper", "sudo zypper --non-interactive install libglvnd "),
        ("pacman", "sudo pacman -S --noconfirm --needed libglvnd "),
    ],
)
def test_without_root_the_line_to_run_is_printed(
    bootstrap: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    manager: str,
    line: str,
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name == manager else None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: ["libEGL.so.1"])
    assert not bootstrap.qt_is_served()
    printed = capsys.readouterr().out
    assert printed.startswith("== Qt misses libEGL.so.1; to install it, run:\n")
    assert line in printed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt's libraries come with it elsewhere")
def test_root_installs_them(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["libEGL.so.1"], []]
    commands = []
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: answers.pop(0))
    monkeypatch.setattr(subprocess, "call", lambda command, **_: commands.append(command) or 0)
    assert bootstrap.qt_is_served()
    assert commands[0] == ["apt-get", "update", "-qq"]
    assert commands[1][:2] == ["apt-get", "install"]


def test_debian_without_venv_names_the_package(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"python3\.\d+-venv"):
        bootstrap.make_environment()


def test_an_unknown_task_is_wrong_usage(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "fly"])
    assert bootstrap.main() == 2
    assert "bootstrap.py run" in capsys.readouterr().err


@pytest.fixture
def commands(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the task `test` starts, without its Python; nothing has to be set up, and the type checker fails."""
    started: list[list[str]] = []

    def start(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        """Print the command, and end."""
        started.append(command[2:])
        return subprocess.CompletedProcess(command, int("mypy" in command), " ".join(command[2:]).encode() + b"\n")

    # One at a time, so that they begin in order.
    monkeypatch.setattr(bootstrap, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))

    monkeypatch.setattr(bootstrap, "set_up", lambda kind: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "call", lambda command, **_: start(command).returncode)
    monkeypatch.setattr(subprocess, "run", start)
    return started


LINT = [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]]
WINDOW = sorted(
    path.relative_to(SCRIPT.parents[1]).as_posix() for path in (SCRIPT.parents[1] / "tests" / "ui").rglob("test_*.py")
)
PARTS = [
    WINDOW[0::3],
    WINDOW[1::3],
    WINDOW[2::3],
    ["tests/ops"],
    ["tests/architecture", "tests/model"],
    ["tests/benchmarks", "tests/cli", "tests/fuzz", "tests/io", "tests/packaging", "tests/soak"],
    ["tests/core", "tests/engine"],
]
PARTS += [["--ignore=tests/ui", *(f"--ignore={folder}" for part in PARTS[3:] for folder in part)]]


def test_every_test_is_in_one_part(bootstrap: ModuleType) -> None:
    root = SCRIPT.parents[1]
    runs = bootstrap.parts([])
    folders = [bootstrap.WINDOW, *(folder for part in bootstrap.PARTS.values() for folder in part)]
    assert all((root / folder).is_dir() for folder in folders)
    # No folder lies in another, and the last run is of all but these; one folder is dealt out file by file.
    assert not any(one != other and one.startswith(f"{other}/") for one in folders for other in folders)
    assert sorted(word for run in list(runs.values())[:-1] for word in run) == sorted([*WINDOW, *set(folders[1:])])
    assert len(WINDOW) > 50
    assert sorted(runs["other tests"]) == sorted(f"--ignore={folder}" for folder in folders)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="There is nothing here that two processes could meet by.")
def test_what_is_printed_stays_in_order_and_each_failure_is_told(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # The first waits for the second, which fails; run one after the other, it would give up.
    os.mkfifo(tmp_path / "met")
    first = "import signal, sys\nsignal.alarm(60)\nprint(open(sys.argv[1]).read())"
    second = "import sys\nprint('two', file=open(sys.argv[1], 'w'), flush=True)\nprint('none')\nsys.exit(1)"
    runs = {
        name: [sys.executable, "-c", code, str(tmp_path / "met")] for name, code in (("1st", first), ("2nd", second))
    }
    assert bootstrap.run_all({**runs, "3rd": [sys.executable, "-c", "raise SystemExit(3)"]}) == ["2nd", "3rd"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["== 1st", "two", "", "== 2nd", "none", "== 3rd"]
    assert lines[0].endswith("at once: 1st, 2nd, 3rd")


def test_all_is_checked_though_something_fails(
    bootstrap: ModuleType, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.test([]) == 1
    assert commands == [*LINT, *(["pytest", *part] for part in PARTS)]
    assert capsys.readouterr().out.splitlines()[-1] == "== failed: types"


def test_coverage_is_put_together_though_something_fails(
    bootstrap: ModuleType, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.test(["coverage"]) == 1
    tests = ["coverage", "run", "-m", "pytest"]
    coverage = [["coverage", "combine", "--quiet"], ["coverage", "report"]]
    assert commands == [["coverage", "erase"], *LINT, *([*tests, *part] for part in PARTS), *coverage]
    assert capsys.readouterr().out.splitlines()[-1] == "== failed: types"


def test_the_quick_way_leaves_out_what_takes_long(
    bootstrap: ModuleType, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.test(["quick"]) == 1
    quick = ["pytest", "-q", "-m", "not slow and not realdata and not xvfb"]
    assert commands == [*LINT, *([*quick, *part] for part in PARTS)]
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "== other tests",
        f"pytest -q -m not slow and not realdata and not xvfb {' '.join(PARTS[-1])}",
        "== failed: types",
    ]
    declared = tomllib.loads((SCRIPT.parents[1] / "pyproject.toml").read_text("utf-8"))
    markers = {line.partition(":")[0] for line in declared["tool"]["pytest"]["ini_options"]["markers"]}
    assert set(re.findall(r"not (\w+)", bootstrap.QUICK)) == markers


def test_other_arguments_are_those_of_pytest(bootstrap: ModuleType, commands: list[list[str]]) -> None:
    assert bootstrap.test(["-k", "quick"]) == 0
    assert commands == [["pytest", "-k", "quick"]]
