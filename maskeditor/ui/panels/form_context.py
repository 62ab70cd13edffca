"""What forms have to know of the open document."""

from __future__ import annotations

from maskeditor.core.operation.scope import Scope
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.work.editor import Editor


def surroundings_of(editor: Editor, viewer: Viewer, roi: str) -> Surroundings:
    """Return what a form for a step of an ROI has to know of image and masks."""
    document = editor.document
    if document is None:
        return Surroundings()
    geometry = document.geometry
    return Surroundings(
        zooms=geometry.zooms,
        shape=geometry.shape,
        frames=document.volume.frames,
        rois=tuple((other.id, other.name) for other in document.rois if other.id != roi),
        images=tuple(document.images),
        crosshair=lambda: viewer.state.crosshair,
    )


def offered(scope: Scope, around: Surroundings) -> Scope:
    """Return what a form of limits starts with: once an axis is chosen in it, all its slices are offered."""
    return scope if scope.axis is not None else scope.model_copy(update={"last": max(around.shape) - 1})
