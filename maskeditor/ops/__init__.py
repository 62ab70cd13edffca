"""One operation a module; importing the package enters all of them in the register."""

from importlib import import_module
from pkgutil import iter_modules

_found = [module.name for module in iter_modules(__path__)]
if not _found:
    raise ImportError("No operation was found in maskeditor.ops; a bundled program must collect its submodules.")
for _name in _found:
    import_module(f"{__name__}.{_name}")
