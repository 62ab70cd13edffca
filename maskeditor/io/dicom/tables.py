"""Tables that say what stored numbers stand for (modality LUT; PS3.3, C.11.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maskeditor.engine.arrays import Array
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements


@dataclass(frozen=True, eq=False)
class Table:
    """What stored numbers stand for, one by one.

    Parameters
    ----------
    values : (N,) array of uint8 or uint16
    first : int
        The stored number that the first of them is for; lower ones are taken as this, higher ones as the last.
    """

    values: Array
    first: int

    def apply(self, stored: Array) -> Array:
        """Return what stored whole numbers stand for, as `pydicom.pixels.apply_modality_lut` does.

        Examples
        --------
        >>> Table(np.array([5, 7, 100], np.uint8), -1).apply(np.array([-9, -1, 0, 1, 9], np.int16)).tolist()
        [5, 5, 7, 100, 100]
        """
        places = np.clip(stored.astype(np.int64) - self.first, 0, self.values.size - 1)
        return self.values[places]


def table_of(elements: Elements) -> Table | None:
    """Return the table of a file; None without one that can be understood."""
    if tags.MODALITY_LUT not in elements:
        return None
    item = elements.item(tags.MODALITY_LUT)
    order = item.encoding.order
    described, data = item.bytes(tags.LUT_DESCRIPTOR), item.bytes(tags.LUT_DATA)
    if len(described) != 6:
        return None
    count, first, bits = (int(value) for value in np.frombuffer(described, f"{order}u2"))
    count = count or 1 << 16
    if elements.integer(tags.PIXEL_REPRESENTATION) and first >= 1 << 15:
        first -= 1 << 16
    if bits == 8 and len(data) == count + count % 2:
        return Table(np.frombuffer(data, np.uint8)[:count], first)
    if bits not in (8, 16) or len(data) != 2 * count:
        return None
    words = np.frombuffer(data, f"{order}u2").astype(np.uint16)
    return Table(words.astype(np.uint8) if bits == 8 else words, first)
