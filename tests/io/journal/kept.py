"""A document whose every move is written to a journal, and what a journal gives back."""

from __future__ import annotations

import random
from pathlib import Path

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.visits import History
from maskeditor.engine.box import Box
from maskeditor.io.journal.journal import Journal
from tests.model.recovery import random_move, volume

ABOUT = {"name": "noise", "source": {"sample": "noise"}}


class Kept:
    """A document, and the journal that is written on every move."""

    #: Draws which moves have their bits written ahead; None for none.
    ahead: random.Random | None = None

    def __init__(self, path: Path, budget: int = 256 << 20) -> None:
        self.journal = Journal.create(path, ABOUT)
        self.document = Document(volume(), History(budget, self.journal.keep))
        self.document.moved.connect(self.write)
        self.document.rois_changed.connect(self.write)

    def write(self, _: object = None) -> None:
        history = self.document.history
        if self.ahead is not None and self.ahead.random() < 0.5:
            outcomes = [step.outcome for step in history.timeline if step.outcome is not None]
            deltas = [outcome.delta for outcome in outcomes if outcome.delta is not None]
            # Some are of a move that is given up.
            self.journal.write_ahead([*deltas, Delta(Box((0, 0, 0), (1, 1, 1)), 1, 0, b"")])
        self.journal.write(self.document.every_roi, history.visits, history.at, len(history.timeline))
        history.held.trim()

    def move(self, seed: int, count: int) -> None:
        chance = random.Random(seed)
        for _ in range(count):
            random_move(self.document, chance)


def restored(journal: Journal) -> Document:
    found = journal.read()
    assert not found.lost
    document = Document(volume())
    document.restore(found.rois, found.visits, found.at)
    return document
