"""The one change that is pending, and the one rule of what becomes of it.

A change is pending from when it is set or shown until it is a step: the form of an operation, or the form of a step
that was made. There is one at a time, with one Apply. The histogram is a second view of that form: what is dragged
there is set here, and its Apply, Enter and Escape are those of the form. The rule, for all ways in:

    A pending change ends by its own Apply, by Escape (its own Cancel or Reset), or by the answer to one question, and
    by nothing else. What can go on beside it leaves it pending, and its preview follows. All else asks first whether
    to apply it, to discard it, or to do nothing.

Beside it go strokes and other steps, undo and redo, another ROI, and a look at another row of the history. What asks is

- what takes a mask out of the window, as it would not be the one that is seen: saving, exporting, copying (`settle`);
- what would lose it: another image, closing (`settle`);
- what would take away the step whose form is open: undo and redo, another row, a change of other steps (`settle_step`);
- another change that is begun elsewhere (`begin`), unless the one pending is an operation that was only chosen, with
  nothing set by hand, as when one looks through the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scope import Scope
from maskeditor.ui.dialogs import Answer

Then = Callable[[], None]


def nothing() -> None:
    """Do nothing."""


class Setting(Protocol):
    """What is set in a form, for whoever shows it a second time."""

    @property
    def operation(self) -> type[Operation] | None:
        """The operation whose parameters are set."""
        ...

    @property
    def problem(self) -> str:
        """Why what is set is not allowed, in words."""
        ...

    def values(self) -> dict[str, Any]:
        """Return the operation's parameters as they are set, allowed or not."""
        ...

    def limits(self) -> dict[str, Any]:
        """Return the parameters of the scope as they are set."""
        ...

    def set_values(self, values: Mapping[str, Any], limits: Mapping[str, Any]) -> None:
        """Set some parameters of the operation and of the scope, as a hand does in the form."""
        ...

    def asked(self) -> tuple[Operation, Scope] | None:
        """Return what is set; None if it is not allowed."""
        ...


class Change(Protocol):
    """A change that may be pending: a panel that has one."""

    #: Whether it is that of a step that was made, and ends with it.
    of_step: bool

    @property
    def fields(self) -> Setting:
        """What is set."""
        ...

    @property
    def is_by_hand(self) -> bool:
        """Whether anything was set that would be lost."""
        ...

    @property
    def is_due(self) -> bool:
        """Whether it would change anything, or shows a mask other than the one there is."""
        ...

    def describe(self) -> str:
        """Return what it is, to begin a sentence with."""
        ...

    def apply(self, then: Then = nothing) -> None:
        """Make it a step, and then go on; if it cannot be, it stays, and nothing goes on."""
        ...

    def put_away(self) -> None:
        """End it, with its preview."""
        ...

    def renew(self) -> None:
        """Show it on what the masks are now."""
        ...


class Pending(QObject):
    """Holds the change that is pending."""

    #: Another change is pending, or none.
    changed = pyqtSignal()
    #: The one that is pending is set otherwise.
    set_otherwise = pyqtSignal()
    #: A sentence for the user.
    message = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.change: Change | None = None
        #: Asks whether to apply (YES) or to discard (NO) it, given a sentence; without anybody there it is discarded.
        self.ask: Callable[[str], Answer] = lambda _: Answer.NO
        #: Whether something is being worked out, or waits for its turn, such as a change that was applied.
        self.is_under_way: Callable[[], bool] = lambda: False
        #: Opens the form of an operation, some of its parameters set by hand; returns whether it is pending now.
        self.open_form: Callable[[type[Operation], Mapping[str, Any]], bool] = lambda _cls, _values: False
        #: Closes it, once nothing of it is pending: the form that was there before is shown again.
        self.close_form: Then = nothing

    def would_ask(self, change: Change) -> bool:
        """Whether another change has to be asked about before this one begins."""
        return self.change is not None and self.change is not change and self.change.is_by_hand

    def begin(self, change: Change) -> bool:
        """Make a change the pending one; return whether it is, and not another that is to stay."""
        before = self.change
        if before is change:
            return True
        if before is not None:
            answer = self._answer(before) if before.is_by_hand else Answer.NO
            if answer is Answer.CANCEL:
                return False
            if answer is Answer.YES:
                before.apply()
                if self.change is before and not self.is_under_way():
                    return False  # it cannot be applied
            else:
                before.put_away()
        self.change = change
        self.changed.emit()
        return True

    def end(self, change: Change) -> None:
        """Note that a change is pending no longer."""
        if self.change is change:
            self.change = None
            self.changed.emit()

    def settle(self, then: Then) -> None:
        """Go on with what needs that nothing is pending: once the change is applied or discarded."""
        change = self.change
        if change is None or not change.is_due:
            then()
            return
        answer = self._answer(change)
        if answer is Answer.YES:
            change.apply(then)
        elif answer is Answer.NO:
            change.put_away()
            then()

    def settle_step(self, then: Then) -> None:
        """Go on with what may take away the step whose form is open; any other change goes on beside it."""
        if self.change is not None and self.change.of_step:
            self.settle(then)
        else:
            then()

    def discard(self) -> bool:
        """End the change by hand, and say so; return whether there was one."""
        change = self.change
        if change is None:
            return False
        if change.is_due:
            self.message.emit(f"{change.describe()} was not applied.")
        change.put_away()
        return True

    def renew(self) -> None:
        """Show the change on what the masks are now."""
        if self.change is not None:
            self.change.renew()

    def _answer(self, change: Change) -> Answer:
        sentence = f"{change.describe()} is not applied."
        answer = self.ask(sentence)
        if answer is Answer.NO:
            self.message.emit(f"{change.describe()} was not applied.")
        return answer
