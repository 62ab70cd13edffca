"""What leaves with a mask: where it came from and how it was made, with nothing that shows who the patient is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import GIVE_RECIPE, FileError
from maskeditor.core.fingerprints import KEY, KIND, fingerprint_of, hasher, kind_of, recorded_in, why_not_compared
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.parallel import processors
from maskeditor.engine.progress import Reporter, silent
from maskeditor.io import formats
from maskeditor.io.streams import no_pipe, reading
from maskeditor.version import __version__

PROGRAM = f"maskeditor {__version__}"
#: The program, as sidecars of BIDS name what made a file. Its CodeURL, where the code can be had, is left out: the
#: project declares no such address yet, and a made-up one would lead nowhere, or to somebody else.
GENERATED_BY = {"Name": "maskeditor", "Version": __version__}

#: The key of a sidecar that says how an image was resampled.
INTERPOLATION = "Interpolation"

#: Bytes hashed at a time; hashing lets other threads run meanwhile.
_PIECE = 1 << 24


def fingerprint(voxels: Array, report: Reporter = silent, kind: str = KIND) -> str:
    """Return the hash of voxel data, axis 0 fastest, little endian: the bytes of an uncompressed NIfTI file.

    Parameters
    ----------
    voxels : array
        As stored; masks count as uint8 0 and 1.
    report : callable of float
        Given the fraction done, often enough; may raise to stop.
    kind : str
        The hash, as `kind_of` names it.

    Examples
    --------
    >>> fingerprint(np.zeros((2, 2, 2), bool, order="F"), kind="sha256")[:23]
    'sha256:af5570f5a1810b7a'
    """
    return _summed_up([voxels], voxels.nbytes, report, kind)


def _summed_up(parts: Iterable[Array], nbytes: int, report: Reporter, kind: str) -> str:
    digest, done = hasher(kind, processors() if nbytes > _PIECE else 1), 0
    for part in parts:
        plain = part.view(np.uint8) if part.dtype == bool else part
        plain = np.asfortranarray(plain.astype(plain.dtype.newbyteorder("<"), copy=False))
        data = plain.reshape(-1, order="F").view(np.uint8)
        for start in range(0, data.size, _PIECE):
            piece = data[start : start + _PIECE]
            digest.update(piece.data)
            done += piece.size
            report(done / nbytes)
    return fingerprint_of(digest)


def matches(known: str, voxels: Array) -> bool:
    """Whether a recorded fingerprint, of whatever kind, is that of voxels; one of no known kind is of none."""
    kind = kind_of(known)
    return kind is not None and fingerprint(voxels, kind=kind) == known


def grid_of(volume: Volume) -> dict[str, Any]:
    """Return what a recipe records of an image's grid, and so how many volumes it has."""
    return {"shape": list(volume.shape), "affine": volume.geometry.affine.tolist()}


def source_fingerprint(volume: Volume, report: Reporter = silent, kind: str = KIND) -> str:
    """Return the fingerprint of an image's stored values, worked out once; where nobody has yet, that takes a while."""
    known = volume.fingerprints
    if kind not in known:
        ahead = volume.fingerprint if kind == KIND else ""
        known[kind] = ahead or _summed_up(volume.parts(), volume.nbytes, report, kind)
    return known[kind]


def source_matches(known: str, volume: Volume) -> bool:
    """Whether a recorded fingerprint, of whatever kind, is that of an image's stored values."""
    kind = kind_of(known)
    return kind is not None and source_fingerprint(volume, kind=kind) == known


def described(volume: Volume, name: str) -> dict[str, Any]:
    """Return what a recipe records of its source image, under a name that says nothing of the patient."""
    return {
        "name": name,
        **grid_of(volume),
        KEY: source_fingerprint(volume),
        **({"findings": list(volume.findings)} if volume.findings else {}),
    }


def sidecar_path(mask: Path) -> Path:
    """Return where a mask's sidecar lies: beside it, name.json."""
    return mask.with_name(formats.stem(mask) + ".json")


