"""What a folder of results holds, for whoever looks at it after a batch."""

from __future__ import annotations

from maskeditor.core.errors import FileError
from maskeditor.model.cohort.ledger import VERDICTS, Ledger
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts


def outcomes_of(ledger: Ledger) -> list[Outcome]:
    """Return what came of all images of a folder, sorted by key.

    Raises
    ------
    FileError
        If no batch has worked there.
    """
    found = sorted(ledger.outcomes().values(), key=lambda one: one.key)
    if not found:
        raise FileError(f"{ledger.out} is no folder of results; give one that maskeditor batch has written.")
    return found


def known_verdicts(ledger: Ledger, outcomes: list[Outcome]) -> dict[str, Verdict]:
    """Return the verdicts that are kept in a folder, by key; those of images that are not there now too.

    Raises
    ------
    FileError
        If they cannot be read.
    """
    path = ledger.out / VERDICTS
    return read_verdicts(path, outcomes, ledger.out)[0] if path.exists() else {}
