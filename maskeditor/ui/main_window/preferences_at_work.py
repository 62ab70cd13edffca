"""Every preference does what it says, as soon as it is chosen, and is what the window shows."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from maskeditor.model.preferences import VIEWED, Preferences
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.key_sets import KEY_SETS
from maskeditor.ui.look.theme import Theme, Themer
from maskeditor.ui.qt import running_application, sure
from maskeditor.ui.work.editor import Editor


class PreferencesAtWork(QObject):
    """Has theme, keys and planes follow the preferences, and the preferences what is changed in the planes.

    What else follows one asks for it where it is needed (`Preferred.value`), or hears of it (`Preferred.changed`).

    Parameters
    ----------
    editor : Editor
    viewer : Viewer
    """

    def __init__(self, editor: Editor, viewer: Viewer) -> None:
        super().__init__(editor)
        self._preferred, self._viewer, self._keys = editor.preferred, viewer, editor.keys
        self._follow(frozenset(Preferences.model_fields))
        self._preferred.changed.connect(self._follow)
        viewer.changed.connect(self._learn)

    def _follow(self, names: frozenset[str]) -> None:
        value = self._preferred.value
        if "theme" in names:
            sure(running_application().findChild(Themer)).choose(Theme(value.theme))
        if names & {"key_set", "own_keys"}:
            self._keys.choose(value.own_keys, KEY_SETS[value.key_set])
        viewed = names & VIEWED
        if viewed:
            self._viewer.change(**{name: getattr(value, name) for name in viewed})

    def _learn(self, changed: frozenset[str]) -> None:
        """A key or a slider that changes how masks are drawn means the next image too."""
        viewed = changed & VIEWED
        if viewed:
            self._preferred.change(**{name: getattr(self._viewer.state, name) for name in viewed})
