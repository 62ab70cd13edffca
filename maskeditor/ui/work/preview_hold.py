"""The one preview, as several panels share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from maskeditor.model.numbers_in_words import change_in_words

if TYPE_CHECKING:
    from maskeditor.core.history.edits import Rewrite
    from maskeditor.core.operation.declaration import Operation
    from maskeditor.core.operation.scope import Scope
    from maskeditor.ui.work.editor import Editor


class PreviewHold:
    """A panel's hold on the editor's preview: whether it is this panel's own that is shown.

    Parameters
    ----------
    editor : Editor
    changed : callable of bool
        Called after the preview has changed, was replaced by another panel's, or has gone; given whether it was
        this panel's and was ended elsewhere.
    """

    def __init__(self, editor: Editor, changed: Callable[[bool], None]) -> None:
        self._editor = editor
        self._changed = changed
        self._asking = False
        #: Whether the preview that is shown is this panel's.
        self.mine = False
        editor.preview_changed.connect(self._preview_changed)

    def show(self, operation: Operation, scope: Scope) -> None:
        """Preview an operation."""
        self._ask(lambda: self._editor.preview(operation, scope))

    def show_rewrite(self, rewrite: Rewrite) -> None:
        """Preview other steps."""
        self._ask(lambda: self._editor.preview_rewrite(rewrite))

    def _ask(self, begin: Callable[[], None]) -> None:
        self._asking = True
        try:
            begin()
        finally:
            self._asking = False

    def clear(self) -> None:
        """End the preview, if it is this panel's; that it has gone is then not announced."""
        if self.mine:
            self.mine = False
            self._editor.clear_preview()

    def describe(self, voxel_volume: float | None = None) -> tuple[str, bool]:
        """Return the counts of this panel's preview in words, or what is wrong with it, and whether it is wrong.

        Given the volume of a voxel in mL, the counts are given in mL too.
        """
        state = self._editor.preview_state if self.mine else None
        if state is None:
            return "", False
        if state.error:
            return state.error, True
        if state.added is None or state.removed is None:
            return f"Counting … {100 * state.fraction:.0f} %" if state.fraction else "Counting …", False
        return change_in_words(state.added, state.removed, voxel_volume), False

    def _preview_changed(self) -> None:
        state = self._editor.preview_state
        was_mine = self.mine
        if state is None:
            self.mine = False
        elif self._asking:
            self.mine = True
        elif state.is_counting and not state.fraction:
            # A preview begins that this panel did not ask for.
            self.mine = False
        self._changed(was_mine and state is None)
