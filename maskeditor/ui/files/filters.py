"""What file dialogs offer, read from the register of formats."""

from __future__ import annotations

from maskeditor.io import formats
from maskeditor.io.formats.session import SESSION


def _filter(title: str, *endings: str) -> str:
    return f"{title} ({formats.patterns(endings)})"


_ALL_FILES = "All files (*)"
_IMAGES = tuple(ending for form in formats.READ for ending in form.endings)
_EACH = tuple(_filter(form.title, *form.endings) for form in formats.SINGLE)
#: The filters of the file dialogs, by what is asked for.
SAVE_MASK_FILES = _filter(formats.WRITTEN.title, *formats.LISTED)
MASK_FILES = ";;".join((_filter("Masks", *(ending for form in formats.SINGLE for ending in form.endings)), *_EACH))
IMAGE_FILES = ";;".join((_filter("Images", *_IMAGES), *_EACH, _ALL_FILES))
SESSION_FILES = _filter(SESSION.title, *SESSION.endings)
OPEN_FILES = ";;".join((_filter("Images and sessions", *_IMAGES, *SESSION.endings), IMAGE_FILES))
RECIPE_FILES = ";;".join((_filter("Recipes and masks", ".json", *formats.LISTED), _ALL_FILES))
