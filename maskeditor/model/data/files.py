"""Masks and labels of files as regions of an open image, and statistics in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import ALL
from maskeditor.io import formats
from maskeditor.io.columns import Table
from maskeditor.model.data.components import component_table
from maskeditor.model.data.regions import Regions, regions_of_file
from maskeditor.model.data.statistics import Statistics, intensities_of, not_finite_left_out, statistics
from maskeditor.model.session import Session


def regions_of_files(session: Session, paths: Sequence[Path], progress: Progress) -> list[Regions]:
    """Return what files of masks or labels hold, on the grid of a session's image.

    Of several files, what a file of labels holds is named by it as well.

    Raises
    ------
    MaskEditorError
        If a file cannot be read, holds no labels, or lies on another grid.
    """
    image = session.path.name if session.path is not None else session.name
    regions: list[Regions] = []
    for place, path in enumerate(paths):
        part, stem = progress.within(place / len(paths), (place + 1) / len(paths)), formats.stem(path)
        for some in regions_of_file(path, session.document.geometry, image, part):
            pairs = zip(some.numbers, some.names, strict=True)
            apart = len(paths) > 1 and some.names != (stem,)
            names = tuple(f"{stem}: {name or number}" for number, name in pairs) if apart else some.names
            regions.append(replace(some, names=names))
    return regions


def statistics_of_session(
    session: Session,
    regions: Sequence[Regions],
    frame: FrameChoice,
    percentiles: Sequence[float],
    ddof: int,
    progress: Progress,
) -> Statistics:
    """Return the statistics of a session's image in regions; parameters and errors are those of `statistics`."""
    document = session.document
    scene = document.snapshot().scene(document.rois[0].id)
    values, scaled = intensities_of(scene, "", frame, progress.within(0, 0.3))
    return statistics(values, scaled, document.geometry, regions, percentiles, ddof, progress.within(0.3, 1))


def components_of_session(
    session: Session, regions: Sequence[Regions], frame: FrameChoice, neighbours: Neighbours, progress: Progress
) -> tuple[Table, tuple[str, ...]]:
    """Return the connected components of one mask, all of them, and what a session's image is like in each.

    Besides the table, what is doubtful about it, one sentence each.

    Raises
    ------
    MaskEditorError
        If the regions are not one mask, or the frame cannot be.
    """
    names = [name or str(number) for some in regions for number, name in zip(some.numbers, some.names, strict=True)]
    if len(names) != 1:
        raise MaskEditorError(
            f"Components are those of one mask, but {len(names)} masks or labels were given ({', '.join(names)}); give "
            "one mask."
        )
    document = session.document
    i, j, k = document.geometry.shape
    voxels = np.zeros((i * j, k), bool, order="F")
    for piece in regions[0].pieces(ALL):
        voxels[piece.places, piece.plane] = True
    mask = MaskBits.of(voxels.reshape((i, j, k), order="F"))
    scene = replace(document.snapshot().scene(document.rois[0].id), mask=mask, extent=mask.bounds())
    values, scaled = intensities_of(scene, "", frame, progress.within(0, 0.3))
    findings = [finding for some in regions for finding in some.findings]
    lost = 0
    if values.dtype.kind == "f":
        planes = values.reshape((i * j, k), order="F")
        lost = sum(int((~np.isfinite(planes[voxels[:, plane], plane])).sum()) for plane in range(k))
    if lost:
        findings.append(not_finite_left_out(repr(names[0]), lost))
    if not mask.count():
        findings.append(f"{names[0]!r} has no voxels.")
    table = component_table(scene, values, scaled, neighbours, progress.within(0.3, 1), most=voxels.size).table
    return table, tuple(findings)
