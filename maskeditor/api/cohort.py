"""Many images by one recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from warnings import warn

from maskeditor.api.recipes import recipe_from
from maskeditor.core.errors import ParameterError
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.io.columns import Table
from maskeditor.io.resample import Interpolation
from maskeditor.model.cohort.batch import Asked, carry_out_batch, plan
from maskeditor.model.cohort.ledger import results_table
from maskeditor.model.further import INTERPOLATIONS


def batch(
    steps: Recipe | Path | str | Sequence[str],
    images: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    name: str = "",
    further: Mapping[str, str] | None = None,
    series: str | Mapping[str, str] = "",
    bound: str = "refuse",
    resample: Interpolation | None = None,
    jobs: int = 1,
    scheduler: str = "",
    again: bool = False,
) -> Table:
    """Make the masks of many images by a recipe; return the table of results, a row for each image.

    The same as ``maskeditor batch``. What cannot be done is a warning, and stands under ``problem``; the others are
    done. What is done already is not done again.

    Parameters
    ----------
    steps : Recipe, or what `recipe` takes
    images : path or pattern, or a sequence of these
    out : path
        The folder of results.
    name : str
        What the masks are called; by default as in the recipe.
    further : mapping of str to str
        Templates of the paths of further images, by name, such as ``{"stat": "maps/sub-{sub}_zmap.nii.gz"}``.
    series : str or mapping of str to str
        Which DICOM series of folders that hold several, by its description; of further images too by their names, that
        of the images then under "".
    bound, resample
        As for `run`.
    jobs : int
        Processes at a time. With more than one, call it below ``if __name__ == "__main__":``.
    scheduler : str
        The address of a Dask scheduler, whose workers do it instead.
    again : bool
        Whether what is done already is done again.

    Raises
    ------
    MaskEditorError
        If it cannot be begun, or cannot go on.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from maskeditor import Image, save_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (1, 2):
    ...         image = Image.of(np.arange(24).reshape(2, 3, 4) * number, np.eye(4))
    ...         save_image(image, f"{folder}/sub-0{number}_T1w.nii")
    ...     batch(["threshold lower=20"], folder + "/*.nii", folder + "/masks")["voxels"]
    [4, 14]
    """
    if bound not in tuple(Bound):
        raise ParameterError(f"bound is {bound!r}, but must be one of {', '.join(Bound)}.")
    if resample not in (None, *INTERPOLATIONS):
        raise ParameterError(f"resample is {resample!r}, but must be one of {', '.join(INTERPOLATIONS)}.")
    patterns = (images,) if isinstance(images, str | Path) else tuple(images)
    asked = Asked(
        steps if isinstance(steps, Recipe) else recipe_from(steps, {}),
        tuple(str(pattern) for pattern in patterns),
        Path(out),
        name,
        dict(further or {}),
        _series(series, further or {}),
        Bound(bound),
        resample,
        jobs,
        scheduler,
        again,
    )
    made = carry_out_batch(asked, plan(asked))
    for one in made.failures:
        warn(f"{one.key}: {one.problem}", stacklevel=2)
    return results_table(made.outcomes)


def _series(given: str | Mapping[str, str], further: Mapping[str, str]) -> dict[str, str]:
    """Return which series is meant, by the name of the further image."""
    if isinstance(given, str):
        return {"": given} if given else {}
    for name in given:
        if name and name not in further:
            raise ParameterError(f"series is given for {name!r}, but further has {', '.join(further) or 'none'}.")
    return dict(given)
