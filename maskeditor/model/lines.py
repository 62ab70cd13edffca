"""Steps as somebody types them, a line each; tables that they name are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maskeditor.core.operation.declaration import Operation, find, make, words_of
from maskeditor.core.operation.parameters import Role
from maskeditor.io import formats
from maskeditor.io.conditions import ENDINGS, read_conditions
from maskeditor.io.label_tables import labels_beside, read_labels, table_beside
from maskeditor.model.label_images import no_label


def operation_of(line: str, images: Mapping[str, Path] | None = None) -> Operation:
    """Return an operation from a line such as ``dilation iterations=2``; tables that it names are read.

    Parameters
    ----------
    line : str
        Conditions may be given as the path of a table; labels by name, as in the table beside their image, or in the
        one given as ``table=FILE``.
    images : mapping of str to Path, optional
        Where the images are, by name; the one that is edited on under "".

    Raises
    ------
    ParameterError
        If the line is not an id followed by name=value words, or the declaration does not allow them.
    FileError
        If a table cannot be read.
    """
    id, parameters = words_of(line)
    for declared in find(id).parameters():
        if declared.name not in parameters:
            continue
        if declared.role is Role.CONDITIONS:
            path = Path(parameters[declared.name])
            if path.suffix.lower() in ENDINGS or _is_file(path):
                parameters[declared.name] = read_conditions(path)
        elif declared.role is Role.LABELS:
            image = (images or {}).get(parameters.get("image", ""))
            table = parameters.pop("table", None)
            if table is not None:
                parameters |= _numbered(parameters[declared.name], read_labels(Path(table)), table)
            elif image is not None:
                beside = table_beside(image, formats.stem(image))
                named = {} if beside is None else labels_beside(beside)
                parameters |= _numbered(parameters[declared.name], named, image.name if beside is None else beside.name)
    return make(id, parameters)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # labels, volume by volume, may be longer than any name
        return False


def _numbered(text: str, names: Mapping[int, str], table: str) -> dict[str, Any]:
    """Return labels as numbers, and what they are called in a table."""
    given = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        words = [part for part in given if any(map(str.isalpha, part))]
        if words:
            raise no_label(words[0], [], table)
        return {"labels": text}
    numbers = {name.lower(): [number for number, other in names.items() if other == name] for name in names.values()}
    found: list[int] = []
    for part in given:
        if part.lower() in numbers:
            found += numbers[part.lower()]
        elif part.lstrip("-").isdigit():
            found.append(int(part))
        else:
            raise no_label(part, list(names.values()), table)
    called = tuple(names.get(number, str(number)) for number in found)
    return {"labels": tuple(found), "names": called}
