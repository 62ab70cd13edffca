"""What is found by words: what it is called first, then what others call it, then what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple, TypeVar

from maskeditor.core.operation.declaration import Operation

T = TypeVar("T")


class Words(NamedTuple):
    """The words by which something is found.

    Parameters
    ----------
    title : str
    synonyms : tuple of str
        What others call it.
    described : str
        What it does, and where it belongs.
    """

    title: str
    synonyms: tuple[str, ...] = ()
    described: str = ""


def ranked(text: str, among: Iterable[T], words: Callable[[T], Words]) -> tuple[T, ...]:
    """Return what holds every word of a text, the likeliest first.

    First that whose title begins so, then that with words of the title that do, then that which others call so, then
    that which holds the words anywhere: in title, synonyms or description.

    Parameters
    ----------
    text : str
        Words, or their beginnings; none finds all.
    among : iterable
        Of equal ones, the earlier is found first.
    words : callable
        Returns the words of one.

    Examples
    --------
    >>> ranked("dil", ["undo dilation", "dilation", "erosion"], Words)
    ('dilation', 'undo dilation')
    """
    wanted = " ".join(text.lower().split())
    found = [(rank, one) for one in among if (rank := _rank(wanted, words(one))) is not None]
    return tuple(one for _, one in sorted(found, key=itemgetter(0)))


def words_of(cls: type[Operation]) -> Words:
    """Return the words by which an operation is found."""
    return Words(cls.title, cls.synonyms, f"{cls.id} {cls.group} {cls.summary_line()}")


def found(text: str, among: Iterable[type[Operation]]) -> tuple[type[Operation], ...]:
    """Return the operations that hold every word of a text, the likeliest first.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import operations
    >>> [cls.id for cls in found("dilat", operations())][:2]
    ['dilation', 'closing']
    >>> [cls.id for cls in found("skull strip", operations())]
    ['background_mask', 'epi_mask', 'median_otsu', 'template_mask']
    """
    return ranked(text, among, words_of)


def _rank(text: str, words: Words) -> int | None:
    title, parts = words.title.lower(), text.split()
    if title.startswith(text):
        return 0
    if _begin_in(title, parts):
        return 1
    if any(synonym.lower().startswith(text) or _begin_in(synonym.lower(), parts) for synonym in words.synonyms):
        return 2
    held = " ".join((title, *words.synonyms, words.described)).lower()
    return 3 if all(part in held for part in parts) else None


def _begin_in(phrase: str, words: Iterable[str]) -> bool:
    """Whether each word begins one of a phrase."""
    return all(any(part.startswith(word) for part in phrase.split()) for word in words)
