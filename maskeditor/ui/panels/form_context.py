"""What the forms of steps have to know of the open document."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.conditions import Conditions
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import repetition_time_of
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.conditions import ENDINGS, read_conditions
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.work.editor import Editor


def chosen_table(editor: Editor) -> Conditions | None:
    """Have a table of conditions chosen, and return its content; None if there is none, which is said."""
    path = editor.session.path if editor.session is not None else None
    beside, shown = str(path.parent) if path is not None else "", f"Tables ({formats.patterns(ENDINGS)})"
    name, _ = QFileDialog.getOpenFileName(None, "Choose a table of conditions", beside, shown)
    try:
        return read_conditions(Path(name)) if name else None
    except MaskEditorError as error:
        editor.failed.emit(str(error))
        return None


def surroundings_of(editor: Editor, viewer: Viewer, roi: str, before: Timeline | None = None) -> Surroundings:
    """Return what a form for a step of an ROI has to know of image and masks.

    Of a step that is made already, `before` are those before it: it sees no image that a later one makes.
    """
    document = editor.document
    if document is None:
        return Surroundings()
    geometry, further = document.geometry, document.further_images(before)

    def place() -> tuple[float, float, float]:
        x, y, z = geometry.to_world(viewer.state.crosshair).tolist()
        return (x, y, z)

    def suggested(cls: type[Operation], voxel: Voxel | None, image: str) -> Operation | None:
        source = further.get(image, document.volume)
        drawn = viewer.images.get(image)
        volume = source if isinstance(source, Volume) else drawn.volume if drawn is not None else None
        if volume is None:  # it would have to be worked out first
            return None
        try:
            return cls.suggest(replace(editor.scene(), focus=voxel or viewer.state.crosshair, volume=volume))
        except (MaskEditorError, ValueError):
            # Something has to be given that nothing suggests.
            return None

    times = {name: repetition_time_of(source) for name, source in {"": document.volume, **further}.items()}
    return Surroundings(
        zooms=geometry.zooms,
        shape=geometry.shape,
        frames=document.volume.frames,
        rois=tuple((other.id, other.name) for other in document.rois if other.id != roi),
        images={name: source.frames for name, source in further.items()},
        seconds={name: seconds for name, seconds in times.items() if seconds},
        crosshair=lambda: viewer.state.crosshair,
        place=place,
        table=partial(chosen_table, editor),
        labels=editor.labels.called,
        label_at=editor.labels.at,
        clicked=editor.labels.clicked,
        suggested=suggested,
    )
