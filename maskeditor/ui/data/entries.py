"""All entries of the Data menu."""

from __future__ import annotations

from functools import cache

import maskeditor.ui.data
from maskeditor.core.register import modules_of
from maskeditor.ui.data.declaration import DataEntry


@cache
def data_entries() -> tuple[DataEntry, ...]:
    """Return every entry that a file of this folder declares, in the order of the menu."""
    modules = modules_of(maskeditor.ui.data.__name__, maskeditor.ui.data.__path__)
    return tuple(sorted((module.DATA for module in modules if hasattr(module, "DATA")), key=lambda entry: entry.order))
