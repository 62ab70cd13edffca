"""ROIs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Colour = tuple[int, int, int]

#: What the first ROI of a document is called.
DEFAULT_NAME = "mask"

#: Colours given to new ROIs in turn: each differs most from all before it, for people who lack the cones for red, green
#: or blue too, as `label_colours.palette` has it; none is too dark to be seen, nor near to the colours of a preview.
COLOURS: tuple[Colour, ...] = (
    (230, 60, 60),
    (85, 85, 238),
    (255, 187, 238),
    (170, 68, 153),
    (187, 238, 170),
    (255, 136, 0),
    (170, 153, 255),
    (102, 170, 136),
    (136, 85, 204),
    (187, 68, 85),
    (204, 136, 187),
    (204, 221, 119),
    (136, 221, 187),
    (136, 170, 102),
    (255, 0, 17),
    (119, 136, 204),
    (51, 136, 255),
    (204, 170, 238),
    (170, 102, 136),
    (187, 170, 85),
)


def colour_of_words(parts: Iterable[str]) -> Colour | None:
    """Return the colour whose red, green and blue are written in whole numbers; None if one of them can be none.

    Examples
    --------
    >>> colour_of_words(("255", "0", "16")), colour_of_words(("256", "0", "0"))
    ((255, 0, 16), None)
    """
    red, green, blue = map(int, parts)
    return (red, green, blue) if max(red, green, blue) < 256 else None


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
