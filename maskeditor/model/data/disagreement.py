"""Where two masks do not agree: pieces by size, and an image of labels that shows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import and_not
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.progress import Progress
from maskeditor.io.columns import Table
from maskeditor.model.data.agreement import MEASURES, Comparison, compare_masks
from maskeditor.model.label_images import LabelImage

#: So many pieces are listed, the largest; grains beyond them lead nowhere.
MOST_PIECES = 500
#: The values of the image that shows it; colours that colour-blind people tell apart.
BOTH, FIRST, SECOND = 1, 2, 3
COLOURS = {BOTH: (240, 228, 66), FIRST: (213, 94, 0), SECOND: (0, 114, 178)}


class Piece(NamedTuple):
    """A connected piece (6 neighbours) that one of two masks holds alone.

    Parameters
    ----------
    value : {FIRST, SECOND}
        Which of the two.
    voxels : int
    place : tuple of 3 int
        One of its voxels.
    """

    value: int
    voxels: int
    place: Voxel


class Disagreement(NamedTuple):
    """How two masks compare, and where they differ.

    Parameters
    ----------
    comparison : Comparison
    pieces : tuple of Piece
        The largest first.
    in_all : int
        How many there are.
    volume : Volume
        `BOTH`, `FIRST` or `SECOND` where there is a voxel, else 0.
    """

    comparison: Comparison
    pieces: tuple[Piece, ...]
    in_all: int
    volume: Volume

    def numbers(self) -> Table:
        """Return a row for each measure, with what it means."""
        values = [getattr(self.comparison, measure.removesuffix("_voxels")) for measure in MEASURES]
        return Table({"measure": [*MEASURES], "value": values, "meaning": [*MEASURES.values()]})

    def table(self, first: str, second: str) -> Table:
        """Return a row for each piece, by what the two masks are called."""
        names = {FIRST: f"only {first}", SECOND: f"only {second}"}
        volume = self.comparison.voxel_volume
        return Table(
            {
                "piece": [names[piece.value] for piece in self.pieces],
                "voxels": [piece.voxels for piece in self.pieces],
                "millilitres": [piece.voxels * volume for piece in self.pieces],
            }
        )


def disagreement(first: MaskBits, second: MaskBits, grid: Geometry, progress: Progress | None = None) -> Disagreement:
    """Compare two masks, and find where they differ.

    Parameters
    ----------
    first, second : MaskBits
    grid : Geometry
    progress : Progress, optional

    Examples
    --------
    >>> one, other = (MaskBits.of(np.array(row, bool).reshape(5, 1, 1)) for row in ([1, 1, 0, 0, 0], [0, 1, 0, 1, 1]))
    >>> found = disagreement(one, other, Geometry((5, 1, 1), np.eye(4)))
    >>> found.pieces
    (Piece(value=3, voxels=2, place=(3, 0, 0)), Piece(value=2, voxels=1, place=(0, 0, 0)))
    >>> found.volume.stored.ravel().tolist()
    [2, 1, 0, 3, 3]
    """
    progress = progress or Progress()
    comparison = compare_masks({1: first}, {1: second}, grid, progress.within(0.0, 0.6))
    stored = np.zeros(grid.shape, np.uint8, order="F")
    pieces: list[Piece] = []
    count = 0
    boxes = [box for box in (first.bounds(), second.bounds()) if box is not None]
    if boxes:
        box = boxes[0].union(boxes[-1])
        one, other = first.read(box), second.read(box)
        values = stored[box.slices]
        values[one & other] = BOTH
        for value, mask, beside in ((FIRST, one, other), (SECOND, other, one)):
            alone = and_not(mask, beside)
            values[alone] = value
            components = Components(PackedMask(alone))
            count += components.count
            pieces += _pieces(components, value, box)
            progress(0.6 + 0.2 * value / SECOND)
    pieces.sort(key=lambda piece: (-piece.voxels, piece.place))
    return Disagreement(comparison, tuple(pieces[:MOST_PIECES]), count, Volume(stored, grid, name="agreement"))


def _pieces(components: Components, value: int, box: Box) -> list[Piece]:
    sizes = np.sort(components.sizes())[::-1][:MOST_PIECES].tolist()
    i, j, k = box.start
    seeds = components.seeds(MOST_PIECES)
    return [
        Piece(value, size, (place[0] + i, place[1] + j, place[2] + k)) for size, place in zip(sizes, seeds, strict=True)
    ]


def shown_as(first: str, second: str) -> LabelImage:
    """Return what the values of the image mean, by what the two masks are called."""
    names = {BOTH: "both", FIRST: f"only {first}", SECOND: f"only {second}"}
    values = np.arange(SECOND + 1)
    named = {value: NamedLabel(name, COLOURS[value]) for value, name in names.items()}
    return LabelImage(values.astype(np.uint8), values.astype(np.int64), named)
