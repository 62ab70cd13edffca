"""What an operation finds in an image by itself, such as a threshold."""

from __future__ import annotations

from typing import NamedTuple


class Found(NamedTuple):
    """An intensity that an operation found, or a range of them, for people to see and to copy.

    Parameters
    ----------
    title : str
    value : float
        The intensity, or the lower end of the range.
    upper : float, optional
        The upper end of the range.

    Examples
    --------
    >>> Found("Threshold", 312.5).in_words(), Found("Widest gap", 300.0, 325.0).in_words()
    ('threshold 312.5', 'widest gap 300–325')
    """

    title: str
    value: float
    upper: float | None = None

    @property
    def end(self) -> float:
        """The upper end of the range; of one intensity, itself."""
        return self.value if self.upper is None else self.upper

    def in_words(self) -> str:
        """Return what was found, with the digits that people read."""
        return f"{self.title[0].lower()}{self.title[1:]} {self.numbers()}"

    def numbers(self) -> str:
        """Return the numbers alone."""
        return f"{self.value:.7g}" if self.upper is None else f"{self.value:.7g}–{self.upper:.7g}"


def cuts_among(found: tuple[Found, ...]) -> tuple[float, ...]:
    """Return where classes of intensities part, among what was found: at two or more intensities of one title.

    Examples
    --------
    >>> cuts_among((Found("Threshold", 7.0), Found("Threshold", 3.0)))
    (3.0, 7.0)
    >>> cuts_among((Found("Threshold", 7.0), Found("Seed", 3.0)))
    ()
    """
    singles = [one for one in found if one.upper is None]
    several = len(singles) > 1 and len({one.title for one in singles}) == 1
    return tuple(sorted(one.value for one in singles)) if several else ()
