"""All that the command palette offers: operations, actions, tools, panels, ROIs, images, presets and preferences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from maskeditor.core.operation.parameters import Parameter, parameters_of
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
_PREFERENCES = {one.title: one for one in parameters_of(Preferences)}


def offers(
    window: MainWindow,
    editor: Editor,
    actions: Actions,
    operate: Callable[[str], None],
    prefer: Callable[[str], None],
) -> tuple[Offer, ...]:
    """Return what can be done now, each thing once; of what cannot, why.

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
        *_panels(window, actions),
        *_preferences(prefer),
    )


def _operations(window: MainWindow, editor: Editor, operate: Callable[[str], None]) -> Iterator[Offer]:
    reason = editor.obstacles().get(Ability.IMAGE, "")
    for cls in listed_operations():
        keys = ", ".join(window.keys.of(f"operation_{cls.id}"))
        yield Offer("Operation", words_of(cls), cls.summary_line(), partial(operate, cls.id), keys, reason)


def _actions(window: MainWindow, actions: Actions) -> Iterator[Offer]:
    panels = {dock.windowTitle() for dock in window.docks.values()}
    for one in keyed():
        if one.title in panels:
            continue
        preference = _PREFERENCES.get(one.title)
        tip, keys = window.keys.in_words(one.tip), ", ".join(window.keys.of(one.id))
        kind = "Tool" if one.id in _TOOLS else one.where
        if preference is None:
            words = Words(one.title, (one.where,), tip)
        else:
            # Found by the words of both, as it changes the preference.
            words = Words(one.title, (one.where, *_words_of(preference).synonyms), f"{tip} {preference.description}")
            tip = tip or preference.description
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


def _panels(window: MainWindow, actions: Actions) -> Iterator[Offer]:
    """Yield every panel, with keys, tip and needs of the action of its title, which shows it too."""
    showing = {one.title: one for one in keyed()}
    for id, dock in window.docks.items():
        title, go = dock.windowTitle(), partial(window.go_to_panel, id)
        if (one := showing.get(title)) is None:
            tip = "Show this panel, and give it the keyboard."
            yield Offer("Panel", Words(title, (), tip), tip, go)
        else:
            tip, keys = window.keys.in_words(one.tip), ", ".join(window.keys.of(one.id))
            yield Offer("Panel", Words(title, (one.where,), tip), tip, go, keys, actions.reason(one.id))


def _preferences(prefer: Callable[[str], None]) -> Iterator[Offer]:
    """Yield every preference that no action of its title changes."""
    done_at_once = {one.title for one in keyed()}
    for title, one in _PREFERENCES.items():
        if title not in done_at_once:
            yield Offer("Preference", _words_of(one), one.description, partial(prefer, one.name))


def _words_of(preference: Parameter) -> Words:
    return Words(preference.title, (page_of(preference.name).value, "Preferences"), preference.description)
