"""How an entry of the Data menu is declared: one `DATA` in its file, from which menu, keys and F1 are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtWidgets import QWidget

from maskeditor.model.abilities import Ability
from maskeditor.ui.work.editor import Editor


@dataclass(frozen=True)
class DataEntry:
    """An entry of the Data menu, and what it opens.

    Parameters
    ----------
    id : str
        If its file declares a panel as well, the id of that.
    text : str
        As the menu writes it, with & before the letter that chooses it there; ends in … if it asks for something.
    order : int
        Its place in the menu.
    tip : str
        One sentence.
    open : callable of Editor and QWidget, optional
        Opens a dialog over the window. Without it, the panel is shown.
    keys : tuple of str
        Shortcuts; the first is shown in the menu.
    needs : tuple of Ability
        Without these it is disabled, and its tool tip says why.
    """

    id: str
    text: str
    order: int
    tip: str
    open: Callable[[Editor, QWidget], None] | None = None
    keys: tuple[str, ...] = ()
    needs: tuple[Ability, ...] = (Ability.IMAGE,)

    @property
    def action(self) -> str:
        """The id of the action that opens it."""
        return f"data_{self.id}"
