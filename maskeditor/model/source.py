"""Where the image of a session comes from: recorded so that it is found again, and known again by its voxels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import KEY, recorded_in, why_not_compared
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Reporter, silent
from maskeditor.io.provenance import PROGRAM, source_fingerprint, source_matches

#: Characters of a name or a path that a sentence shows.
_LONGEST = 500


class SourceMissing(FileError):
    """The image of a session is not where it was.

    Parameters
    ----------
    path : Path
        Where it was.
    name : str
        What it is called.
    further : str
        The name of the further image that it is; "" for the one that is edited on.
    """

    def __init__(self, path: Path, name: str, further: str = "") -> None:
        super().__init__(
            f"The image {_short(name or path.name)} of the session is not at {_short(str(path))}; say where it is now."
        )
        self.path = path
        self.name = name
        self.further = further


class SourceChanged(FileError):
    """The image that was opened is not the one that the session was made on.

    Parameters
    ----------
    path : Path or None
        None for an embedded sample.
    name : str
        What the image was called.
    differences : tuple of str
        One sentence each.
    usable : bool
        Whether the masks fit on it all the same: its shape is the same.
    further : str
        The name of the further image that it is; "" for the one that is edited on.
    untold : bool
        Whether it may be the same image, which cannot be told.
    """

    def __init__(
        self,
        path: Path | None,
        name: str,
        differences: tuple[str, ...],
        usable: bool,
        further: str = "",
        untold: bool = False,
    ) -> None:
        called = path.name if path else name
        #: What is said of it, without the differences and without a full stop.
        self.said = (
            f"Whether {called} is the image that the session was made on cannot be told"
            if untold
            else f"{called} is not the image that the session was made on"
        )
        super().__init__(f"{self.said} ({'; '.join(differences)}); give that image.")
        self.path = path
        self.name = name
        self.differences = differences
        self.usable = usable
        self.further = further


@dataclass
class Origin:
    """What is recorded of a session's image; nothing of the patient but what the path itself says.

    Parameters
    ----------
    volume : Volume
    name : str
    path : Path or None
        None for an embedded sample.
    sample : str
        Which embedded sample.
    series : str
        Which image of several at the path, as `series_mark` gives it.
    fingerprint : str
        Of the voxels; empty until it is worked out.
    """

    volume: Volume
    name: str
    path: Path | None = None
    sample: str = ""
    series: str = ""
    fingerprint: str = ""

    def identify(self, report: Reporter = silent) -> str:
        """Return the fingerprint of the voxels; big images take a while, once, and `report` may stop it."""
        self.fingerprint = source_fingerprint(self.volume, report)
        return self.fingerprint

    def is_known_by(self, recorded: str) -> bool:
        """Whether a recorded fingerprint is that of the voxels; takes a while too, and longer for one of old."""
        return recorded == self.identify() or source_matches(recorded, self.volume)

    def facts(self, base: Path | None) -> dict[str, Any]:
        """Return what a journal records of the session; the path as seen from a folder, or in full for None."""
        geometry = self.volume.geometry
        source: dict[str, Any] = {
            "shape": list(self.volume.shape),
            "affine": geometry.affine.tolist(),
            KEY: self.fingerprint,
        }
        if self.path is not None:
            source |= {"path": seen_from(base, self.path), "series": self.series}
        else:
            source["sample"] = self.sample
        return {"program": PROGRAM, "name": self.name, "source": source}

    def check(self, recorded: Mapping[str, Any], accept: bool = False, further: str = "") -> None:
        """Compare with what a journal has recorded.

        Parameters
        ----------
        recorded : mapping
            The "source" of `facts`.
        accept : bool
            Whether another image of the same shape will do.
        further : str
            The name of the further image that it is, if it is one.

        Raises
        ------
        SourceChanged
        """
        here = self.volume.shape
        shape = tuple(recorded.get("shape", here))
        differences: list[str] = []
        why = ""
        if shape != here:
            differences.append(f"its shape is {_shape(here)} instead of {_shape(shape)}")
        else:
            try:
                there = Geometry(self.volume.geometry.shape, np.array(recorded.get("affine"), float))
                differences += there.differences(self.volume.geometry)
            except (MaskEditorError, ValueError, TypeError):
                differences.append("where it lay in space was not recorded")
            known = recorded_in(recorded)
            if not differences and (why := why_not_compared(known)):
                differences.append(why)
            elif not differences and known and not self.is_known_by(known):
                differences.append("its voxels have other values")
        if differences and not (accept and shape == here):
            raise SourceChanged(self.path, self.name, tuple(differences), shape == here, further, why != "")


def series_mark(key: str) -> str:
    """Return what one image of several is known by: a mark of its key that does not show the key itself."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _short(text: str) -> str:
    """Return text that a session gives for a name or a path, the end of it where it is long."""
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "unknown"


def seen_from(base: Path | None, path: Path) -> str:
    """Return a path relative to a folder where that can be, with slashes; in full for None."""
    path = path.absolute()
    if base is None:
        return str(path)
    try:
        return Path(os.path.relpath(path, base)).as_posix()
    except ValueError:  # on another drive of Windows
        return str(path)
