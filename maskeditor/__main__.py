"""Arguments to the command line; none, or a path, to the window."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from maskeditor.cli.commands import COMMANDS, image_of_run
from maskeditor.cli.guard import (
    DEBUG,
    DONE,
    FAILED,
    WRONG_USAGE,
    guarded,
    holding_interrupts,
    prepare_output,
    print_error,
)

if TYPE_CHECKING:
    from pathlib import Path

    from maskeditor.ui.main_window.help import KeyRow

# The window must stand at once: nothing else is imported before it is known what is wanted.

SAMPLE_FOLDER = "maskeditor-sample"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those the program was started with unless given.
    """
    if getattr(sys, "frozen", False) and any("multiprocessing" in word for word in sys.argv[1:]):
        # The bundle is its own Python: so begins a process of a batch.
        from multiprocessing import freeze_support

        freeze_support()
    # Plug-ins of pydantic are for others; to look for one reads what every installed package offers.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "--debug" in words:
        words.remove("--debug")
        os.environ[DEBUG] = "1"
    if words and words[0] in (*COMMANDS, "--help", "-h", "--version"):
        if arguments is None:
            # Of what is imported, nothing is garbage: looking for it would take a tenth of the start.
            gc.disable()
            if image := image_of_run(words):
                from maskeditor.io.ahead import begin

                begin(image)
        return _command(words)
    return guarded(lambda: _window(words))


def _command(words: list[str]) -> int:
    prepare_output()
    from maskeditor.cli.main import main as command

    return command(words)


def _window(words: list[str]) -> int:
    given = _read(words)
    if given is None:
        return WRONG_USAGE
    path, mask, recipe, cohort = (given[name] for name in ("path", "--mask", "--recipe", "--cohort"))
    for file in (path, mask, recipe, cohort):
        if file is not None and not os.path.exists(file):  # noqa: PTH110 - pathlib takes time to import
            print_error(
                f"There is no file or folder {file!r}; check the name, or see maskeditor --help for the commands."
            )
            return FAILED
    if _has_display():
        return import_window()(path, mask, recipe, cohort, _write_manual)
    if path or mask or recipe or cohort:
        print_error(
            f"There is no display here to show {path or mask or recipe or cohort} on; use maskeditor run to make a "
            "mask without a window, or set DISPLAY."
        )
        return FAILED
    return _sample_job()


def import_window() -> Callable[..., int]:
    """Return what opens the window; of what is imported for it, nothing is garbage, and nothing looks for it."""
    with holding_interrupts():
        # As `for_good` of core does it, which would have to be imported before.
        gc.disable()
        from maskeditor.ui.app import main as window

        gc.freeze()
        gc.enable()
    return window


def _write_manual(folder: Path, keys: Sequence[KeyRow]) -> Path:
    from maskeditor.manual import write_manual

    return write_manual(folder, keys)


def _read(words: list[str]) -> dict[str, str | None] | None:
    """Read [PATH] [--mask M] [--recipe R] [--cohort DIR]; print what is wrong and return None if it is other words."""
    given: dict[str, str | None] = {"path": None, "--mask": None, "--recipe": None, "--cohort": None}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in ("--mask", "--recipe", "--cohort"):
            if not equals and rest:
                value = rest.pop(0)
            if not value:
                print_error(f"{name} needs a file after it; see maskeditor --help.")
                return None
            given[name] = value
        elif word.startswith("-"):
            print_error(f"There is no option {name}; see maskeditor --help.")
            return None
        elif given["path"] is not None:
            print_error(
                f"The window takes one file or folder, but {given['path']!r} and {word!r} were given; the commands are "
                f"{', '.join(COMMANDS)}."
            )
            return None
        else:
            given["path"] = word
    return given


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _sample_job() -> int:
    from pathlib import Path

    from maskeditor.cli.headless import run_sample_job

    run_sample_job(Path(SAMPLE_FOLDER), _picture)
    return DONE


def _picture(view: Path, mask: Path) -> None:
    from maskeditor.ui.app import picture

    picture(view, None, mask)


if __name__ == "__main__":
    sys.exit(main())
