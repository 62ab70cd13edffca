"""Standard images: the MNI152 template and its tissues, which come with nilearn."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping

import numpy as np

from maskeditor.core.garbage import for_good
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume

#: nilearn's function for each template.
_LOADERS = {
    "MNI152 whole-brain": "load_mni152_template",
    "MNI152 gm": "load_mni152_gm_template",
    "MNI152 wm": "load_mni152_wm_template",
}


class Templates(Mapping[str, Volume]):
    """The standard images by name, each read when it is asked for, and again when it is asked for again.

    What reads one keeps what it makes of it; the template itself, as large as an image, may then go.

    Examples
    --------
    >>> list(TEMPLATES)
    ['MNI152 whole-brain', 'MNI152 gm', 'MNI152 wm']
    """

    def __getitem__(self, name: str) -> Volume:
        """Return a template at 1 mm, its intensities (I, J, K) in float32 from 0 to 1.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        function = _LOADERS[name]
        with for_good():
            from nilearn import datasets  # takes a second

        load = inspect.unwrap(getattr(datasets, function))  # past nilearn's cache, which would keep it for good
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nilearn's versions about their own defaults
            image = load(resolution=1)
        data = np.asarray(image.dataobj)
        return Volume(data, Geometry(data.shape, image.affine), name=name)

    def __contains__(self, name: object) -> bool:
        """Whether there is a template of that name; none is read."""
        return name in _LOADERS

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(_LOADERS)

    def __len__(self) -> int:
        """How many there are."""
        return len(_LOADERS)


TEMPLATES = Templates()
