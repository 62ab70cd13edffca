"""All that the command palette offers: operations, actions, tools, panels, ROIs, images, presets and preferences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.core.operation.search import Words, words_of
from maskeditor.model.abilities import Ability
from maskeditor.model.preferences import Preferences, page_of
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.menus import keyed
from maskeditor.ui.main_window.palette import Offer
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.tools.toolbox import tools
from maskeditor.ui.work.editor import Editor

_TOOLS = frozenset(tool.action for tool in tools())


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
        *_operations(window, editor, operate),
        *_actions(window, actions),
        *_rois(editor),
        *_images(editor),
        *_in_hounsfield(window),
        *_panels(window),
        *_preferences(prefer),
    )


def _operations(window: MainWindow, editor: Editor, operate: Callable[[str], None]) -> Iterator[Offer]:
    reason = editor.obstacles().get(Ability.IMAGE, "")
    for cls in listed_operations():
        keys = ", ".join(window.keys.of(f"operation_{cls.id}"))
        yield Offer("Operation", words_of(cls), cls.summary_line(), partial(operate, cls.id), keys, reason)


def _actions(window: MainWindow, actions: Actions) -> Iterator[Offer]:
    for one in keyed():
        tip, keys = window.keys.in_words(one.tip), ", ".join(window.keys.of(one.id))
        kind = "Tool" if one.id in _TOOLS else one.where
        words = Words(one.title, (one.where,), tip)
        yield Offer(kind, words, tip, actions[one.id].trigger, keys, actions.reason(one.id))


def _rois(editor: Editor) -> Iterator[Offer]:
    for roi in editor.document.rois if editor.document is not None else ():
        tip = "Work on this ROI."
        yield Offer("ROI", Words(roi.name, (), tip), tip, partial(editor.set_active, roi.id))


def _images(editor: Editor) -> Iterator[Offer]:
    if editor.session is None:
        return
    for name in ("", *(display.name for display in editor.viewer.state.displays)):
        tip = "Choose this image in the list of images."
        words = Words(name or editor.session.name, (), tip)
        yield Offer("Image", words, tip, partial(editor.viewer.change, chosen_image=name))


def _in_hounsfield(window: MainWindow) -> Iterator[Offer]:
    for kind, title, choose in window.histogram.more.in_hounsfield():
        tip = "Set the contrast." if kind.startswith("Window") else "Take this range as a threshold."
        yield Offer(kind, Words(title, (kind, "CT"), tip), tip, choose)


def _panels(window: MainWindow) -> Iterator[Offer]:
    for id, dock in window.docks.items():
        tip = "Show this panel, and give it the keyboard."
        yield Offer("Panel", Words(dock.windowTitle(), (), tip), tip, partial(window.go_to_panel, id))


def _preferences(prefer: Callable[[str], None]) -> Iterator[Offer]:
    for one in parameters_of(Preferences):
        words = Words(one.title, (page_of(one.name).value, "Preferences"), one.description)
        yield Offer("Preference", words, one.description, partial(prefer, one.name))
