"""The quickest way to the connected components of a packed mask."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import Bytes, Words
from maskeditor.engine.components.by_flood import FloodedPieces, flood, touching
from maskeditor.engine.components.by_runs import RunPieces
from maskeditor.engine.components.by_voxels import VoxelPieces
from maskeditor.engine.components.protocol import Pieces, Placement
from maskeditor.engine.components.runs import FACES, RowOffsets, changed_bits, find_runs, laid_out
from maskeditor.engine.memory_pool import results

NOISE = 40  # with fewer voxels than this to a run, runs would take more memory than is left beside the result
GRAINY = 96  # with fewer than this, runs take the memory in which, as a rule, the mask was made that is packed by now
# Runs that are joined in the time in which a plane is flooded, and a word of it.
RUNS_A_PLANE, RUNS_A_WORD = 250, 0.25


def find_pieces(packed: Bytes, placement: Placement, offsets: RowOffsets) -> Pieces:
    """Find the connected components of a packed mask.

    Parameters
    ----------
    packed : (x, y, bytes) array of uint8
        The part inside the placement's box, lowest bit first, zero beyond the box.
    placement : Placement
    offsets : tuple
        Which rows touch and how, see `maskeditor.engine.components.runs.TOUCHING`.
    """
    layout, words = laid_out(packed, placement.box.shape[2])
    changes = changed_bits(words)
    # What is flooded spreads across all faces.
    across_faces = {apart for apart, _ in FACES} <= {apart for apart, _ in offsets}
    many = RUNS_A_PLANE * layout.planes + RUNS_A_WORD * words.size
    runs = _run_count(changes)
    flooded = flood(layout, words) if across_faces and runs > many else None
    if flooded is not None:
        words ^= flooded
        changes = changed_bits(words)
        runs = _run_count(changes)
    pieces: RunPieces | VoxelPieces
    if runs * GRAINY > placement.box.size:
        results.free_idle()
    # Words and changes take an eighth of the mask's memory each, and go when they are not needed any more.
    if runs * NOISE > placement.box.size:
        del changes
        pieces = VoxelPieces(layout, words, placement, offsets)
    elif flooded is None:
        del words
        return RunPieces(find_runs(layout, changes), placement, offsets)
    else:
        pieces = RunPieces(find_runs(layout, changes), placement, offsets)
    if flooded is None:
        return pieces
    border = touching(layout, words, flooded, offsets)
    del words
    return FloodedPieces(layout, flooded, pieces, border, placement)


def _run_count(changes: Words) -> int:
    return int(np.bitwise_count(changes).sum(dtype=np.intp)) // 2
