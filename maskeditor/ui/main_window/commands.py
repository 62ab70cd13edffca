"""What each action does: one method for each entry of the menus."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtGui import QGuiApplication

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import recipe_of
from maskeditor.engine.progress import Progress
from maskeditor.io.provenance import PROGRAM, grid_of
from maskeditor.model.data.drawing import FigureParameters
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.view.comparison import HOWS
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.entries import data_entries
from maskeditor.ui.files.exporting import export_segmentation
from maskeditor.ui.files.menu import Files
from maskeditor.ui.files.sessions import Sessions
from maskeditor.ui.main_window.about import AboutDialog
from maskeditor.ui.main_window.figure_dialog import DrawFigure, FigureDialog
from maskeditor.ui.main_window.go_to import GoToDialog
from maskeditor.ui.main_window.help import WriteManual, show_manual, show_roi_walk, show_shortcuts
from maskeditor.ui.main_window.information import InformationDialog
from maskeditor.ui.main_window.menus import action_of
from maskeditor.ui.main_window.preferences_dialog import PreferencesDialog
from maskeditor.ui.main_window.roi_commands import RoiCommands
from maskeditor.ui.main_window.slice_commands import SliceCommands
from maskeditor.ui.main_window.tour import Tour
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.qt import sure
from maskeditor.ui.tools.toolbox import Toolbox, tools
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.figure import Figure, image_key, montage_figure, planes_figure
from maskeditor.ui.views.montage_view import MontageView
from maskeditor.ui.views.surface_still import Marks, still
from maskeditor.ui.views.surface_view import SurfaceView
from maskeditor.ui.views.triplanar import TriplanarView
from maskeditor.ui.work.editor import Editor

#: How much one key press changes the opacity of masks.
OPACITY_STEP = 0.1


class Commands:
    """Carries out the actions of the menus.

    Parameters
    ----------
    window : MainWindow
        Parent of dialogs; closed by Quit.
    editor : Editor
    files : Files
    sessions : Sessions
    views : TriplanarView
    toolbox : Toolbox
    montage : MontageView
    write_manual : callable of Path, optional
    find : callable
        Opens the command palette.
    """

    def __init__(
        self,
        window: MainWindow,
        editor: Editor,
        files: Files,
        sessions: Sessions,
        views: TriplanarView,
        toolbox: Toolbox,
        montage: MontageView,
        write_manual: WriteManual | None,
        find: Callable[[], None],
    ) -> None:
        self._window = window
        self._editor = editor
        self._viewer = editor.viewer
        self._views = views
        self._toolbox = toolbox
        self._montage = montage
        self._write_manual = write_manual
        self.palette = find
        self.open_file = files.open_file
        self.open_folder = files.open_folder
        self.open_mask = files.open_mask
        self.add_image = files.images.add_file
        self.add_folder = files.images.add_folder
        # What leaves the window must be what is seen.
        settled = editor.pending.settle
        self.save_mask = lambda: settled(files.saving.save_mask)
        self.save_mask_as = lambda: settled(files.saving.save_mask_as)
        self.save_labels = lambda: settled(files.saving_labels.save_as)
        self.save_image = lambda: settled(files.saving_images.save_as)
        self.save_session_as = lambda: settled(sessions.save_as)
        self.interrupted_sessions = sessions.look_for_interrupted
        self.save_recipe = lambda: settled(files.save_recipe)
        self.run_recipe = files.run_recipe
        self.export_segmentation = lambda: settled(lambda: export_segmentation(editor, window))
        rois = RoiCommands(editor, window)
        self.copy_roi = rois.copy
        self.split_roi = rois.split
        self.merge_rois = rois.merge
        self.mirror_roi = rois.mirror
        slices = SliceCommands(editor, views)
        self.copy_to_next = partial(slices.copy_on, 1)
        self.copy_to_previous = partial(slices.copy_on, -1)
        self.fill_outline = slices.fill
        self._slices = slices
        self.undo = editor.undo
        self.redo = editor.redo
        self.swap_images = editor.comparing.swap
        for how in HOWS:
            setattr(self, action_of(how), partial(editor.comparing.toggle, how))
        for tool in tools():
            setattr(self, tool.action, partial(toolbox.choose, tool.id))
            for command in tool.commands:
                setattr(self, command.action, partial(toolbox.carry_out, command))
        for layout in Layout:
            setattr(self, f"layout_{layout}", partial(views.choose, layout))
        for entry in data_entries():
            setattr(self, entry.action, partial(self._open_data, entry))

    def carry_out(self, id: str) -> None:
        """Do what the action of this id is for."""
        action: Callable[[], None] = getattr(self, id)
        action()

    # File, Edit

    def export_figure(self) -> None:
        """Save or copy a picture of what is looked at."""
        FigureDialog(self._window, self._editor, self._figure).open()

    def _figure(self, wanted: FigureParameters) -> DrawFigure:
        views, montage, viewer = self._views, self._montage, self._viewer
        is_montage = views.arrangement is Layout.MONTAGE
        key, map_key = (image_key(viewer) if wanted.image_bar else None), views.key
        if map_key is not None:
            key = map_key if is_montage and wanted.colour_bar else None
        figure = montage_figure(montage, wanted, key) if is_montage else planes_figure(views.seen, wanted, key)
        if not wanted.surface:
            return lambda progress: figure
        surface = montage.surface if is_montage else views.surface
        assert isinstance(surface, SurfaceView)
        size, marks = figure.cell.size() / wanted.enlarged, Marks(wanted.letters, wanted.crosshair)
        draw = still(viewer, surface.orbit, surface.cut, size, wanted.enlarged, marks)
        find = self._editor.surfaces.finding()

        def draw_all(progress: Progress) -> Figure:
            found = find(progress.within(0, 0.6))
            if found.sphere is None:
                raise OperationError("No visible ROI holds voxels, so there is no surface; show one, or leave it out.")
            return figure.with_surface(draw(found.shown, found.sphere, progress.within(0.6, 1)))

        return draw_all

    def quit(self) -> None:
        """Close the window, which asks about unsaved masks."""
        self._window.close()

    def add_roi(self) -> None:
        """Add an empty ROI."""
        self._editor.add_roi("ROI")

    def delete_roi(self) -> None:
        """Delete the active ROI."""
        self._editor.delete_roi(self._editor.active)

    def previous_roi(self) -> None:
        """Work on the ROI above."""
        self._step_roi(-1)

    def next_roi(self) -> None:
        """Work on the ROI below."""
        self._step_roi(1)

    def _step_roi(self, by: int) -> None:
        # From the one that is active once what was asked for before is done.
        self._editor.turns.in_turn(lambda: self._step_roi_now(by))

    def _step_roi_now(self, by: int) -> None:
        document = self._editor.document
        if document is not None:
            ids = [roi.id for roi in document.rois]
            self._editor.set_active(ids[(ids.index(self._editor.active) + by) % len(ids)])

    def invert(self) -> None:
        """Turn inside into outside."""
        self._editor.apply(make("invert", {}))

    def clear(self) -> None:
        """Remove every voxel."""
        self._editor.apply(make("clear", {}))

    def cancel(self) -> None:
        """Give up a drag, else stop what runs, else give up a gesture, what is compared, pending, or looked at."""
        editor = self._editor
        if self._window.views.cancel_drag():
            return
        if editor.jobs.running:
            editor.jobs.cancel()
        elif self._toolbox.cancel_stroke() or editor.comparing.stop() or editor.pending.discard():
            return
        elif editor.document:
            editor.come_back()

    def preferences(self) -> None:
        """Show what can be preferred."""
        self.show_preferences()

    def show_preferences(self, name: str = "") -> None:
        """Show the dialog of preferences, at one of them if its name is given."""
        window, editor = self._window, self._editor
        dialog = window.findChild(PreferencesDialog) or PreferencesDialog(window, editor.preferred, editor.keys)
        dialog.show()
        dialog.activateWindow()
        if name:
            dialog.go_to(name)

    def copy_python(self) -> None:
        """Put a script that makes the active ROI's mask on the clipboard."""

        def work(recipe: Recipe) -> str:
            from maskeditor.core.recipe.script import to_python  # brings in scipy

            return to_python(recipe)

        self._editor.pending.settle(lambda: self._copy("the script", work))

    def copy_methods(self) -> None:
        """Put the paragraph of a paper on the clipboard."""
        self._editor.pending.settle(lambda: self._copy("the methods text", methods_text))

    def _copy(self, what: str, write: Callable[[Recipe], str]) -> None:
        document = self._editor.document
        if document is None:
            return
        further = {name: grid_of(volume) for name, volume in document.images.items()}
        source = grid_of(document.volume)
        recipe = recipe_of(document, self._editor.active, source, {}, PROGRAM, images=further)

        def done(text: str) -> None:
            clipboard = QGuiApplication.clipboard()
            assert clipboard is not None
            clipboard.setText(text)
            self._editor.say(f"Copied {what} ({in_number(len(text.splitlines()), 'line')}) to the clipboard.")

        self._editor.jobs.run(f"Writing {what}", lambda _: write(recipe), done)

    # Tools

    def swap_eraser(self) -> None:
        """Change from brush to eraser, or from anything else to the brush."""
        self._toolbox.choose("eraser" if self._toolbox.chosen == "brush" else "brush")

    def brush_smaller(self) -> None:
        """Make the brush smaller."""
        self._toolbox.resize(-1)

    def brush_larger(self) -> None:
        """Make the brush larger."""
        self._toolbox.resize(1)

    def brush_3d(self) -> None:
        """Paint spheres instead of discs, or the other way round."""
        brush = self._toolbox.brush
        brush.change(shape="disc" if brush.settings.shape == "sphere" else "sphere")

    def interpolate_slices(self) -> None:
        """Open the form that fills empty slices between drawn ones, and show its panel."""
        self._window.show_panel("operations")
        self._slices.interpolate()

    # View

    def window_automatic(self) -> None:
        """Fit window and level to the image."""
        self._viewer.auto_window()

    def outline(self) -> None:
        """Draw edges of masks only, or fill them."""
        self._viewer.change(outline=not self._viewer.state.outline)

    def mask_visible(self) -> None:
        """Hide or show all masks."""
        self._viewer.change(masks_hidden=not self._viewer.state.masks_hidden)

    def overlays_visible(self) -> None:
        """Hide or show all further images."""
        self._viewer.change(overlays_hidden=not self._viewer.state.overlays_hidden)

    def chosen_visible(self) -> None:
        """Hide or show the image that is chosen in the list."""
        state, displays = self._viewer.state, self._editor.displays
        display = self._viewer.display(state.chosen_image)
        if display is None:
            self._viewer.change(image_visible=not state.image_visible)
        else:
            displays.show(display.name, not display.visible)

    def fainter(self) -> None:
        """Make masks fainter."""
        self._change_opacity(-OPACITY_STEP)

    def stronger(self) -> None:
        """Make masks stronger."""
        self._change_opacity(OPACITY_STEP)

    def _change_opacity(self, by: float) -> None:
        self._viewer.change(opacity=round(min(1.0, max(0.0, self._viewer.state.opacity + by)), 2))

    def radiological(self) -> None:
        """Show the patient's left on the right of the screen, or on the left."""
        self._viewer.change(radiological=not self._viewer.state.radiological)

    def crosshair(self) -> None:
        """Show or hide the crosshair."""
        self._viewer.change(crosshair_visible=not self._viewer.state.crosshair_visible)

    def smooth_pixels(self) -> None:
        """Interpolate between voxels on the screen, or show them as they are."""
        self._viewer.change(smooth=not self._viewer.state.smooth)

    def voxel_grid(self) -> None:
        """Draw lines between large voxels, or do not."""
        self._viewer.change(voxel_grid=not self._viewer.state.voxel_grid)

    def linked_zoom(self) -> None:
        """Show all planes at one scale, or each at its own."""
        self._viewer.change(linked_zoom=not self._viewer.state.linked_zoom)

    def reset_view(self) -> None:
        """Show whole slices again."""
        self._views.reset()

    def centre_view(self) -> None:
        """Put the crosshair in the middle of each view."""
        self._views.centre()

    def maximise(self) -> None:
        """Show one plane alone, or all again."""
        self._views.toggle_maximised()

    def go_to(self) -> None:
        """Ask for a place and go there."""
        GoToDialog(self._window, self._viewer).open()

    def note_place(self) -> None:
        """Note the place under the crosshair, and show the list."""
        self._editor.noting.note()
        self._window.show_panel("places")

    def previous_volume(self) -> None:
        """Show the volume before in time."""
        self._viewer.step_frame(-1)

    def next_volume(self) -> None:
        """Show the next volume in time."""
        self._viewer.step_frame(1)

    def play_volumes(self) -> None:
        """Show one volume after another, or stop."""
        self._views.frames.play_button.click()

    def curves(self) -> None:
        """Show or hide the panel of time courses and profiles."""
        sure(self._window.docks["curves"].toggleViewAction()).trigger()

    def go_on(self) -> None:
        """Give the keyboard to the next part of the window."""
        self._window.go_on()

    def usual_layout(self) -> None:
        """Put all panels back where they stand at first."""
        self._window.put_back()

    # Data

    def _open_data(self, entry: DataEntry) -> None:
        """Open what an entry of the Data menu is for: its dialog, or its panel."""
        if entry.open is not None:
            entry.open(self._editor, self._window)
        else:
            self._window.show_panel(entry.id)

    # Help

    def tour(self) -> None:
        """Show what is where, in five steps."""
        self.begin_tour().next_button.setFocus()

    def begin_tour(self) -> Tour:
        """Begin the tour beside the work, which keeps the keyboard; once it is over it is not offered again."""
        old = self._window.findChild(Tour)
        if old is not None:
            return old
        return Tour(self._window, lambda: self._editor.preferred.change(tour=False))

    def shortcuts(self) -> None:
        """List keys and mouse gestures."""
        show_shortcuts(self._window, self._window.keys)

    def roi_walk(self) -> None:
        """Show the way from a statistic to a box plot."""
        show_roi_walk(self._window)

    def image_information(self) -> None:
        """Show what is known of the images, of the chosen one first."""
        session = self._editor.session
        if session is None:
            return
        InformationDialog(self._window, session, self._viewer.state.chosen_image).show()

    def manual(self) -> None:
        """Open the manual, where the window was given one."""
        if self._write_manual is not None:
            show_manual(self._editor.jobs, self._window.keys, self._write_manual)

    def about(self) -> None:
        """Show what this program is."""
        AboutDialog(self._window).show()
