"""Moves: steps are worked out beside the interface, or at once where that is little, and made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maskeditor.core.history.edits import Rewrite
from maskeditor.core.history.prepare import Prepared, put_in
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Patch
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask import Roi
from maskeditor.engine.progress import Progress
from maskeditor.model.preview import OperationPreview, RewritePreview
from maskeditor.model.session import Session
from maskeditor.ui.work.ground import Ground, new_step
from maskeditor.ui.work.moves_in_words import Before, unchanged
from maskeditor.ui.work.pending import Then, nothing
from maskeditor.ui.work.preview_lane import PreviewLane


class Moves:
    """Works out what the steps asked for make of the masks, makes that one move, and says what it did.

    Parameters
    ----------
    ground : Ground
    previews : PreviewLane
        Which may have worked out already what is asked for.
    """

    def __init__(self, ground: Ground, previews: PreviewLane) -> None:
        self._ground = ground
        self._previews = previews

    @property
    def _session(self) -> Session:
        session = self._ground.session
        assert session is not None
        return session

    def put_in(self, operation: Operation, scope: Scope, then: Then, called: str = "") -> None:
        """Put a step of the active ROI in after those that are shown, as `Editor.apply`."""
        step, known = new_step(self._ground, operation, self._ground.active, scope), self._known(operation, scope)
        self._put_in(step, known, then, called)

    def _put_in(self, step: Step, known: Patch | None, then: Then = nothing, called: str = "") -> None:
        """Work a step out after those that are shown, with the later ones after it, and make that one move."""
        session, jobs = self._session, self._ground.jobs
        document, title = session.document, called or step.operation.called
        snapshot = document.snapshot()

        def done(prepared: Prepared) -> None:
            self.take(prepared, step, doubts=True, called=called)
            then()

        def attempt() -> None:
            if step.roi:
                document.check_unlocked(step.roi)
            jobs.run(title, lambda progress: session.put_in(snapshot, [step], progress, known), done)

        jobs.attempt(attempt)

    def _known(self, operation: Operation, scope: Scope) -> Patch | None:
        """Return what an operation makes of the mask, if the preview has worked just that out."""
        shown = self._previews.shown
        if not isinstance(shown, OperationPreview) or shown.revision != self._session.document.revision:
            return None
        wanted = (self._ground.active, operation, scope)
        return shown.patch if (shown.roi, shown.operation, shown.scope) == wanted else None

    def take(self, prepared: Prepared, step: Step, doubts: bool = False, called: str = "") -> None:
        """Make the move that a new step is, and say what it did, and what can hardly be meant.

        It is called as its operation is, or as the tool that makes it.
        """
        session, operation = self._session, step.operation
        called = called or operation.called
        document = session.document
        if not prepared.is_step:
            self._ground.say(unchanged(called, step, document))
            return
        document.check_move(prepared.goal)
        sentence = Before.of(document).sentence(called, operation, prepared, prepared.goal)
        document.commit(prepared, called)
        self._ground.say(" ".join((sentence, *(session.doubts(step.roi) if doubts and step.roi else ()))))

    def put_in_now(
        self, operation: Operation, known: Patch | None, roi: str, scope: Scope = EVERYWHERE, called: str = ""
    ) -> None:
        """Put a small step in at once, as `Editor.apply_now`."""
        document, jobs = self._session.document, self._ground.jobs
        step = new_step(self._ground, operation, roi, scope)

        def attempt() -> None:
            if jobs.running:
                jobs.say_busy()
            elif document.later:
                # What follows takes as long as it takes.
                self._put_in(step, known, called=called)
            else:
                document.check_unlocked(roi)
                self.take(put_in(document.snapshot(), [step], known=known), step, called=called)

        jobs.attempt(attempt)

    def put_in_rois(
        self,
        task: str,
        rois: Sequence[Roi],
        steps: Sequence[Step],
        title: str,
        sentence: str,
        then: Callable[[str], None],
        without: Then,
    ) -> None:
        """Put in steps that fill ROIs which come with them, as one move.

        Parameters
        ----------
        task, title : str
            Of the work, and of the move.
        rois : sequence of Roi
        steps : sequence of Step
        sentence : str
            That says what was done.
        then : callable of str
            Called once the move is made, with the sentence and what became of later steps.
        without : callable
            Called if no voxel changes, so that there is no move.
        """
        session = self._session
        document = session.document
        snapshot = document.snapshot(rois)

        def done(prepared: Prepared) -> None:
            made = prepared.goal[len(snapshot.timeline) :][: len(steps)]
            if any(step.outcome is not None and step.outcome.delta is not None for step in made):
                document.check_move(prepared.goal)
                lost = Before.of(document).consequences(prepared.goal, prepared.taken_back)
                document.commit(prepared, title, rois)
                then(f"{sentence}{lost}")
            else:
                without()

        self._ground.jobs.run(task, lambda progress: session.put_in(snapshot, steps, progress), done)

    def rewrite(self, rewrite: Rewrite, then: Then) -> None:
        """Work out the steps from the first that differs, as `Editor.rewrite`, while the present masks are shown."""
        session, jobs = self._session, self._ground.jobs
        document = session.document
        start, snapshot = document.timeline, document.snapshot()
        known = self._known_rewrite(rewrite)

        def done(prepared: Prepared) -> None:
            # Steps of a locked ROI may look at what has changed.
            document.check_move(prepared.goal)
            lost = Before.of(document).consequences(prepared.goal)
            document.commit(prepared, rewrite.title)
            self._ground.say(f"Done: {rewrite.title}.{lost}")
            then()

        def work(progress: Progress) -> Prepared:
            if known is not None:
                return session.expect(known)
            return session.prepare(snapshot, rewrite.keep, rewrite.tail, progress)

        def attempt() -> None:
            document.check_move((*start[: rewrite.keep], *rewrite.tail))
            several = len(rewrite.tail) > 1
            jobs.run(f"Working out {len(rewrite.tail)} steps" if several else "Working out a step", work, done)

        jobs.attempt(attempt)

    def _known_rewrite(self, rewrite: Rewrite) -> Prepared | None:
        """Return what a rewrite makes of the masks, if the preview has worked just that out."""
        shown = self._previews.shown
        if not isinstance(shown, RewritePreview) or shown.revision != self._session.document.revision:
            return None
        return shown.prepared if shown.is_known and shown.rewrite == rewrite else None
