"""The window as it first appears: before anything is imported that takes long."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPT = """
import os, sys
from maskeditor.ui import app

application = app.application()
window = app.MainWindow()
window.show()
application.processEvents()
rooms = {".".join(name.split(".")[:2]) for name in sys.modules if name.startswith("maskeditor.")}
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules} | rooms)), flush=True)
os._exit(0)  # what Qt takes down in which order at the end of a script is no matter here
"""


def test_it_stands_without_what_takes_time(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT]
    result = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert {"PyQt6", "pyqtgraph", "numpy"} <= loaded
    assert not loaded & {"pydantic", "psygnal", "scipy", "nibabel", "pydicom", "superqt", "sqlite3", "nilearn"}
    assert not loaded & {"maskeditor.io", "maskeditor.ops"}  # of core, the views need what a volume is
