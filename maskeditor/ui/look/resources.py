"""Where icons and styles lie: beside a checkout, inside a wheel, or in a bundle."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path


@cache
def resource(name: str) -> Path:
    """Return the path of a resource such as "icons/brush.svg".

    Raises
    ------
    FileNotFoundError
        If the program was packed without it.
    """
    package = Path(__file__).resolve().parents[2]
    places = [package.parent / "resources", package / "_resources"]
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        places.insert(0, Path(bundle) / "resources")
    for place in places:
        if (place / name).exists():
            return place / name
    raise FileNotFoundError(f"The program lacks its file {name!r}; install it again.")
