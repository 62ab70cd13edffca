"""All that a DICOM file says of itself, the patient included: for looking at, on request, and for nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maskeditor.core.errors import FileError
from maskeditor.core.plain_number import plain_number
from maskeditor.io.streams import reading

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Longer values are cut, and of longer sequences only the first items are shown.
_LONGEST, _MOST_ITEMS = 200, 3
_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


def dicom_information(path: Path) -> list[tuple[str, str]]:
    """Return the attributes of a DICOM file, names and values, in the order of the file; makers' own are left out.

    Nothing of it is kept: it names the patient.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    from pydicom import dcmread

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd values are shown as they are
        try:
            with reading(path):
                ds = dcmread(path, stop_before_pixels=True, force=True)
            return list(_rows(ds.file_meta, "")) + list(_rows(ds, ""))
        except FileError:
            raise
        except Exception as error:
            # What pydicom makes of a damaged file is beyond counting.
            raise FileError(
                f"{path.name} cannot be told in full: its header is damaged ({error}); copy or export it again."
            ) from None


def _rows(ds: Dataset, above: str) -> Iterator[tuple[str, str]]:
    for element in ds:
        if element.tag.is_private or element.is_empty:
            continue
        name = f"{above}{element.name}"
        if element.VR == "SQ":
            for number, item in enumerate(element.value[:_MOST_ITEMS], 1):
                place = f" {number}" if len(element.value) > 1 else ""
                yield from _rows(item, f"{name}{place} › ")
            if len(element.value) > _MOST_ITEMS:
                yield name, f"… {len(element.value) - _MOST_ITEMS} more"
        elif element.VR in _BINARY:
            yield name, plain_number(len(element.value), "byte")
        else:
            text = str(element.value) if element.VM < 2 else " \\ ".join(map(str, element.value))
            yield name, text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
