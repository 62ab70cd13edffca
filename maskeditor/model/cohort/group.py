"""What is made of all masks of a cohort together: the mask that enough of them hold, and tables over all images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeditor.core.errors import FileError, GeometryMismatch
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.nilearn_cleaning import cleaned
from maskeditor.engine.progress import Progress
from maskeditor.io.bids_dataset import named_from
from maskeditor.io.columns import Cell, Table
from maskeditor.io.open import inspect, open_mask
from maskeditor.io.provenance import GENERATED_BY, sidecar_path
from maskeditor.io.save import save_mask
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import FAIL, Verdicts
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.files import regions_of_files, statistics_of_session
from maskeditor.model.data.parcels import parcels_in
from maskeditor.model.data.signal_parameters import SignalParameters
from maskeditor.model.data.signals import signals_of
from maskeditor.model.data.statistics import PERCENTILES
from maskeditor.model.session import Session
from maskeditor.ops.consensus import Consensus

FOLDER = "group"


def members(outcomes: Iterable[Outcome], verdicts: Verdicts) -> list[Outcome]:
    """Return what a group is made of: what was done, and did not fail when it was judged."""
    return [
        one for one in outcomes if not one.problem and (one.key not in verdicts or verdicts[one.key].verdict != FAIL)
    ]


def group_mask(
    outcomes: Sequence[Outcome],
    out: Path,
    target: Path,
    choice: Consensus,
    grid: Path | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the mask of the voxels that enough masks hold, as the operation `consensus` does; return its voxels.

    Masks are read one at a time.

    Parameters
    ----------
    outcomes : sequence of Outcome
    out : Path
        The folder of results.
    target : Path
        The file to be.
    choice : Consensus
        With the threshold, and whether only the largest component stays.
    grid : Path, optional
        An image to whose grid masks of others are brought, by nearest neighbour.
    progress : Progress, optional

    Raises
    ------
    FileError
        If there is no mask, or they lie on different grids and no grid is given.
    """
    progress = progress or Progress()
    if not outcomes:
        raise FileError("There is no mask to make a group mask of; run the batch first, or pass some of its masks.")
    onto = _grid_of(grid) if grid is not None else None
    counts: Any = None
    header = None
    first = outcomes[0]
    for number, one in enumerate(outcomes, 1):
        try:
            opened = open_mask(out / one.target, onto, resample=grid is not None)
        except GeometryMismatch as error:
            if grid is not None:
                raise
            raise FileError(
                f"The masks of {first.key} and {one.key} lie on different grids, so that no group mask can be made "
                f"({error}); give --to IMAGE to bring them to its grid."
            ) from None
        if counts is None:
            onto, header = onto or opened.geometry, opened.header
            counts = np.zeros(onto.shape, np.uint32, order="F")
        for mask in opened.labels.values():
            counts += mask[...]
        progress(0.8 * number / len(outcomes))
    assert onto is not None
    needed = choice.needed(len(outcomes))
    made = cleaned(lambda: counts >= needed, 0, choice.connected, progress.part(0.8, 0.95))
    target.parent.mkdir(parents=True, exist_ok=True)
    if grid is not None:
        header = Session.open(grid).header
    assert header is not None
    save_mask(made, target, header, sidecar=(sidecar_path(target), _sidecar(outcomes, out, target, choice)))
    return int(np.count_nonzero(made))


def _grid_of(grid: Path) -> Geometry:
    info = inspect(grid)[0]
    return Geometry(info.shape[:3], info.affine)


