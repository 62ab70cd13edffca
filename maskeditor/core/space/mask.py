"""ROIs."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]

#: What the first ROI of a document is called.
DEFAULT_NAME = "mask"

#: Colours given to new ROIs in turn: distinguished by colour-blind people too (Okabe and Ito 2008), black left out;
#: each after the eighth differs most from all before it, as `label_colours.palette` has it, and is seen on any colours.
COLOURS: tuple[Colour, ...] = (
    (230, 60, 60),
    (86, 180, 233),
    (240, 200, 40),
    (0, 180, 130),
    (204, 121, 167),
    (230, 159, 0),
    (90, 130, 240),
    (170, 110, 230),
    (136, 255, 170),
    (85, 255, 255),
    (187, 0, 153),
    (187, 0, 68),
    (68, 68, 204),
    (153, 238, 204),
    (34, 221, 102),
    (187, 0, 102),
    (238, 85, 102),
    (221, 85, 0),
    (68, 204, 221),
    (51, 221, 153),
)


def in_quotes(*names: str) -> str:
    """Return names as they stand in a sentence, which may otherwise be read as a part of it.

    Examples
    --------
    >>> in_quotes("mask"), in_quotes("left", "right")
    ("'mask'", "'left', 'right'")
    """
    return ", ".join(map(repr, names))


def roi_called(name: str) -> str:
    """Return what an ROI of a name is called beside what is none; "ROI" is not written twice.

    Examples
    --------
    >>> roi_called("brain"), roi_called("ROI 2")
    ('ROI brain', 'ROI 2')
    """
    return name if name.split(" ")[0] == "ROI" else f"ROI {name}"


@dataclass(frozen=True)
class Roi:
    """A mask's identity, name and colour, and how it is treated while editing.

    Parameters
    ----------
    id : str
        Never used again for another ROI of the same document.
    name : str
    colour : tuple of 3 int
        Red, green, blue, 0 to 255.
    visible, locked : bool
        Whether it is drawn, and whether it is kept from changes.
    label : int
        The number that it has in images of labels; 0 as long as it has none.
    """

    id: str
    name: str
    colour: Colour = COLOURS[0]
    visible: bool = True
    locked: bool = False
    label: int = 0

    @property
    def quoted(self) -> str:
        """The name as it stands in a sentence."""
        return in_quotes(self.name)
