"""Images that hold a whole volume as a grid of tiles: Siemens mosaics and UIH grids.

What Siemens writes into its CSA header is described in nibabel's documentation (devel/dicom/siemens_csa).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np

from maskeditor.engine.arrays import Floats
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements

_MOST_TILES = 4096


@dataclass(frozen=True)
class Tile:
    """One slice in a grid: where it stands in the pixels, and in space (LPS mm)."""

    row: int
    column: int
    rows: int
    columns: int
    position: Floats


@dataclass(frozen=True)
class Grid:
    """The tiles of one image, and what was taken to be so and why."""

    tiles: tuple[Tile, ...]
    findings: tuple[str, ...] = ()


def grid_of(elements: Elements, spacing: tuple[float, float]) -> Grid | None:
    """Return the tiles of a Siemens mosaic or UIH grid, or None for an ordinary image.

    Parameters
    ----------
    elements : Elements
        Of a file with one frame.
    spacing : tuple of 2 float
        Millimetres between rows and between columns.
    """
    if tags.UIH_TILES in elements:
        return _uih(elements)
    csa = _csa(elements)
    # Other makers keep other things at the same place.
    siemens = elements.text(tags.SIEMENS_CREATOR) == "SIEMENS MR HEADER"
    count = elements.integer(tags.SIEMENS_MOSAIC_COUNT) if siemens else 0
    if count < 1:
        count = int(_first(csa, "NumberOfImagesInMosaic", 0))
    labelled = "MOSAIC" in elements.texts(tags.IMAGE_TYPE)
    # More tiles than pixels are none, and no scanner makes more than so many.
    if not 1 <= count <= _MOST_TILES or (count == 1 and not labelled):
        return None
    return _siemens(elements, spacing, count, csa, labelled)


def _places(elements: Elements, count: int, *, square: bool) -> tuple[list[tuple[int, int]], int, int]:
    """Return the upper left pixel of each tile, and rows and columns of a tile."""
    across = math.isqrt(count - 1) + 1
    # Siemens leaves whole rows of tiles empty; UIH does not.
    down = across if square else -(-count // across)
    rows, columns = elements.integer(tags.ROWS) // down, elements.integer(tags.COLUMNS) // across
    return [(k // across * rows, k % across * columns) for k in range(count)], rows, columns


def _siemens(
    elements: Elements, spacing: tuple[float, float], count: int, csa: dict[str, list[float]], labelled: bool
) -> Grid | None:
    places, rows, columns = _places(elements, count, square=True)
    orientation = np.array(elements.numbers(tags.ORIENTATION))
    corner = np.array(elements.numbers(tags.POSITION))
    if orientation.size != 6 or corner.size != 3 or min(rows, columns) < 1:
        return None
    if not (np.isfinite(orientation).all() and np.isfinite(corner).all()):
        return None
    across, down = orientation[:3], orientation[3:]
    findings = []
    normal = np.array(csa.get("SliceNormalVector", []))
    if normal.size != 3 or not np.isfinite(normal).all():
        normal = np.cross(across, down)
        findings.append(
            "The mosaic does not say in which direction its slices are stacked (the Siemens CSA header is missing); "
            "row × column is taken, so check which end is up."
        )
    if not labelled:
        findings.append(f"The image is taken for a mosaic of {count} slices, as its CSA header says, unlabelled.")
    across_sheet = math.isqrt(count - 1) + 1
    if elements.integer(tags.ROWS) % across_sheet or elements.integer(tags.COLUMNS) % across_sheet:
        findings.append(
            f"The mosaic's {elements.integer(tags.COLUMNS)} × {elements.integer(tags.ROWS)} pixels do not divide into "
            f"{across_sheet} × {across_sheet} tiles, so its slices may be cut wrongly."
        )
    step = elements.number(tags.SPACING_BETWEEN_SLICES, 0) or elements.number(tags.SLICE_THICKNESS, 0) or 1.0
    # The position stated is where the whole sheet's corner would be if the first slice stood in its middle.
    sheet = elements.integer(tags.COLUMNS) - columns, elements.integer(tags.ROWS) - rows
    first = corner + across * spacing[1] * sheet[0] / 2 + down * spacing[0] * sheet[1] / 2
    tiles = [Tile(row, column, rows, columns, first + normal * (step * k)) for k, (row, column) in enumerate(places)]
    return Grid(tuple(tiles), tuple(findings))


def _uih(elements: Elements) -> Grid | None:
    items = elements.items(tags.UIH_TILES)
    count = elements.integer(tags.UIH_COUNT) or len(items)
    positions = [np.array(item.numbers(tags.POSITION)) for item in items[:count]]
    if count < 1 or len(positions) < count or any(one.size != 3 or not np.isfinite(one).all() for one in positions):
        return None
    places, rows, columns = _places(elements, count, square=False)
    return Grid(
        tuple(
            Tile(row, column, rows, columns, position)
            for (row, column), position in zip(places, positions, strict=True)
        )
    )


def _first(csa: dict[str, list[float]], name: str, default: float) -> float:
    values = csa.get(name, [])
    return values[0] if values else default


def _csa(elements: Elements) -> dict[str, list[float]]:
    """Return the numbers of a Siemens CSA image header that describe its tiles."""
    for tag, (_, name) in elements.raw.items():
        if tag >> 8 == tags.SIEMENS_GROUP << 8 and name.startswith(b"SIEMENS CSA HEADER"):
            block = tag & 0xFF
            data = elements.bytes(tags.SIEMENS_GROUP << 16 | block << 8 | 0x10)
            try:
                return csa_numbers(data, ("NumberOfImagesInMosaic", "SliceNormalVector"))
            except (struct.error, ValueError):
                return {}
    return {}


def csa_numbers(data: bytes, names: tuple[str, ...]) -> dict[str, list[float]]:
    """Return the values of some numeric fields of a CSA header.

    Raises
    ------
    struct.error, ValueError
        If the header is damaged.
    """
    second = data[:4] == b"SV10"
    position = 8 if second else 0
    (count,) = struct.unpack_from("<I", data, position)
    position += 8
    found: dict[str, list[float]] = {}
    first_items = None
    for _ in range(min(count, 1024)):
        raw_name, _vm, _vr, _syngo, items, _check = struct.unpack_from("<64si4siii", data, position)
        position += 84
        first_items = items if first_items is None else first_items
        name = raw_name.split(b"\0", 1)[0].decode("latin-1")
        values = []
        for _item in range(items):
            lengths = struct.unpack_from("<4i", data, position)
            position += 16
            # The first kind of header states lengths with an offset.
            length = lengths[1] if second else lengths[0] - first_items
            if not 0 <= length <= len(data) - position:
                break
            if name in names and (text := data[position : position + length].split(b"\0", 1)[0].strip()):
                values.append(float(text))
            position += -(-length // 4) * 4
        if name in names:
            found[name] = values
    return found
