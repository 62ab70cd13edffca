"""The few letters that stand on a montage, as pixels: a picture needs no font of the machine."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import BoolArray

#: Pixels of a letter, and from one to the next.
WIDTH, HEIGHT, ADVANCE = 5, 7, 6

#: Each a row of seven numbers, whose five bits are the pixels of a row from the left.
_LETTERS = {
    " ": (0, 0, 0, 0, 0, 0, 0),
    "-": (0, 0, 0, 31, 0, 0, 0),
    ".": (0, 0, 0, 0, 0, 12, 12),
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
    "A": (14, 17, 17, 31, 17, 17, 17),
    "I": (14, 4, 4, 4, 4, 4, 14),
    "L": (16, 16, 16, 16, 16, 16, 31),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "R": (30, 17, 17, 30, 20, 18, 17),
    "S": (15, 16, 16, 14, 1, 1, 30),
    "m": (0, 0, 26, 21, 21, 21, 21),
    "x": (0, 0, 17, 10, 4, 10, 17),
    "y": (0, 0, 17, 17, 15, 1, 14),
    "z": (0, 0, 31, 2, 4, 8, 31),
}


def drawn(text: str, scale: int = 1) -> BoolArray:
    r"""Return a line of text as pixels (H, W), true where it is written.

    Parameters
    ----------
    text : str
        Of numbers, and of the letters that stand for directions and mm.
    scale : int
        The side of each pixel.

    Examples
    --------
    >>> print("\n".join("".join(".#"[int(pixel)] for pixel in row) for row in drawn("L")[-2:]))
    #....
    #####
    """
    rows = np.zeros((HEIGHT, max(0, ADVANCE * len(text) - 1)), bool)
    for place, letter in enumerate(text):
        bits = np.array(_LETTERS[letter])[:, None] >> np.arange(WIDTH - 1, -1, -1) & 1
        rows[:, ADVANCE * place : ADVANCE * place + WIDTH] = bits.astype(bool)
    large: BoolArray = rows.repeat(scale, 0).repeat(scale, 1)
    return large
