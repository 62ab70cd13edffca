"""How the program begins and ends: what is started, what is imported for it, and the exit status."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click
import nibabel
import numpy as np
import pytest

from maskeditor import __version__
from maskeditor.__main__ import COMMANDS, main
from maskeditor.cli import commands as cli_commands
from maskeditor.cli.commands import FLAGS_OF_RUN, image_of_run
from maskeditor.cli.guard import guarded
from maskeditor.cli.main import program
from maskeditor.core.errors import FileError
from maskeditor.model.recipes import read_recipe
from maskeditor.model.session import Session

if TYPE_CHECKING:
    from tests.cli.conftest import Call

CHECKOUT = Path(__file__).resolve().parents[2]


def started(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "MASKEDITOR_DEBUG"}
    command = [sys.executable, "-m", "maskeditor", *words]
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment | variables, capture_output=True, text=True, check=False
    )


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the window was opened with, which is none."""
    opened: list[tuple[Any, ...]] = []
    stand_in = ModuleType("maskeditor.ui.app")
    stand_in.main = lambda *given: opened.append(given) or 7  # type: ignore[attr-defined]
    stand_in.picture = lambda *given: opened.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "maskeditor.ui.app", stand_in)
    return opened


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


# What is started


def test_without_a_command_the_window_opens(call: Call, window: list[Any], tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("image.nii", "mask.nii", "recipe.json")}
    for file in files.values():
        Path(file).touch()
    image, mask, recipe = files.values()
    assert call().status == 7
    assert call(image).status == 7
    call(image, "--mask", mask, "--recipe", recipe)
    call(f"--mask={mask}", image)
    assert [given[:3] for given in window] == [
        (None, None, None),
        (image, None, None),
        (image, mask, recipe),
        (image, mask, None),
    ]


@pytest.mark.parametrize(
    ("words", "status", "part"),
    [
        (["absent.nii"], 1, "There is no file or folder 'absent.nii'; check the name, or see maskeditor --help"),
        (["--mask", "absent.nii"], 1, "There is no file or folder 'absent.nii'"),
        (["a.nii", "b.nii"], 2, "The window takes one file or folder, but 'a.nii' and 'b.nii' were given;"),
        (["--mask"], 2, "--mask needs a file after it; see maskeditor --help."),
        (["--recipe="], 2, "--recipe needs a file after it; see maskeditor --help."),
        (["--what=3"], 2, "There is no option --what; see maskeditor --help."),
    ],
)  # fmt: skip
def test_what_the_window_does_not_take(call: Call, window: list[Any], words: list[str], status: int, part: str) -> None:
    ended = call(*words)
    ended.failed(status, part)
    assert ended.out == ""
    assert window == []


def test_the_commands_are_known_without_importing_them() -> None:
    context = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        assert command.name == name
    assert program.get_command(context, "absent") is None


#: What takes long to import.
SLOW = {
    "PyQt6", "email", "highdicom", "http", "nibabel", "nilearn", "numpy", "psygnal", "pydantic", "pydicom", "pyqtgraph",
    "rich", "scipy", "sqlite3", "zstandard",
}  # fmt: skip


def imported(*words: str) -> set[str]:
    """Return the names of all modules that the program has imported when it ends; the window stays closed."""
    script = """
import sys, types
stand_in = types.ModuleType("maskeditor.ui.app")
stand_in.main = lambda *given: 0
sys.modules["maskeditor.ui.app"] = stand_in
from maskeditor.__main__ import main
assert main(sys.argv[1:]) == 0
print("imported:", *sys.modules)
"""
    # Without the site's own start-up files, which may import anything.
    paths = os.pathsep.join(path for path in sys.path if path)
    result = subprocess.run(
        [sys.executable, "-S", "-c", script, *words],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.rpartition("imported:")[2].split())


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_window_starts_without_what_takes_time() -> None:
    modules = imported()
    assert not packages(modules) & (SLOW | {"click", "argparse"})
    assert sum(name.startswith("maskeditor") for name in modules) <= 9


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_version_and_help_import_nothing_that_they_do_not_need(words: tuple[str, ...]) -> None:
    modules = imported(*words)
    assert not packages(modules) & SLOW
    assert sum(name.startswith("maskeditor") for name in modules) <= 10


@pytest.mark.parametrize(
    ("words", "image"),
    [
        (["run", "a.nii", "-o", "m.nii"], "a.nii"),
        (["run", "-o", "m.nii", "--do", "invert", "a.nii"], "a.nii"),
        (["run", "-om.nii", "--do=invert", "a.nii"], "a.nii"),
        (["run", "--split", "a.nii", "-o", "m.nii"], "a.nii"),
        (["run", "-o", "--split", "a.nii"], "a.nii"),
        (["run", "-o", "m.nii"], None),
        (["run"], None),
        (["info", "a.nii"], None),
    ],
)
def test_the_image_of_a_run_is_known_before_anything_is_imported(words: list[str], image: str | None) -> None:
    assert image_of_run(words) == image


