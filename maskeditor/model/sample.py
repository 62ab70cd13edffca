"""The embedded sample as an image: soon on the screen, before all that a session needs is imported."""

from __future__ import annotations

from typing import Literal

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress

Sample = Literal["t1", "epi"]


def sample_volume(kind: Sample = "t1", progress: Progress | None = None) -> Volume:
    """Return the T1-weighted head, or a short EPI of the same head."""
    if kind == "t1":
        from maskeditor.sample.kept import kept_t1

        data, affine = kept_t1()
        return Volume(data, Geometry((data.shape[0], data.shape[1], data.shape[2]), affine), name="sample T1w")
    from maskeditor.sample.images import sample_epi

    image = sample_epi(progress)
    shape = image.data.shape
    return Volume(image.data, Geometry((shape[0], shape[1], shape[2]), image.affine), name="sample EPI")
