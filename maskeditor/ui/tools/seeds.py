"""Seeds: paint a little of several ROIs, or of one and of what is outside, and the rest follows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPainterPath, QPainterPathStroker

from maskeditor.core.history.timelines import Timeline
from maskeditor.core.operation.combine import Combine
from maskeditor.core.operation.parameter_types import Widths
from maskeditor.core.operation.parameters import Unit, parameter
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.model.abilities import Ability
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.seeds import Seeds, SeedStroke, World
from maskeditor.model.tool_options import ToolOptions, as_in
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ops.grow_from_seeds import OUTSIDE, GrowFromSeeds, covered_by
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.tools.options_in_hand import OptionsInHand
from maskeditor.ui.tools.painted_scope import is_locked
from maskeditor.ui.views.tool import PointerEvent, Tool
from maskeditor.ui.work.editor import Editor

#: What Enter does to masks that hold something, and what has become of them.
_ENTER: dict[Combine, str] = {
    "replace": "Enter replaces what the ROIs hold",
    "add": "Enter adds to what the ROIs hold",
    "subtract": "Enter takes away from what the ROIs hold",
    "intersect": "Enter leaves of the ROIs what grows",
}
_BECOMES: dict[Combine, str] = {
    "replace": "what they held was replaced",
    "add": "it was added to what they held",
    "subtract": "it was taken away from what they held",
    "intersect": "of what they held, the rest was taken away",
}


class SeedOptions(ToolOptions):
    """How seeds are painted."""

    kept_as = "seeds"

    of: Literal["active ROI", "outside"] = parameter(
        "active ROI", title="Seeds of", description="The active ROI, or what belongs to no ROI; Ctrl swaps the two."
    )
    radius: float = parameter(
        2.0, title="Radius", description="Of the ball that paints seeds.", unit=Unit.MM, gt=0, le=200, step=0.5
    )
    fwhm: Widths = as_in(GrowFromSeeds, "fwhm")
    combine: Combine = as_in(GrowFromSeeds, "combine")


class SeedsTool(Tool):
    """Left paints seeds, right takes away those that it touches; Enter makes what is previewed a step of each ROI.

    The seeds of an ROI that was grown before are taken up again: the step is then worked out anew.

    Parameters
    ----------
    editor : Editor
    options : OptionsInHand of SeedOptions
    """

    double_click_maximises = False
    on_surface = True

    def __init__(self, editor: Editor, options: OptionsInHand[SeedOptions]) -> None:
        self._editor = editor
        self._options = options
        #: None while nobody has begun; each entry is what there was before a drag, for Backspace.
        self._seeds: Seeds | None = None
        self._before: list[Seeds] = []
        #: The seeds of a step, as they were when they were taken up.
        self._taken: Seeds | None = None
        #: Those that Enter has asked for last; more may be painted before they have grown.
        self._asked: Seeds | None = None
        #: The stroke that is being drawn, its label and the ROI it was begun for; whether one is, and erases instead.
        self._points: list[World] = []
        self._label, self._roi = OUTSIDE, ""
        self._is_drawn = self._erases = False
        #: What would be taken up again, of which state of the document and which ROI.
        self._found: tuple[object, Seeds | None] = (None, None)
        #: What is drawn of which seeds in the slice of each plane.
        self._drawn: dict[Plane, tuple[object, QPainterPath | None]] = {}
        #: Of which image and width basins are being found, and how to stop that.
        self._finding: tuple[object, Progress] | None = None
        editor.document_changed.connect(self._follow)
        options.changed.connect(self._show)

    # What the hand does

    def press(self, event: PointerEvent) -> bool:
        """Begin a stroke of seeds, or take away those under the pointer."""
        editor, document = self._editor, self._editor.document
        if document is None:
            return False
        if is_locked(editor):
            return True
        if self._seeds is None:
            self._begin()
        assert self._seeds is not None
        self._before.append(self._seeds)
        self._erases = event.button == Qt.MouseButton.RightButton
        outside = (self._options.settings.of == "outside") != event.has(Qt.KeyboardModifier.ControlModifier)
        rois = [roi.id for roi in document.rois]
        self._roi = editor.active
        self._label = OUTSIDE if outside else self._seeds.label_of(self._roi, rois)
        self._points, self._is_drawn = [], True
        self.move(event)
        return True

    def _begin(self) -> None:
        there = self._of_last_step()
        self._seeds, self._taken, self._asked = there or Seeds(), there, None
        if there is not None:
            self._options.change(fwhm=there.fwhm, combine=there.combine)
            self._editor.say("The seeds of the step that was made are taken up again; Enter works it out anew.")

    def move(self, event: PointerEvent) -> None:
        """Go on."""
        if self._seeds is None or not self._is_drawn:
            return
        if self._erases:
            self._seeds = self._seeds.without_near(event.world, self._options.settings.radius)
        else:
            x, y, z = (round(at, 3) for at in event.world.tolist())
            self._points.append((x, y, z))

    def release(self, event: PointerEvent) -> None:
        """Keep the stroke, and show what grows."""
        points, self._points, self._is_drawn = tuple(self._points), [], False
        document = self._editor.document
        if self._seeds is None or document is None:
            return
        stroke = SeedStroke(self._label, self._options.settings.radius, points)
        if points and covered_by(document.geometry, stroke.radius, points) is None:
            self._before.pop()
            self._editor.say("These seeds cover no voxel of the image, so they are not kept; paint them inside it.")
            return
        if points:
            self._seeds = self._seeds.with_stroke(stroke, self._roi)
        self._show()

    def cancel(self) -> bool:
        """Give up the stroke that is being drawn, or else all seeds that are no step yet; return whether there were."""
        if self._is_drawn:
            self._points, self._is_drawn = [], False
            self.take_back()
            if self._before:
                return True
            # These were begun, or taken up again, by this drag.
        began, self._seeds, self._before = self._seeds is not None, None, []
        if self._finding is not None:
            self._finding[1].cancel()
            self._finding = None
        if began:
            self._editor.previews.hide()
        return began

    def forget(self) -> None:
        """Let go of the image that was open, and of all seeds in it."""
        self._points, self._is_drawn = [], False  # else that stroke alone would be given up
        self.cancel()
        self._found = (None, None)

    def take_back(self) -> bool:
        """Take the last stroke back, or bring back what was erased last; return whether there was any."""
        if self._is_drawn or not self._before:
            return self.cancel()
        self._seeds = self._before.pop()
        self._show()
        return True

    def wheel(self, event: PointerEvent, steps: int) -> bool:
        """Make the ball larger or smaller."""
        self._options.resize(steps)
        return True

    def confirm(self) -> bool:
        """Make what has grown a step of each ROI that has seeds, all as one move; return whether any were begun."""
        seeds, document = self._seeds, self._editor.document
        if seeds is None or document is None:
            return False
        operations = self._operations()
        if not operations:
            self._editor.say("Paint seeds of two ROIs, or of one and of outside (with Ctrl), before they grow.")
            return True
        # (A stroke that is being drawn is not among them, so that it can be taken back by itself.)
        self._asked, count_before = seeds, len(self._before) - self._is_drawn

        def end() -> None:
            self._end(seeds, count_before)

        if seeds.steps:
            self._editor.rewrite(seeds.rewrite(document.timeline, operations), end)
        else:
            count = len(operations)
            became = f"; {_BECOMES[seeds.combine]}" if self._hold_something(operations) else ""
            sentence = f"Grown from seeds: {in_number(count, 'ROI')}{became}."
            self._editor.bringing_in.several(operations, GrowFromSeeds.title, sentence, end)
        return True

    def _end(self, grown: Seeds, count_before: int) -> None:
        """Let go of seeds that have become steps; with what was painted meanwhile, they are taken up again at once."""
        seeds, document = self._seeds, self._editor.document
        there = None
        if seeds is not None and document is not None and (self._is_drawn or seeds.strokes != grown.strokes):
            there = _first_of(document.timeline, grown.labels)
        if seeds is None or there is None:
            self._seeds, self._before = None, []
            self._editor.previews.hide()
            self.changed()
            return
        self._taken = there
        self._seeds = seeds._replace(steps=there.steps)
        self._before = [before._replace(steps=there.steps) for before in self._before[count_before:]]
        self._follow()

    def _operations(self) -> dict[str, GrowFromSeeds]:
        """Return what each ROI becomes that has seeds; nothing as long as they cannot grow."""
        seeds, document = self._seeds, self._editor.document
        if seeds is None or document is None or not seeds.can_grow:
            return {}
        return seeds.operations([roi.id for roi in document.rois])

    def _hold_something(self, rois: Iterable[str]) -> bool:
        document = self._editor.document
        return document is not None and any(document.voxels(roi) for roi in rois)

    # What is seen

    def _find_basins(self) -> None:
        """Have what does not depend on the seeds found beside the previews, which each stroke gives up."""
        seeds, document, editor = self._seeds, self._editor.document, self._editor
        assert seeds is not None
        assert document is not None
        operation = next(iter(seeds.operations([roi.id for roi in document.rois]).values()), None)
        of = (document.volume, seeds.fwhm)
        if operation is None or (self._finding is not None and self._finding[0] == of):
            return
        scene = editor.scene()

        def work(progress: Progress) -> None:
            operation.basins(scene, progress)

        def end(_: object) -> None:
            self._finding = None

        # (A preview waits for it, and says what is wrong.)
        self._finding = (of, editor.image_lanes.table("basins of seeds", work, end, end))

    def _follow(self) -> None:
        """Show what grows after another move, or of another ROI; what is drawn just now shows it when it ends."""
        if not self._points:
            self._show()

    def _are_taken_from(self, timeline: Timeline) -> bool:
        """Whether the steps that the seeds were taken from stand there still, or have become those of these seeds."""
        seeds, taken = self._seeds, self._taken
        if seeds is None or taken is None:
            return True
        found = _first_of(timeline, taken.labels)
        if found is None or found.strokes == taken.strokes:
            return found is not None and found.steps == taken.steps
        # (An ROI more may have come.)
        return self._asked is not None and found.strokes == self._asked.strokes

    def _show(self) -> None:
        """Show what each ROI becomes of the seeds, on the worker; a newer stroke takes its place."""
        seeds, document, settings = self._seeds, self._editor.document, self._options.settings
        if seeds is None or document is None:
            return
        if not self._are_taken_from(document.timeline):
            self.cancel()
            self._editor.say("The step that these seeds were taken from has changed, so they were given up.")
            return
        self._seeds = seeds._replace(fwhm=settings.fwhm, combine=settings.combine)
        self._find_basins()
        operations = self._operations()
        if operations:
            self._editor.previews.show_rewrite(self._seeds.rewrite(document.timeline, operations))
        else:
            self._editor.previews.hide()

    def _of_last_step(self) -> Seeds | None:
        """Return the seeds from which the active ROI was grown; None if that has not been."""
        document = self._editor.document
        of = (document, document.revision if document is not None else 0, self._editor.active)
        if self._found[0] != of:
            found = Seeds.of_last_step(document.timeline, self._editor.active) if document is not None else None
            self._found = (of, found)
        return self._found[1]

    @property
    def badge(self) -> str:
        """Whose seeds are painted, once that is not the active ROI, and what Enter does to what is in the masks."""
        words = ["Seeds of outside"] if self._options.settings.of == "outside" else []
        operations, combine = self._operations(), self._options.settings.combine
        if self._seeds is not None and not self._seeds.steps and self._hold_something(operations):
            words.append(_ENTER[combine])
        return ", ".join(words)

    def cursor_outline(self, event: PointerEvent) -> QPainterPath | None:
        """Return the ball in the slice."""
        path = QPainterPath()
        radius = self._options.settings.radius
        path.addEllipse(QPointF(*event.map.to_screen(event.voxel)), radius, radius)
        return path

    def drawing(self, plane_map: PlaneMap, index: int) -> QPainterPath | None:
        """Return the outlines of seeds in a slice; those that are not of the active ROI are crossed out."""
        seeds = self._seeds or self._of_last_step()
        if seeds is None:
            return None
        strokes = seeds.strokes
        if self._points:
            strokes = (*strokes, SeedStroke(self._label, self._options.settings.radius, tuple(self._points)))
        mine = self._label if self._points and self._label != OUTSIDE else seeds.labels.get(self._editor.active, -1)
        of = (plane_map, index, strokes, mine)
        kept = self._drawn.get(plane_map.plane)
        if kept is None or kept[0] != of:
            path = QPainterPath()
            for stroke in strokes:
                path.addPath(_in_slice(stroke, plane_map, index, stroke.label == mine))
            kept = self._drawn[plane_map.plane] = (of, path if not path.isEmpty() else None)
        return kept[1]


def _first_of(timeline: Timeline, rois: Iterable[str]) -> Seeds | None:
    """Return the seeds from which the first of some ROIs was grown that was grown from any."""
    return next(filter(None, (Seeds.of_last_step(timeline, roi) for roi in rois)), None)


def _in_slice(stroke: SeedStroke, plane_map: PlaneMap, index: int, mine: bool) -> QPainterPath:
    """Return the outline of a stroke in a slice, in screen millimetres of the plane; crossed out unless it is mine."""
    voxels = plane_map.geometry.to_voxel(np.array(stroke.points))
    away = np.abs(voxels[:, plane_map.normal] - index) * plane_map.geometry.zooms[plane_map.normal]
    outline, crosses, way = QPainterPath(), QPainterPath(), QPainterPath()
    for voxel, far in zip(voxels, away.tolist(), strict=True):
        if far > stroke.radius:
            way = QPainterPath()
            continue
        radius = float(np.sqrt(stroke.radius**2 - far**2)) or 0.1
        middle = QPointF(*plane_map.to_screen(voxel))
        ball = QPainterPath()
        ball.addEllipse(middle, radius, radius)
        outline = outline.united(ball)
        if way.elementCount():
            way.lineTo(middle)
            pen = QPainterPathStroker()
            pen.setWidth(2 * radius)
            outline = outline.united(pen.createStroke(way))
        elif not mine:
            half = 0.7 * radius
            for down in (-half, half):
                crosses.moveTo(middle + QPointF(-half, -down))
                crosses.lineTo(middle + QPointF(half, down))
        way = QPainterPath(middle)
    outline.addPath(crosses)
    return outline


def _draw(painter: QPainter) -> None:
    painter.save()
    painter.setBrush(painter.pen().color())
    for x, y in ((4.5, 5), (11.5, 11)):
        painter.drawEllipse(QPointF(x, y), 1.5, 1.5)
    painter.restore()
    painter.drawEllipse(QPointF(4.8, 5.2), 3.6, 3.6)
    painter.drawEllipse(QPointF(11.2, 10.8), 3.6, 3.6)


TOOL = ToolDeclaration(
    id="seeds",
    title="&Seeds",
    key="G",
    tip="Paint some of two ROIs, or with Ctrl of outside: the rest grows; Enter keeps it.",
    order=14,
    needs=(Ability.IMAGE,),
    draw=_draw,
    make=lambda editor, options: SeedsTool(editor, options),
    gestures=(
        ("Left drag with seeds", "paint seeds of the active ROI; with Ctrl of outside, which belongs to no ROI"),
        ("Right drag with seeds", "take away the strokes of seeds that it touches"),
        ("Enter, {take_back}, Escape with seeds", "make a step of each ROI, take the last stroke back, give all up"),
    ),
    options=SeedOptions,
)
