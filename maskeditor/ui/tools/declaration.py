"""How a tool is declared: one `TOOL` in its file, from which menus, tool bar, toolbox and F1 are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskeditor.model.abilities import Ability
from maskeditor.ui.look.glyphs import Drawing
from maskeditor.ui.tools.brush_in_hand import BrushInHand
from maskeditor.ui.views.tool import Tool
from maskeditor.ui.work.editor import Editor


@dataclass(frozen=True)
class ToolDeclaration:
    """A tool as menus and tool bar show it, and how it is made.

    Parameters
    ----------
    id : str
    title : str
        As a menu writes it, with & before the letter that chooses it there.
    key : str
        The shortcut that takes it in hand.
    tip : str
        One sentence: what the mouse does with it.
    order : int
        Its place in menu and tool bar, from the left; the first is in hand at the start.
    draw : callable of QPainter
        Its glyph.
    make : callable of Editor and BrushInHand
        Returns the tool itself, whose class declares the pointer's shape.
    needs : tuple of Ability
        Without these it cannot be taken in hand.
    gestures : tuple of (str, str)
        What the mouse does beyond the plain, for the list of keys and gestures: gesture and effect.
    """

    id: str
    title: str
    key: str
    tip: str
    order: int
    draw: Drawing
    make: Callable[[Editor, BrushInHand], Tool]
    needs: tuple[Ability, ...] = ()
    gestures: tuple[tuple[str, str], ...] = ()

    @property
    def action(self) -> str:
        """The id of the action that takes it in hand."""
        return f"tool_{self.id}"
