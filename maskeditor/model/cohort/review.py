"""A cohort as it is judged image by image: the queue, verdicts, and corrections that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.engine.progress import Progress
from maskeditor.model.cohort.corrections import correction_of, correction_path, keep_correction
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.ledger import VERDICTS, Ledger
from maskeditor.model.cohort.making import OpenedTask, keep_others_work, marks_of, open_task, outcome_of
from maskeditor.model.cohort.outliers import Standing, standings
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import FAIL, PASS, Verdict, write_failures, write_verdicts
from maskeditor.model.mask_files import save_mask
from maskeditor.model.session import Session


class Row(NamedTuple):
    """An image in the queue."""

    outcome: Outcome
    standing: Standing | None
    verdict: Verdict | None

    @property
    def state(self) -> str:
        """What was judged, in a word; where that may be of another mask "stale", or "untold"; "" for nothing."""
        if self.verdict is None or self.verdict.verdict == "":
            return ""
        if not self.verdict.is_stale(self.outcome):
            return self.verdict.verdict
        return "untold" if self.verdict.why_untold(self.outcome) else "stale"

    @property
    def doubt(self) -> str:
        """A sentence that says why the mask is to be judged again; "" where nothing was, or of this mask."""
        return "" if self.verdict is None else self.verdict.doubt(self.outcome)


class Review:
    """The folder of a batch, as it is judged.

    Parameters
    ----------
    ledger : Ledger
    outcomes : dict of str to Outcome
    standing : dict of str to Standing
    verdicts : dict of str to Verdict

    See `Review.open`.
    """

    def __init__(
        self,
        ledger: Ledger,
        outcomes: dict[str, Outcome],
        standing: dict[str, Standing],
        verdicts: dict[str, Verdict],
    ) -> None:
        self.ledger = ledger
        self._outcomes = outcomes
        self._standing = standing
        self._verdicts = verdicts
        # What is judged keeps its place until the folder is opened again.
        self._order = sorted(outcomes, key=lambda key: (-self._worth(key), key))

    @classmethod
    def open(cls, out: Path, progress: Progress | None = None) -> Review:
        """Read what a batch has done in a folder, and what was judged of it.

        Raises
        ------
        FileError
            If no batch has worked there, or a mask is not there any more.
        """
        ledger = Ledger(out.absolute())
        outcomes = outcomes_of(ledger)
        standing = standings(outcomes, ledger.out, progress)
        return cls(ledger, {one.key: one for one in outcomes}, standing, known_verdicts(ledger, outcomes))

    def _worth(self, key: str) -> float:
        """Return how much an image is worth a look: most, what failed."""
        return 1e6 if self._outcomes[key].problem else self._standing[key].most

    @property
    def rows(self) -> list[Row]:
        """All images, those first that are worth a look."""
        return [Row(self._outcomes[key], self._standing.get(key), self._verdicts.get(key)) for key in self._order]

    def row_of(self, image: Path) -> int | None:
        """Return the row of an image by its path; None if it is not here."""
        wanted = str(image.absolute())
        return next((place for place, key in enumerate(self._order) if self._outcomes[key].image == wanted), None)

    def next_to_judge(self, after: int) -> int | None:
        """Return the next row that is not judged yet, from the beginning again after the last; None if all are."""
        rows = self.rows
        places = [*range(after + 1, len(rows)), *range(after + 1)]
        return next((place for place in places if rows[place].state not in (PASS, FAIL)), None)

    def open_image(self, key: str, progress: Progress | None = None) -> OpenedTask:
        """Open an image of the queue with the recipe and its correction, as it was made last; for a worker.

        Raises
        ------
        MaskEditorError
            If it cannot be read, or the recipe is not there any more.
        """
        before = self._outcomes[key]
        outcome = self.ledger.outcomes().get(key, before)
        self._outcomes = self._outcomes | {key: outcome}
        path = correction_path(self.ledger.out, key)
        task = outcome.again(self.ledger.out, str(path) if path.is_file() else "")
        if not Path(task.recipe).is_file():
            raise FileError(f"The recipe of {key} is not there any more ({task.recipe}); run the batch again.")
        opened = open_task(task, progress or Progress(), whole=True)
        if outcome.fingerprint == before.fingerprint:
            return opened
        name = self.ledger.out.name
        anew = f"This mask was made anew since {name} was opened; open {name} again to see which are unlike the others."
        return opened._replace(doubts=(*opened.doubts, anew))

    def judge(self, key: str, verdict: str, note: str) -> None:
        """Write down a verdict on the mask of an image as it was when it was opened.

        Raises
        ------
        FileError
            If it cannot be written, or what was judged before cannot be read; what was there is then untouched.
        """
        # Others may have judged meanwhile, in a window of their own or on the page.
        known = known_verdicts(self.ledger, list(self._outcomes.values()))
        verdicts = known | {key: Verdict(verdict, note, self._outcomes[key].fingerprint)}
        write_verdicts(self.ledger.out / VERDICTS, verdicts)
        write_failures(self.ledger.out / "qc_fail.yml", verdicts, self._outcomes.values())
        self._verdicts = verdicts

    def correct(
        self, key: str, session: Session, shared: Recipe, target: str, progress: Progress | None = None
    ) -> Outcome:
        """Keep the steps beyond those of the shared recipe as the correction of an image, and save its mask.

        For a worker. A batch replays them whenever it makes this mask again.

        Raises
        ------
        MaskEditorError
            If a shared step was changed, a batch works on the folder, or something cannot be written.
        """
        out, before = self.ledger.out, self._outcomes[key]
        correction = correction_of(session, shared, target)
        path = correction_path(out, key)
        with self.ledger.alone():
            task = before.again(out, str(path) if correction is not None else "")
            keep_others_work(task.output, task.replaces)
            task.output.parent.mkdir(parents=True, exist_ok=True)
            # The mask first: without its correction, a batch takes it for the work of a hand, and leaves it.
            save_mask(session, target, task.output, progress)
            keep_correction(path, correction)
            steps = len(correction.steps) if correction is not None else 0
            made = outcome_of(task, session, target, steps, (), marks_of(task))
            self.ledger.note(made)
            self.ledger.write_results(self.ledger.outcomes().values())
        self._outcomes = self._outcomes | {key: made}
        return made
