"""Where preferences are kept: the settings of the system, a text of JSON for each that is not as usual."""

from __future__ import annotations

import json
from typing import TypeVar

from PyQt6.QtCore import QSettings

T = TypeVar("T")

_GROUP = "preferences"


def kept() -> dict[str, str]:
    """Return what is kept, by the names of the preferences."""
    settings = QSettings()
    settings.beginGroup(_GROUP)
    return {name: str(settings.value(name)) for name in settings.childKeys()}


def keep(name: str, text: str | None) -> None:
    """Keep a preference, or with None no longer."""
    if text is None:
        QSettings().remove(f"{_GROUP}/{name}")
    else:
        QSettings().setValue(f"{_GROUP}/{name}", text)


def early(name: str, usual: T) -> T:
    """Return a preference before the model of them is imported, which takes long; what is no such value is as usual."""
    try:
        value = json.loads(kept().get(name, ""))
    except ValueError:
        return usual
    return value if type(value) is type(usual) else usual
