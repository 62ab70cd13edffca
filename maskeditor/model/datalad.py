"""The line by which DataLad makes a mask again and records how."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.visible import shell_word
from maskeditor.io import formats
from maskeditor.io.provenance import sidecar_path


def datalad_line(recipe: Recipe, path: Path) -> str:
    """Return the `datalad run` that makes the mask of a recipe, for a shell; images are looked for beside the recipe.

    Parameters
    ----------
    recipe : Recipe
    path : Path
        Of the recipe: a file of its own, a mask's sidecar, or the mask that carries it.

    Examples
    --------
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> line = datalad_line(of_operations([]), Path("recipe.json"))
    >>> print(line.partition(" -o ")[0])
    datalad run -m 'Make recipe_mask.nii.gz' -i image -i recipe.json
    """
    mask = _mask_of(path)
    image = str(path.with_name(str(recipe.source.get("name", "image"))))
    further = {name: str(path.with_name(str(known.get("name", name)))) for name, known in recipe.images.items()}
    command = ["maskeditor", "run", image, "-o", str(mask), "--recipe", str(path)]
    for name, file in further.items():
        command += ["--image", f"{name}={file}"]
    files = [("-i", file) for file in (image, *further.values(), str(path))]
    files += [("-o", str(file)) for file in (mask, sidecar_path(mask))]
    words = [
        "datalad",
        "run",
        "-m",
        f"Make {mask.name}",
        *(word for pair in files for word in pair),
        _line(command),
    ]
    return _line(words)


def datalad_doubts(path: Path) -> tuple[str, ...]:
    """Return what is worth saying of the line: DataLad records nothing of a run that leaves every file as it was.

    Parameters
    ----------
    path : Path
        Of the recipe, as for `datalad_line`.

    Examples
    --------
    >>> datalad_doubts(Path("recipe.json"))
    ()
    """
    mask = _mask_of(path)
    if path not in (mask, sidecar_path(mask)):
        return ()
    return (
        f"{path.name} is both read and made by this line, and DataLad records no run that changes nothing; for a "
        "record, save the recipe as a file of its own (File ▸ Save recipe…) and give that.",
    )


def _line(words: Iterable[str]) -> str:
    return " ".join(map(shell_word, words))


def _mask_of(path: Path) -> Path:
    """Return the mask that a recipe belongs to; the one to be made, if it is a recipe alone."""
    if formats.is_image_name(path):
        return path
    beside = (path.with_name(path.stem + ending) for ending in formats.WRITTEN.written)
    return next(
        (mask for mask in beside if mask.is_file()), path.with_name(f"{path.stem}_mask{formats.WRITTEN.written[0]}")
    )
