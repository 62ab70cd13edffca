"""How a folder's modules are found, so that what is new is one new file: nobody lists it anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def names_of(package: str, path: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the modules of a package, in order; none is imported.

    Parameters
    ----------
    package : str
        Its `__name__`.
    path : iterable of str
        Its `__path__`.

    Raises
    ------
    ImportError
        If there is none.

    Examples
    --------
    >>> import maskeditor.ops
    >>> "threshold" in names_of(maskeditor.ops.__name__, maskeditor.ops.__path__)
    True
    """
    names = sorted(module.name for module in iter_modules(path))
    if not names:
        raise ImportError(f"No module was found in {package}; a bundled program must collect its submodules.")
    return tuple(names)


def modules_of(package: str, path: Iterable[str]) -> tuple[ModuleType, ...]:
    """Import every module of a package and return them by name; parameters and errors are those of `names_of`."""
    return tuple(import_module(f"{package}.{name}") for name in names_of(package, path))
