"""All that the command palette offers: every operation, action, tool, panel, ROI, image and preference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.core.operation.search import Words, words_of
from maskeditor.model.abilities import Ability
from maskeditor.model.preferences import Preferences, page_of
from maskeditor.ui.main_window.actions import Actions, keyed
from maskeditor.ui.main_window.palette import Offer
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.work.editor import Editor


def offers(
    window: MainWindow,
    editor: Editor,
    actions: Actions,
    operate: Callable[[str], None],
    prefer: Callable[[str], None],
) -> tuple[Offer, ...]:
    """Return what can be done now; of what cannot, why.

    Parameters
    ----------
    window : MainWindow
    editor : Editor
    actions : Actions
    operate : callable of str
        Opens the form of the operation of an id.
    prefer : callable of str
        Shows the preference of a name.
    """
    return (
        *_operations(editor, operate),
        *_actions(window, actions),
        *_rois(editor),
        *_images(editor),
        *_panels(window),
        *_preferences(prefer),
    )


def _operations(editor: Editor, operate: Callable[[str], None]) -> Iterator[Offer]:
    reason = editor.obstacles().get(Ability.IMAGE, "")
    for cls in listed_operations():
        words = words_of(cls)._replace(described=cls.summary_line())
        yield Offer("Operation", words, partial(operate, cls.id), reason=reason)


def _actions(window: MainWindow, actions: Actions) -> Iterator[Offer]:
    for one in keyed():
        words = Words(one.title, (one.where,), window.keys.in_words(one.tip))
        keys = ", ".join(window.keys.of(one.id))
        kind = "Tool" if one.id.startswith("tool_") else one.where
        yield Offer(kind, words, actions[one.id].trigger, keys, actions.reason(one.id))


def _rois(editor: Editor) -> Iterator[Offer]:
    for roi in editor.document.rois if editor.document is not None else ():
        yield Offer("ROI", Words(roi.name, (), "Work on this ROI."), partial(editor.set_active, roi.id))


def _images(editor: Editor) -> Iterator[Offer]:
    if editor.session is None:
        return
    for name in ("", *(display.name for display in editor.viewer.state.displays)):
        words = Words(name or editor.session.name, (), "Choose this image in the list of images.")
        yield Offer("Image", words, partial(editor.viewer.change, chosen_image=name))


def _panels(window: MainWindow) -> Iterator[Offer]:
    for id, dock in window.docks.items():
        yield Offer("Panel", Words(dock.windowTitle(), (), "Show this panel."), partial(window.show_panel, id))


def _preferences(prefer: Callable[[str], None]) -> Iterator[Offer]:
    for one in parameters_of(Preferences):
        words = Words(one.title, (page_of(one.name).value, "Preferences"), one.description)
        yield Offer("Preference", words, partial(prefer, one.name))
