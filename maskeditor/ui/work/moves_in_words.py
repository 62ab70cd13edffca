"""What is said about a move once it is made: what a step did, where it was put in, what it left behind."""

from __future__ import annotations

from typing import NamedTuple

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.as_script import joined
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.model.numbers_in_words import counted, in_number


class Before(NamedTuple):
    """What a sentence about a move needs of the document before it: where it was done, and what was undone."""

    seen: int
    was_looking: bool
    ahead: Timeline

    @classmethod
    def of(cls, document: Document) -> Before:
        """Return what is needed of a document."""
        return cls(len(document.timeline), document.is_looking, document.history.ahead)

    def consequences(self, goal: Timeline, taken_back: int = 0) -> str:
        """Return sentences, with a space before each, on what undoes a move again and on what it leaves behind.

        Parameters
        ----------
        goal : Timeline
            The steps after the move.
        taken_back : int
            As in `Prepared`.
        """
        undone = f" Step {taken_back} ({goal[taken_back - 1].title}) takes all of it back again." if taken_back else ""
        stay = {id(step) for step in goal}
        lost = sum(id(step) not in stay for step in self.ahead)
        dropped = f" {counted(lost)} undone step{'s were' if lost > 1 else ' was'} dropped." if lost else ""
        return undone + dropped

    def sentence(self, called: str, operation: Operation, change: Prepared | Delta, goal: Timeline) -> str:
        """Return what a new step did, where it was put in if not after all others, and what comes of that."""
        done = f"{called}: {in_number(change.added, 'voxel')} added, {counted(change.removed)} removed."
        if isinstance(operation, ImageOperation):
            done = f"The image {operation.name} is there; choose it as “Image” of another operation."
        later, where = len(goal) - self.seen - 1, ""
        if self.was_looking:
            where = f" Put in as step {self.seen + 1}" + (f", with {counted(later)} after it." if later else ".")
        return done + where + self.consequences(goal, change.taken_back if isinstance(change, Prepared) else 0)


def unchanged(called: str, step: Step, document: Document) -> str:
    """Return that a step did nothing, and which ROIs were spared, as that may be why."""
    sentence = f"{called} changes no voxel, so no step was made"
    spared = [document.roi(roi).quoted for roi in step.scope.outside]
    return f"{sentence}; voxels of {joined(spared)} are spared." if spared else f"{sentence}."
