"""A screen for windows that are measured: what is painted goes to an X server, as on a user's desktop.

It is chosen when this is imported, as Qt asks for it only once. Where Xvfb is not installed, or QT_QPA_PLATFORM names
another platform, pictures stay in the process, or go to that.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack

from tests.x_server import is_there, x_server

if "QT_QPA_PLATFORM" not in os.environ and is_there():
    held = ExitStack()
    atexit.register(held.close)
    os.environ |= {"DISPLAY": held.enter_context(x_server(1920, 1080)), "QT_QPA_PLATFORM": "xcb"}
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
