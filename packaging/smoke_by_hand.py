"""The bundle as a person uses it: a window on a real X server, a pointer and a keyboard; opened, and saved."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = (1366, 768)
SAVE = ("ctrl+s", "Return", "Return")
#: Seconds.
PATIENCE = 120.0


def is_possible() -> bool:
    """Whether there is an X server to start, and something to move its pointer."""
    return sys.platform.startswith("linux") and bool(shutil.which("Xvfb")) and bool(shutil.which("xdotool"))


@contextmanager
def screen() -> Iterator[str]:
    """Start an X server, and yield the name of its display."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as told:
            display = f":{told.readline().strip()}"
        try:
            yield display
        finally:
            server.terminate()


def saved_by_hand(program: str, image: Path, recipe: Path, folder: Path) -> Path:
    """Open an image with a recipe, save the mask by its key, and quit by its key; return the mask.

    Parameters
    ----------
    program : str
        The bundle's.
    image, recipe : Path
    folder : Path
        A home without anything in it.
    """
    before = set(image.parent.iterdir())
    home = {"HOME": str(folder), "PATH": "", "XDG_CONFIG_HOME": str(folder / "config")}
    no_tour(folder / "config")

    def new() -> list[Path]:
        return [path for path in image.parent.iterdir() if path not in before and path.name.endswith(".nii.gz")]

    with screen() as display:
        command = [program, str(image), "--recipe", str(recipe)]
        with subprocess.Popen(command, env={**home, "DISPLAY": display}) as window:
            try:
                # Keys wait until the window is there and the recipe has been carried out.
                hands(display, "search", "--sync", "--onlyvisible", "--name", "maskeditor")
                # Return for the name of the file, and for what is worth a look.
                until(lambda: press(display, *SAVE) or bool(new()), "the mask to be saved", pause=2.0)
                until(lambda: press(display, "ctrl+q") or window.poll() is not None, "the window to close", pause=2.0)
            finally:
                window.kill()
    (mask,) = new()
    return mask


def no_tour(config: Path) -> None:
    """Keep, as the window does, that nobody wants to be shown round."""
    (config / "maskeditor").mkdir(parents=True)
    (config / "maskeditor" / "maskeditor.conf").write_text("[preferences]\ntour=false\n", "utf-8")


def press(display: str, *keys: str) -> bool:
    """Press keys in the window, a moment between them; return False, as nothing is known by that."""
    # Without a window manager it has the keyboard only once it is clicked.
    hands(display, "mousemove", "500", "200", "click", "1")
    for key in keys:
        hands(display, "key", key)
        time.sleep(0.7)
    return False


def hands(display: str, *words: str) -> None:
    """Have xdotool do something."""
    subprocess.run(
        ["xdotool", *words], env=os.environ | {"DISPLAY": display}, check=False, timeout=PATIENCE, capture_output=True
    )


def until(holds: Callable[[], bool], what: str, pause: float) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"The bundle's window: waited in vain for {what}.")
        time.sleep(pause)
