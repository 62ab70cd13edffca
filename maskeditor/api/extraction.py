"""Signals over time."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from warnings import warn

from maskeditor.api.images import Image, image_given
from maskeditor.api.masks import Mask, mask_given
from maskeditor.core.operation.declaration import checked
from maskeditor.core.operation.parameters import parameters_of
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.mask_on import open_mask_on, whole_mask
from maskeditor.model.data.parcels import Parcels, parcels_in, parcels_of
from maskeditor.model.data.regions import check_grid
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.data.signals import Signals, signals_of


def signals(
    image: Image | str | Path,
    regions: Mask | str | Path | None = None,
    *,
    confounds: str | Path | None = None,
    inside: Mask | str | Path | None = None,
    **parameters: Any,
) -> Signals:
    """Take signals over time, those of nilearn's maskers called with these parameters; what is doubtful is a warning.

    Parameters
    ----------
    image : Image or path
        4D.
    regions : Mask or path, optional
        A signal is taken of each label; without them, of each seed.
    confounds : path, optional
        A table whose columns are regressed out.
    inside : Mask or path, optional
        Where regions and seeds are taken only.
    **parameters
        As on the command line, such as ``statistic="median"``, ``standardize="zscore_sample"``, ``high_pass=0.01`` or
        ``seeds=[(0, -52, 18)]``; see ``maskeditor signals --help``.

    Raises
    ------
    MaskEditorError
        If a parameter is not allowed, a file cannot be read, or the grids differ.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import run
    >>> series = Image.of(np.arange(96.0).reshape(2, 3, 4, 4), np.eye(4))
    >>> taken = signals(series, run(series, "threshold lower=80"), statistic="maximum")
    >>> taken.names, taken.values.ravel().tolist()
    (('mask',), [92.0, 93.0, 94.0, 95.0])
    """
    image = image_given(image)
    regions, inside = (None if one is None else mask_given(one) for one in (regions, inside))
    names = {one.name for one in parameters_of(ConfoundParameters)}
    of_confounds = {name: value for name, value in parameters.items() if name in names}
    others = {name: value for name, value in parameters.items() if name not in names}
    wanted, more = checked(SignalParameters, "signals", others), checked(ConfoundParameters, "signals", of_confounds)
    removed = confounds_for(image.path, None if confounds is None else Path(confounds), more)
    parcels = [] if regions is None else _parcels(regions)
    limit = None if inside is None else _inside(inside, image)
    called = image.path.name if image.path is not None else ""
    made = signals_of(image.volume, parcels, wanted, removed, more, limit, called=called)
    recipes = [recipe for one in (regions, inside) for recipe in _recipes(one)]
    said = [finding for one in parcels for finding in one.findings]
    for finding in (*said, *made.findings, *circular_in(recipes, image.volume, over_time=True)):
        warn(finding, stacklevel=2)
    return made


def _parcels(regions: Mask | Path) -> list[Parcels]:
    if not isinstance(regions, Mask):
        return parcels_in(regions)
    document = regions.session.document
    return parcels_of([(document.roi(regions.roi).name, MaskBits.of(regions.data))], document.geometry)


def _inside(inside: Mask | Path, image: Image) -> MaskBits:
    geometry, name = image.volume.geometry, image.volume.name or "the image"
    if isinstance(inside, Mask):
        check_grid(inside.session.document.geometry, geometry, "the mask", name)
        return MaskBits.of(inside.data)
    opened = open_mask_on(inside, geometry, name)
    for finding in opened.findings:
        warn(finding, stacklevel=3)
    return whole_mask(opened)


def _recipes(mask: Mask | Path | None) -> list[Recipe]:
    if mask is None:
        return []
    return [mask.recipe] if isinstance(mask, Mask) else recipes_of([mask])
