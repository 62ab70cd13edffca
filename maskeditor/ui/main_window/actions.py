"""The actions of the menus, as Qt has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu

from maskeditor.core.visible import visible
from maskeditor.model.abilities import Ability
from maskeditor.ui.look.keys import Keyed, Keys
from maskeditor.ui.look.plain_text import without_shortcut
from maskeditor.ui.main_window.menus import MENUS, entries, keyed, plain_title
from maskeditor.ui.qt import sure


class Actions:
    """The program's actions as menus.

    Parameters
    ----------
    window : QMainWindow
        Whose menu bar is filled.
    keys : Keys
        Which keys do what; the actions join them.
    carry_out : callable of str
        Called with the id of the action that was chosen.
    """

    def __init__(self, window: QMainWindow, keys: Keys, carry_out: Callable[[str], None]) -> None:
        self._window, self._keys = window, keys
        self._actions: dict[str, QAction] = {}
        self._reasons: dict[str, str] = {}
        self._updated: tuple[dict[Ability, str], str, str] | None = None
        self.submenus: dict[str, QMenu] = {}
        groups: dict[str, QActionGroup] = {}
        for title, listed in MENUS.items():
            menu = sure(sure(window.menuBar()).addMenu(title))
            menu.setToolTipsVisible(True)
            self.submenus[plain_title(title)] = menu
            for entry in listed:
                if entry is None:
                    menu.addSeparator()
                elif isinstance(entry, str):
                    self.submenus[plain_title(entry)] = sure(menu.addMenu(entry))
                else:
                    within = menu
                    if entry.menu:
                        name = plain_title(entry.menu)
                        within = self.submenus[name] = self.submenus.get(name) or sure(menu.addMenu(entry.menu))
                    action = sure(within.addAction(entry.text))
                    action.setObjectName(entry.id)
                    action.setCheckable(entry.checkable)
                    # In place of a tick nobody could see whether it is on.
                    action.setIconVisibleInMenu(False)
                    if entry.group:
                        group = groups.setdefault(entry.group, QActionGroup(window))
                        group.addAction(action)
                    action.triggered.connect(lambda _checked, id=entry.id: carry_out(id))
                    window.addAction(action)
                    self._actions[entry.id] = action
        keys.add(keyed())
        keys.changed.connect(self._take_keys)
        self._take_keys()

    def join(self, menu: QMenu) -> None:
        """Let keys start what stands in the submenus of a menu that is filled elsewhere, too: none does so as usual."""
        title = plain_title(menu.title())
        found = [action for submenu in menu.findChildren(QMenu) for action in submenu.actions() if action.objectName()]
        self._actions |= {action.objectName(): action for action in found}
        self._window.addActions(found)
        self._keys.add(
            Keyed(action.objectName(), plain_title(action.text()).strip(), (), title, action.statusTip())
            for action in found
        )

    def _take_keys(self) -> None:
        """Have the keys that were chosen start what they start, and tool tips name them."""
        for id, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in self._keys.of(id)])
        if self._updated is not None:
            wanted, self._updated = self._updated, None
            self.update(*wanted)

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def update(self, obstacles: Mapping[Ability, str], undo: str, redo: str) -> None:
        """Enable what can be done, say of the rest why not, and name what undo and redo would do."""
        wanted = (dict(obstacles), undo, redo)
        if wanted == self._updated:
            # It is asked at every step of a drag, and hardly ever another answer.
            return
        self._updated = wanted
        for entry in entries():
            reason = next((obstacles[need] for need in entry.needs if need in obstacles), "")
            action, self._reasons[entry.id] = self._actions[entry.id], reason
            action.setEnabled(not reason)
            keys = ", ".join(self._keys.of(entry.id))
            tip = self._keys.in_words(entry.tip) or f"{entry.title}."
            action.setToolTip(" ".join(filter(None, (tip, f"({keys})" if keys else "", reason))))
        self._actions["undo"].setText(f"&Undo {without_shortcut(visible(undo))}" if undo else "&Undo")
        self._actions["redo"].setText(f"&Redo {without_shortcut(visible(redo))}" if redo else "&Redo")

    def reason(self, id: str) -> str:
        """Return why an action is not possible now; empty if it is."""
        return self._reasons.get(id, "")

    def why_not(self, keys: QKeySequence) -> str:
        """Return why the action that keys start is not possible now; empty if it is, or if there is none."""
        reasons = (reason for id, reason in self._reasons.items() if keys in self._actions[id].shortcuts())
        return next(reasons, "")
