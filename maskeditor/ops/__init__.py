"""One operation a module, which is called as its operation is: it is imported when that, or all, are asked for."""

from maskeditor.core.operation.declaration import keep
from maskeditor.core.register import names_of

keep(__name__, names_of(__name__, __path__))