def test_every_option_of_run_takes_one_value_or_is_known_as_a_flag() -> None:
    """The image is found among the words by that."""
    options = [one for one in COMMANDS["run"].load().params if isinstance(one, click.Option)]
    assert tuple(name for one in options if one.is_flag for name in one.opts) == FLAGS_OF_RUN
    assert [one.name for one in options if one.nargs != 1] == []


def test_a_run_begins_with_the_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(np.ones((2, 3, 4), np.int16), np.eye(4)), path)
    script = """
import sys
from maskeditor.__main__ import main
from maskeditor.io import ahead
assert "numpy" not in sys.modules and "click" not in sys.modules
print(main(), len(ahead._begun))
"""
    result = subprocess.run(
        [sys.executable, "-c", script, "run", str(path)], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    # What is wrong with the words is said as ever.
    assert (result.stdout, "Missing option" in result.stderr) == ("2 1\n", True)


def test_a_command_imports_what_it_uses(tmp_path: Path) -> None:
    image, mask = tmp_path / "image.nii.gz", str(tmp_path / "mask.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4)), image)
    run = imported("run", str(image), "-o", mask, "--do", "threshold lower=8")
    assert packages(run) & SLOW == {"numpy", "pydantic", "psygnal", "zstandard", "email"}
    assert not run & {"numpy.f2py", "numpy.random"}
    # Of fifty operations, that which is carried out and the few that others are built on; and nothing that reads DICOM.
    operations = {name for name in run if name.startswith("maskeditor.ops.")}
    assert "maskeditor.ops.threshold" in operations
    assert len(operations) <= 5
    assert "maskeditor.io.dicom.elements" not in run
    assert packages(imported("info", str(image))) & SLOW == {"numpy", "rich", "zstandard"}
    assert packages(imported("convert", str(image), str(tmp_path / "copy.nii"))) & SLOW == {"numpy", "zstandard"}
    listed = imported("operations")
    assert {f"maskeditor.ops.{path.stem}" for path in (CHECKOUT / "maskeditor/ops").glob("[a-z]*.py")} <= listed
    assert packages(listed) & SLOW == {"numpy", "pydantic", "scipy", "zstandard", "email"}
    # Of scipy, its name alone: what is in it comes when it is used.
    assert not listed & {"scipy.ndimage", "scipy.linalg", "scipy.special"}


def test_plug_ins_of_others_are_not_asked(tmp_path: Path) -> None:
    """Those of pydantic would be imported for each command, and might fail."""
    (tmp_path / "plugged-1.dist-info").mkdir()
    (tmp_path / "plugged-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1\n")
    (tmp_path / "plugged-1.dist-info/entry_points.txt").write_text("[pydantic]\nplugged = plugged:plugin\n")
    (tmp_path / "plugged.py").write_text("print('asked')\nplugin = object()\n")
    command = [sys.executable, "-m", "maskeditor", "operations", "threshold", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("PYDANTIC_DISABLE_PLUGINS", None)
    ended = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)
    # It is one that would be asked.
    look = "from pydantic.plugin._loader import get_plugins; get_plugins()"
    ended = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "asked\n"


def test_a_command_is_imported_without_a_look_for_garbage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[object] = []

    def watched(name: str) -> ModuleType:
        seen.append(gc.isenabled())
        return import_module(name)

    monkeypatch.setattr(cli_commands, "import_module", watched)
    monkeypatch.setattr(gc, "freeze", lambda: seen.append("frozen"))
    monkeypatch.setattr(sys, "argv", ["maskeditor", "operations", "threshold"])
    assert main() == 0
    assert seen == [False, "frozen"]
    assert gc.isenabled()
    assert capsys.readouterr().out.startswith("threshold")


# No display


@pytest.mark.usefixtures("no_display")
def test_a_path_without_a_display(call: Call, window: list[Any], tmp_path: Path) -> None:
    (tmp_path / "image.nii").touch()
    ended = call(tmp_path / "image.nii")
    ended.failed(1, f"There is no display here to show {tmp_path / 'image.nii'} on; use maskeditor run to make a mask")
    assert window == []


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_each_way_to_a_display(call: Call, window: list[Any], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "offscreen")
    assert call().status == 7


@pytest.mark.usefixtures("no_display")
def test_other_systems_always_have_a_display(call: Call, window: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert call().status == 7


@pytest.mark.usefixtures("no_display")
def test_the_job_on_the_sample(call: Call, window: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from scipy import ndimage

    monkeypatch.chdir(tmp_path)
    ended = call()
    assert (ended.status, ended.err) == (0, "")
    folder = Path("maskeditor-sample")
    assert window == [(folder / "window.png", None, folder / "mask.nii.gz")]
    told = [line.split(":")[0] for line in ended.out.splitlines()]
    assert told[0].startswith("There is no display here")
    assert [line.split(" ")[0] for line in told[2:8]] == ["EPI", "Opening", "Keep", "Brush", "undo", "redo"]
    counts = [line.split(": ")[1].split(" ")[0] for line in ended.out.splitlines()[2:8]]
    assert counts[3] == counts[5] != counts[4] == counts[2]

    # The mask is one piece and the recipe makes it again.
    mask = np.asarray(nibabel.load(folder / "mask.nii.gz").dataobj).astype(bool)
    assert mask.sum() == int(counts[5])
    assert ndimage.label(mask)[1] == 1
    recipe = read_recipe(folder / "recipe.json")
    assert [step.operation.id for step in recipe.steps] == ["epi_mask", "opening", "keep_largest", "paint"]
    from maskeditor.core.recipe.replay import replay

    session = Session.sample("epi")
    assert np.array_equal(session.document.mask(replay(session.document, recipe))[...], mask)


# How it ends


@pytest.mark.slow
def test_help_and_version(call: Call) -> None:
    shown = started("--help")
    assert shown.returncode == 0
    for word in ("maskeditor [PATH] [--mask M] [--recipe R]", *COMMANDS, "Exit status"):
        assert word in shown.stdout
    assert started("-h").stdout == shown.stdout
    assert started("--version").stdout == f"maskeditor {__version__}\n"
    for command in COMMANDS:
        asked = call(command, "--help")
        assert (asked.status, asked.err) == (0, "")
        assert asked.out.startswith(f"Usage: maskeditor {command} ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["info", "absent.nii"], 1),
        (["run", "absent.nii", "-o", "absent/mask.nii", "--do", "invert"], 1),
        (["operations", "nothing"], 1),
        (["absent"], 1),
        (["run"], 2),
        (["info", "--no-such-option"], 2),
        (["one", "two"], 2),
    ],
)
def test_a_process_ends_with_one_line(words: list[str], status: int) -> None:
    ended = started(*words)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith("maskeditor: ")
    assert ended.stderr.count("\n") == 1


def test_done_is_silent_on_standard_error() -> None:
    ended = started("operations", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["operations"]


@pytest.mark.slow
def test_text_goes_out_in_any_encoding(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.eye(4)), tmp_path / "Schädel.nii")
    ended = started("info", str(tmp_path / "Schädel.nii"), PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Sch?del\n")
    assert "2 ? 3 ? 4" in ended.stdout


@pytest.mark.slow
def test_a_reader_that_has_seen_enough() -> None:
    command = f"'{sys.executable}' -m maskeditor operations --json | head -c 10"
    ended = subprocess.run(command, shell=True, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_interrupted(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((64, 64, 64), np.float32), np.eye(4)), tmp_path / "image.nii")
    script = f"""
import os, signal, sys
from maskeditor.core.history import prepare
def apply(*given):
    os.kill(os.getpid(), signal.SIGINT)
prepare.apply = apply
from maskeditor.__main__ import main
sys.exit(main(["run", {str(tmp_path / "image.nii")!r}, "-o", {str(tmp_path / "mask.nii")!r}, "--do", "invert"]))
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGINT, "maskeditor: Stopped.\n")
    assert not (tmp_path / "mask.nii").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_interrupt_waits_until_modules_are_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    imported = []

    def slowly(name: str) -> ModuleType:
        os.kill(os.getpid(), signal.SIGINT)
        imported.append(name)
        return import_module(name)

    monkeypatch.setattr(cli_commands, "import_module", slowly)
    assert main(["operations"]) == 130
    assert imported == ["maskeditor.cli.operations"]
    assert capsys.readouterr() == ("", "maskeditor: Stopped.\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_an_interrupt_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in what a shell started in the background."""

    def slowly(name: str) -> ModuleType:
        os.kill(os.getpid(), signal.SIGINT)
        return import_module(name)

    monkeypatch.setattr(cli_commands, "import_module", slowly)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert main(["operations"]) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def raising(error: BaseException) -> Any:
    def work() -> int:
        raise error

    return work


def test_errors_become_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKEDITOR_DEBUG", raising=False)
    for error, sentence in (
        (FileError("a.nii is\nbroken."), "maskeditor: a.nii is broken.\n"),
        (MemoryError(), "maskeditor: There is not enough memory for this; close other programs or use a smaller"),
        (KeyError("x"), "maskeditor: Something unforeseen went wrong (KeyError: 'x'); run the same with --debug"),
    ):
        assert guarded(raising(error)) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(sentence)
        assert err.count("\n") == 1
    assert guarded(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "maskeditor: Stopped.\n"


def test_debug_shows_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKEDITOR_DEBUG", "1")
    with pytest.raises(KeyError):
        guarded(raising(KeyError("x")))
    monkeypatch.delenv("MASKEDITOR_DEBUG")
    ended = started("info", "absent.nii", "--debug")
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
    assert "FileError: absent.nii" in ended.stderr
    with monkeypatch.context() as patch:
        patch.setenv("MASKEDITOR_DEBUG", "0")
        assert main(["info", "absent.nii"]) == 1
