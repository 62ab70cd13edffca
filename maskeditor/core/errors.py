"""Every error a user may read: one sentence that says what was given, what is wanted and what to do."""

from __future__ import annotations

from maskeditor.engine.errors import MaskEditorError

#: What to do where there is no recipe.
GIVE_RECIPE = "give a recipe, a mask's .json file, or a mask that carries its recipe"


class GeometryError(MaskEditorError):
    """A shape or affine that describes no grid in space."""


class ParameterError(MaskEditorError):
    """A parameter that its declaration does not allow."""


class UnknownOperation(ParameterError):
    """An operation id that is not in the register."""


class OperationError(MaskEditorError):
    """An operation that could not be carried out on this image and mask."""


class StaleResult(MaskEditorError):
    """A result worked out from a state that is no longer the present one."""

    def __init__(self) -> None:
        super().__init__("The mask changed while this was being worked out; apply it again.")


class ReplayError(MaskEditorError):
    """A later step could not be worked out again; nothing was changed."""


class RecipeError(MaskEditorError):
    """A recipe that cannot be read."""


class FileError(MaskEditorError):
    """A file that cannot be read or written."""


class GeometryMismatch(MaskEditorError):
    """A mask whose grid differs from the image's.

    Parameters
    ----------
    message : str
        The sentence shown to the user.
    differences : tuple of str
        One sentence for each difference, as `Geometry.differences` gives them.
    """

    def __init__(self, message: str, differences: tuple[str, ...]) -> None:
        super().__init__(message)
        self.differences = differences


def mid_sentence(error: Exception) -> str:
    """Return what an error says as the end of another sentence.

    Examples
    --------
    >>> mid_sentence(ValueError("The affine is singular; repair the header."))
    'the affine is singular; repair the header.'
    """
    text = str(error)
    return text[:1].lower() + text[1:]
