"""Operations found by words: what they are called first, then what others call them, then what they do."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from maskeditor.core.operation.declaration import Operation


def found(text: str, among: Iterable[type[Operation]]) -> tuple[type[Operation], ...]:
    """Return the operations that hold every word of a text, the likeliest first.

    First those whose title begins so, then those with a word of the title that does, then those that others call so
    (`Operation.synonyms`), then those that hold the words anywhere: in title, id, group or description.

    Parameters
    ----------
    text : str
        Words, or their beginnings; none finds all.
    among : iterable of Operation classes
        Of equal ones, the earlier is found first.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import operations
    >>> [cls.id for cls in found("dilat", operations())][:2]
    ['dilation', 'closing']
    >>> [cls.id for cls in found("skull strip", operations())]
    ['background_mask', 'epi_mask', 'median_otsu', 'template_mask']
    """
    wanted = " ".join(text.lower().split())
    ranked = [(rank, cls) for cls in among if (rank := _rank(wanted, cls)) is not None]
    return tuple(cls for _, cls in sorted(ranked, key=itemgetter(0)))


def _rank(text: str, cls: type[Operation]) -> int | None:
    title, words = cls.title.lower(), text.split()
    if title.startswith(text):
        return 0
    if _begin_in(title, words):
        return 1
    if any(synonym.lower().startswith(text) or _begin_in(synonym.lower(), words) for synonym in cls.synonyms):
        return 2
    described = " ".join((title, cls.id, cls.group, *cls.synonyms, cls.summary_line())).lower()
    return 3 if all(word in described for word in words) else None


def _begin_in(phrase: str, words: Iterable[str]) -> bool:
    """Whether each word begins one of a phrase."""
    return all(any(part.startswith(word) for part in phrase.split()) for word in words)
