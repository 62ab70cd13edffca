"""What a start of the program is asked to open."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Given(NamedTuple):
    """What is opened, as on the command line; a recipe or a mask only with an image."""

    image: Path | None = None
    """Or a DICOM folder, or a session; without one, the embedded sample is shown."""
    mask: Path | None = None
    recipe: Path | None = None
    cohort: Path | None = None
    """The folder of a batch, of which the image is one."""

    @classmethod
    def of(cls, *names: str | None) -> Given:
        """Return what paths as they were typed stand for, in the order of the fields."""
        return cls(*(Path(name) if name else None for name in names))
