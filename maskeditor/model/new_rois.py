"""ROIs made of others: what each is called, and the operations that make it, so that it stays a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maskeditor.core.history.document import Document
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.space.mask import Colour, Roi
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.box import Voxel
from maskeditor.engine.progress import Progress
from maskeditor.ops.boolean import Boolean
from maskeditor.ops.select_component import SelectComponent

#: Of more components than this, only the largest become ROIs.
MOST_COMPONENTS = 20


@dataclass(frozen=True)
class RoiLook:
    """What an ROI brings along, besides its name, from where it came.

    Parameters
    ----------
    colour : tuple of 3 int, optional
        None for the one that is its turn.
    label : int
        Its number in images of labels; 0 if it brings none.
    """

    colour: Colour | None = None
    label: int = 0

    def of(self, roi: Roi) -> Roi:
        """Return an ROI with that."""
        return replace(roi, colour=self.colour or roi.colour, label=self.label)


@dataclass(frozen=True)
class NewRoi:
    """An ROI that is to come.

    Parameters
    ----------
    name : str
        It is made unlike all others.
    operations : tuple of Operation
        What makes it, in order.
    look : RoiLook
    """

    name: str
    operations: tuple[Operation, ...]
    look: RoiLook = RoiLook()


def copied(roi: Roi) -> NewRoi:
    """Return a copy of an ROI; it follows when the steps of that are changed."""
    return NewRoi(f"{roi.name} copy", (Boolean(other=roi.id),))


def merged(rois: Sequence[Roi]) -> NewRoi:
    """Return the union of several ROIs."""
    return NewRoi("merged", tuple(Boolean(other=roi.id) for roi in rois))


def components_of(roi: Roi, snapshot: Snapshot, progress: Progress) -> tuple[list[NewRoi], int]:
    """Return an ROI for each component of one, the largest first, and how many components there are. For a worker.

    Voxels of a component touch across faces, as `scipy.ndimage.label` has it. There are `MOST_COMPONENTS` at most;
    each is a copy of the ROI, of which the component at a voxel is kept.
    """
    scene = snapshot.scene(roi.id)
    if scene.extent is None:
        return [], 0
    components = scene.components(6, progress)
    start = scene.extent.start
    made = []
    for number, (i, j, k) in enumerate(components.seeds(MOST_COMPONENTS), 1):
        made.append(component_roi(roi, (start[0] + i, start[1] + j, start[2] + k), number))
    return made, components.count


def split_roi(document: Document, id: str, progress: Progress) -> tuple[list[str], int]:
    """Make an ROI of each component of one, as `components_of` names them; here and now, without a window.

    Returns
    -------
    made : list of str
        Their ids, of the largest first.
    count : int
        How many components there are.
    """
    new, count = components_of(document.roi(id), document.snapshot(), progress)
    made = []
    for one in new:
        made.append(document.add_roi(one.name).id)
        for operation in one.operations:
            document.do(operation, made[-1])
    return made, count


def component_roi(roi: Roi, voxel: Voxel, number: int, neighbours: Neighbours = 6) -> NewRoi:
    """Return the component of an ROI that holds a voxel, named by its number: a copy, of which that is kept."""
    select = SelectComponent(point=voxel, neighbours=neighbours)
    return NewRoi(f"{roi.name} {number}", (Boolean(other=roi.id), select))