def sidecar(
    name: str,
    kind: str,
    sources: list[str],
    further: list[str],
    by_hand: str,
    recipe: str,
    kept: Mapping[str, Any] | None = None,
) -> str:
    """Return the sidecar of a mask, or of an image, as JSON text with keys of BIDS, the recipe under "Recipe".

    Parameters
    ----------
    name : str
        Of the ROI; empty for several, whose names stand in the table of labels.
    kind : str
        What BIDS calls "Type": Brain, Lesion, Face or ROI; empty for an image, which has none.
    sources : list of str
        What it calls the image that it was made on, if that has a file.
    further : list of str
        What it calls the further images that it was made from.
    by_hand : str
        What a hand made of it (brush, polygon, imported mask), in a sentence; "" for nothing.
    recipe : str
        As `recipe_json.dumps` gives it.
    kept : mapping, optional
        The sidecar that was there; what it holds under other keys stays.
    """
    record = {
        **{key: value for key, value in (kept or {}).items() if key not in ("Type", "Label", "Manual")},
        **({"Type": kind} if kind else {}),
        **({"Label": name} if name else {}),
        "Sources": [*sources, *further],
        "SpatialReference": sources[0] if sources else "orig",
        **({"Manual": bool(by_hand)} if kind else {}),
        "GeneratedBy": [GENERATED_BY | ({"Description": by_hand} if by_hand else {})],
        "Recipe": None,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    # The recipe is text already, and is put in further to the right. (Only a key of the whole stands so in a line.)
    further_right = recipe.rstrip().replace("\n", "\n  ")
    text = text.replace('\n  "Recipe": null', f'\n  "Recipe": {further_right}', 1)
    # What no encoding holds, such as bytes of a file's name that are not UTF-8, is escaped as JSON does.
    return text.encode("utf-8", "backslashreplace").decode()


def sidecar_there(path: Path, mask: Path) -> dict[str, Any]:
    """Return the sidecar of a mask or of an image that was saved here already; empty if there is none.

    Parameters
    ----------
    path : Path
    mask : Path
        That is to be written beside it.

    Raises
    ------
    FileError
        If no sidecar may be written there: it is neither that of a mask (which has a "Type" in BIDS derivatives) nor
        one with a recipe or of an image that was resampled, or is a link to nothing.
    """
    try:
        with reading(path, "mend that, or choose another name"):
            if not path.is_symlink() and not path.exists():
                return {}
            no_pipe(path)  # raises for a link to nothing too
            record = json.loads(path.read_bytes())
    except FileError as error:
        raise FileError(f"{mask.name} was not written: {error}") from None
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict) and not record.keys().isdisjoint(("Type", "Recipe", INTERPOLATION)):
        return record
    raise FileError(
        f"{mask.name} was not written: {path.name} beside it tells of another image and would be lost; choose another "
        "name."
    )


def apart(path: Path, mask: Voxels, extension: bytes | None) -> tuple[str, ...]:
    """Return a sentence for each recipe, in a mask's file or beside it, that records another mask.

    Such is left where saving was broken off between two files, or where another program changed one of them.

    Parameters
    ----------
    path : Path
        Of the mask's file.
    mask : (I, J, K) array of bool, or MaskBits
    extension : bytes or None
        The recipe in it.
    """
    recorded = recorded_masks(path, extension)
    known_here = {known for known in {*recorded.values()} if known and matches(known, mask[...])}
    return tuple(
        f"Whether the recipe in {name} tells how this mask was made cannot be told: {why}."
        if (why := why_not_compared(known))
        else f"The recipe in {name} does not tell how this mask was made: its voxels are others. Saving was broken "
        "off, or another program changed the mask; make it anew, or save it under another name."
        for name, known in recorded.items()
        if known and known not in known_here
    )


def recorded_masks(path: Path, extension: bytes | None) -> dict[str, str]:
    """Return the fingerprint of the mask that each recipe records, in a mask's file and beside it; "" for none."""
    beside = sidecar_path(path)
    try:
        with reading(beside):
            no_pipe(beside)
            outside = beside.read_bytes()
    except FileError:
        outside = b""
    return {path.name: _recorded(extension or b""), beside.name: _recorded(outside)}


def _recorded(text: bytes) -> str:
    """Return the fingerprint of the mask that a recipe records, or a sidecar that holds one; else ""."""
    try:
        record = json.loads(text)
        record = record.get("Recipe", record)
        return recorded_in(record["result"])
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return ""


def read_text(path: Path) -> str:
    """Read the text file (UTF-8) of a recipe.

    Raises
    ------
    FileError
        If it cannot be read or is no text.
    """
    try:
        with reading(path, GIVE_RECIPE):
            no_pipe(path)
            return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileError(f"{path.name} is no text file; {GIVE_RECIPE}.") from None
