"""Fills the window once it stands: panels, menus, tool bar, status line, tools, and the first image."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QObject, QSettings, Qt, QTimer
from PyQt6.QtGui import QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu, QMessageBox, QWidget

import maskeditor.ui.data
import maskeditor.ui.panels
from maskeditor.core.register import modules_of
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Floats
from maskeditor.model.abilities import Ability
from maskeditor.model.given import Given
from maskeditor.model.view.comparison import HOWS
from maskeditor.ui.behind import Behind
from maskeditor.ui.colour_maps import COLOUR_MAPS
from maskeditor.ui.dialogs import Answer, ask, is_asking
from maskeditor.ui.files.menu import Files
from maskeditor.ui.files.recent import recent
from maskeditor.ui.files.saving import Saving
from maskeditor.ui.files.sessions import Sessions
from maskeditor.ui.look.drags import Drags
from maskeditor.ui.look.focus_ring import FocusRing
from maskeditor.ui.look.plain_text import without_shortcut
from maskeditor.ui.look.theme import Theme
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.commands import Commands
from maskeditor.ui.main_window.compare_bar import CompareBar
from maskeditor.ui.main_window.first_look import FirstLook
from maskeditor.ui.main_window.help import WriteManual
from maskeditor.ui.main_window.histogram_room import HistogramRoom
from maskeditor.ui.main_window.menu_state import MenuState
from maskeditor.ui.main_window.menus import OF_ROIS, action_of, entries
from maskeditor.ui.main_window.montage_page import MontagePage
from maskeditor.ui.main_window.offers import offers
from maskeditor.ui.main_window.palette import Palette
from maskeditor.ui.main_window.preferences_at_work import PreferencesAtWork
from maskeditor.ui.main_window.status import StatusLine
from maskeditor.ui.main_window.toolbar import ToolBar
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.panels.cohort import CohortPanel
from maskeditor.ui.panels.curves import CurvesPanel
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.history import HistoryPanel
from maskeditor.ui.panels.images import ImagesPanel
from maskeditor.ui.panels.joint_histogram import JointHistogramPanel
from maskeditor.ui.panels.operations import OperationsPanel
from maskeditor.ui.panels.rois import RoisPanel
from maskeditor.ui.qt import running_application, sure
from maskeditor.ui.tools.toolbox import Toolbox
from maskeditor.ui.views.cells import Layout, layout_of
from maskeditor.ui.views.montage_view import MontageView
from maskeditor.ui.views.surface_view import SurfaceView
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.worker import Lane, close_lanes

if TYPE_CHECKING:
    from maskeditor.ui.main_window.handing_over import Receiver

_Panel = TypeVar("_Panel", bound=QWidget)

#: Of planes that show an image on which nothing can be done yet.
_FREE = Qt.WidgetAttribute.WA_TransparentForMouseEvents
#: Where the layout is remembered.
_LAYOUT_KEY = "window/layout"
#: Seconds without work after which nothing more is to come.
QUIET = 0.5


@cache
def panels() -> tuple[PanelDeclaration, ...]:
    """Return every panel that a file of panels or of data declares, in the order of the menu."""
    rooms = (maskeditor.ui.panels, maskeditor.ui.data)
    modules = (module for room in rooms for module in modules_of(room.__name__, room.__path__))
    found = (module.PANEL for module in modules if hasattr(module, "PANEL"))
    return tuple(sorted(found, key=lambda panel: panel.order))


class Wiring(QObject):
    """All that makes the window work, wired together.

    Parameters
    ----------
    window : MainWindow
    attended : bool
        Whether a person uses it; else nothing is asked, and no session is kept.
    write_manual : callable of Path and rows, optional
        Writes the manual into a folder and returns its first page; without it, Help has no manual.
    """

    def __init__(
        self,
        window: MainWindow,
        attended: bool = True,
        write_manual: WriteManual | None = None,
    ) -> None:
        super().__init__(window)
        self.window = window
        #: Says and marks beside the planes what is pointed at in them: a fractional voxel (3,), or None.
        self.pointing = Behind(
            self,
            lambda: self.status.show_pointer(self._pointed_at),
            lambda: window.histogram.point_at(self._pointed_at),
            lambda: self.joint_histogram.point(self._pointed_at),
        )
        self._pointed_at: Floats | None = None
        #: Says of the planes, for those who do not see them, what is at the crosshair.
        self._describing = Behind(self, self._describe_planes)
        # What other programs were given or what was dropped, and is not opened yet.
        self._given: deque[Callable[[], None]] = deque()
        # What is put into it may not make it larger.
        window.take_room()
        window.connect_views()
        self.editor = Editor(window.viewer, window.layers, window, window.keys)
        self.preferences_at_work = PreferencesAtWork(self.editor, window.viewer)
        saving = Saving(self.editor, window)
        self.sessions = Sessions(self.editor, saving, window)
        self.files = Files(self.editor, saving, self.sessions, window)
        if attended:
            self.editor.leave = saving.after_saving
            self.sessions.begin()
            self.editor.failed.connect(self._show_failure)
            self.editor.pending.ask = self._ask_about_pending
        else:
            self.editor.failed.connect(self.editor.say)
        self.toolbox = Toolbox(self.editor, window.views)
        made = [(declared, declared.make(self.editor)) for declared in panels()]
        self.operations = _only(OperationsPanel, made)
        self.history = _only(HistoryPanel, made)
        self.joint_histogram, self.curves = _only(JointHistogramPanel, made), _only(CurvesPanel, made)
        of_montage = SurfaceView(window.viewer, self.editor.surfaces.draw, window.keys)
        self.montage = MontagePage(MontageView(window.viewer, window.layers, of_montage))
        self.cohort = _only(CohortPanel, made)
        self.commands = Commands(
            window,
            self.editor,
            self.files,
            self.sessions,
            window.views,
            self.toolbox,
            self.montage.view,
            write_manual,
            self._open_palette,
        )
        sure(window.menuBar()).clear()
        self.actions = Actions(window, window.keys, self._carry_out)
        _only(RoisPanel, made).offer([self.actions[id] for id in OF_ROIS])
        self.operations.list.of_rois = [self.actions[id] for id in OF_ROIS]
        _only(ImagesPanel, made).offer([self.actions[action_of(how)] for how in HOWS])
        self.status = StatusLine(sure(window.statusBar()), self.editor, window.viewer)
        self.tool_bar = ToolBar(window, self.actions, self.toolbox, self.editor, window.viewer)
        window.put_up(made)
        window.views.put_below(CompareBar(self.editor, self.actions))
        window.histogram.attach(self.editor, window.viewer, self.operations, self.toolbox.brush)
        self.histogram_room = HistogramRoom(window, self.editor.preferred)
        window.views.set_montage(self.montage)
        self.surface = SurfaceView(window.viewer, self.editor.surfaces.draw, window.keys)
        window.views.set_surface(self.surface)
        window.views.choose(layout_of(QSettings().value(_LAYOUT_KEY)))
        FocusRing(window)
        # Once tool bars and status line have their heights.
        QTimer.singleShot(0, window.fit)
        self._fill_menus()
        self.actions["manual"].setVisible(write_manual is not None)
        self._connect()
        for surface in (self.surface, of_montage):
            self._connect_surface(surface)
        self.toolbox.chosen_changed.connect(self._take_tool_to_surfaces)
        findings = [*self.editor.preferred.findings, *window.keys.findings]
        if findings:
            self.editor.say(" ".join(findings))

    def begin(self, given: Given) -> None:
        """Open what the command line named; without an image, the embedded sample.

        The image of a cohort is opened with the steps that it has there.
        """
        image, mask, recipe, cohort = given
        if cohort is not None:
            self.cohort.open_folder(cohort, image)
            return

        def then() -> None:
            if mask is not None:
                self.files.open_mask_path(mask)
            elif recipe is not None:
                self.files.run_recipe_path(recipe)

        if image is not None:
            self.files.open_path(image, then)
        else:
            self.files.open_sample("t1", then)

    def listen(self, receiver: Receiver) -> None:
        """Open in this window what is given to the program from outside, if that is preferred."""
        receiver.begin(self.take)
        self.window.destroyed.connect(receiver.close)

    def take(self, given: Given) -> None:
        """Open what another program was given, once nothing runs and nothing is asked, and come to the front."""
        self._given.append(partial(self.begin, given))
        # A question about what is open must not keep the other program waiting.
        QTimer.singleShot(0, self._begin_given)
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()

    def _take_dropped(self, paths: Sequence[Path]) -> None:
        """Open what was dropped, once nothing runs and nothing is asked."""
        self._given.append(partial(self.files.drop, paths))
        self._begin_given()

    def _begin_given(self) -> None:
        if self._given and not self.editor.jobs.running and not is_asking(self._begin_given):
            self._given.popleft()()
            # What has begun nothing that runs, as it was refused or given up, keeps nobody waiting.
            QTimer.singleShot(0, self._begin_given)

    def settle(self, seconds: float = 20.0) -> None:
        """Wait until what was asked for is worked out and drawn."""
        now = time.monotonic()
        deadline, quiet_since = now + seconds, now
        # Panels ask for work a moment after something has changed, so it must be quiet for a while.
        while now < deadline and now - quiet_since < QUIET:
            running_application().processEvents()
            time.sleep(0.005)
            now = time.monotonic()
            if self.editor.working:
                quiet_since = now

    def close(self) -> None:
        """Stop all work and close the window without asking."""
        # Together, as each is waited for in what follows.
        close_lanes(self.window.findChildren(Lane))
        self.editor.close()
        self.sessions.close()
        self.window.close_now()

    def _connect(self) -> None:
        window, editor, viewer = self.window, self.editor, self.window.viewer
        turns = editor.turns
        window.closing_asked.connect(lambda: turns.in_turn(lambda: self.files.saving.after_saving(self.close)))
        window.dropped.connect(self._take_dropped)
        window.left_over.connect(self._say_why_not)
        self.files.saving.remedy_chosen.connect(self.operations.choose)
        window.views.hovered.connect(self._point)
        # The planes take the keys while somebody looks at what is previewed in them.
        for confirmed in (window.views.confirmed, window.confirmed):
            confirmed.connect(self._apply_pending)
        editor.redrawn.connect(window.views.refresh)
        editor.returned.connect(window.views.look_at)
        montage = self.montage.view
        editor.redrawn.connect(montage.refresh)
        viewer.changed.connect(montage.follow)
        for changed in (viewer.changed, editor.document_changed, editor.image_changed):
            changed.connect(self._describing.ask)
        montage.hovered.connect(window.views.hovered)
        window.views.other_drags += [montage.cancel, window.histogram.plot.grips.cancel]
        window.views.other_drags += [self.joint_histogram.plot.cancel, self.curves.plot.cancel]
        drags = sure(running_application().findChild(Drags))
        window.views.other_drags.append(drags.cancel)
        editor.image_changed.connect(drags.let_go)
        montage.entered.connect(window.views.make_current)
        montage.opened.connect(window.views.toggle_maximised)
        self.first_look = FirstLook(window.views)
        editor.first_read.connect(self._look_first)
        editor.image_changed.connect(partial(window.views.setAttribute, _FREE, False))
        MenuState(window, editor, self.actions, self.toolbox)
        editor.document_changed.connect(self._name_window)
        editor.noting.changed.connect(self._name_window)
        window.views.arrangement_changed.connect(self._keep_layout)
        # Last of all, when tools, panels and journal stand on the image.
        editor.document_changed.connect(window.early.let_go)
        # Once what was read is handed over: without an image, there is nothing to wait for.
        editor.jobs.busy_changed.connect(lambda: QTimer.singleShot(0, self._forget_early))
        editor.jobs.busy_changed.connect(lambda: QTimer.singleShot(0, self._begin_given))

    def _connect_surface(self, surface: SurfaceView) -> None:
        surfaces = self.editor.surfaces
        surface.watched.connect(surfaces.watch)
        surfaces.changed.connect(surface.take_surfaces)
        surface.set_tool(self.toolbox.tool)
        self.window.views.other_drags.append(surface.cancel)
        surface.hovered.connect(self.window.views.hovered)
        self.window.viewer.changed.connect(surface.follow)
        self.actions["reset_view"].triggered.connect(surface.reset)

    def _take_tool_to_surfaces(self) -> None:
        for surface in self.window.findChildren(SurfaceView):
            surface.set_tool(self.toolbox.tool)

    def _point(self, voxel: Floats | None) -> None:
        """Have what stands beside the planes say and mark what is pointed at there, a moment later."""
        self._pointed_at = voxel
        self.pointing.ask()

    def _describe_planes(self) -> None:
        words = self.status.in_words(self.window.viewer.state.crosshair)
        for view in self.window.views.views.values():
            view.describe(words)

    def _look_first(self, volume: Volume | None) -> None:
        """Show the first volume of a series that is still being read; an image that is open stays below it."""
        if self.editor.session is None:
            self.window.look_at(volume)
        else:
            self.first_look.look_at(volume)

    def _carry_out(self, id: str) -> None:
        """Do what an action is for; what needs that nothing runs, after the strokes that are no steps yet."""
        act = partial(self.commands.carry_out, id)
        if any(entry.id == id and Ability.IDLE in entry.needs for entry in entries()):
            self.editor.turns.in_turn(act)
        else:
            act()

    def _open_palette(self) -> None:
        found = offers(self.window, self.editor, self.actions, self.operations.choose, self.commands.show_preferences)
        Palette(self.window, found).open()

    def _say_why_not(self, keys: QKeySequence) -> None:
        reason = self.actions.why_not(keys)
        if reason:
            self.editor.say(reason)

    def _apply_pending(self) -> None:
        if self.editor.pending.change is not None:
            self.editor.pending.change.apply()

    def _forget_early(self) -> None:
        if not self.editor.jobs.busy and self.editor.document is None:
            self.window.early.forget()

    def _ask_about_pending(self, sentence: str) -> Answer:
        return ask(self.window, "Not applied", sentence, yes="Apply", no="Discard")

    def _show_failure(self, sentence: str) -> None:
        # Once: what the status line says stays that of what was done.
        QMessageBox.warning(self.window, "maskeditor", sentence)

    # Menus --------------------------------------------------------------------------------------------------------

    def _fill_menus(self) -> None:
        menus = self.actions.submenus
        menus["Open recent"].aboutToShow.connect(self._fill_recent)
        for kind, title in (("t1", "T1-weighted head"), ("epi", "EPI of the same head")):
            sure(menus["Open sample"].addAction(title)).triggered.connect(
                lambda _, kind=kind: self.files.open_sample(kind)
            )
        self.operations.fill_menu(menus["Operations"])
        self.actions.join(menus["Operations"])
        self._choices(
            menus["Colour map"],
            COLOUR_MAPS,
            self.window.viewer.state.colour_map,
            lambda name: self.window.viewer.change(colour_map=name),
        )
        self._choices(
            menus["Theme"],
            [theme.value for theme in Theme],
            self.editor.preferred.value.theme,
            lambda name: self.editor.preferred.change(theme=name),
        )
        for dock in self.window.docks.values():
            menus["Panels"].addAction(dock.toggleViewAction())

    @staticmethod
    def _choices(menu: QMenu, names: Iterable[str], chosen: str, choose: Callable[[str], None]) -> None:
        group = QActionGroup(menu)
        for name in names:
            action = sure(menu.addAction(name.capitalize()))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            group.addAction(action)
            action.triggered.connect(lambda _, name=name: choose(name))

    def _fill_recent(self) -> None:
        menu = self.actions.submenus["Open recent"]
        menu.clear()
        for path, title in recent().items():
            sure(menu.addAction(without_shortcut(visible(title)))).triggered.connect(
                lambda _, path=path: self.files.open_path(path)
            )
        if menu.isEmpty():
            sure(menu.addAction("Nothing opened yet")).setEnabled(False)

    def _keep_layout(self, layout: Layout) -> None:
        QSettings().setValue(_LAYOUT_KEY, str(layout))

    def _name_window(self) -> None:
        session = self.editor.session
        if session is not None:
            file = session.recording.path if session.recording.is_saved else None
            named = visible(f"{session.name}{f' – {file.name}' if file else ''}")
            self.window.setWindowTitle(f"{named}[*]")
            self.window.setWindowModified(bool(session.unsaved() or session.unsaved_besides()))


def _only(kind: type[_Panel], panels: Iterable[tuple[PanelDeclaration, QWidget]]) -> _Panel:
    """Return the one panel of a kind."""
    (found,) = (panel for _, panel in panels if isinstance(panel, kind))
    return found
