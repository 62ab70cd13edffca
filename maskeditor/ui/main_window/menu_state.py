"""What menus and tool bar show of the state: what can be done now, and what is on or chosen."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from maskeditor.model.view.comparison import HOWS
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.menus import action_of
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.tools.toolbox import Toolbox
from maskeditor.ui.work.editor import Editor

#: What of the view is checked in menus.
CHECKED = frozenset(
    {
        "outline",
        "masks_hidden",
        "overlays_hidden",
        "image_visible",
        "chosen_image",
        "displays",
        "images",
        "comparison",
        "radiological",
        "crosshair_visible",
        "smooth",
        "voxel_grid",
        "linked_zoom",
        "colour_map",
    }
)


class MenuState(QObject):
    """Keeps actions possible, named and checked as the state is.

    Parameters
    ----------
    window : MainWindow
        Filled, with its menus.
    editor : Editor
    actions : Actions
    toolbox : Toolbox
    """

    def __init__(self, window: MainWindow, editor: Editor, actions: Actions, toolbox: Toolbox) -> None:
        super().__init__(window)
        self._window, self._editor, self._actions, self._toolbox = window, editor, actions, toolbox
        for signal in (editor.document_changed, editor.image_changed, editor.jobs.busy_changed):
            signal.connect(self._update)
        editor.preview_changed.connect(self._update_abilities)
        for waiting in (editor.strokes.changed, editor.turns.changed):
            waiting.connect(self._update)
        toolbox.chosen_changed.connect(lambda _: self._update())
        toolbox.options_changed.connect(self._update)
        window.viewer.changed.connect(self._follow_view)
        editor.preferred.changed.connect(self._update_checks)
        window.views.frames.play_button.toggled.connect(self._update_checks)
        window.views.arrangement_changed.connect(self._update_checks)
        window.docks["curves"].visibilityChanged.connect(self._update_checks)
        self._update()

    def _update(self) -> None:
        self._update_abilities()
        self._update_checks()

    def _update_abilities(self) -> None:
        document = self._editor.document
        history = document.history if document else None
        self._actions.update(
            self._editor.obstacles(), history.undo_title if history else "", history.redo_title if history else ""
        )

    def _follow_view(self, changed: frozenset[str]) -> None:
        # Not on every slice that is scrolled past.
        if changed & CHECKED:
            self._update_checks()

    def _update_checks(self) -> None:
        state, how = self._window.viewer.state, self._editor.comparing.how
        chosen = self._window.viewer.display(state.chosen_image)
        for id, on in (
            ("outline", state.outline),
            ("mask_visible", not state.masks_hidden),
            ("overlays_visible", not state.overlays_hidden),
            ("chosen_visible", state.image_visible if chosen is None else chosen.visible),
            *((action_of(one), one == how) for one in HOWS),
            ("radiological", state.radiological),
            ("crosshair", state.crosshair_visible),
            ("smooth_pixels", state.smooth),
            ("voxel_grid", state.voxel_grid),
            ("linked_zoom", state.linked_zoom),
            ("play_volumes", self._window.views.frames.play_button.isChecked()),
            ("curves", self._window.docks["curves"].isVisible()),
            ("brush_3d", self._toolbox.brush.settings.shape == "sphere"),
            (f"tool_{self._toolbox.chosen}", True),
            (f"layout_{self._window.views.arrangement}", True),
        ):
            self._actions[id].setChecked(on)
        for menu, value in (("Colour map", state.colour_map), ("Theme", self._editor.preferred.value.theme)):
            for action in self._actions.submenus[menu].actions():
                action.setChecked(action.text().lower() == value)
