"""An operation in other languages: as plain Python, and as a sentence of a paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Widest line of a script.
WIDTH = 100


@dataclass(frozen=True)
class Python:
    """A step as Python that needs no maskeditor.

    Parameters
    ----------
    lines : tuple of str
        Statements that bind `mask` to a new array, or put a new image (of nibabel) into `images`, and write into no
        other name of these: `image` (of nibabel), `images` (further ones by name), `data` (the intensities of `image`,
        of its mean if it is 4D), `affine`, `zooms`, `mask`, `masks` (those of all ROIs by id). The functions of
        `maskeditor.core.recipe.script_functions` and the modules `np`, `ndimage`, `nibabel` and `masking` (of nilearn)
        may be used too: a script holds what its lines name.
    helpers : tuple of functions
        Others that the lines call; the script holds their source, and that of the functions they call.
    imports : tuple of str
        Other imports that lines and helpers need.
    """

    lines: tuple[str, ...]
    helpers: tuple[Callable[..., Any], ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Citation:
    """A work to be cited.

    Parameters
    ----------
    short : str
        As the text names it, such as "Otsu 1979".
    full : str
        As the list of references gives it.
    """

    short: str
    full: str


def number(value: float) -> str:
    """Return a number as Python, whole ones without a fraction.

    Examples
    --------
    >>> number(3.0), number(0.25)
    ('3', '0.25')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 1 << 53 else repr(float(value))


def between(values: str, lower: float | None, upper: float | None) -> str:
    """Return the Python that compares values with bounds, both included; None is no bound, NaN lies outside.

    Examples
    --------
    >>> between("data", 40.0, 75.5)
    '(data >= 40) & (data <= 75.5)'
    >>> between("data", 0.1, None)
    'data >= np.float64(0.1)'
    """
    if lower is None and upper is None:
        return f"~np.isnan({values})"
    if upper is None:
        assert lower is not None
        return f"{values} >= {_bound(lower)}"
    if lower is None:
        return f"{values} <= {_bound(upper)}"
    return f"({values} >= {_bound(lower)}) & ({values} <= {_bound(upper)})"


def _bound(value: float) -> str:
    # numpy would round a plain number to the float32 of an image; what float32 cannot hold is compared in float64.
    with np.errstate(over="ignore"):
        exact = float(np.float32(value)) == value
    return number(value) if exact else f"np.float64({value!r})"


def quoted(text: str) -> str:
    """Return text as Python, in double quotes where that can be.

    Examples
    --------
    >>> print(quoted("roi1"), quoted('a "b"'))
    "roi1" 'a "b"'
    """
    plain = repr(text)
    return plain if '"' in plain else f'"{plain[1:-1]}"'


def listed(name: str, items: Iterable[str]) -> tuple[str, ...]:
    """Return the Python lines of a list, as many items in each as fit.

    Examples
    --------
    >>> listed("path", ["(1, 2)", "(3, 4)"])
    ('path = [', '    (1, 2), (3, 4),', ']')
    """
    lines = [f"{name} = [", "   "]
    for item in items:
        if len(lines[-1]) + len(item) + 2 > WIDTH and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f" {item},"
    return (*lines, "]")


def joined(parts: Iterable[str]) -> str:
    """Return parts as a list in words.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def range_in_words(lower: float | None, upper: float | None) -> str:
    """Return a range of intensities as a paper states it."""
    if lower is None:
        return "any intensity" if upper is None else f"an intensity of at most {upper:.10g}"
    if upper is None:
        return f"an intensity of at least {lower:.10g}"
    return f"an intensity from {lower:.10g} to {upper:.10g} (both included)"


def axis_of(plane: str) -> str:
    """Return the Python line that binds `axis` to the voxel axis that slices of a plane are cut across."""
    world = ("sagittal", "coronal", "axial").index(plane)
    return f"axis = list(nibabel.io_orientation(affine)[:, 0]).index({world})  # {plane} slices are cut across it"


def neighbours_argument(neighbours: int) -> str:
    """Return how a call of `maskeditor.core.recipe.script_functions` is given the neighbours; nothing for 6."""
    return "" if neighbours == 6 else f", neighbours={neighbours}"


NUMPY = Citation(
    "Harris et al. 2020",
    "Harris CR, Millman KJ, van der Walt SJ, et al. (2020). Array programming with NumPy. Nature 585:357–362. "
    "doi:10.1038/s41586-020-2649-2",
)
SCIPY = Citation(
    "Virtanen et al. 2020",
    "Virtanen P, Gommers R, Oliphant TE, et al. (2020). SciPy 1.0: fundamental algorithms for scientific computing in "
    "Python. Nature Methods 17:261–272. doi:10.1038/s41592-019-0686-2",
)
SCIKIT_LEARN = Citation(
    "Pedregosa et al. 2011",
    "Pedregosa F, Varoquaux G, Gramfort A, et al. (2011). Scikit-learn: machine learning in Python. Journal of Machine "
    "Learning Research 12:2825–2830",
)
NILEARN = Citation(
    "Abraham et al. 2014",
    "Abraham A, Pedregosa F, Eickenberg M, et al. (2014). Machine learning for neuroimaging with scikit-learn. "
    "Frontiers in Neuroinformatics 8:14. doi:10.3389/fninf.2014.00014",
)
