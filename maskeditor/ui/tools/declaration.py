"""How a tool is declared: one `TOOL` in its file, from which menus, tool bar, toolbox and F1 are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maskeditor.engine.box import Voxel
from maskeditor.model.abilities import Ability
from maskeditor.model.tool_options import ToolOptions
from maskeditor.ui.look.glyphs import Drawing
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.views.tool import Tool
from maskeditor.ui.work.editor import Editor


@dataclass(frozen=True)
class ToolCommand:
    """Something that a key, the menu of tools or the bar of options does with the options of a tool.

    Parameters
    ----------
    id : str
        Unique among the commands of all tools; keys are bound to it.
    title : str
        As a menu writes it.
    tip : str
        One sentence.
    carry_out : callable of Editor, OptionsInHand and voxel
        Does it; the voxel is the one under the pointer, or else under the crosshair.
    keys : tuple of str
        Shortcuts.
    """

    id: str
    title: str
    tip: str
    carry_out: Callable[[Editor, OptionsInHand[Any], Voxel], object]
    keys: tuple[str, ...] = ()

    @property
    def action(self) -> str:
        """The id of the action that does it."""
        return f"of_tool_{self.id}"


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
    make : callable of Editor and OptionsInHand
        Returns the tool itself, whose class declares the pointer's shape; it reads its options where they are set.
    needs : tuple of Ability
        Without these it cannot be taken in hand.
    gestures : tuple of (str, str)
        What the mouse does beyond the plain, for the list of keys and gestures: gesture and effect.
    options : type
        What can be set of it, in the bar below the tools; tools that name the same share what is set.
    commands : tuple of ToolCommand
        What sets several options at once; of tools that share options, one declares them.
    """

    id: str
    title: str
    key: str
    tip: str
    order: int
    draw: Drawing
    make: Callable[[Editor, OptionsInHand[Any]], Tool]
    needs: tuple[Ability, ...] = ()
    gestures: tuple[tuple[str, str], ...] = ()
    options: type[ToolOptions] = ToolOptions
    commands: tuple[ToolCommand, ...] = ()

    @property
    def action(self) -> str:
        """The id of the action that takes it in hand."""
        return f"tool_{self.id}"
