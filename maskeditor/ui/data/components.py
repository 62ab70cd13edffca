"""The panel of components: the connected pieces of the active mask, live while it is edited or previewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton

from maskeditor.core.operation.declaration import make
from maskeditor.engine.box import Voxel
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model.data.components import ComponentTable, component_table
from maskeditor.model.data.statistics import intensities_of
from maskeditor.model.new_rois import NewRoi, component_roi
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ops.select_component import SelectComponent
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.live_table import LiveTable, Wanted, choice, fill
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: How far voxels of a component touch, as the step that is made of a row declares it.
_NEIGHBOURS = next(one for one in SelectComponent.parameters() if one.name == "neighbours")


class ComponentsPanel(LiveTable):
    """A row for each component, the largest first; a row goes there, and is kept, removed or made an ROI."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor, "Components")
        self._found: ComponentTable | None = None
        self.neighbours = choice(_NEIGHBOURS.title, _NEIGHBOURS.description)
        fill(self.neighbours, [(f"{count} neighbours", count) for count in _NEIGHBOURS.choices])
        self.neighbours.activated.connect(lambda _: self.renew())
        self.fields.addWidget(self.neighbours)
        self.fields.addStretch(1)
        self.keep_button = self._button(
            "Keep",
            "Keep the components that are chosen alone (Ctrl or Shift and click: several)",
            lambda: self._select("keep"),
        )
        self.remove_button = self._button(
            "Remove", "Remove the components that are chosen (Delete)", lambda: self._select("remove")
        )
        self.make_button = self._button(
            "Make ROI", "Make an ROI of each component that is chosen (Ctrl or Shift and click: several)", self._make
        )
        self.view.list.setToolTip("Click a row to go to its peak.")
        self.view.deleted.connect(lambda: self._select("remove"))
        sure(self.view.list.selectionModel()).selectionChanged.connect(lambda *_: self._enable())
        editor.preview_changed.connect(self.renew)
        editor.jobs.busy_changed.connect(self._enable)
        editor.viewer.changed.connect(self._follow_view)
        self._enable()

    def _button(self, text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda _: act())
        self.fields.addWidget(button)
        return button

    def _follow_view(self, changed: frozenset[str]) -> None:
        if "frame" in changed:
            self.renew()

    @property
    def follows_masks(self) -> bool:
        """Whether it is of the masks as they are shown: always."""
        return True

    def wanted(self) -> Wanted | None:
        """Return the components of the active mask, and what the image that is chosen is like in them."""
        document, roi = self._editor.document, self._editor.active
        if document is None:
            return None
        image, neighbours = self.image.currentData(), self.neighbours.currentData()
        source = document.further_images().get(image, document.volume)
        frame, preview = self.frame_of(source), self._editor.previews.known_mask
        snapshot = document.snapshot()

        def work(progress: Progress) -> ComponentTable:
            mask = preview.mask() if preview is not None else snapshot.masks[roi].copy()
            if document.revision != snapshot.revision:
                raise Cancelled
            scene = replace(snapshot.scene(roi), mask=mask, extent=mask.bounds())
            values, scaled = intensities_of(scene, image, frame, progress.within(0, 0.2))
            return component_table(scene, values, scaled, neighbours, progress.within(0.2, 1))

        return Wanted((id(document), roi, document.revision, preview, image, source, frame, neighbours), work)

    def show_found(self, found: ComponentTable) -> None:
        """Show a row for each component."""
        self._found = found
        document = self._editor.document
        assert document is not None
        of = document.roi(self._editor.active).quoted
        now = " as previewed" if self._editor.previews.known_mask is not None else ""
        words = f"{in_number(found.in_all, 'component')} of {of}{now}" if found.in_all else f"{of}{now} has no voxels."
        rest = (found.rest,) if found.rest else ()
        self.view.show_table(found.table, found.peaks, "  ·  ".join((words, *rest, *self.how_resampled())))
        self._enable()

    def _enable(self) -> None:
        chosen = len(self.view.rows) if not self._editor.jobs.busy else 0
        for button in (self.keep_button, self.remove_button, self.make_button):
            button.setEnabled(chosen > 0)

    def _chosen(self) -> list[tuple[int, Voxel]]:
        """Return number and first voxel of each component that is chosen."""
        return [(row + 1, self._found.seeds[row]) for row in self.view.rows] if self._found is not None else []

    def _select(self, action: str) -> None:
        """Keep or remove the components that are chosen, as one step."""
        chosen = [seed for _, seed in self._chosen()]
        if not chosen or self._editor.jobs.busy:
            return
        first, *further = chosen
        neighbours = self.neighbours.currentData()
        values = {"point": first, "further": further, "action": action, "neighbours": neighbours}
        # What is listed is what is shown, previewed or not.
        self._editor.pending.settle(lambda: self._editor.apply(make("select_component", values)))

    def _make(self) -> None:
        """Make an ROI of each component that is chosen."""
        chosen, neighbours = self._chosen(), self.neighbours.currentData()
        if not chosen:
            return

        def made() -> None:
            document = self._editor.document
            assert document is not None
            roi = document.roi(self._editor.active)
            new: list[NewRoi] = [component_roi(roi, seed, number, neighbours) for number, seed in chosen]
            names = in_number(len(new), "component")
            each = "each of " if len(new) > 1 else ""
            self._editor.bringing_in.rois(new, f"ROI of {names}", f"Made an ROI of {each}{names} of {roi.quoted}.")

        self._editor.pending.settle(made)


PANEL = PanelDeclaration(
    id="components",
    title="Components",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=12,
    make=ComponentsPanel,
    open=False,
)
DATA = DataEntry(
    id="components",
    text="Com&ponents",
    order=15,
    tip="Show the connected pieces of the active mask: size, peak and mean; keep, remove or make ROIs of them.",
)
