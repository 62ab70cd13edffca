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
