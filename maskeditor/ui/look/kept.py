"""Where preferences are kept, a text of JSON for each that is not as usual, and what was set last: in the settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QSettings

if TYPE_CHECKING:
    from pydantic import BaseModel

T = TypeVar("T")
Declared = TypeVar("Declared", bound="BaseModel")

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


def last_set(key: str, declared: type[Declared]) -> Declared:
    """Return the parameters that were set last under a key of the settings; the defaults where there are none such."""
    try:
        return declared.model_validate_json(str(QSettings().value(key, "{}")))
    except ValueError:
        return declared()


def keep_set(key: str, parameters: BaseModel) -> None:
    """Keep what parameters are set to, for `last_set`."""
    QSettings().setValue(key, parameters.model_dump_json())
