"""One operation a module; importing the package enters all of them in the register."""

from maskeditor.core.register import modules_of

modules_of(__name__, __path__)
