"""Which keys do what: as usual, as in another program, or as somebody wants them; and how texts name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QWidget

#: By the id of what is done, the keys that start it.
KeysById = Mapping[str, tuple[str, ...]]

#: The name of what is done, in a text that names its keys, and the blank and the brackets round it.
_NAMED = re.compile(r"( ?)(\(?)\{(\w+)\}(\)?)")


@dataclass(frozen=True)
class Keyed:
    """What can be done by a key.

    Parameters
    ----------
    id : str
    title : str
        As a list of keys names it.
    keys : tuple of str
        Those that start it as usual, as `QKeySequence` writes them.
    where : str
        What it belongs to: a menu, or the planes.
    tip : str
        One sentence.
    """

    id: str
    title: str
    keys: tuple[str, ...] = ()
    where: str = ""
    tip: str = ""


def plain(key: str) -> str:
    """Return a key as it is compared and kept; nothing if it is none.

    Examples
    --------
    >>> plain("ctrl+shift+z"), plain("Shift+Ctrl+Z"), plain("no such key")
    ('Ctrl+Shift+Z', 'Ctrl+Shift+Z', '')
    """
    sequence = QKeySequence(key)
    return sequence.toString() if sequence.count() == 1 else ""


def resolved(
    all_keyed: Iterable[Keyed], own: KeysById, of_set: KeysById
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return which keys do what, each key one thing, and a sentence for each of somebody's own that cannot be.

    What somebody wants goes before the set of another program, and that before what is usual: a key that is taken so is
    no longer that of what it usually starts.

    Examples
    --------
    >>> keyed = [Keyed("save", "Save", ("Ctrl+S",)), Keyed("swap", "Swap", ("S",)), Keyed("show", "Show", ("M",))]
    >>> resolved(keyed, {}, {"show": ("S",)})
    ({'save': ('Ctrl+S',), 'swap': (), 'show': ('S',)}, [])
    >>> resolved(keyed, {"save": ("M", "no such key")}, {"show": ("M",)})[1]
    ["'no such key' is no key, so it does not start Save."]
    """
    known = {one.id: one for one in all_keyed}
    findings = [f"There is nothing called {id!r} to be done by a key." for id in own if id not in known]
    taken: dict[str, str] = {}
    keys: dict[str, tuple[str, ...]] = {}
    for level in (own, of_set, {id: one.keys for id, one in known.items()}):
        for id, wanted in level.items():
            if id in keys or id not in known:
                continue
            free = []
            for written in wanted:
                key = plain(written)
                if not key:
                    findings.append(f"{written!r} is no key, so it does not start {known[id].title}.")
                elif key not in taken:
                    taken[key] = id
                    free.append(key)
                elif level is own:
                    findings.append(f"{key} starts {known[taken[key]].title}, and not {known[id].title} too.")
            keys[id] = tuple(free)
    return {id: keys[id] for id in known}, findings


class Keys(QObject):
    """The keys that do what, now; texts that name them follow.

    Parameters
    ----------
    keyed : iterable of Keyed
        What there is to be done; more can be added.
    """

    #: Keys do something else.
    changed = pyqtSignal()

    def __init__(self, keyed: Iterable[Keyed] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.keyed: dict[str, Keyed] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._own: KeysById = {}
        self._of_set: KeysById = {}
        #: What is wrong with somebody's own keys, in sentences.
        self.findings: list[str] = []
        self._tips: dict[QWidget, str] = {}
        self.changed.connect(self._explain_again)
        self.add(keyed)

    def add(self, keyed: Iterable[Keyed]) -> None:
        """Add what can be done by keys."""
        self.keyed |= {one.id: one for one in keyed}
        self.choose(self._own, self._of_set)

    def choose(self, own: KeysById, of_set: KeysById) -> None:
        """Take somebody's own keys, and those of another program."""
        self._own, self._of_set = own, of_set
        self._keys, self.findings = resolved(self.keyed.values(), own, of_set)
        self.changed.emit()

    def of(self, id: str) -> tuple[str, ...]:
        """Return the keys that start something."""
        return self._keys.get(id, ())

    def started_by(self, key: str) -> str:
        """Return the id of what a key starts; nothing if it starts nothing."""
        return next((id for id, keys in self._keys.items() if key in keys), "")

    def in_words(self, text: str) -> str:
        """Return a text with the key of each ``{id}`` in it; brackets round one without a key go.

        Examples
        --------
        >>> keys = Keys([Keyed("cancel", "Cancel", ("Esc",)), Keyed("hide", "Hide")])
        >>> keys.in_words("Compare no more ({cancel}). Hold {hide}. Hide them ({hide}).")
        'Compare no more (Esc). Hold no key. Hide them.'
        """

        def named(found: re.Match[str]) -> str:
            blank, opened, id, closed = found.groups()
            keys = " or ".join(self.of(id))
            return "" if opened and closed and not keys else f"{blank}{opened}{keys or 'no key'}{closed}"

        return _NAMED.sub(named, text)

    def explain(self, widget: QWidget, text: str) -> None:
        """Give a widget a tool tip that names keys, which follows them; it may be given another later."""
        widget.setToolTip(self.in_words(text))
        self._tips[widget] = text

    def _explain_again(self) -> None:
        self._tips = {widget: text for widget, text in self._tips.items() if not sip.isdeleted(widget)}
        for widget, text in self._tips.items():
            widget.setToolTip(self.in_words(text))
