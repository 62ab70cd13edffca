"""What the fields of a form have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from PyQt6.QtCore import pyqtBoundSignal, pyqtSignal
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from maskeditor.core.operation.parameters import MEASURED, Parameter
from maskeditor.engine.box import Voxel
from maskeditor.ui.qt import mark_error


@dataclass(frozen=True)
class Surroundings:
    """What a form has to know of the image and the masks.

    Parameters
    ----------
    zooms : tuple of 3 float
        Millimetres per voxel.
    shape : tuple of 3 int
    frames : int
        Volumes in time of the image that is edited on.
    rois : tuple of (id, name)
        The other ROIs.
    images : mapping of str to int
        How many volumes in time the further images have, by name.
    seconds : mapping of str to float
        Between their volumes, as headers state them, of those that do; "" is the image that is edited on.
    crosshair : callable, optional
        Returns the voxel under the crosshair.
    place : callable, optional
        Returns where the crosshair is in the world, in mm.
    table : callable, optional
        Has a table of conditions chosen, and returns its content; None if none was.
    labels : callable, optional
        Returns the names of the labels of an image by number, "" for a label without one; none if it is none of labels.
    label_at : callable, optional
        Returns the label of an image at a voxel; None where there is none.
    clicked : signal of a voxel, optional
        One was clicked in a plane.
    suggested : callable, optional
        Returns what an operation suggests for a voxel, or for None that of the crosshair, of an image by name; None
        where it suggests nothing.
    """

    zooms: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shape: Voxel = (1, 1, 1)
    frames: int = 1
    rois: tuple[tuple[str, str], ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    crosshair: Callable[[], Voxel] | None = field(default=None, compare=False)
    place: Callable[[], tuple[float, float, float]] | None = field(default=None, compare=False)
    table: Callable[[], tuple[Any, ...] | None] | None = field(default=None, compare=False)
    labels: Callable[[str], Mapping[int, str]] | None = field(default=None, compare=False)
    label_at: Callable[[str, Voxel], int | None] | None = field(default=None, compare=False)
    clicked: pyqtBoundSignal | None = field(default=None, compare=False)
    suggested: Callable[[Any, Voxel | None, str], BaseModel | None] | None = field(default=None, compare=False)


class Field(QWidget):
    """A parameter's widget."""

    changed = pyqtSignal()

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self.around = around
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    #: Whether the field says its own title, so that no label stands before it.
    has_title = False
    #: Stands below the field over the whole width of the form, where there is something to say.
    note: QLabel | None = None

    @property
    def is_of_use(self) -> bool:
        """Whether there is anything to choose."""
        return True

    @property
    def problem(self) -> str:
        """What is wrong with what is set, in a sentence; empty where what is wanted says it."""
        return ""

    def value(self) -> Any:
        """Return what is set."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def follow_image(self, name: str) -> None:
        """Notice which image the operation looks at: the one of a name, or "" for the one that is edited on."""

    def follow_conditions(self, names: tuple[str, ...]) -> None:
        """Notice which conditions the table of the operation names."""

    def adopt(self, widget: QWidget, stretch: int = 0, part: str = "", into: QBoxLayout | None = None) -> None:
        """Take a widget into the row, or into a part of it, named and explained."""
        unit = f" ({self.parameter.unit})" if self.parameter.unit in MEASURED else ""
        widget.setAccessibleName(f"{self.parameter.title}{f', {part}' if part else ''}{unit}")
        widget.setAccessibleDescription(self.parameter.description)
        widget.setToolTip(self.parameter.description)
        if self.focusProxy() is None:
            self.setFocusProxy(widget)
        (self.row if into is None else into).addWidget(widget, stretch)

    def mark(self, wrong: bool) -> None:
        """Show whether the value is refused."""
        widget = self.focusProxy()
        if widget is not None:
            mark_error(widget, wrong)


def title_of(choice: object) -> str:
    """Return a choice as a list shows it: an abbreviation, which has no vowel, in capitals.

    Examples
    --------
    >>> title_of("symmetric difference"), title_of(6)
    ('Symmetric difference', '6')
    >>> title_of("fdr"), title_of("mL"), title_of("t"), title_of("minus_log10_p")
    ('FDR', 'mL', 't', '−log10 p')
    """
    words = str(choice).replace("minus_", "−").replace("_", " ")
    if len(words) == 1 or not words.islower():
        return words
    return words[:1].upper() + words[1:] if set(words) & set("aeiouy") else words.upper()
