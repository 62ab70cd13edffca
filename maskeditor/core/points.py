"""Points in the world as parameters of what a pointer draws."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

#: To a micrometre: recipes stay short, and what is drawn live and its replay reckon with the same numbers.
Coordinate = Annotated[float, AfterValidator(lambda value: round(value, 3))]
#: A way through points (x, y, z) in world mm.
WorldPoints = tuple[tuple[Coordinate, Coordinate, Coordinate], ...]
