"""Signals of a session: of its ROIs or of a label image among its images, worked out beside the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.conditions import Conditions
from maskeditor.core.operation.scene import Derived, ImageSource
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.labels import labels_of
from maskeditor.model.data.by_condition import ByCondition, by_condition
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.parcels import Parcels, parcels_of
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.data.signals import Signals, signals_of
from maskeditor.model.session import Session


@dataclass(frozen=True)
class SignalsAsked:
    """What signals are asked for.

    Parameters
    ----------
    image : str
        The series by its name; "" is the image that is edited on.
    rois : tuple of str
        The ids of the ROIs whose signals are wanted; all that are not empty for none.
    labels : str
        The label image whose signals are wanted instead, by its name.
    parameters : SignalParameters
    more : ConfoundParameters
    confounds : Path, optional
        A table of confounds.
    conditions : Conditions
        What happened meanwhile; nothing is taken by condition without any.
    delay : float
        Seconds from an event to the volumes that belong to it.
    """

    image: str = ""
    rois: tuple[str, ...] = ()
    labels: str = ""
    parameters: SignalParameters = field(default_factory=SignalParameters)
    more: ConfoundParameters = field(default_factory=ConfoundParameters)
    confounds: Path | None = None
    conditions: Conditions = ()
    delay: float = 0.0


class SignalsTaken(NamedTuple):
    """Signals as they were asked for.

    Parameters
    ----------
    signals : Signals
    found : ByCondition or None
        The same by condition.
    doubts : tuple of str
        Why they are circular, one sentence each.
    sources : tuple of Path
        The files that they were made of.
    series : Path or None
        The one of the series, if it has one.
    """

    signals: Signals
    found: ByCondition | None
    doubts: tuple[str, ...]
    sources: tuple[Path, ...]
    series: Path | None


def series_in(session: Session) -> dict[str, int]:
    """Return how many volumes the images of a session have that have several, by name."""
    images: dict[str, ImageSource] = {"": session.document.volume, **session.document.further_images()}
    return {name: source.frames for name, source in images.items() if source.frames > 1}


def label_images_in(session: Session) -> tuple[str, ...]:
    """Return the names of the further images of a session that hold labels."""
    return tuple(name for name, image in session.further.items() if image.labels is not None)


def work_on(session: Session, asked: SignalsAsked) -> Callable[[Progress], SignalsTaken]:
    """Return what takes the signals that are asked for, on any thread.

    Raises
    ------
    OperationError
        If there is no ROI to take them of.
    """
    document = session.document
    ids = asked.rois or tuple(session.filled())
    if not asked.labels and not asked.parameters.seeds and not ids:
        raise OperationError("All ROIs are empty, so there is nothing to take signals of; make a mask first.")
    names = [document.roi(id).name for id in ids]
    timeline, masks = document.stills(ids)
    snapshot, further = document.snapshot(), document.further_images()

    def work(progress: Progress) -> SignalsTaken:
        series = snapshot.image(asked.image, progress.within(0.0, 0.1))
        confounds = confounds_for(_path(session, asked.image), asked.confounds, asked.more)
        if asked.parameters.seeds:
            parcels: list[Parcels] = []
        elif asked.labels:
            parcels = [_labels(session, asked.labels)]
        else:
            wanted = list(zip(names, masks, strict=True))
            parcels = parcels_of([("", _together(masks))] if asked.parameters.voxels else wanted, document.geometry)
        signals = signals_of(
            series, parcels, asked.parameters, confounds, asked.more, progress=progress.within(0.1, 0.9)
        )
        found = None
        if asked.conditions:
            found = by_condition(signals, asked.conditions, series.frames, asked.delay)
        of_labels = _path(session, asked.labels) if asked.labels else None
        if asked.parameters.seeds:
            recipes: list[Recipe] = []
        elif asked.labels:
            recipes = recipes_of([of_labels] if of_labels is not None else [])
        else:
            recipes = [session.recipe(id, (timeline, mask[...])) for id, mask in zip(ids, masks, strict=True)]
        root = root_of(document.volume, further, asked.image)
        doubts = circular_in(recipes, root, found.conditions if found is not None else None, over_time=True)
        path = _path(session, asked.image)
        tables = confounds.files if confounds is not None else ()
        sources = tuple(one for one in (path, of_labels, *tables) if one is not None)
        return SignalsTaken(signals, found, doubts, sources, path)

    return work


def _together(masks: tuple[MaskBits, ...]) -> MaskBits:
    first, *others = masks
    whole = first[...]
    for other in others:
        whole |= other[...]
    return MaskBits.of(whole)


def _path(session: Session, image: str) -> Path | None:
    """Return the file of an image; None of one that a step makes."""
    if not image:
        return session.path
    return session.further[image].path if image in session.further else None


def _labels(session: Session, name: str) -> Parcels:
    image = session.further[name]
    masks = labels_of(image.volume, name).masks
    assert image.labels is not None
    named = [(image.labels.name(number) or f"label {number}", mask) for number, mask in masks.items()]
    (parcels,) = parcels_of(named, image.volume.geometry)
    return parcels


def root_of(volume: Volume, further: dict[str, ImageSource], name: str) -> Volume:
    """Return the opened image that an image is made of; itself if it was opened."""
    source: ImageSource = further.get(name, volume)
    while isinstance(source, Derived):
        made_of = dict(source.looks_at)
        source = made_of[getattr(source.operation, "image", "")]
    return source