def _sidecar(outcomes: Sequence[Outcome], out: Path, target: Path, choice: Consensus) -> str:
    record = {
        "Type": "Brain" if "desc-brain" in target.name else "ROI",
        "Sources": [named_from(out / one.target, target) for one in outcomes],
        "Description": f"Voxels that more than {choice.threshold:g} of {plain_number(len(outcomes), 'mask')} hold"
        + (", the largest component of them." if choice.connected else "."),
        "Manual": False,
        "GeneratedBy": [GENERATED_BY],
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


class GroupTable(NamedTuple):
    """A table over the images of a cohort.

    Parameters
    ----------
    table : Table
    problems : tuple of str
        What could not be done, a sentence for each such image.
    doubts : tuple of str
        What is doubtful of the others, and of which.
    """

    table: Table
    problems: tuple[str, ...]
    doubts: tuple[str, ...]


def group_statistics(
    outcomes: Sequence[Outcome], out: Path, regions: Path | None = None, progress: Progress | None = None
) -> GroupTable:
    """Return the statistics of each image in its own mask, or in regions that all share.

    Parameters
    ----------
    outcomes : sequence of Outcome
    out : Path
    regions : Path, optional
        A mask or labels on the grid of all images.
    progress : Progress, optional
    """

    def rows(one: Outcome, part: Progress) -> tuple[Table, tuple[str, ...]]:
        session = Session.open(Path(one.image), None, part.within(0.0, 0.6), ["mean"])
        measured = [regions or out / one.target]
        found = regions_of_files(session, measured, part.within(0.6, 0.8))
        made = statistics_of_session(session, found, "mean", PERCENTILES, 0, part.within(0.8, 1.0))
        doubts = circular_in(recipes_of(measured), session.document.volume, over_time=False)
        return made.table, (*made.findings, *doubts)

    return _together(outcomes, rows, progress or Progress())


def group_signals(
    outcomes: Sequence[Outcome], out: Path, regions: Path | None = None, progress: Progress | None = None
) -> GroupTable:
    """Return the mean course of each image in its own mask, or in regions that all share: a row for each volume.

    Parameters and the rest are those of `group_statistics`.
    """

    def rows(one: Outcome, part: Progress) -> tuple[Table, tuple[str, ...]]:
        volume = Session.open(Path(one.image), None, part.within(0.0, 0.6)).document.volume
        measured = regions or out / one.target
        taken = signals_of(volume, parcels_in(measured), SignalParameters(), progress=part.within(0.6, 1.0))
        names = taken.names if regions is not None else ("mask",)
        columns = {name: taken.values[:, place] for place, name in enumerate(names)}
        doubts = circular_in(recipes_of([measured]), volume, over_time=True)
        return Table({"volume": list(range(len(taken.values))), **columns}), (*taken.findings, *doubts)

    return _together(outcomes, rows, progress or Progress())


def _together(
    outcomes: Sequence[Outcome],
    rows: Callable[[Outcome, Progress], tuple[Table, tuple[str, ...]]],
    progress: Progress,
) -> GroupTable:
    """Return the rows of all images one below the other, a sentence for each that has none, and doubts, each once."""
    columns: dict[str, list[Cell]] = {"image": []}
    meanings: dict[str, str] = {}
    problems = []
    doubted: dict[str, list[str]] = {}
    for number, one in enumerate(outcomes):
        try:
            table, doubts = rows(one, progress.within(number / len(outcomes), (number + 1) / len(outcomes)))
        except MaskEditorError as error:
            problems.append(f"{one.key}: {error}")
            continue
        for doubt in doubts:
            doubted.setdefault(doubt, []).append(one.key)
        for name in table.names:
            columns.setdefault(name, [None] * len(columns["image"]))
        before = len(columns["image"])
        columns["image"] += [one.key] * len(table)
        for name, cells in columns.items():
            if name != "image":
                cells += [table.cell(place, name) if name in table.names else None for place in range(len(table))]
        assert all(len(cells) == before + len(table) for cells in columns.values())
        meanings |= table.meanings
    said = (f"{keys[0] if len(keys) == 1 else f'{len(keys)} images'}: {doubt}" for doubt, keys in doubted.items())
    return GroupTable(Table(columns, meanings), tuple(problems), tuple(said))
