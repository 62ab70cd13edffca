"""Many moves in one window: what it holds in memory stays what it was.

`python tests/soak/soak.py 20000` makes so many moves in the window, without a screen, and prints its memory after each
twentieth of them: strokes, operations on the worker, undo, redo, and now and then saving, closing and opening the
session. Each step that can be undone is kept, as it should be (some 4 kB for a stroke of 20 points); so that what is
kept besides is seen, all is undone after each hundred steps, and the next move forgets it.
"""

from __future__ import annotations

import gc
import os
import random
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

SHAPE = (128, 128, 128)
MOST_STEPS = 100
#: Moves between two sessions.
SESSION = 50


def soak(moves: int, folder: Path) -> list[float]:
    """Make moves in a window, and return its memory in MB after each twentieth of them."""
    import nibabel as nib
    import numpy as np
    from PyQt6.QtCore import QCoreApplication, QEvent

    from maskeditor.core.operation.declaration import make
    from maskeditor.ui.app import application
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring
    from tests.phantoms import head
    from tests.ui.conftest import Desk

    image = folder / "head.nii"
    nib.save(nib.Nifti1Image(head(SHAPE), np.eye(4)), image)
    running = application()
    window = MainWindow()
    window.resize(1350, 720)
    window.show()
    desk = Desk(window, Wiring(window))
    desk.open(image)
    chance, found = random.Random(1), []
    for number in range(1, moves + 1):
        editor, kind = desk.editor, chance.random()
        if kind < 0.15:
            editor.undo()
        elif kind < 0.2:
            editor.redo()
        elif kind < 0.25:
            lower = chance.randint(100, 900)
            editor.apply(make("threshold", {"lower": lower, "combine": chance.choice(("add", "replace"))}))
        elif kind < 0.27:
            editor.apply(make("dilation", {}))
        else:
            x, y, z = (chance.uniform(10, 118) for _ in SHAPE)
            points = [(x + 0.7 * i, y + 0.3 * i, z) for i in range(chance.randint(5, 40))]
            editor.apply_now(make("paint", {"points": points, "radius": chance.randint(1, 4)}))
        desk.wait()
        if len(editor.timeline) > MOST_STEPS:
            while editor.document is not None and editor.document.undo():
                pass
        if number % SESSION == 0:
            saved = folder / f"{number}.maskeditor"
            assert editor.session is not None
            editor.session.save_session(saved)
            editor.session.close()
            opened = saved.rename(folder / f"opened {number}.maskeditor")
            desk.wiring.sessions.open(opened)
            desk.wait()
            assert editor.session.recording.path == opened
            for older in folder.glob("opened *.maskeditor"):
                if older != opened:
                    older.unlink()
        if number % (moves // 20) == 0:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            gc.collect()
            found.append(_resident())
            print(f"{number:6} moves: {found[-1]:.1f} MB", flush=True)
    desk.close()
    running.processEvents()
    return found


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(moves: int) -> None:
    """Print memory, and end with 1 if it grew by more than 5 % after the first quarter."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        for variable in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = str(Path(name) / variable)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        found = soak(moves, Path(name))
        growth = max(found[-5:]) / max(found[:5]) - 1
        print(f"{100 * growth:+.1f} %")
        sys.stdout.flush()
        os._exit(growth > 0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]))
